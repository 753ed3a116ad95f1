//! `retry`: what a person decides about rows that were given up, and about rows whose ticket is gone.

use super::exit::{Exit, Failure};
use super::retry_args::{AsTicket, RetryArguments};
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
        None => again(&mut checkpoint, &selection(arguments)),
    }
}

/// The rows that are meant.
pub(super) fn selection(arguments: &RetryArguments) -> Selection {
    Selection {
        unknown: arguments.unknown,
        code: arguments.code.clone(),
        line: arguments.line,
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

/// Says that rows were put back.
pub(super) fn say_pending(rows: u64) {
    output::say(&format!(
        "{} before it is sent",
        text::counted(
            rows,
            "row",
            [
                "is pending again; the next run looks it up",
                "are pending again; the next run looks each of them up",
            ]
        )
    ));
}

/// Why no row is selected.
pub(super) fn none_selected(
    checkpoint: &Checkpoint,
    selection: &Selection,
    claimed: u64,
) -> Result<Failure, Failure> {
    if claimed > 0 {
        return Ok(Failure::refused("no row was put back"));
    }
    let codes = match &selection.code {
        Some(_) => checkpoint.problem_codes(selection)?,
        None => Vec::new(),
    };
    Ok(Failure::refused(match (&selection.code, codes.is_empty()) {
        (Some(code), false) => format!(
            "no row is selected: none has the code {code}; there are {}",
            text::in_a_row(&codes)
        ),
        (Some(_) | None, _) => {
            "no row is selected: only rejected rows are, and unknown ones with --unknown; look at \
             the rows with status, then at --code and --line"
                .to_owned()
        }
    }))
}
