//! The one question that is asked before tickets are made: may the account's triggers run?

use std::io::{BufRead, IsTerminal, stderr, stdin};

use super::exit::Failure;
use super::output;
use crate::model::shown::shown;
use crate::zendesk::Triggers;

/// Returns if the operator agrees that active triggers run on every ticket that is made.
pub(super) fn triggers(triggers: &Triggers, allowed: bool) -> Result<(), Failure> {
    if triggers.count == 0 || allowed {
        return Ok(());
    }
    output::say(&format!(
        "{} active triggers will run on every ticket that is made here, and may mail customers:",
        triggers.count
    ));
    for title in triggers.titles.iter().take(10) {
        output::say(&format!("  - {}", shown(title)));
    }
    if !(stdin().is_terminal() && stderr().is_terminal()) {
        return Err(Failure::refused(
            "nothing was sent: switch the triggers off in Zendesk for the time of the migration, \
             or add --allow-triggers",
        ));
    }
    output::say("Type yes to go on, anything else to stop:");
    let mut answer = String::new();
    let read = stdin().lock().read_line(&mut answer);
    if read.is_ok() && answer.trim() == "yes" {
        return Ok(());
    }
    Err(Failure::refused("nothing was sent: not agreed"))
}
