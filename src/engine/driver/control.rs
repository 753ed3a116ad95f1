//! A user who may not see every ticket cannot tell by a lookup that there is none. Unless both ways
//! find a ticket of which we know that it exists: then they see what we make.

use std::sync::Arc;

use super::track::Asked;
use super::{Driver, Effect, Rows, Way};
use crate::checkpoint::CheckpointError;
use crate::model::ids::RowNumber;
use crate::model::reply::{Candidate, Verdict};
use crate::model::time::{Monotonic, ServerTime};

/// Whether this user is known to see our tickets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Control {
    /// An admin sees everything, or the control ticket was found both ways.
    SeesAll,
    /// Nobody has needed to know yet.
    Open,
    /// The control ticket is being looked up.
    Asking {
        row: RowNumber,
        external_id: Arc<str>,
        way: Way,
        due: Option<Monotonic>,
    },
    /// The control ticket was not found both ways, or there is none that is old enough; asked again
    /// after another settling time.
    SeesTooLittle { since: Monotonic },
}

impl Control {
    pub(super) fn wake_at(&self) -> Option<Monotonic> {
        match self {
            Self::Asking { due, .. } => *due,
            Self::SeesAll | Self::Open | Self::SeesTooLittle { .. } => None,
        }
    }
}

/// A finding that waits for the control ticket.
pub(super) type Held = (RowNumber, Asked);

impl<R: Rows> Driver<R> {
    /// Whether "not found" may be judged now; if not, the row is held until the control ticket has
    /// been looked up.
    pub(super) fn may_judge_absence(
        &mut self,
        row: RowNumber,
        asked: Asked,
        now: Monotonic,
    ) -> bool {
        if let Control::SeesTooLittle { since } = self.control
            && now.since(since) >= self.plan.rules.lookup_settle_ms
        {
            self.control = Control::Open;
        }
        if let Control::Open = self.control {
            self.control = self
                .choose_control(now)
                .unwrap_or(Control::SeesTooLittle { since: now });
        }
        match self.control {
            Control::SeesAll | Control::SeesTooLittle { .. } => true,
            Control::Open | Control::Asking { .. } => {
                self.unschedule(row);
                self.held.push((row, asked));
                false
            }
        }
    }

    fn choose_control(&self, now: Monotonic) -> Result<Control, CheckpointError> {
        let settle = self.plan.rules.lookup_settle_ms;
        let before = ServerTime(self.server_now(now).0.saturating_sub_unsigned(settle));
        Ok(match self.checkpoint.control_row(before)? {
            Some((row, external_id)) => Control::Asking {
                row,
                external_id,
                way: Way::List,
                due: Some(now),
            },
            None => Control::SeesTooLittle { since: now },
        })
    }

    /// Asks for the control ticket if it is due.
    pub(super) fn ask_control(&mut self, now: Monotonic) {
        let Control::Asking { way, due, .. } = self.control else {
            return;
        };
        let is_due = due.is_some_and(|time| time <= now);
        if !is_due || self.out >= self.watch.lanes(self.plan.concurrency) {
            return;
        }
        let permit = self.permit_lookup(way, now);
        let Control::Asking {
            row,
            external_id,
            way,
            due,
        } = &mut self.control
        else {
            return;
        };
        if let Err(later) = permit {
            *due = Some(later);
            return;
        }
        *due = None;
        let effect = Effect::LookUp {
            row: *row,
            external_id: Arc::clone(external_id),
            way: *way,
        };
        self.effects.push(effect);
        self.out += 1;
    }

    /// Whether a lookup of this row is that of the control ticket.
    pub(super) fn is_control(&self, number: RowNumber) -> bool {
        matches!(&self.control, Control::Asking { row, due: None, .. } if *row == number)
    }

    /// Takes the answer about the control ticket, and judges the rows that waited for it.
    pub(super) fn controlled(&mut self, answer: &Result<Vec<Candidate>, Verdict>, now: Monotonic) {
        let Control::Asking { way, due, .. } = &mut self.control else {
            return;
        };
        match (answer, *way) {
            (Ok(found), _) if found.is_empty() => {
                self.control = Control::SeesTooLittle { since: now }
            }
            (Ok(_), Way::List) => {
                *way = Way::Search;
                *due = Some(now);
                return;
            }
            (Ok(_), Way::Search) => self.control = Control::SeesAll,
            (Err(Verdict::Refused(_) | Verdict::Forbidden(_)), _) => {
                self.control = Control::SeesTooLittle { since: now };
            }
            (Err(Verdict::Unreadable), _) => {
                // The rows that wait for it can do without: nothing of it is believed.
                self.control = Control::SeesTooLittle { since: now };
            }
            (Err(_), _) => {
                *due = Some(now.plus(1_000));
                return;
            }
        }
        for (row, asked) in std::mem::take(&mut self.held) {
            let event = self.finding(row, Vec::new(), asked, None);
            self.happen(row, event, now);
        }
    }
}
