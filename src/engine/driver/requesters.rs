//! One new requester, one lane: Zendesk answers 409 "Requester creation collision" to creates that
//! bring the same new requester at the same time (recorded in 2015, three imports at once).
//!
//! The first ticket shows that the requester has been made, the second that this has got around in
//! Zendesk: after the second all lanes are free.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use serde::Deserialize;

use crate::checkpoint::PendingRow;
use crate::model::ids::RowNumber;

/// Requesters that are remembered as existing.
const SEEN_MAX: usize = 100_000;

/// Tickets of a requester that show that it exists for everybody.
const TICKETS_THAT_SHOW: u8 = 2;

/// Rows that may be put aside because their requester is on the way.
const ASIDE_MAX: usize = 1_000;

/// Which requesters exist for certain, and which are on the way with which row.
#[derive(Debug, Default)]
pub(super) struct Requesters {
    /// The newer and the older half of those seen, with their tickets up to the number that shows:
    /// when the newer one is full, the older is forgotten. A forgotten requester only costs a little
    /// concurrency.
    seen: [HashMap<Arc<str>, u8>; 2],
    on_the_way: HashMap<Arc<str>, RowNumber>,
    brought_by: HashMap<RowNumber, Arc<str>>,
    aside: HashMap<Arc<str>, VecDeque<PendingRow>>,
    rows_aside: usize,
    /// Rows that were put aside and may go now.
    freed: VecDeque<PendingRow>,
}

impl Requesters {
    /// Whether a row with this requester must wait for another row.
    pub(super) fn must_wait(&self, requester: Option<&str>) -> bool {
        requester.is_some_and(|r| self.on_the_way.contains_key(r) && !self.is_seen(r))
    }

    /// Notes that a row is in flight with this requester.
    pub(super) fn departs(&mut self, row: RowNumber, requester: Option<&str>) {
        let Some(requester) = requester.filter(|r| !self.is_seen(r)) else {
            return;
        };
        if self.brought_by.contains_key(&row) {
            return;
        }
        let requester: Arc<str> = requester.into();
        self.on_the_way.insert(Arc::clone(&requester), row);
        self.brought_by.insert(row, requester);
    }

    /// Notes that a row is no longer in flight, and whether its ticket shows that the requester
    /// exists; the rows that waited for it may go.
    pub(super) fn settles(&mut self, row: RowNumber, exists: bool) {
        let Some(requester) = self.brought_by.remove(&row) else {
            return;
        };
        self.on_the_way.remove(&requester);
        if let Some(rows) = self.aside.remove(&requester) {
            self.rows_aside -= rows.len();
            self.freed.extend(rows);
        }
        if exists {
            self.see(requester);
        }
    }

    /// Puts a row aside until its requester has been seen.
    pub(super) fn put_aside(&mut self, requester: &str, row: PendingRow) {
        self.aside
            .entry(requester.into())
            .or_default()
            .push_back(row);
        self.rows_aside += 1;
    }

    /// Whether no further row may be put aside.
    pub(super) fn is_full(&self) -> bool {
        self.rows_aside >= ASIDE_MAX
    }

    /// The next row that need not wait any more.
    pub(super) fn next_freed(&mut self) -> Option<PendingRow> {
        self.freed.pop_front()
    }

    /// Whether no row is put aside or freed.
    pub(super) fn holds_no_row(&self) -> bool {
        self.rows_aside == 0 && self.freed.is_empty()
    }

    fn is_seen(&self, requester: &str) -> bool {
        self.tickets_of(requester) >= TICKETS_THAT_SHOW
    }

    fn tickets_of(&self, requester: &str) -> u8 {
        let mut halves = self.seen.iter();
        let found = halves.find_map(|half| half.get(requester).copied());
        found.unwrap_or(0)
    }

    fn see(&mut self, requester: Arc<str>) {
        let tickets = self.tickets_of(&requester).saturating_add(1);
        let [newer, older] = &mut self.seen;
        if newer.len() >= SEEN_MAX / 2 {
            *older = std::mem::take(newer);
        }
        newer.insert(requester, tickets);
    }
}

/// The address of the requester that a body brings along, in lower case; `None` if it brings none.
pub(super) fn requester_of(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        ticket: Ticket<'a>,
    }
    #[derive(Deserialize)]
    struct Ticket<'a> {
        #[serde(borrow)]
        requester: Option<Requester<'a>>,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Requester<'a> {
        Email(std::borrow::Cow<'a, str>),
        Person {
            email: Option<std::borrow::Cow<'a, str>>,
        },
    }
    let body: Body<'_> = serde_json::from_slice(body).ok()?;
    let email = match body.ticket.requester? {
        Requester::Email(email) => email,
        Requester::Person { email } => email?,
    };
    Some(email.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifecycle::Past;
    use crate::model::ids::{Fingerprint, Key};

    fn row(number: u64) -> PendingRow {
        PendingRow {
            number: RowNumber(number),
            line: number + 1,
            offset: 0,
            external_id: "x".into(),
            fingerprint: Fingerprint::from_bytes([0; 32]),
            key: Key::from_bytes([0; 16]),
            past: Past::default(),
            is_fixed: false,
        }
    }

    #[test]
    fn rows_of_one_new_requester_go_one_by_one_until_two_have_shown_it() {
        let mut requesters = Requesters::default();
        requesters.departs(RowNumber(1), Some("a@example.com"));
        assert!(requesters.must_wait(Some("a@example.com")));
        assert!(!requesters.must_wait(Some("b@example.com")));
        assert!(!requesters.must_wait(None));
        requesters.put_aside("a@example.com", row(2));
        assert_eq!(requesters.next_freed(), None);
        requesters.settles(RowNumber(1), true);
        assert_eq!(requesters.next_freed(), Some(row(2)));
        requesters.departs(RowNumber(2), Some("a@example.com"));
        assert!(
            requesters.must_wait(Some("a@example.com")),
            "one ticket may not have got around yet"
        );
        requesters.settles(RowNumber(2), true);
        requesters.departs(RowNumber(3), Some("a@example.com"));
        assert!(
            !requesters.must_wait(Some("a@example.com")),
            "it exists now"
        );
        assert!(requesters.holds_no_row());
    }

    #[test]
    fn a_row_that_failed_frees_the_others_and_proves_nothing() {
        let mut requesters = Requesters::default();
        requesters.departs(RowNumber(1), Some("a@example.com"));
        requesters.put_aside("a@example.com", row(2));
        requesters.settles(RowNumber(1), false);
        assert_eq!(requesters.next_freed(), Some(row(2)));
        requesters.departs(RowNumber(2), Some("a@example.com"));
        assert!(requesters.must_wait(Some("a@example.com")));
    }

    #[test]
    fn memory_of_requesters_is_bounded() {
        let mut requesters = Requesters::default();
        for n in 0..300_000_u64 {
            for _ in 0..2 {
                requesters.departs(RowNumber(n), Some(&n.to_string()));
                requesters.settles(RowNumber(n), true);
            }
        }
        let kept: usize = requesters.seen.iter().map(HashMap::len).sum();
        assert!(kept <= SEEN_MAX, "{kept}");
        assert!(!requesters.is_seen("0"));
        assert!(requesters.is_seen("299999"));
    }

    #[test]
    fn the_requester_is_read_from_both_forms_of_a_body() {
        let of = |text: &str| requester_of(text.as_bytes());
        assert_eq!(
            of(r#"{"ticket":{"requester":"A@Example.com"}}"#).as_deref(),
            Some("a@example.com")
        );
        assert_eq!(
            of(r#"{"ticket":{"requester":{"name":"A","email":"a@example.com"}}}"#).as_deref(),
            Some("a@example.com")
        );
        assert_eq!(of(r#"{"ticket":{"subject":"x"}}"#), None);
        assert_eq!(of("no json"), None);
    }
}
