//! Words for the cells of the grid.

use super::event::Step;
use super::state::{Row, State};
use crate::model::time::ServerTime;

/// When the rows of the grid were first sent.
pub(super) const START: ServerTime = ServerTime(1_790_000_000_000);

pub(super) fn show(row: &Row) -> String {
    let state = match &row.state {
        State::Invalid(p) => format!("invalid({})", p.code),
        State::Pending => "pending".to_owned(),
        State::Sending(f) => format!(
            "sending(attempts {}, open {}, {:?}{})",
            f.attempts,
            f.open,
            f.trust,
            f.refusal
                .as_ref()
                .map_or(String::new(), |p| format!(", refused {}", p.code))
        ),
        State::Created { ticket, how } => format!("created({ticket}, {how:?})"),
        State::Rejected(p) => format!("rejected({})", p.code),
        State::Unknown(p) => format!("unknown({})", p.code),
        State::Withdrawn => "withdrawn".to_owned(),
    };
    let since = row.past.look_up_since.map_or(String::new(), |t| {
        format!(" look up since {:+} s", t.since(START) / 1000)
    });
    format!("{state} key {}{since}", row.past.keys)
}

pub(super) fn show_step(step: &Step) -> String {
    match step {
        Step::WaitUntil(time) => format!("wait until {:+} s", time.since(START) / 1000),
        Step::Wait(ms) => format!("wait {ms} ms"),
        Step::Halt(why) => format!("halt: {}", format!("{why:?}").split('(').next().unwrap()),
        Step::Rest | Step::Send | Step::Resend | Step::LookUp | Step::NewKey => {
            format!("{step:?}").to_lowercase()
        }
    }
}
