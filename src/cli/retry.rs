//! `retry`: what a person decides about rows that were given up.

use super::args::RetryArguments;
use super::exit::{Exit, Failure};
use super::{find, output};
use crate::checkpoint::{Assigned, Checkpoint, CheckpointError, Selection};
use crate::engine::belongs;
use crate::model::ids::{Key, TicketId};
use crate::report::text;

pub(super) fn retry(arguments: &RetryArguments) -> Result<Exit, Failure> {
    let path = find::the_checkpoint(arguments.csv.as_deref(), arguments.checkpoint.as_deref())?;
    if !path.exists() {
        return Err(CheckpointError::Missing { path }.into());
    }
    let mut checkpoint = Checkpoint::open(&path, &belongs::holder())?;
    let selection = Selection {
        unknown: arguments.unknown,
        code: arguments.code.clone(),
        line: arguments.line,
    };
    match arguments.as_ticket {
        Some(ticket) => assign(&mut checkpoint, &selection, TicketId(ticket)),
        None => again(&mut checkpoint, &selection),
    }
}

fn again(checkpoint: &mut Checkpoint, selection: &Selection) -> Result<Exit, Failure> {
    let rows = checkpoint.retry(selection, Key::random)?;
    if rows == 0 {
        return Err(none_selected());
    }
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
    Ok(Exit::Done)
}

fn assign(
    checkpoint: &mut Checkpoint,
    selection: &Selection,
    ticket: TicketId,
) -> Result<Exit, Failure> {
    match checkpoint.assign(selection, ticket)? {
        Assigned::Selected(0) if !selection.unknown => Err(Failure::refused(format!(
            "no rejected row is selected; to say that an unknown row has ticket {ticket}, add \
             --unknown and --line with the row's line"
        ))),
        Assigned::Selected(0) => Err(none_selected()),
        Assigned::Taken(line) => Err(Failure::refused(format!(
            "ticket {ticket} is that of the row on line {line} already; two rows never share one"
        ))),
        Assigned::Done => {
            output::say(&format!("ticket {ticket} is noted as the row's"));
            Ok(Exit::Done)
        }
        Assigned::Selected(several) => Err(Failure::usage(format!(
            "a ticket belongs to one row and {several} are selected; name it with --line"
        ))),
    }
}

fn none_selected() -> Failure {
    Failure::refused(
        "no row is selected: only rejected rows are, and unknown ones with --unknown; look at the rows \
         with status, then at --code and --line",
    )
}
