//! What messages mean for the rows and for the run.

use std::sync::Arc;

use super::{Driver, Effect, Message, Rows, Timing};
use crate::checkpoint::{Attempt, CheckpointError, Kind};
use crate::engine::log;
use crate::lifecycle::question::unauthorized;
use crate::lifecycle::{Event, Evidence, State, Stop, retry};
use crate::model::external_id::is_near;
use crate::model::ids::RowNumber;
use crate::model::intent::Trust;
use crate::model::limits::{STRANGE_HITS_MAX, THROTTLE_HOLD_MS, THROTTLE_HOLD_MS_MIN};
use crate::model::problem::Problem;
use crate::model::reply::{Answer, KeyLookup, Meta, Reply, RetryAfter, Verdict};
use crate::model::time::{Monotonic, ServerClock, ServerTime};

impl<R: Rows> Driver<R> {
    pub(super) fn take_in(
        &mut self,
        message: Message,
        now: Monotonic,
    ) -> Result<(), CheckpointError> {
        match message {
            Message::Replied { row, reply, timing } => self.replied(row, reply, timing, now),
            Message::NotBegun { row } => {
                self.out -= 1;
                self.happen(row, Event::NeverSent, now);
            }
            Message::LookedUp {
                subject,
                way,
                answer,
                timing,
            } => return self.looked_up(subject, way, answer, timing, now),
            Message::ToldOfUsers {
                number,
                answer,
                timing,
            } => self.told_of_users(number, answer, timing, now),
            Message::Probed { answer, timing } => self.probed(&answer, timing, now),
            Message::Checked {
                row,
                answer,
                timing,
            } => self.checked(row, &answer, timing, now),
            Message::Interrupt => {
                self.stop.get_or_insert(Stop::Interrupted);
            }
        }
        Ok(())
    }

    /// Learns from a reply what every reply tells.
    pub(super) fn learn(&mut self, meta: &Meta, timing: Timing) {
        self.tally.requests += 1;
        if meta.status == Some(429) {
            self.tally.throttled += 1;
        }
        // A reply that lay in a socket while the machine slept tells the time of hours ago.
        let is_recent = timing.round_trip_ms() <= self.plan.rules.request_timeout_ms;
        // A gateway's own page has a clock of its own, and no id of Zendesk's.
        let is_theirs = meta.request_id.is_some() || meta.status.is_some_and(|s| s < 300);
        if let Some(date) = meta.date.filter(|_| is_recent && is_theirs) {
            self.clock = ServerClock::new(date, timing.arrived);
        }
        // A reply may have waited here for the next turn; how long it took is part of what it tells.
        self.creates
            .learn(timing.sent, meta.account, timing.arrived);
        if let Some(warning) = &meta.warning {
            self.news.extend(self.warnings.take(warning));
        }
    }

    fn replied(&mut self, row: RowNumber, reply: Reply, timing: Timing, now: Monotonic) {
        let sent_at = self.server_now(timing.sent);
        self.learn(&reply.meta, timing);
        self.creates.learn_endpoint(reply.meta.endpoint, now);
        self.log_create(row, &reply, sent_at, timing);
        if let Verdict::Forbidden(_) = reply.verdict {
            self.forbidden.insert(row, (reply, timing));
            self.creates.note_send(now);
            self.effects.push(Effect::CheckCredentials { row });
        } else {
            self.judge(row, reply, now);
        }
    }

    /// Lets the reply to a create happen to its row.
    fn judge(&mut self, row: RowNumber, reply: Reply, now: Monotonic) {
        self.out -= 1;
        let Reply { verdict, meta } = reply;
        self.watch.observe(Some(&verdict), now);
        let Some((external_id_of_row, line)) = self
            .tracked
            .get(&row)
            .map(|t| (Arc::clone(&t.external_id), t.line))
        else {
            return;
        };
        self.is_quiet_from(row, now);
        let mut ours = false;
        let has_ticket = matches!(verdict, Verdict::Created { .. });
        self.learn_of_keys(has_ticket, meta.key_lookup, now);
        if let Verdict::Created {
            ticket,
            external_id,
        } = &verdict
        {
            ours = self.is_ours(external_id.as_deref(), &external_id_of_row);
            self.highest_ticket = self.highest_ticket.max(Some(*ticket));
            self.learn_of_first_reply(row, meta.key_lookup);
        }
        if let Verdict::Throttled(asked) = verdict {
            self.hold(asked, now);
        }
        if verdict == Verdict::KeyMismatch {
            self.news.push(format!(
                "Zendesk knows the key of line {line} with other bytes: another copy of this \
                 checkpoint may be in use; the row is looked up"
            ));
        }
        let attempt = u32::try_from(self.tally.requests & 0xFFFF_FFFF).unwrap_or(0);
        let event = Event::Replied {
            verdict,
            key_lookup: meta.key_lookup,
            ours,
            evidence: self.evidence,
            now: self.server_now(now),
            jitter: retry::jitter(self.plan.seed, row.0, attempt),
        };
        self.happen(row, event, now);
    }

    /// Whether a create's own reply carries the row's `external_id`. An account that trims it or
    /// folds its case has made the row's ticket all the same, and a person should know.
    fn is_ours(&mut self, theirs: Option<&str>, ours: &str) -> bool {
        let Some(theirs) = theirs else {
            return false;
        };
        if theirs == ours {
            return true;
        }
        let is_near = is_near(ours, theirs);
        if is_near && !self.tells_ids_changed {
            self.tells_ids_changed = true;
            self.news.push(format!(
                "the account stores external_id {ours:?} as {theirs:?}: lookups cannot find such a \
                 row for certain, so a row whose reply is lost ends as unknown"
            ));
        }
        is_near
    }

    /// Notes what the reply to a create says of its key. Any word about it shows that keys arrive; a
    /// ticket without one casts doubt on all keys that are out, and on all further ones of this run.
    fn learn_of_keys(&mut self, has_ticket: bool, lookup: Option<KeyLookup>, now: Monotonic) {
        // Where no key is trusted anyway, silence about one is nothing new.
        if self.plan.rules.trust == Trust::LookupOnly {
            return;
        }
        let seen = match (self.evidence, lookup) {
            (Evidence::Dropped, _) => Evidence::Dropped,
            (Evidence::Unproven | Evidence::Honoured, Some(_)) => Evidence::Honoured,
            (Evidence::Unproven | Evidence::Honoured, None) if has_ticket => Evidence::Dropped,
            (unchanged @ (Evidence::Unproven | Evidence::Honoured), None) => unchanged,
        };
        if seen == self.evidence {
            return;
        }
        self.evidence = seen;
        if seen == Evidence::Dropped {
            self.news.push(
                "Zendesk does not confirm the idempotency key: something on the way drops it; from \
                 now on rows without an answer are looked up before they are sent again"
                    .to_owned(),
            );
            self.doubt_keys(now);
        }
    }

    /// Tickets that were answered from the memory of a key at its very first request: somebody else
    /// uses this checkpoint's keys, or something on the way repeats requests. One or two may be the
    /// network's doing.
    fn learn_of_first_reply(&mut self, row: RowNumber, lookup: Option<KeyLookup>) {
        let first = matches!(
            self.tracked.get(&row).map(|tracked| &tracked.row.state),
            Some(State::Sending(flight)) if flight.attempts <= 1
        );
        if !first {
            return;
        }
        self.news.extend(self.first_replies.take(lookup));
        if self.first_replies.are_strange() {
            self.stop.get_or_insert(Stop::Account(Problem::new(
                "KeysInUse",
                format!(
                    "{STRANGE_HITS_MAX} rows in succession were answered as if they had been sent \
                     before: another copy of this checkpoint may be in use; stop it, then run the \
                     same command with --recover"
                ),
            )));
        }
    }

    /// A 429 holds all lanes, once, for as long as it asks.
    fn hold(&mut self, asked: Option<RetryAfter>, now: Monotonic) {
        let asked = asked.unwrap_or(RetryAfter::Delay(THROTTLE_HOLD_MS));
        let ms = retry::delay_ms(1, Some(asked), self.server_now(now), 0);
        // A wait of nothing would answer a full account with all lanes again.
        self.creates
            .refuse_until(now.plus(ms.max(THROTTLE_HOLD_MS_MIN)));
    }

    fn log_create(&mut self, row: RowNumber, reply: &Reply, sent_at: ServerTime, timing: Timing) {
        let tracked = self.tracked.get(&row);
        if let Some(tracked) = tracked {
            let attempt = match &tracked.row.state {
                State::Sending(flight) => flight.attempts,
                _ => 0,
            };
            log::created(
                tracked.line,
                tracked.key,
                attempt,
                reply,
                timing.round_trip_ms(),
            );
        }
        let attempt = Attempt {
            key: tracked.map(|tracked| tracked.key),
            ..attempt(row, Kind::Create, &reply.meta, sent_at, timing)
        };
        self.batch.attempts.push(attempt);
    }

    fn probed(&mut self, answer: &Answer<()>, timing: Timing, now: Monotonic) {
        self.probing = false;
        let Answer { answer: told, meta } = answer;
        log::asked("probe", 1, told, meta, timing.round_trip_ms());
        self.learn(&answer.meta, timing);
        if let Err(Verdict::Unauthorized) = answer.answer {
            self.stop.get_or_insert(Stop::Credentials(unauthorized()));
        }
        let answered = !matches!(
            answer.answer,
            Err(Verdict::ServerError(_)
                | Verdict::Expired
                | Verdict::NotSent(_)
                | Verdict::Lost(_)
                | Verdict::Throttled(_)
                | Verdict::Cached
                | Verdict::Unreadable)
        );
        self.watch.probed(answered, now);
    }

    /// A create was forbidden: if the credentials are good it is about this row, else about all.
    fn checked(&mut self, row: RowNumber, answer: &Answer<bool>, timing: Timing, now: Monotonic) {
        let Answer { answer: told, meta } = answer;
        log::asked("credentials", 1, told, meta, timing.round_trip_ms());
        self.learn(&answer.meta, timing);
        let Some((mut reply, _)) = self.forbidden.remove(&row) else {
            self.out -= 1;
            return;
        };
        match &answer.answer {
            Ok(true) => {}
            Ok(false) | Err(Verdict::Unauthorized) => reply.verdict = Verdict::Unauthorized,
            // It cannot be told now. The create had no effect, as if it had not been sent.
            Err(_) => {
                reply.verdict = Verdict::NotSent("the credentials could not be checked".to_owned());
            }
        }
        self.judge(row, reply, now);
    }
}

pub(super) fn attempt(
    row: RowNumber,
    kind: Kind,
    meta: &Meta,
    sent_at: ServerTime,
    timing: Timing,
) -> Attempt {
    Attempt {
        row,
        kind,
        key: None,
        sent_at,
        duration_ms: timing.round_trip_ms(),
        status: meta.status,
        key_lookup: meta.key_lookup,
        request_id: meta.request_id.clone(),
        found: None,
    }
}
