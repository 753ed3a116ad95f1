//! `retry`: what a person decides about rows that were given up, and about rows whose ticket is gone.

use super::exit::{Exit, Failure};
use super::retry_args::{AsTicket, RetryArguments};
use super::retry_told::{none_selected, say_pending};
use super::{output, retry_deleted, retry_ticket};
use crate::checkpoint::{Checkpoint, CheckpointError, Retried, Selection};
use crate::cli::place::checkpoint_of;
use crate::engine::belongs;
use crate::model::ids::Key;
use crate::report::text;

pub(super) fn retry(arguments: &RetryArguments) -> Result<Exit, Failure> {
    if arguments.deleted {
        return retry_deleted::retry(arguments);
    }
    let (csv, named) = (arguments.csv.as_deref(), arguments.checkpoint.as_deref());
    let path = checkpoint_of(&arguments.account, csv, named)?;
    if !path.exists() {
        return Err(CheckpointError::Missing { path }.into());
    }
    let mut checkpoint = Checkpoint::open(&path, &belongs::holder())?;
    match arguments.as_ticket {
        Some(AsTicket::Ticket(ticket)) => retry_ticket::name(arguments, &mut checkpoint, ticket),
        Some(AsTicket::Nothing) => retry_ticket::take_back(arguments, &mut checkpoint),
        None => again(&mut checkpoint, &arguments.selection()),
    }
}

fn again(checkpoint: &mut Checkpoint, selection: &Selection) -> Result<Exit, Failure> {
    let Retried { rows, claimed } = checkpoint.retry(selection, Key::random)?;
    if claimed > 0 {
        output::say(&format!(
            "{} checked; take it back first with --as-ticket none",
            text::counted(
                claimed,
                "row",
                [
                    "is left as it is: the ticket that you have named is still to be",
                    "are left as they are: the tickets that you have named are still to be",
                ]
            )
        ));
    }
    if rows == 0 {
        return Err(none_selected(checkpoint, selection, claimed)?);
    }
    say_pending(rows);
    Ok(Exit::Done)
}
