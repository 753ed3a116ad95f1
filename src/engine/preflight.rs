//! What the mapping takes for granted in the account, looked up before the first create.
//!
//! Zendesk drops a value for a field that it does not have without a word, and refuses one that is
//! no option of a drop-down with every row: both are better known before.

use super::error::EngineError;
use super::monitor::Monitor;
use super::start::{SoFar, asked};
use crate::source::References;
use crate::zendesk::{Client, Heard, Thing, TicketField};

/// Asks for everything that `references` names, one request each, and refuses to go on if something
/// is not there. What it asks is noted in `so_far`, also when it is cut off.
pub async fn check(
    client: &Client,
    references: &References,
    so_far: &mut SoFar,
    monitor: &mut dyn Monitor,
) -> Result<(), EngineError> {
    let mut faults = Vec::new();
    for (id, values) in &references.fields {
        let what = format!("whether there is a ticket field {id}");
        let field = asked(|| client.ticket_field(*id), &what, so_far, monitor).await;
        if let Some(answer) = unless_forbidden(field.map(|told| told.value), monitor)? {
            faults.extend(field_faults(*id, answer.as_ref(), values));
        }
    }
    let things = [
        (Thing::Group, &references.groups),
        (Thing::Brand, &references.brands),
        (Thing::Form, &references.forms),
    ];
    for (thing, ids) in things {
        for id in ids {
            let what = format!("whether there is a {} {id}", thing.name());
            let there = asked(|| client.has(thing, *id), &what, so_far, monitor).await;
            if unless_forbidden(there.map(|told| told.value), monitor)? == Some(false) {
                faults.push(format!("the account has no {} {id}", thing.name()));
            }
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    Err(EngineError::Refused(format!(
        "the mapping does not fit the account: {}; fix the mapping, or the account",
        faults.join("; ")
    )))
}

/// A token may create tickets and yet not see the settings: then nothing can be said about them.
fn unless_forbidden<T>(
    answer: Result<T, EngineError>,
    monitor: &mut dyn Monitor,
) -> Result<Option<T>, EngineError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(EngineError::Credentials(why)) => {
            monitor.tell(&format!("not checked: {why}"));
            Ok(None)
        }
        Err(other) => Err(other),
    }
}

fn field_faults(id: u64, field: Option<&TicketField>, values: &[String]) -> Vec<String> {
    let Some(field) = field else {
        return vec![format!(
            "the account has no ticket field {id}, so its values would be dropped"
        )];
    };
    if !field.is_active {
        return vec![format!(
            "the ticket field {id} (\"{}\") is switched off, so its values would be dropped",
            field.title
        )];
    }
    let Some(options) = &field.options else {
        return Vec::new();
    };
    values
        .iter()
        .filter(|value| options.iter().all(|option| option.raw() != *value))
        .map(|value| {
            format!(
                "\"{value}\" is no option of the ticket field {id} (\"{}\"); it takes {}",
                field.title,
                shown(options)
            )
        })
        .collect()
}

/// Drop-downs may have hundreds of options; a few show what they look like.
const OPTIONS_SHOWN: usize = 10;

fn shown(options: &[Heard]) -> String {
    let first: Vec<&str> = options
        .iter()
        .take(OPTIONS_SHOWN)
        .map(|option| option.shown().as_str())
        .collect();
    let more = options.len().saturating_sub(OPTIONS_SHOWN);
    match more {
        0 => first.join(", "),
        n => format!("{} and {n} more", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drop_down() -> TicketField {
        TicketField {
            title: "Product".to_owned(),
            is_active: true,
            options: Some(vec!["bike".into(), "lock".into()]),
        }
    }

    #[test]
    fn a_value_that_is_no_option_is_named_with_the_options() {
        let values = ["bike".to_owned(), "bell".to_owned()];
        assert_eq!(
            field_faults(7, Some(&drop_down()), &values),
            ["\"bell\" is no option of the ticket field 7 (\"Product\"); it takes bike, lock"]
        );
    }

    #[test]
    fn a_field_that_is_missing_or_switched_off_is_a_fault_and_a_free_text_takes_everything() {
        assert_eq!(field_faults(7, None, &[]).len(), 1);
        let off = TicketField {
            is_active: false,
            ..drop_down()
        };
        assert_eq!(field_faults(7, Some(&off), &[]).len(), 1);
        let free = TicketField {
            options: None,
            ..drop_down()
        };
        assert!(field_faults(7, Some(&free), &["anything".to_owned()]).is_empty());
    }
}
