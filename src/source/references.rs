//! What a mapping expects to exist in the account: fields, their options, groups, brands, forms.

use super::mapping::{Mapping, Rule};

/// The objects of the account that the mapping itself names; those named in cells are not included.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct References {
    /// Custom fields in ascending order of their ids, each with the values that the mapping sets.
    pub fields: Vec<(u64, Vec<String>)>,
    /// Ids of groups.
    pub groups: Vec<u64>,
    /// Ids of brands.
    pub brands: Vec<u64>,
    /// Ids of ticket forms.
    pub forms: Vec<u64>,
}

impl References {
    /// Returns how many objects there are.
    pub fn count(&self) -> usize {
        self.fields.len() + self.groups.len() + self.brands.len() + self.forms.len()
    }
}

/// Collects the references of a mapping.
pub(super) fn of(mapping: &Mapping) -> References {
    References {
        fields: mapping
            .custom
            .iter()
            .map(|(id, rule)| (*id, rule.said()))
            .collect(),
        groups: ids(mapping.group.as_ref()),
        brands: ids(mapping.brand.as_ref()),
        forms: ids(mapping.form.as_ref()),
    }
}

/// Words that are not ids make rows invalid and are reported there.
fn ids(rule: Option<&Rule>) -> Vec<u64> {
    let said = rule.map(Rule::said).unwrap_or_default();
    said.iter().filter_map(|word| word.parse().ok()).collect()
}
