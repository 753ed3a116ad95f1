//! Decides when the whole run slows down, pauses or ends: on outages, on refusals that concern the
//! account, and after too many rejected rows.

use super::event::Stop;
use crate::model::limits::{
    FORBIDDEN_ROWS_MAX, OUTAGE_ROWS, PROBE_DELAY_MS_FIRST, PROBE_DELAY_MS_MAX,
};
use crate::model::problem::Problem;
use crate::model::reply::Verdict;
use crate::model::time::Monotonic;

/// Circuit breaker: watches the replies of a run as a whole.
#[derive(Debug, Clone)]
pub struct Watch {
    max_outage_ms: u64,
    max_errors: u64,
    mode: Mode,
    failures: u32,
    failing_since: Option<Monotonic>,
    forbidden: u32,
    rejected: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Closed: all lanes may send.
    Steady,
    /// Open: nothing is sent except occasional probes.
    Dark { probe_at: Monotonic, delay_ms: u64 },
    /// Half-open: a probe was answered, and one lane may send until a create is answered too.
    Cautious { delay_ms: u64 },
}

impl Watch {
    /// Starts with all lanes open.
    pub fn new(max_outage_ms: u64, max_errors: u64) -> Self {
        Self {
            max_outage_ms,
            max_errors,
            mode: Mode::Steady,
            failures: 0,
            failing_since: None,
            forbidden: 0,
            rejected: 0,
        }
    }

    /// Returns how many of `most` requests may be in flight.
    pub fn lanes(&self, most: usize) -> usize {
        match self.mode {
            Mode::Steady => most,
            Mode::Dark { .. } => 0,
            Mode::Cautious { .. } => most.min(1),
        }
    }

    /// Returns when the next probe is due; `None` if there is no outage.
    pub fn probe_at(&self) -> Option<Monotonic> {
        match self.mode {
            Mode::Dark { probe_at, .. } => Some(probe_at),
            Mode::Steady | Mode::Cautious { .. } => None,
        }
    }

    /// Records how a create or a lookup was answered.
    pub fn observe(&mut self, verdict: Option<&Verdict>, now: Monotonic) {
        match verdict {
            Some(Verdict::ServerError(_) | Verdict::NotSent(_) | Verdict::Lost(_)) => {
                self.failed(now);
            }
            // Zendesk is reachable, but the reply is not usable yet.
            Some(Verdict::Throttled(_) | Verdict::Expired) => {
                self.failing_since.get_or_insert(now);
            }
            Some(Verdict::Forbidden(_)) => {
                self.forbidden += 1;
                self.answered();
            }
            None
            | Some(
                Verdict::Created { .. }
                | Verdict::Unreadable
                | Verdict::Cached
                | Verdict::KeyMismatch
                | Verdict::Refused(_)
                | Verdict::Unauthorized
                | Verdict::WrongAccount(_)
                | Verdict::Conflict,
            ) => {
                self.forbidden = 0;
                self.answered();
            }
        }
    }

    /// Records the answer to a question that concerns no row, and therefore says nothing about
    /// which rows are rejected.
    pub fn observe_question(&mut self, verdict: Option<&Verdict>, now: Monotonic) {
        let forbidden = self.forbidden;
        self.observe(verdict, now);
        self.forbidden = forbidden;
    }

    /// Records whether a probe was answered.
    pub fn probed(&mut self, answered: bool, now: Monotonic) {
        if let Mode::Dark { delay_ms, .. } = self.mode {
            self.mode = if answered {
                Mode::Cautious { delay_ms }
            } else {
                dark(delay_ms, now)
            };
        }
    }

    /// Counts a row that was rejected in this run.
    pub fn rejected(&mut self) {
        self.rejected += 1;
    }

    /// Returns why the run must end, if it must.
    pub fn verdict(&self, now: Monotonic) -> Option<Stop> {
        if self.forbidden >= FORBIDDEN_ROWS_MAX {
            let problem = Problem::new(
                "Forbidden",
                format!(
                    "Zendesk answered {FORBIDDEN_ROWS_MAX} rows in succession with 403 although \
                     it accepts the credentials; check what this user or token may do"
                ),
            );
            return Some(Stop::Credentials(problem));
        }
        if self.rejected >= self.max_errors {
            return Some(Stop::MaxErrors);
        }
        let outlasted = self
            .failing_since
            .is_some_and(|t| now.since(t) >= self.max_outage_ms);
        outlasted.then_some(Stop::Outage)
    }

    /// Returns when [`Watch::verdict`] will declare an outage if nothing changes.
    pub fn outlasted_at(&self) -> Option<Monotonic> {
        self.failing_since
            .map(|since| since.plus(self.max_outage_ms))
    }

    fn answered(&mut self) {
        self.failures = 0;
        self.failing_since = None;
        self.mode = Mode::Steady;
    }

    fn failed(&mut self, now: Monotonic) {
        self.failing_since.get_or_insert(now);
        self.failures += 1;
        match self.mode {
            Mode::Steady if self.failures >= OUTAGE_ROWS => {
                self.mode = Mode::Dark {
                    probe_at: now.plus(PROBE_DELAY_MS_FIRST),
                    delay_ms: PROBE_DELAY_MS_FIRST,
                };
            }
            Mode::Cautious { delay_ms } => self.mode = dark(delay_ms, now),
            Mode::Steady | Mode::Dark { .. } => {}
        }
    }
}

/// Returns the open state after another failure: the delay before the next probe doubles.
fn dark(delay_ms: u64, now: Monotonic) -> Mode {
    let delay_ms = (delay_ms * 2).min(PROBE_DELAY_MS_MAX);
    Mode::Dark {
        probe_at: now.plus(delay_ms),
        delay_ms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ids::TicketId;

    const OUTAGE_MS: u64 = 900_000;

    fn lost() -> Verdict {
        Verdict::Lost("reset".to_owned())
    }

    fn created() -> Verdict {
        Verdict::Created {
            ticket: TicketId(1),
            external_id: None,
        }
    }

    fn dark_at(now: u64) -> Watch {
        let mut watch = Watch::new(OUTAGE_MS, 100);
        for _ in 0..OUTAGE_ROWS {
            watch.observe(Some(&lost()), Monotonic(now));
        }
        watch
    }

    #[test]
    fn a_few_failures_close_no_lane() {
        let mut watch = Watch::new(OUTAGE_MS, 100);
        for _ in 0..3 {
            for _ in 1..OUTAGE_ROWS {
                watch.observe(Some(&lost()), Monotonic(0));
            }
            assert_eq!(watch.lanes(20), 20);
            watch.observe(Some(&created()), Monotonic(0));
        }
        assert_eq!(watch.lanes(20), 20);
    }

    #[test]
    fn failures_in_succession_close_all_lanes_and_probes_grow_apart() {
        let mut watch = dark_at(0);
        assert_eq!(watch.lanes(20), 0);
        assert_eq!(watch.probe_at(), Some(Monotonic(1_000)));
        watch.probed(false, Monotonic(1_000));
        assert_eq!(watch.probe_at(), Some(Monotonic(3_000)));
        for _ in 0..10 {
            watch.probed(false, Monotonic(100_000));
        }
        assert_eq!(watch.probe_at(), Some(Monotonic(160_000)));
    }

    #[test]
    fn an_answered_probe_opens_one_lane_and_an_answered_create_all() {
        let mut watch = dark_at(0);
        watch.probed(true, Monotonic(1_000));
        assert_eq!((watch.lanes(20), watch.probe_at()), (1, None));
        watch.observe(Some(&created()), Monotonic(1_100));
        assert_eq!(watch.lanes(20), 20);
    }

    #[test]
    fn a_create_that_fails_after_an_answered_probe_is_the_same_outage() {
        let mut watch = dark_at(0);
        watch.probed(true, Monotonic(1_000));
        watch.observe(Some(&lost()), Monotonic(1_100));
        assert_eq!(
            (watch.lanes(20), watch.probe_at()),
            (0, Some(Monotonic(3_100)))
        );
        assert_eq!(watch.verdict(Monotonic(OUTAGE_MS - 1)), None);
        assert_eq!(watch.verdict(Monotonic(OUTAGE_MS)), Some(Stop::Outage));
    }

    #[test]
    fn an_outage_is_counted_from_its_first_failure_and_not_from_the_last_success() {
        let mut watch = Watch::new(OUTAGE_MS, 100);
        watch.observe(Some(&created()), Monotonic(0));
        watch.observe(Some(&lost()), Monotonic(50_000_000));
        assert_eq!(watch.verdict(Monotonic(50_000_000 + OUTAGE_MS - 1)), None);
        assert_eq!(
            watch.outlasted_at(),
            Some(Monotonic(50_000_000 + OUTAGE_MS))
        );
    }

    #[test]
    fn three_forbidden_rows_in_succession_end_the_run() {
        let forbidden = Verdict::Forbidden(Problem::new("Forbidden", "no"));
        let mut watch = Watch::new(OUTAGE_MS, 100);
        watch.observe(Some(&forbidden), Monotonic(0));
        watch.observe(Some(&forbidden), Monotonic(0));
        watch.observe(Some(&created()), Monotonic(0));
        watch.observe(Some(&forbidden), Monotonic(0));
        watch.observe(Some(&forbidden), Monotonic(0));
        assert_eq!(watch.verdict(Monotonic(0)), None);
        watch.observe(Some(&forbidden), Monotonic(0));
        assert!(matches!(
            watch.verdict(Monotonic(0)),
            Some(Stop::Credentials(_))
        ));
    }

    #[test]
    fn questions_count_as_answers_and_not_between_forbidden_rows() {
        let forbidden = Verdict::Forbidden(Problem::new("Forbidden", "no"));
        let mut watch = Watch::new(OUTAGE_MS, 100);
        for _ in 1..FORBIDDEN_ROWS_MAX {
            watch.observe(Some(&forbidden), Monotonic(0));
            watch.observe_question(Some(&forbidden), Monotonic(0));
            watch.observe_question(None, Monotonic(0));
        }
        assert_eq!(watch.verdict(Monotonic(0)), None);
        watch.observe(Some(&forbidden), Monotonic(0));
        assert!(matches!(
            watch.verdict(Monotonic(0)),
            Some(Stop::Credentials(_))
        ));
        let mut watch = dark_at(0);
        watch.probed(true, Monotonic(1));
        watch.observe_question(None, Monotonic(2));
        assert_eq!(watch.lanes(10), 10);
    }

    #[test]
    fn the_last_allowed_rejected_row_ends_the_run() {
        let mut watch = Watch::new(OUTAGE_MS, 2);
        watch.rejected();
        assert_eq!(watch.verdict(Monotonic(0)), None);
        watch.rejected();
        assert_eq!(watch.verdict(Monotonic(0)), Some(Stop::MaxErrors));
    }
}
