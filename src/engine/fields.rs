//! The ticket fields that the mapping names, looked up before the rows are read.
//!
//! Zendesk drops a value for a field that the account does not have without a word, and rejects a
//! ticket with a value that a field does not take: both are better known before.

use std::collections::BTreeMap;

use super::error::EngineError;
use super::monitor::Monitor;
use super::preflight::{fits, unless_forbidden};
use super::start::{SoFar, asked};
use crate::model::ticket::FieldValue;
use crate::source::{AccountField, Choice, Source, Takes};
use crate::zendesk::{Client, FieldOption, Heard, TicketField};

/// Asks for each of them, one request each, and has the rows of `source` checked by the answers.
/// Refuses to go on if the account does not have a field, or if a field does not take a value that
/// the mapping itself gives it. The requests are counted in `so_far`, also when this is cut off.
pub async fn learn(
    client: &Client,
    source: &Source,
    so_far: &mut SoFar,
    monitor: &mut dyn Monitor,
) -> Result<(), EngineError> {
    let mut faults = Vec::new();
    let mut known = BTreeMap::new();
    for (id, values) in source.references().fields {
        let what = format!("whether there is a ticket field {id}");
        let told = asked(|| client.ticket_field(id), &what, so_far, monitor).await;
        let Some(field) = unless_forbidden(told.map(|told| told.value), monitor)? else {
            continue;
        };
        let field = match in_use(id, field) {
            Ok(field) => field,
            Err(fault) => {
                faults.push(fault);
                continue;
            }
        };
        if field.has_unknown_pattern() {
            monitor.tell(&format!(
                "not checked: the values of the ticket field {id} (\"{}\"), whose pattern is in a \
                 syntax that only Zendesk reads",
                field.title
            ));
        }
        faults.extend(refusals(id, &field, &values));
        known.insert(id, field);
    }
    fits(&faults)?;
    source.check_fields(known);
    Ok(())
}

/// The field, or why its values would be lost.
fn in_use(id: u64, field: Option<TicketField>) -> Result<AccountField, String> {
    let Some(field) = field else {
        return Err(format!(
            "the account has no ticket field {id}, so its values would be dropped"
        ));
    };
    if !field.is_active {
        return Err(format!(
            "the ticket field {id} (\"{}\") is switched off, so its values would be dropped",
            field.title
        ));
    }
    Ok(AccountField {
        takes: takes(&field),
        title: field.title,
    })
}

/// Zendesk's names of types (its reference of ticket fields). A type that is not known here may take
/// anything.
fn takes(field: &TicketField) -> Takes {
    let options = || field.options.iter().map(choice).collect();
    let kind = field.kind.as_ref().map(Heard::raw);
    match kind.map_or("", String::as_str) {
        "checkbox" => Takes::Flag,
        "date" => Takes::Date,
        "integer" => Takes::Integer,
        "decimal" => Takes::Decimal,
        "regexp" => match &field.pattern {
            Some(pattern) => Takes::Matching(pattern.raw().clone()),
            None => Takes::Anything,
        },
        "tagger" => Takes::OneOf(options()),
        "multiselect" => Takes::SomeOf(options()),
        _ => Takes::Anything,
    }
}

fn choice(option: &FieldOption) -> Choice {
    Choice {
        value: option.value.raw().clone(),
        shown: option.value.shown().clone(),
        name: option.name.clone(),
    }
}

/// The values that the mapping gives a field and that it does not take.
fn refusals(id: u64, field: &AccountField, values: &[String]) -> Vec<String> {
    let values = values.iter();
    let refused = values.filter_map(|value| {
        let why = field.refusal(&FieldValue::Text(value.into()))?;
        Some(format!("custom_fields.{id} is \"{value}\", which {why}"))
    });
    refused.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(kind: &str) -> TicketField {
        TicketField {
            title: "Product".to_owned(),
            is_active: true,
            kind: Some(kind.into()),
            pattern: Some("^[a-z]+$".into()),
            options: vec![FieldOption {
                value: "bike".into(),
                name: "Bike".to_owned(),
            }],
        }
    }

    #[test]
    fn a_value_of_the_mapping_that_the_field_does_not_take_is_named() {
        let values = ["bike".to_owned(), "bell".to_owned()];
        let drop_down = in_use(7, Some(field("tagger"))).unwrap();
        let told = refusals(7, &drop_down, &values);
        assert_eq!(told.len(), 1);
        assert!(told[0].contains("\"bell\", which is no option"), "{told:?}");
    }

    #[test]
    fn a_field_that_is_missing_or_switched_off_is_a_fault() {
        assert!(in_use(7, None).is_err());
        let off = TicketField {
            is_active: false,
            ..field("text")
        };
        assert!(in_use(7, Some(off)).is_err());
    }

    #[test]
    fn every_documented_type_is_known_and_any_other_takes_everything() {
        let kinds = [
            "checkbox",
            "date",
            "integer",
            "decimal",
            "regexp",
            "tagger",
            "multiselect",
        ];
        for kind in kinds {
            assert_ne!(takes(&field(kind)), Takes::Anything, "{kind}");
        }
        for kind in ["text", "textarea", "partialcreditcard", "lookup", "new"] {
            assert_eq!(takes(&field(kind)), Takes::Anything, "{kind}");
        }
    }
}
