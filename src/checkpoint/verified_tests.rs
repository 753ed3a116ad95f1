//! A verification in the checkpoint: what it is about, how far it is, and what it found.

use super::fixture_tests::{Fixture, START};
use super::verified::{Compared, Verification};
use super::verify_scope::Scope;
use crate::lifecycle::{How, Past, Row, State};
use crate::model::difference::Difference;
use crate::model::ids::{RowNumber, TicketId};

/// A checkpoint with so many rows that have tickets, 101 and so on, and one that has none.
fn created(rows: u64) -> Fixture {
    let names: Vec<String> = (1..=rows + 1).map(|n| format!("e{n}")).collect();
    let lines: Vec<_> = names.iter().map(|name| (&**name, Some("text"))).collect();
    let mut fixture = Fixture::of(&lines);
    for number in 1..=rows {
        let state = State::Created {
            ticket: TicketId(100 + number),
            how: How::Found,
        };
        let past = Past::default();
        fixture.put(number, Row { state, past });
    }
    fixture
}

fn numbers(fixture: &Fixture) -> Vec<u64> {
    let rows = fixture.checkpoint.to_compare(RowNumber(0), 1_000).unwrap();
    rows.iter().map(|row| row.number.0).collect()
}

fn compare_and_search(fixture: &mut Fixture, number: u64) {
    let row = RowNumber(number);
    let agrees = [(row, Compared::Agrees)];
    fixture.checkpoint.note_compared(&agrees, START).unwrap();
    let own = [TicketId(100 + number)];
    fixture.checkpoint.note_searched(row, &own, START).unwrap();
}

#[test]
fn only_rows_that_have_a_ticket_are_verified() {
    let mut fixture = created(3);
    assert!(!fixture.checkpoint.verify(Scope::All).unwrap());
    assert_eq!(numbers(&fixture), [1, 2, 3]);
    let rows = fixture.checkpoint.to_compare(RowNumber(1), 1).unwrap();
    let [row] = rows.as_slice() else {
        panic!("{rows:?}")
    };
    assert_eq!((&*row.external_id, row.ticket), ("e2", TicketId(102)));
}

#[test]
fn one_that_was_cut_off_goes_on_and_the_next_begins_anew() {
    let mut fixture = created(3);
    fixture.checkpoint.verify(Scope::All).unwrap();
    compare_and_search(&mut fixture, 1);
    let mut fixture = fixture.reopened();
    assert!(fixture.checkpoint.verify(Scope::All).unwrap());
    assert_eq!(numbers(&fixture), [2, 3]);
    let searched = fixture.checkpoint.to_search(RowNumber(0), 9).unwrap();
    assert_eq!(searched.len(), 2);
    fixture.checkpoint.verify_ends().unwrap();
    assert!(!fixture.checkpoint.verify(Scope::All).unwrap());
    assert_eq!(numbers(&fixture), [1, 2, 3]);
}

#[test]
fn another_scope_begins_anew() {
    let mut fixture = created(9);
    let sample = |seed| Scope::Sample { rows: 4, seed };
    fixture.checkpoint.verify(Scope::All).unwrap();
    compare_and_search(&mut fixture, 1);
    assert!(!fixture.checkpoint.verify(sample(7)).unwrap());
    assert_eq!(fixture.checkpoint.verifying().unwrap(), Some(sample(7)));
    let chosen = numbers(&fixture);
    assert_eq!(chosen.len(), 4);
    assert!(!fixture.checkpoint.verify(sample(8)).unwrap());
    assert!(!fixture.checkpoint.verify(sample(7)).unwrap());
    assert_eq!(numbers(&fixture), chosen);
    fixture.checkpoint.verify_ends().unwrap();
    assert_eq!(fixture.checkpoint.verifying().unwrap(), None);
}

#[test]
fn every_row_is_in_a_sample_about_as_often_as_any_other() {
    let mut fixture = created(20);
    let mut drawn = [0_u32; 21];
    for seed in 0..200 {
        fixture
            .checkpoint
            .verify(Scope::Sample { rows: 5, seed })
            .unwrap();
        for number in numbers(&fixture) {
            drawn[usize::try_from(number).unwrap()] += 1;
        }
    }
    // 50 each, give or take four times the spread of chance.
    assert!(
        drawn[1..].iter().all(|n| (26..=74).contains(n)),
        "{drawn:?}"
    );
}

#[test]
fn what_was_found_is_counted_and_told_in_the_order_of_the_file() {
    let mut fixture = created(5);
    fixture.checkpoint.verify(Scope::All).unwrap();
    let difference = Difference::new("status", "open", Some("closed".to_owned()));
    let compared = [
        (RowNumber(5), Compared::Missing),
        (RowNumber(1), Compared::Agrees),
        (RowNumber(2), Compared::IsThere),
        (RowNumber(3), Compared::Differs(vec![difference.clone()])),
    ];
    fixture.checkpoint.note_compared(&compared, START).unwrap();
    let exported = [
        ("e1", TicketId(101)),
        ("e1", TicketId(7)),
        ("e6", TicketId(8)),
        ("elsewhere", TicketId(9)),
    ];
    fixture
        .checkpoint
        .note_exported_page(exported.into_iter(), "cursor")
        .unwrap();
    fixture.checkpoint.note_all_searched(START).unwrap();
    let expected = Verification {
        rows: 5,
        compared: 4,
        agreeing: 1,
        only_there: 1,
        differing: 1,
        missing: 1,
        searched: 5,
        second_tickets: 1,
    };
    assert_eq!(fixture.checkpoint.verification().unwrap(), expected);
    let mut told = Vec::new();
    fixture
        .checkpoint
        .each_difference(|row| told.push(row))
        .unwrap();
    let seen: Vec<_> = told
        .iter()
        .map(|row| (&*row.external_id, row.missing, &*row.second_tickets))
        .collect();
    assert_eq!(
        seen,
        [
            ("e1", false, &[7][..]),
            ("e3", false, &[]),
            ("e5", true, &[])
        ]
    );
    assert_eq!(told[1].differences, [difference]);
}
