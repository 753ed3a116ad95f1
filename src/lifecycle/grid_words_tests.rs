//! Words for the cells of the grid.

use super::event::Step;
use super::state::{Past, Row, State};
use crate::model::time::ServerTime;

/// When the rows of the grid were first sent.
pub(super) const START: ServerTime = ServerTime(1_790_000_000_000);

pub(super) fn show(row: &Row) -> String {
    let state = match &row.state {
        State::Invalid(p) => format!("invalid({})", p.code),
        State::Pending => "pending".to_owned(),
        State::Sending(f) => format!(
            "sending(attempts {}, open {}, {:?}, first {}, last {}{}{}{})",
            f.attempts,
            f.open,
            f.trust,
            seconds(f.first_sent_at),
            seconds(f.last_sent_at),
            if f.unanswered { ", unanswered" } else { "" },
            f.highest_ticket
                .map_or(String::new(), |t| format!(", above {t}")),
            f.refusal
                .as_ref()
                .map_or(String::new(), |p| format!(", refused {}", p.code))
        ),
        State::Created { ticket, how } => format!("created({ticket}, {how:?})"),
        State::Rejected(p) => format!("rejected({})", p.code),
        State::Unknown(p) => format!("unknown({})", p.code),
        State::Withdrawn => "withdrawn".to_owned(),
    };
    let told = |name: &str, time: Option<ServerTime>| {
        time.map_or(String::new(), |time| format!(" {name} {}", seconds(time)))
    };
    format!(
        "{state} key {}{}{}{}",
        row.past.keys,
        told("first", row.past.first_sent_at),
        told("last", row.past.last_sent_at),
        match row.past.look_up_since {
            Some(Past::NEXT_RUN) => " look up since next run".to_owned(),
            since => told("look up since", since),
        },
    ) + &row
        .past
        .claim
        .map_or(String::new(), |ticket| format!(" claim {ticket}"))
}

pub(super) fn show_step(step: &Step) -> String {
    match step {
        Step::WaitUntil(Past::NEXT_RUN) => "wait until next run".to_owned(),
        Step::WaitUntil(time) => format!("wait until {:+} s", time.since(START) / 1000),
        Step::Wait(ms) => format!("wait {ms} ms"),
        Step::Halt(why) => format!("halt: {}", format!("{why:?}").split('(').next().unwrap()),
        Step::Rest | Step::Send | Step::Resend | Step::LookUp | Step::NewKey => {
            format!("{step:?}").to_lowercase()
        }
    }
}

fn seconds(time: ServerTime) -> String {
    format!("{:+} s", time.since(START) / 1000)
}
