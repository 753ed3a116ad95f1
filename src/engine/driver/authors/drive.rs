//! How the driver asks for authors, and what it does with what it is told.

use super::super::{Driver, Effect, Rows, Timing};
use crate::checkpoint::{Author, AuthorIs, CheckpointError, PendingRow};
use crate::engine::conversation::{Sendable, UnknownAuthor, authors_of, with_author_ids};
use crate::engine::driver::track::Tracked;
use crate::engine::log;
use crate::engine::monitor::AuthorsKnown;
use crate::lifecycle::question::throttle_ms;
use crate::lifecycle::{Event, Sighting, retry};
use crate::model::problem::Problem;
use crate::model::reply::{Answer, Verdict};
use crate::model::shown::shown;
use crate::model::time::Monotonic;
use crate::zendesk::UserAnswer;

/// Of three requests, how many are about authors where there is enough of both to do: a ticket needs
/// its authors first.
const BEFORE_A_CREATE: u32 = 2;

/// Rows whose authors are noted in one turn.
const NOTED_AT_ONCE: u64 = 200;

/// Fewer are not worth asking the checkpoint for.
const AHEAD_AT_ONCE: usize = 100;

/// Authors who cannot be made users that are told when that happens.
const TOLD_MAX: u64 = 20;

impl<R: Rows> Driver<R> {
    /// Asks for authors in their turn, or as far as pace and lanes allow.
    pub(in crate::engine::driver) fn ask_authors(
        &mut self,
        only_in_turn: bool,
        permit: &mut bool,
        now: Monotonic,
    ) -> Result<(), CheckpointError> {
        if !self.needs_authors() {
            return Ok(());
        }
        if only_in_turn {
            self.note_authors()?;
            self.look_ahead()?;
        }
        while self.out < self.watch.lanes(self.plan.concurrency)
            && self.authors.is_ready(now)
            && !(only_in_turn && self.authors.since_create >= BEFORE_A_CREATE)
        {
            if !*permit && let Err(later) = self.creates.take(now) {
                self.ask_again_when(later);
                return Ok(());
            }
            *permit = false;
            if let Some((number, question)) = self.authors.next(now) {
                self.effects.push(Effect::AskUsers { number, question });
                self.out += 1;
            }
        }
        Ok(())
    }

    /// Whether a row may still need an author.
    fn needs_authors(&self) -> bool {
        self.rows.has_comments() && !self.no_row_is_left() && !self.limit_is_reached()
    }

    /// Notes the authors of the next rows that this run will send, so that they can be counted and
    /// asked for before their turn.
    fn note_authors(&mut self) -> Result<(), CheckpointError> {
        let Some(after) = self.authors.noted_to else {
            return Ok(());
        };
        let left = self
            .plan
            .limit
            .map(|limit| limit - self.authors.noted_rows.min(limit));
        let most = left.map_or(NOTED_AT_ONCE, |left| NOTED_AT_ONCE.min(left));
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let pending = self.checkpoint.pending(after, most)?;
        self.authors.noted_to = pending.last().map(|row| row.number);
        self.authors.noted_rows += pending.len() as u64;
        // A row that is looked up first may have its ticket, and one that cannot be read again ends the
        // run when it is its turn.
        let sendable = pending
            .iter()
            .filter(|row| row.past.look_up_since.is_none());
        let read = sendable.filter_map(|row| self.rows.read_again(row).ok());
        let authors: Vec<Author> = read.flat_map(|body| authors_of(&body)).collect();
        if !authors.is_empty() {
            self.checkpoint.note_authors(&authors)?;
            self.authors.are_more_noted = true;
            let unasked = self.checkpoint.count_unasked_authors()?;
            // What this turn has learned is not in the checkpoint yet.
            let learned = self.batch.authors.len() as u64;
            self.authors.expected = self.authors.known + unasked.saturating_sub(learned);
        }
        Ok(())
    }

    /// Takes noted authors that no row waits for yet.
    fn look_ahead(&mut self) -> Result<(), CheckpointError> {
        let room = self.authors.room_ahead();
        if room < AHEAD_AT_ONCE {
            return Ok(());
        }
        if self.authors.taken_to.is_none() && std::mem::take(&mut self.authors.are_more_noted) {
            self.authors.taken_to = Some(String::new());
        }
        let Some(after) = self.authors.taken_to.take() else {
            return Ok(());
        };
        let noted = self.checkpoint.unasked_authors(&after, room)?;
        self.authors.taken_to = noted.last().map(|author| author.email.clone());
        for author in noted {
            if self.just_learned(&author.email).is_none() {
                self.authors.look_ahead(author);
            }
        }
        Ok(())
    }

    /// Takes the answer to a request about authors.
    pub(in crate::engine::driver) fn told_of_users(
        &mut self,
        number: u64,
        Answer { answer, meta }: Answer<UserAnswer>,
        timing: Timing,
        now: Monotonic,
    ) {
        self.out -= 1;
        let what = self.authors.name(number);
        log::asked(what, 1, &answer, &meta, timing.round_trip_ms());
        self.learn(&meta, timing);
        self.watch.observe_question(answer.as_ref().err(), now);
        if let Err(Verdict::Throttled(asked)) = answer {
            let until = now.plus(throttle_ms(asked, self.server_now(now)));
            self.creates.refuse_until(until);
        }
        let jitter = retry::jitter(self.plan.seed, number, 0);
        let times = (self.server_now(now), now);
        let learned = self.authors.told(number, answer, times, jitter);
        for (email, is) in learned.authors {
            if let AuthorIs::Nobody(problem) = &is {
                self.tell_of_nobody(&email, problem);
            }
            self.batch.authors.push((email, is));
        }
        if let Some(stop) = learned.stop {
            self.stop.get_or_insert(stop);
        }
    }

    fn tell_of_nobody(&mut self, email: &str, problem: &Problem) {
        self.authors.told_of += 1;
        let consequence = match self.plan.unknown_author {
            UnknownAuthor::Fail => {
                "tickets with their comments are not sent: fix the address, or let somebody stand in \
                 with --unknown-author requester (or me), then run the same command again"
            }
            UnknownAuthor::Requester => "the ticket's requester stands in",
            UnknownAuthor::Me => "the user whose credentials are used stands in",
        };
        match self.authors.told_of {
            0..=TOLD_MAX => self.news.push(format!(
                "{} wrote comments and cannot be made a user ({problem}); {consequence}",
                shown(email)
            )),
            n if n == TOLD_MAX + 1 => self.news.push(
                "more authors of comments cannot be made users; they are not named one by one"
                    .to_owned(),
            ),
            _ => {}
        }
    }

    /// The bytes of a row that are sent: those that were read, with users in the place of authors.
    pub(in crate::engine::driver) fn sendable(
        &self,
        read: Result<Vec<u8>, Problem>,
    ) -> Result<Sendable, CheckpointError> {
        let body = match read {
            Ok(body) if self.rows.has_comments() => body,
            Ok(body) => return Ok(Sendable::Now(body)),
            Err(problem) => return Ok(Sendable::Unreadable(problem)),
        };
        let (unknown, me) = (self.plan.unknown_author, self.plan.route.user);
        with_author_ids(&body, unknown, me, |email| match self.just_learned(email) {
            Some(is) => Ok(Some(is.clone())),
            None => self.checkpoint.author(email),
        })
    }

    /// What this turn has learned of an author, which is not in the checkpoint yet.
    fn just_learned(&self, email: &str) -> Option<&AuthorIs> {
        let mut learned = self.batch.authors.iter();
        learned.find_map(|(known, is)| (known == email).then_some(is))
    }

    /// Leaves out a row with an author who cannot be made a user: it was not sent, so that the next
    /// run may take it up again.
    pub(in crate::engine::driver) fn leave_out(
        &mut self,
        pending: &PendingRow,
        problem: Problem,
        now: Monotonic,
    ) {
        let number = pending.number;
        self.tracked.insert(number, Tracked::pending(pending, now));
        let invalid = Event::Scanned(Sighting::Invalid(problem));
        self.happen(number, invalid, now);
    }

    /// When authors can be asked for; one that is due but got no permit is asked for when a permit can
    /// be had.
    pub(in crate::engine::driver) fn authors_wake_at(&self) -> Option<Monotonic> {
        if !self.needs_authors() {
            return None;
        }
        if self.authors.noted_to.is_some() {
            return Some(Monotonic(0));
        }
        let time = self.authors.wake_at()?;
        Some(self.ask_again_at.map_or(time, |later| time.max(later)))
    }

    /// How many authors are known; `None` if there are none to be asked for.
    pub(in crate::engine::driver) fn authors_known(&self) -> Option<AuthorsKnown> {
        let (known, total) = (self.authors.known, self.authors.total());
        (total > 0).then_some(AuthorsKnown { known, total })
    }
}
