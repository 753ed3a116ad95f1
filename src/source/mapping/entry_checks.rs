//! Rejects entries of a mapping that contradict themselves or Zendesk, before any row is read.

use super::entry::{Constant, Entry, Origin};
use super::field::Field;
use super::nodes::Fault;
use crate::source::{checks, dates};

/// Rejects keys that have no meaning for the field.
pub(super) fn check_keys(entry: &Entry) -> Result<(), Fault> {
    let field = entry.field;
    let fault = |message: String| {
        Err(Fault {
            line: entry.line,
            message,
        })
    };
    let constant = matches!(entry.origin, Origin::Constant(_));
    if field == Field::ExternalId
        && (constant
            || entry.default.is_some()
            || entry.otherwise.is_some()
            || !entry.values.is_empty())
    {
        return fault(
            "external_id must tell rows apart, so it takes column, columns or template, and prefix"
                .to_owned(),
        );
    }
    if entry.split.is_some() && !field.is_list() {
        return fault(format!(
            "split is for tags and custom fields, not for {}",
            field.name()
        ));
    }
    if entry.split.as_deref() == Some("") {
        return fault("split takes the text between two values, as in \",\"".to_owned());
    }
    if !entry.also.is_empty() && field != Field::Tags {
        return fault(format!("also is for tags, not for {}", field.name()));
    }
    if entry.prefix.is_some() && (field.words().is_some() || field.is_number() || field.is_date()) {
        return fault(format!("prefix makes no sense for {}", field.name()));
    }
    if let Some(format) = &entry.date_format {
        if !field.is_date() {
            let message = "date_format is for created_at, updated_at and solved_at, not for";
            return fault(format!("{message} {}", field.name()));
        }
        dates::check_format(format).or_else(fault)?;
    }
    if constant
        && (!entry.values.is_empty() || entry.otherwise.is_some() || entry.default.is_some())
    {
        return fault("a constant takes no values, otherwise or default".to_owned());
    }
    if entry.otherwise.is_some() && entry.values.is_empty() && field.words().is_none() {
        return fault("otherwise needs values beside it".to_owned());
    }
    Ok(())
}

/// Rejects words in the mapping itself that Zendesk would reject.
pub(super) fn check_values(entry: &Entry) -> Result<(), Fault> {
    let constant = match &entry.origin {
        Origin::Constant(Constant::Text(text)) => Some(text.clone()),
        Origin::Constant(other) => Some(other.text()),
        _ => None,
    };
    let given = entry.values.iter().map(|(_, to)| to);
    let given = given
        .chain(&entry.otherwise)
        .chain(&entry.default)
        .chain(&constant);
    for value in given {
        checks::word(entry.field, value).map_err(|message| Fault {
            line: entry.line,
            message,
        })?;
    }
    Ok(())
}
