//! The state of a row, and the history that it carries in every state.

use crate::model::ids::TicketId;
use crate::model::intent::Trust;
use crate::model::problem::Problem;
use crate::model::time::ServerTime;

/// How we know that a ticket is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// The create was answered, and its key was new.
    Miss,
    /// The create was answered from Zendesk's memory of the key.
    Hit,
    /// The create was answered, but the reply did not mention the key.
    Unmarked,
    /// A lookup by `external_id` found it.
    Found,
    /// The operator named it, and Zendesk confirmed it.
    Named,
}

/// The state of a row, with the data that belongs to this state alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Our own validation rejected it; it was never sent in this form.
    Invalid(Problem),
    /// It has a key and waits to be sent, or to be looked up first if its past requires it.
    Pending,
    /// An intent is on disk, and the outcome is unknown.
    Sending(Flight),
    /// It has a ticket.
    Created {
        /// The ticket.
        ticket: TicketId,
        /// How we know that it is ours.
        how: How,
    },
    /// Zendesk rejected it for good.
    Rejected(Problem),
    /// The API cannot say whether a ticket exists. The operator has to decide.
    Unknown(Problem),
    /// It left the CSV before it was sent.
    Withdrawn,
}

/// What has happened under the current key of a row in `sending`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flight {
    /// Requests that may have reached Zendesk under this key.
    pub attempts: u32,
    /// How many of these have an unknown outcome, including the one in flight.
    pub open: u32,
    /// When this key was first sent.
    pub first_sent_at: ServerTime,
    /// When this key was last sent.
    pub last_sent_at: ServerTime,
    /// How far the key can be trusted.
    pub trust: Trust,
    /// Whether the last request is unanswered: Zendesk may still be processing it.
    pub unanswered: bool,
    /// The highest ticket id known when the key was first sent.
    pub highest_ticket: Option<TicketId>,
    /// A final refusal that arrived while the outcome of an earlier request was still unknown.
    pub refusal: Option<Problem>,
}

impl Flight {
    /// Returns the flight as a later run takes it up: what that run learns about keys says nothing
    /// about a key that was first sent earlier.
    #[must_use]
    pub fn of_an_earlier_run(self) -> Self {
        Self {
            trust: Trust::LookupOnly,
            ..self
        }
    }
}

/// The history of a row, which it keeps in every state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Past {
    /// Keys used, including the current one.
    pub keys: u32,
    /// When the row was first sent, under any key.
    pub first_sent_at: Option<ServerTime>,
    /// The last time at which a request for the row may have been under way: when the last one was
    /// sent, or when it was given up without a reply.
    pub last_sent_at: Option<ServerTime>,
    /// Set if the row must be looked up before it is sent. If the lookup finds no ticket, none was
    /// made only if the settling time has passed since then.
    pub look_up_since: Option<ServerTime>,
    /// The ticket that the operator says is the row's, until Zendesk has confirmed it. Only a
    /// rejected or unknown row has a claim, and it is not sent while it has one.
    pub claim: Option<TicketId>,
}

impl Past {
    /// A placeholder in [`Past::look_up_since`] for the start of the next run, which will know
    /// Zendesk's clock.
    pub const NEXT_RUN: ServerTime = ServerTime(i64::MAX);
}

/// A row as the lifecycle sees it: its state and its past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its state.
    pub state: State,
    /// Its past.
    pub past: Past,
}

impl Row {
    /// Returns the row for a line that was just read and found valid.
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
