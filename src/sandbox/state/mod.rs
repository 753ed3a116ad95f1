//! An account as a plain struct, with time as an argument.
//!
//! Nothing here waits, reads a clock, draws a random number or depends on the order of a hash
//! map: the same requests at the same times give the same bytes.

mod access;
mod bucket;
mod jobs;
mod keys;
mod limit;
mod limits;
mod minutes;
mod others;
mod stamp;
mod tickets;
mod users;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use crate::sandbox::http::{Method, Request, Response};
pub use crate::sandbox::settings::Settings;
pub use jobs::{Job, JobEnd, JobKind};
pub use keys::{KEY_LIFETIME_MS, KeyRecord, Outcome};
pub use tickets::{Edit, Origin, Ticket};
pub use users::User;

use access::Access;
pub(in crate::sandbox) use jobs::Jobs;
pub(in crate::sandbox) use keys::Keys;
use limits::Limits;
pub(in crate::sandbox) use tickets::Tickets;
pub(in crate::sandbox) use users::{ADMIN_EMAIL, ADMIN_ID, ADMIN_NAME, Users};

/// A Zendesk account, as far as an importer can see it.
#[derive(Debug)]
pub struct State {
    pub(in crate::sandbox) settings: Settings,
    pub(in crate::sandbox) tickets: Tickets,
    pub(in crate::sandbox) users: Users,
    pub(in crate::sandbox) keys: Keys,
    pub(in crate::sandbox) access: Access,
    pub(in crate::sandbox) jobs: Jobs,
    pub(in crate::sandbox) limits: Limits,
    changes: Option<Vec<Change>>,
}

/// What a request changed permanently, for the code that keeps the state on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A user was made, or is another than before.
    User(User),
    /// A ticket was made.
    Ticket(Arc<Ticket>),
    /// A key stands for something new.
    Key(KeyRecord),
    /// A ticket was changed.
    Edited {
        /// The ticket.
        id: u64,
        /// What it is now.
        edit: Arc<Edit>,
    },
    /// A ticket was deleted.
    Deleted {
        /// The ticket.
        id: u64,
        /// When, by the double's clock.
        at_ms: i64,
    },
    /// All tickets up to this id were archived.
    ArchivedUpTo(u64),
    /// A job was queued, or has moved on.
    Job(Job),
}

/// The counts in `GET /sandbox/stats`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    /// Live tickets.
    pub tickets: u64,
    /// Different external ids among them.
    pub external_ids: u64,
    /// Live tickets beyond the first of their external id.
    pub duplicates: u64,
    /// API requests that came, refused ones too.
    pub requests: u64,
    /// The most of them within any sixty seconds of the double's clock.
    pub peak_rpm: u32,
    /// How many were answered 429.
    pub throttled: u64,
    /// Access tokens given out.
    #[serde(default)]
    pub tokens: u64,
    /// Requests of other integrations that the account let through.
    #[serde(default)]
    pub others: u64,
    /// Requests of theirs that it answered 429.
    #[serde(default)]
    pub throttled_others: u64,
}

/// When an injected server error strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strike {
    /// Before the request did anything.
    Before,
    /// After the request did all it does.
    After,
}

impl State {
    /// An empty account.
    pub fn new(settings: Settings) -> Self {
        Self {
            limits: Limits::new(settings.window),
            settings,
            tickets: Tickets::default(),
            users: Users::default(),
            keys: Keys::default(),
            access: Access::default(),
            jobs: Jobs::default(),
            changes: None,
        }
    }

    /// Archives all tickets made so far.
    pub fn archive_all(&mut self) {
        let last = self.tickets.next_id() - 1;
        self.apply(Change::ArchivedUpTo(last), 0);
    }

    /// The counts so far.
    pub fn stats(&self) -> Stats {
        Stats {
            tickets: self.tickets.live(),
            external_ids: self.tickets.external_ids(),
            duplicates: self.tickets.duplicates(),
            requests: self.limits.requests,
            peak_rpm: self.limits.peak_rpm,
            throttled: self.limits.throttled,
            tokens: self.access.issued(),
            others: self.limits.others_granted,
            throttled_others: self.limits.others_throttled,
        }
    }

    /// What the account let through in each minute of its clock, ours and the other
    /// integrations': the oldest of the last 1,440 minutes first.
    pub fn minutes(&self) -> Vec<[u32; 2]> {
        self.limits.minutes.all()
    }

    /// All users, the oldest first.
    pub fn users(&self) -> &[User] {
        self.users.all()
    }

    /// The knobs in force.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Turns the knobs; a new kind of window begins to count afresh.
    pub fn set_settings(&mut self, settings: Settings) {
        if settings.window != self.settings.window {
            self.limits.recount(settings.window);
        }
        self.settings = settings;
    }

    /// From now on, collects changes for [`State::take_changes`].
    pub fn record_changes(&mut self) {
        self.changes.get_or_insert_default();
    }

    /// The changes since the last call; none unless they are recorded.
    pub fn take_changes(&mut self) -> Vec<Change> {
        self.changes
            .as_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// Applies a change, whether a request causes it now or the file replays it.
    pub(in crate::sandbox) fn apply(&mut self, change: Change, now_ms: i64) {
        if let Some(changes) = &mut self.changes {
            changes.push(change.clone());
        }
        match change {
            Change::User(user) => self.users.put(user),
            Change::Ticket(ticket) => self.tickets.add(ticket),
            Change::Key(record) => self.keys.remember(record, now_ms),
            Change::Edited { id, edit } => self.tickets.edit(id, edit),
            Change::Deleted { id, at_ms } => self.tickets.delete(id, at_ms),
            Change::ArchivedUpTo(id) => self.tickets.archive_up_to(id),
            Change::Job(job) => self.jobs.put(job),
        }
    }
}
