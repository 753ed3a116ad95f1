//! The mind of a run: one owner of all state, synchronous and without a clock of its own.
//!
//! A turn takes the messages that have come in, asks `lifecycle` what they mean, commits all that
//! follows in one transaction, and gives back what may be done now that it is on disk.

mod answers;
mod authors;
mod comparison;
#[cfg(test)]
mod deleted_tests;
mod ending;
mod first_replies;
mod lookups;
mod message;
mod pick;
mod requesters;
#[cfg(test)]
mod returned_tests;
mod sample;
#[cfg(test)]
mod test_rows;
mod track;
mod visibility;
#[cfg(test)]
mod visibility_tests;
mod waiting;
mod warnings;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

pub use message::{Effect, Message, Subject, Timing, Way};
pub use sample::SAMPLE_ROWS;

use super::history::History;
use super::monitor::{Picture, Tally};
use super::plan::Plan;
use crate::checkpoint::{Batch, Checkpoint, CheckpointError, PendingRow};
use crate::lifecycle::{Evidence, Stop, Watch};
use crate::model::counts::Counts;
use crate::model::ids::{Key, RowNumber, TicketId};
use crate::model::problem::Problem;
use crate::model::reply::{RateLimit, Reply};
use crate::model::time::{Monotonic, ServerClock, ServerTime};
use crate::zendesk::pacer::{Pacer, Policy};
use authors::Authors;
use comparison::Comparisons;
use requesters::Requesters;
use sample::Sample;
use track::Tracked;
use visibility::Visibility;
use warnings::Warnings;

/// The rows of the CSV, as far as the driver needs them again.
pub trait Rows {
    /// Reads a pending row again at its place and gives its body, or says why it is no longer the
    /// row that was scanned.
    fn read_again(&mut self, row: &PendingRow) -> Result<Vec<u8>, Problem>;

    /// Whether bodies may have comments with authors.
    fn has_comments(&self) -> bool {
        false
    }
}

/// Makes keys. Random in the program, seeded in the simulation.
pub type MakeKey = Box<dyn FnMut() -> Key + Send>;

/// The mind of a run.
pub struct Driver<R> {
    plan: Plan,
    checkpoint: Checkpoint,
    /// This run's line in the checkpoint, once it has begun.
    history: Option<History>,
    rows: R,
    make_key: MakeKey,
    clock: ServerClock,
    started: Monotonic,
    evidence: Evidence,
    highest_ticket: Option<TicketId>,
    watch: Watch,
    creates: Pacer,
    /// The paces of the two ways to look up: each has a limit of its own.
    lists: Pacer,
    searches: Pacer,
    /// Rows that are in `sending`, or being looked up before they are sent.
    tracked: BTreeMap<RowNumber, Tracked>,
    /// When each of them that is not out has its next turn.
    due: BTreeSet<(Monotonic, RowNumber)>,
    /// Creates whose 403 is held back until the credentials have been checked.
    forbidden: BTreeMap<RowNumber, (Reply, Timing)>,
    /// Pending rows read ahead, and the number of the last one read.
    ahead: VecDeque<PendingRow>,
    cursor: RowNumber,
    at_end: bool,
    /// Rows that went back to pending.
    returned: BTreeSet<RowNumber>,
    /// Rows that this start found in flight: if they go back to pending they are in `returned`,
    /// and the cursor passes over them, so that none is taken twice.
    resumed: BTreeSet<RowNumber>,
    requesters: Requesters,
    authors: Authors,
    /// Rows to be looked up before anything is sent.
    sample: Sample,
    /// Whether empty lookups count.
    visibility: Visibility,
    /// Lookups for comparison, and how many have failed in succession.
    comparisons: Comparisons,
    comparison_failures: u32,
    /// Requests that are out, whatever they are.
    out: usize,
    probing: bool,
    left_pending: u64,
    first_replies: first_replies::FirstReplies,
    /// A permit of a way to look up that was taken before the account had none.
    spare: Option<Way>,
    idle_since: Option<Monotonic>,
    ask_again_at: Option<Monotonic>,
    counts: Counts,
    tally: Tally,
    batch: Batch,
    effects: Vec<Effect>,
    news: Vec<String>,
    warnings: Warnings,
    /// Whether a person knows that the account changes `external_id`s.
    tells_ids_changed: bool,
    stop: Option<Stop>,
}

impl<R: Rows> Driver<R> {
    /// Takes up a checkpoint where it stands. `clock` is Zendesk's, learned from a reply of this
    /// start.
    pub fn new(
        plan: Plan,
        checkpoint: Checkpoint,
        rows: R,
        make_key: MakeKey,
        clock: ServerClock,
        now: Monotonic,
    ) -> Result<Self, CheckpointError> {
        let counts = checkpoint.counts()?;
        let highest_ticket = checkpoint.highest_ticket()?;
        let in_flight = checkpoint.in_flight()?;
        let sample = checkpoint.sample(sample::FIRST, sample::RANDOM, plan.seed)?;
        let mut driver = Self {
            watch: Watch::new(plan.max_outage_ms, plan.max_errors),
            creates: Pacer::new(plan.pace, now),
            lists: Pacer::new(Policy::default(), now),
            searches: Pacer::new(Policy::default(), now),
            plan,
            checkpoint,
            history: None,
            rows,
            make_key,
            clock,
            started: now,
            evidence: Evidence::Unproven,
            highest_ticket,
            tracked: BTreeMap::new(),
            due: BTreeSet::new(),
            forbidden: BTreeMap::new(),
            ahead: VecDeque::new(),
            cursor: RowNumber(0),
            at_end: false,
            returned: BTreeSet::new(),
            resumed: in_flight.iter().map(|row| row.number).collect(),
            requesters: Requesters::default(),
            authors: Authors::new(),
            sample: Sample::of(sample, now),
            visibility: Visibility::new(),
            comparisons: Comparisons::default(),
            comparison_failures: 0,
            out: 0,
            probing: false,
            left_pending: 0,
            first_replies: first_replies::FirstReplies::default(),
            spare: None,
            idle_since: None,
            ask_again_at: None,
            counts,
            tally: Tally::default(),
            batch: Batch::default(),
            effects: Vec::new(),
            news: Vec::new(),
            warnings: Warnings::default(),
            tells_ids_changed: false,
            stop: None,
        };
        for row in in_flight {
            let number = row.number;
            driver.tracked.insert(number, Tracked::found(row, now));
            driver.schedule(number, now);
        }
        Ok(driver)
    }

    /// Learns of what was asked before there was a driver: the limit that the replies told, the
    /// highest ticket, and how many requests already count against the limit.
    pub fn already_asked(
        &mut self,
        limit: Option<RateLimit>,
        highest: Option<TicketId>,
        requests: u32,
        now: Monotonic,
    ) {
        self.highest_ticket = self.highest_ticket.max(highest);
        self.tally.requests += u64::from(requests);
        // What was asked more than a minute ago counts no longer.
        let recent = limit.map_or(requests, |limit| requests.min(limit.total));
        (0..recent).for_each(|_| self.creates.note_send(now));
        self.creates.learn(now, limit, now);
        if let Some(rpm) = self.creates.allowed_rpm() {
            let each_ms = 60_000 / u64::from(rpm.max(1));
            let recent = u64::from(recent.min(rpm));
            self.creates.hold_until(now.plus(each_ms * recent));
        }
    }

    /// Takes one turn: what has come in, then what may go out.
    ///
    /// # Errors
    ///
    /// After an error nothing more may be sent: the checkpoint could not be written or read.
    pub fn turn(
        &mut self,
        now: Monotonic,
        messages: impl IntoIterator<Item = Message>,
    ) -> Result<Vec<Effect>, CheckpointError> {
        self.ask_again_at = None;
        for message in messages {
            self.take_in(message, now)?;
        }
        self.consider_stopping(now);
        if self.stop.is_none() {
            self.fill(now)?;
        }
        if !self.batch.is_empty() {
            let history = self.history.as_ref();
            self.batch.note = history.map(|history| history.note(&self.picture(now), now));
            let durable = self.checkpoint.commit(std::mem::take(&mut self.batch))?;
            for intent in durable {
                let latest = self.latest_send(&intent, now);
                self.effects.push(Effect::Create { intent, latest });
            }
        }
        if self.stop.is_none() {
            self.consider_being_done(now);
        }
        Ok(std::mem::take(&mut self.effects))
    }

    /// When the next turn is due even if no message comes; `None` if only a message can help.
    pub fn wake_at(&self) -> Option<Monotonic> {
        if self.stop.is_some() {
            return None;
        }
        let lanes_are_open = self.out < self.watch.lanes(self.plan.concurrency);
        let next_row = if self.sample.is_done() {
            // A row that is due but got no permit is asked again when a permit can be had.
            let due = self.due.first().map(|(time, _)| *time);
            let due = due.map(|time| self.ask_again_at.map_or(time, |later| time.max(later)));
            [
                due,
                self.ask_again_at,
                self.visibility.wake_at(),
                self.authors_wake_at(),
            ]
            .into_iter()
            .flatten()
            .min()
        } else {
            self.sample.wake_at()
        };
        let next_row = [next_row, self.comparisons.wake_at()]
            .into_iter()
            .flatten()
            .min();
        let over = self.plan.max_duration_ms.map(|ms| self.started.plus(ms));
        let idle_over = self
            .idle_since
            .map(|since| since.plus(self.plan.max_outage_ms));
        [
            next_row.filter(|_| lanes_are_open),
            self.watch.probe_at().filter(|_| !self.probing),
            self.watch.outlasted_at(),
            over,
            idle_over,
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Why the run is over, once it is over and nothing is out.
    pub fn finished(&self) -> Option<&Stop> {
        self.stop
            .as_ref()
            .filter(|_| self.out == 0 && !self.probing)
    }

    /// A picture for whoever looks on.
    pub fn picture(&self, now: Monotonic) -> Picture {
        Picture {
            counts: self.counts,
            tally: self.tally,
            allowed_rpm: self.creates.allowed_rpm(),
            waiting: self.waiting(now),
            authors: self.authors_known(),
            resting_ms: self.due.last().map_or(0, |(time, _)| time.since(now)),
        }
    }

    /// Sentences for people that have come up since the last call.
    pub fn news(&mut self) -> Vec<String> {
        std::mem::take(&mut self.news)
    }

    /// Returns a closing notice, if there is one.
    pub fn farewell(&self) -> Option<String> {
        self.warnings.summary()
    }

    /// Begins this run's line in the history, which is kept up to date from then on.
    pub fn begin(
        &mut self,
        began: Monotonic,
        arguments: &str,
        now: Monotonic,
    ) -> Result<(), CheckpointError> {
        let at = self.server_now(now);
        self.history = Some(History::begin(&mut self.checkpoint, began, at, arguments)?);
        Ok(())
    }

    /// Notes in the history why the run ended.
    pub fn end(&mut self, stop: &Stop, now: Monotonic) -> Result<(), CheckpointError> {
        let (picture, at) = (self.picture(now), self.server_now(now));
        match &self.history {
            Some(history) => history.end(&mut self.checkpoint, &picture, (stop, at), now),
            None => Ok(()),
        }
    }

    /// Gives the checkpoint back when the run is over.
    pub fn into_checkpoint(self) -> Checkpoint {
        self.checkpoint
    }

    /// The pace of a way to look up.
    fn pace_of(&mut self, way: Way) -> &mut Pacer {
        match way {
            Way::List => &mut self.lists,
            Way::Search => &mut self.searches,
        }
    }

    /// Takes the permits for a lookup: its way's own, and the account's.
    fn permit_lookup(&mut self, way: Way, now: Monotonic) -> Result<(), Monotonic> {
        if self.spare != Some(way) {
            self.pace_of(way).take(now)?;
        }
        self.spare = Some(way);
        self.creates.take(now)?;
        self.spare = None;
        Ok(())
    }

    fn server_now(&self, now: Monotonic) -> ServerTime {
        self.clock.at(now)
    }
}
