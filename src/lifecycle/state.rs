//! What a row is: its state, and what is known of its past whatever the state.

use crate::model::ids::TicketId;
use crate::model::intent::Trust;
use crate::model::problem::Problem;
use crate::model::time::ServerTime;

/// How a ticket came to be known as ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// The create was answered and its key was new.
    Miss,
    /// The create was answered from Zendesk's memory of the key.
    Hit,
    /// The create was answered, but the reply did not say what became of the key.
    Unmarked,
    /// A lookup by `external_id` found it.
    Found,
    /// A person named it, and the account agreed.
    Named,
}

/// The state of a row, with what belongs to that state alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Our own validation refused it; it was never sent in this form.
    Invalid(Problem),
    /// It has a key and waits to be sent, or to be looked up first if the past says so.
    Pending,
    /// An intent is on disk and the outcome is not known.
    Sending(Flight),
    /// It has a ticket.
    Created {
        /// The ticket.
        ticket: TicketId,
        /// How it is known.
        how: How,
    },
    /// Zendesk refused it for good.
    Rejected(Problem),
    /// Certainty is not to be had from the API: a person decides.
    Unknown(Problem),
    /// It left the CSV before it was sent.
    Withdrawn,
}

/// What has happened under the current key of a row in `sending`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flight {
    /// Requests that may have reached Zendesk under this key.
    pub attempts: u32,
    /// Of these, the ones whose outcome is not known, the one that is out included.
    pub open: u32,
    /// When this key was first sent.
    pub first_sent_at: ServerTime,
    /// When this key was last sent.
    pub last_sent_at: ServerTime,
    /// How far the key is trusted.
    pub trust: Trust,
    /// Whether the last request is unanswered: Zendesk may still be at work on it.
    pub unanswered: bool,
    /// The highest ticket id known when the key was first sent.
    pub highest_ticket: Option<TicketId>,
    /// A final refusal that came while an earlier request was still of unknown outcome.
    pub refusal: Option<Problem>,
}

impl Flight {
    /// The flight as a later run takes it up: what that run learns about keys says nothing about a
    /// key that was first sent before.
    #[must_use]
    pub fn of_an_earlier_run(self) -> Self {
        Self {
            trust: Trust::LookupOnly,
            ..self
        }
    }
}

/// What is known of a row's past in every state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Past {
    /// Keys used, the current one included.
    pub keys: u32,
    /// When the row was first sent, under whichever key.
    pub first_sent_at: Option<ServerTime>,
    /// When a request for the row was last on its way as far as we know: when the last one left, or
    /// when it was given up without a reply.
    pub last_sent_at: Option<ServerTime>,
    /// Set if the row must be looked up before it is sent: a ticket that is not found counts as
    /// not made only when the settling time has passed since then.
    pub look_up_since: Option<ServerTime>,
    /// The ticket that a person says is the row's, as long as the account has not been asked. Only a
    /// rejected or unknown row has one, and it is not sent while it has one.
    pub claim: Option<TicketId>,
}

impl Past {
    /// Stands in [`Past::look_up_since`] for the start of the next run, which knows Zendesk's clock.
    pub const NEXT_RUN: ServerTime = ServerTime(i64::MAX);
}

/// A row as the lifecycle sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its state.
    pub state: State,
    /// Its past.
    pub past: Past,
}

impl Row {
    /// A row that was just read and found valid.
    pub fn fresh() -> Self {
        Self {
            state: State::Pending,
            past: Past {
                keys: 1,
                ..Past::default()
            },
        }
    }
}
