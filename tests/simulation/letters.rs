//! What is on its way.

use zendesk_migrate::engine::driver::{Subject, Way};
use zendesk_migrate::model::ids::RowNumber;
use zendesk_migrate::sandbox::http::{Request, Response};
use zendesk_migrate::zendesk::UserQuestion;

/// Something that arrives at a time; the number keeps the order of those that arrive together.
pub(crate) struct Letter {
    pub(crate) at: u64,
    pub(crate) number: u64,
    pub(crate) process: u64,
    pub(crate) question: Question,
    pub(crate) post: Post,
}

pub(crate) enum Post {
    /// A request, on its way.
    Request(Request),
    /// What comes of it, on its way back.
    Outcome(Outcome),
}

/// What a client gets.
pub(crate) enum Outcome {
    Reply(Response),
    Cut(Response),
    Lost,
    NotSent,
}

/// What was asked, to make a message of the outcome.
#[derive(Debug, Clone)]
pub(crate) enum Question {
    Create {
        row: RowNumber,
        sent: u64,
    },
    LookUp {
        subject: Subject,
        external_id: String,
        way: Way,
        sent: u64,
    },
    AskUsers {
        number: u64,
        question: UserQuestion,
        sent: u64,
    },
    Probe {
        sent: u64,
    },
    Check {
        row: RowNumber,
        sent: u64,
    },
}

impl PartialEq for Letter {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Letter {}

impl PartialOrd for Letter {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Letter {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.number).cmp(&(other.at, other.number))
    }
}
