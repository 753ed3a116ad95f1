//! The groups, brands and forms that the mapping names, looked up before the first create: Zendesk
//! would refuse every row that names one which the account does not have.

use super::error::EngineError;
use super::monitor::Monitor;
use super::start::{SoFar, asked};
use crate::source::References;
use crate::zendesk::{Client, Thing};

/// Asks for each of them, one request each, and refuses to go on if one is not there. What it asks is noted in `so_far`, also when it is cut off.
pub async fn check(
    client: &Client,
    references: &References,
    so_far: &mut SoFar,
    monitor: &mut dyn Monitor,
) -> Result<(), EngineError> {
    let mut faults = Vec::new();
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
    fits(&faults)
}

/// Refuses to go on if something in the mapping does not fit the account.
pub(super) fn fits(faults: &[String]) -> Result<(), EngineError> {
    if faults.is_empty() {
        return Ok(());
    }
    Err(EngineError::Refused(format!(
        "the mapping does not fit the account: {}; fix the mapping, or the account",
        faults.join("; ")
    )))
}

/// A token may create tickets and yet not see the settings: then nothing can be said about them.
pub(super) fn unless_forbidden<T>(
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
