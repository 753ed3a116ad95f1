//! The events that can happen to a row, and the steps that follow from them.

use crate::model::ids::TicketId;
use crate::model::intent::Trust;
use crate::model::limits::KEYS_PER_ROW_MAX;
use crate::model::problem::Problem;
use crate::model::reply::{Candidate, KeyLookup, NearMatch, Verdict};
use crate::model::time::ServerTime;

/// What this run has seen of how idempotency keys are treated between it and the account. Evidence
/// from an earlier run does not count, because this run may go through a different proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// No reply of this run has mentioned a key, so keys are not relied on.
    Unproven,
    /// A reply of this run carried `x-idempotency-lookup`, and every successful create did.
    Honoured,
    /// A create succeeded without that header: something between us and the account drops the key.
    Dropped,
}

/// The rules that stay the same during a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// How far the endpoint's keys can be trusted at all.
    pub trust: Trust,
    /// How long after a row's last send a ticket that is not found counts as not made.
    pub lookup_settle_ms: u64,
    /// How long one request may take; this must still fit into the key's lifetime.
    pub request_timeout_ms: u64,
    /// How long to wait after an unanswered request before the same key is sent again. Zendesk does
    /// not document what it does with a key whose first request it is still processing.
    pub resend_after_ms: u64,
    /// Keys that a row may use before the operator has to look at it.
    pub keys_max: u32,
}

impl Rules {
    /// Returns the rules for decisions in which no time passes, such as a scan or an operator's
    /// command.
    pub fn at_rest() -> Self {
        Self {
            trust: Trust::LookupOnly,
            lookup_settle_ms: 0,
            request_timeout_ms: 0,
            resend_after_ms: 0,
            keys_max: KEYS_PER_ROW_MAX,
        }
    }
}

/// The result of a lookup by `external_id`, by list and search together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The distinct tickets found, each with exactly the row's `external_id`.
    pub candidates: Vec<Candidate>,
    /// A ticket that may be the row's although it carries a different `external_id`, and that is
    /// not known to belong to another row.
    pub near: Option<NearMatch>,
    /// When the earlier of the two requests was sent.
    pub asked_at: ServerTime,
    /// How long, on this machine's monotonic clock, no request of the row had been in flight before
    /// that lookup. Zendesk's clock may have been set in the meantime; the monotonic clock cannot be.
    pub quiet_ms: u64,
    /// Why "not found" proves nothing here, if so: the user cannot see every ticket, or the
    /// `external_id` cannot be searched for.
    pub obstacle: Option<Problem>,
}

/// What a scan of the CSV finds for a row that the checkpoint knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sighting {
    /// It is there with the recorded body.
    Same,
    /// It is there with a different body.
    Changed,
    /// It is there but no longer passes validation.
    Invalid(Problem),
    /// It is missing.
    Gone,
}

/// An event that happens to a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It is the row's turn. With [`Step::Send`] or [`Step::Resend`], the returned state must be
    /// committed before the request leaves.
    Due {
        /// Zendesk's clock.
        now: ServerTime,
        /// What the run knows about how keys are treated.
        evidence: Evidence,
        /// A lower bound of the key's age, from this machine's monotonic clock. Zendesk's clock can
        /// be wrong; this age can only be too short.
        local_age_ms: u64,
        /// Whether a resend would use the same endpoint, account and user as the stored intent.
        same_route: bool,
        /// The highest ticket id known.
        highest_ticket: Option<TicketId>,
    },
    /// The create in flight has been answered, or never will be.
    Replied {
        /// What the reply means.
        verdict: Verdict,
        /// What it says about the key.
        key_lookup: Option<KeyLookup>,
        /// Whether a ticket in it carries our `external_id`.
        ours: bool,
        /// What the run knows about how keys are treated.
        evidence: Evidence,
        /// Zendesk's clock.
        now: ServerTime,
        /// A random number for the retry delay.
        jitter: u64,
    },
    /// A lookup by list and search has been answered.
    LookedUp(Finding),
    /// A create was answered without a word about its key. Something between us and the account
    /// drops keys, and may have dropped this row's key too.
    KeysDropped,
    /// The request of the last intent was certainly never started.
    NeverSent,
    /// The CSV was scanned again.
    Scanned(Sighting),
    /// The operator wants the row tried again.
    Retry,
    /// The operator says that this is the row's ticket, but Zendesk could not be asked.
    Claim(TicketId),
    /// The operator says that this is the row's ticket, and Zendesk confirms it.
    Assign(TicketId),
    /// The operator's claim about the row's ticket no longer counts, because the operator took it
    /// back or Zendesk contradicts it.
    TakeBack,
    /// Zendesk says that this ticket is deleted, and the operator wants its row sent again.
    Deleted {
        /// The ticket.
        ticket: TicketId,
        /// Zendesk's clock.
        now: ServerTime,
    },
    /// A run starts.
    Started {
        /// Zendesk's clock.
        now: ServerTime,
    },
    /// The checkpoint may have been lost, restored or copied, so nothing in it can be trusted
    /// without a lookup.
    Recover {
        /// Zendesk's clock.
        now: ServerTime,
    },
}

/// What to do with a row after an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Do nothing until another event comes.
    Rest,
    /// Commit the new state, then send for the first time under this key.
    Send,
    /// Commit the new state, then send the same bytes under the same key again.
    Resend,
    /// Look the row up, by list and search.
    LookUp,
    /// Ask again after this many milliseconds.
    Wait(u64),
    /// Ask again at this time on Zendesk's clock.
    WaitUntil(ServerTime),
    /// Commit the new state with a fresh key.
    NewKey,
    /// End the run.
    Halt(Stop),
}

/// Why a run ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// Nothing is left to do.
    Done,
    /// The user or the system asked for it.
    Interrupted,
    /// `--limit` is reached.
    Limit,
    /// `--max-errors` is reached.
    MaxErrors,
    /// `--max-duration` is over.
    MaxDuration,
    /// No usable reply for `--max-outage`, or rows still have to settle.
    Outage,
    /// Zendesk rejects the credentials.
    Credentials(Problem),
    /// This is not the expected account.
    Account(Problem),
    /// A row could not be read again as it was scanned.
    Input(Problem),
    /// The checkpoint could not be written.
    Disk(Problem),
}
