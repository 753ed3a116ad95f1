//! What `retry` says of the rows that were selected.

use super::exit::Failure;
use super::output;
use crate::checkpoint::{Checkpoint, Selection};
use crate::report::text;

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
    let rows = if selection.unknown {
        "unknown"
    } else {
        "rejected"
    };
    Ok(Failure::refused(match &selection.code {
        Some(code) if !codes.is_empty() => format!(
            "no {rows} row has the code {code}; there are {}",
            text::in_a_row(&codes)
        ),
        Some(_) | None if selection.unknown => {
            "no unknown row matches; `zendesk-migrate report` lists the rows without a ticket"
                .to_owned()
        }
        Some(_) | None => "no rejected row matches; --unknown selects unknown rows, and \
             `zendesk-migrate report` lists the rows without a ticket"
            .to_owned(),
    }))
}
