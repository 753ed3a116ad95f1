//! What a mapping takes for granted in the account: fields, their options, groups, brands, forms.

use super::mapping::{Mapping, Rule};

/// Things of the account that the mapping itself names; what cells name is not in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct References {
    /// Custom fields by rising id, each with the values that the mapping gives it.
    pub fields: Vec<(u64, Vec<String>)>,
    /// Ids of groups.
    pub groups: Vec<u64>,
    /// Ids of brands.
    pub brands: Vec<u64>,
    /// Ids of ticket forms.
    pub forms: Vec<u64>,
}

impl References {
    /// How many things there are.
    pub fn count(&self) -> usize {
        self.fields.len() + self.groups.len() + self.brands.len() + self.forms.len()
    }
}

/// Collects them.
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

/// Words that are no ids make rows invalid, and are told there.
fn ids(rule: Option<&Rule>) -> Vec<u64> {
    let said = rule.map(Rule::said).unwrap_or_default();
    said.iter().filter_map(|word| word.parse().ok()).collect()
}
