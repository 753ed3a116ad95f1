//! The numbers that represent words in the file. Their meaning never changes.

use crate::lifecycle::{How, State};
use crate::model::intent::Trust;
use crate::model::reply::KeyLookup;

pub(super) const PENDING: i64 = 0;
pub(super) const SENDING: i64 = 1;
pub(super) const CREATED: i64 = 2;
pub(super) const REJECTED: i64 = 3;
pub(super) const INVALID: i64 = 4;
pub(super) const UNKNOWN: i64 = 5;
pub(super) const WITHDRAWN: i64 = 6;

pub(super) fn state(state: &State) -> i64 {
    match state {
        State::Pending => PENDING,
        State::Sending(_) => SENDING,
        State::Created { .. } => CREATED,
        State::Rejected(_) => REJECTED,
        State::Invalid(_) => INVALID,
        State::Unknown(_) => UNKNOWN,
        State::Withdrawn => WITHDRAWN,
    }
}

pub(super) const HIT: i64 = 1;
pub(super) const FOUND: i64 = 3;
pub(super) const NAMED: i64 = 4;

pub(super) fn how(how: How) -> i64 {
    match how {
        How::Miss => 0,
        How::Hit => HIT,
        How::Unmarked => 2,
        How::Found => FOUND,
        How::Named => NAMED,
    }
}

pub(super) fn trust(trust: Trust) -> i64 {
    match trust {
        Trust::Key => 0,
        Trust::LookupOnly => 1,
    }
}

/// Reads any code other than that of [`Trust::Key`] as the cautious value.
pub(super) fn trust_from(code: i64) -> Trust {
    if code == 0 {
        Trust::Key
    } else {
        Trust::LookupOnly
    }
}

pub(super) fn key_lookup(lookup: KeyLookup) -> i64 {
    match lookup {
        KeyLookup::Miss => 0,
        KeyLookup::Hit => 1,
    }
}

/// Returns the word for a `how`, as in the view `rows`.
pub(super) fn how_word(code: i64) -> &'static str {
    match code {
        0 => "miss",
        HIT => "hit",
        FOUND => "found",
        NAMED => "named",
        _ => "unmarked",
    }
}

/// Returns the word for a state in which a row needs the operator. A state unknown to this program
/// counts as one.
pub(super) fn problem_word(code: i64) -> &'static str {
    match code {
        REJECTED => "rejected",
        INVALID => "invalid",
        _ => "unknown",
    }
}
