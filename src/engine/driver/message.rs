//! What goes into the driver and what comes out.

use std::sync::Arc;

use crate::model::ids::RowNumber;
use crate::model::intent::{Durable, Intent};
use crate::model::reply::{Answer, Found, Reply};
use crate::model::time::Monotonic;
use crate::zendesk::{UserAnswer, UserQuestion};

/// The two ways to look a row up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// The list of tickets, filtered by `external_id`: exact, but without archived tickets.
    List,
    /// The search: with archived tickets, but minutes behind.
    Search,
}

impl Way {
    /// The way as one word, for a log.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Search => "search",
        }
    }
}

/// What a lookup is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A row whose create is of unknown outcome, or that must be looked up before it is sent.
    Row(RowNumber),
    /// A row of the sample that is looked up before the first create.
    Sample(RowNumber),
    /// A row that has its ticket: do lookups find it?
    Control(RowNumber),
    /// No row: are lookups answered at all?
    Comparison,
}

impl Subject {
    /// The row, if it is about one.
    pub fn row(self) -> Option<RowNumber> {
        match self {
            Self::Row(row) | Self::Sample(row) | Self::Control(row) => Some(row),
            Self::Comparison => None,
        }
    }
}

/// Something that the body of the loop has to do.
#[derive(Debug)]
pub enum Effect {
    /// Send a create, unless it is later than `latest`.
    Create {
        /// What to send.
        intent: Durable<Intent>,
        /// When a resend is no longer safe; checked again right before the send.
        latest: Option<Monotonic>,
    },
    /// Look an `external_id` up.
    LookUp {
        /// What for.
        subject: Subject,
        /// The `external_id`.
        external_id: Arc<str>,
        /// How.
        way: Way,
        /// Results on a page.
        page_size: u32,
    },
    /// Ask about the authors of comments.
    AskUsers {
        /// The number of the request.
        number: u64,
        /// What to ask.
        question: UserQuestion,
    },
    /// Ask whether Zendesk is there again.
    Probe,
    /// Ask whether the credentials are good, because a create was forbidden.
    CheckCredentials {
        /// The row whose create it was.
        row: RowNumber,
    },
}

/// When a request left and when its answer was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// When it left.
    pub sent: Monotonic,
    /// When its reply's head arrived, or it was given up.
    pub arrived: Monotonic,
}

impl Timing {
    /// How long it took.
    pub fn round_trip_ms(self) -> u64 {
        self.arrived.since(self.sent)
    }
}

/// Something that the body of the loop has to tell.
#[derive(Debug)]
pub enum Message {
    /// A create is answered, or will not be.
    Replied {
        /// The row.
        row: RowNumber,
        /// The reply.
        reply: Reply,
        /// When.
        timing: Timing,
    },
    /// A create came too late to be sent, or the program is ending: it was not begun.
    NotBegun {
        /// The row.
        row: RowNumber,
    },
    /// A lookup is answered, or will not be.
    LookedUp {
        /// What it was for.
        subject: Subject,
        /// How it was asked.
        way: Way,
        /// The answer.
        answer: Answer<Found>,
        /// When.
        timing: Timing,
    },
    /// A request about authors is answered, or will not be.
    ToldOfUsers {
        /// The number of the request.
        number: u64,
        /// The answer.
        answer: Answer<UserAnswer>,
        /// When.
        timing: Timing,
    },
    /// A probe is answered, or will not be.
    Probed {
        /// The answer; its content does not matter.
        answer: Answer<()>,
        /// When.
        timing: Timing,
    },
    /// The credentials have been checked.
    Checked {
        /// The row whose create was forbidden.
        row: RowNumber,
        /// Whether they are good; an error if it could not be found out.
        answer: Answer<bool>,
        /// When.
        timing: Timing,
    },
    /// Somebody wants the run to end.
    Interrupt,
}
