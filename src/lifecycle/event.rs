//! What may happen to a row, and what is to be done then.

use crate::model::ids::TicketId;
use crate::model::intent::Trust;
use crate::model::limits::KEYS_PER_ROW_MAX;
use crate::model::problem::Problem;
use crate::model::reply::{Candidate, KeyLookup, NearMatch, Verdict};
use crate::model::time::ServerTime;

/// What this run has seen of how idempotency keys are treated on its way to the account. Evidence of
/// an earlier run says nothing about this one, which may go through another proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// No reply of this run has said anything about a key: keys are not relied on.
    Unproven,
    /// A reply of this run came with `x-idempotency-lookup`, and no successful create without it.
    Honoured,
    /// A create succeeded without that header: something on the way drops the key.
    Dropped,
}

/// What is fixed for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// How far the endpoint's keys are trusted at all.
    pub trust: Trust,
    /// How long after a row's last send a ticket that is not found counts as not made.
    pub lookup_settle_ms: u64,
    /// How long one request may take: what must still fit into the key's lifetime.
    pub request_timeout_ms: u64,
    /// How long after an unanswered request the same key may be sent again. What Zendesk does with a
    /// key whose first request it is still working on is not documented.
    pub resend_after_ms: u64,
    /// Keys that a row may use before a person has to look at it.
    pub keys_max: u32,
}

impl Rules {
    /// The rules of a decision in which no time passes, such as a scan or a person's word.
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

/// What a lookup by `external_id` brought, by list and by search together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The different tickets found, each with exactly the row's `external_id`.
    pub candidates: Vec<Candidate>,
    /// A ticket that may be the row's although it carries another `external_id`, and that is not
    /// known to be another row's.
    pub near: Option<NearMatch>,
    /// When the earlier of the two questions was asked.
    pub asked_at: ServerTime,
    /// How long, on this machine's monotonic clock, no request of the row was on its way before
    /// that question: Zendesk's clock may have been set meanwhile, and this one cannot be.
    pub quiet_ms: u64,
    /// Why "not found" proves nothing here, if so: a user who may not see every ticket, an
    /// `external_id` that cannot be searched for.
    pub obstacle: Option<Problem>,
}

/// What a scan of the CSV says of a row that the checkpoint knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sighting {
    /// It is there, and its body is the one on record.
    Same,
    /// It is there with another body.
    Changed,
    /// It is there and no longer passes validation.
    Invalid(Problem),
    /// It is not there.
    Gone,
}

/// Something that happens to a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It is the row's turn. The state that comes back with [`Step::Send`] or [`Step::Resend`] is
    /// what must be committed before the request leaves.
    Due {
        /// Zendesk's clock.
        now: ServerTime,
        /// How the account treats keys.
        evidence: Evidence,
        /// How old the key is at least, on this machine's monotonic clock: what Zendesk's clock says
        /// can be wrong, and this one can only be too short.
        local_age_ms: u64,
        /// Whether a resend would go the same way as the stored intent, as the same user.
        same_route: bool,
        /// The highest ticket id known.
        highest_ticket: Option<TicketId>,
    },
    /// The create that was out is answered, or will not be.
    Replied {
        /// What the reply means.
        verdict: Verdict,
        /// What it says of the key.
        key_lookup: Option<KeyLookup>,
        /// Whether a ticket in it carries our `external_id`.
        ours: bool,
        /// How the account treats keys.
        evidence: Evidence,
        /// Zendesk's clock.
        now: ServerTime,
        /// A random number for the retry delay.
        jitter: u64,
    },
    /// A lookup is answered, by list and by search.
    LookedUp(Finding),
    /// A create was answered without a word about its key: something on the way drops keys, and it
    /// may have dropped this row's too.
    KeysDropped,
    /// The request of the last intent was certainly never begun.
    NeverSent,
    /// The CSV was scanned again.
    Scanned(Sighting),
    /// A person wants the row tried again.
    Retry,
    /// A person says that this is the row's ticket, and the account could not be asked.
    Claim(TicketId),
    /// A person says that this is the row's ticket, and the account agrees.
    Assign(TicketId),
    /// What a person said of the row's ticket counts no longer: the person takes it back, or the
    /// account does not agree.
    TakeBack,
    /// The account says that this ticket is deleted, and a person wants its row sent again.
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
    /// The checkpoint may have been lost, restored or copied: nothing in it may be relied on
    /// without a lookup.
    Recover {
        /// Zendesk's clock.
        now: ServerTime,
    },
}

/// What is to be done with a row after an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nothing, until another event comes.
    Rest,
    /// Commit the new state, then send for the first time under this key.
    Send,
    /// Commit the new state, then send the same bytes under the same key again.
    Resend,
    /// Look the row up, by list and by search.
    LookUp,
    /// Ask again after so many milliseconds.
    Wait(u64),
    /// Ask again when Zendesk's clock says so.
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
    /// A person or the system asked for it.
    Interrupted,
    /// `--limit` is reached.
    Limit,
    /// `--max-errors` is reached.
    MaxErrors,
    /// `--max-duration` is over.
    MaxDuration,
    /// No usable reply for `--max-outage`, or rows still have to settle.
    Outage,
    /// The credentials are refused.
    Credentials(Problem),
    /// This is not the account that we think it is.
    Account(Problem),
    /// A row could not be read again as it was scanned.
    Input(Problem),
    /// The checkpoint could not be written.
    Disk(Problem),
}
