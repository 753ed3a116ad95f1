use super::fixes::{Fixed, Naming, Refusal};
use super::fixture_tests::Fixture;
use super::load::NewRow;
use super::places::Left;
use super::settings::Setting;
use crate::lifecycle::{Past, Row, State};
use crate::model::ids::{CellsHash, Fingerprint, Key, RowNumber};
use crate::model::problem::Problem;
use crate::model::row_name::RowName;

/// What a row says of itself in the CSV: the cells of a fixture's line.
fn cells(id: &str, text: &str) -> CellsHash {
    CellsHash::of([id, text].map(str::as_bytes).into_iter())
}

/// The name of a row without an id of its own, as an export writes it.
fn name(number: u64, cells: CellsHash) -> String {
    RowName::new(RowNumber(number), None, cells).to_string()
}

/// Feeds lines back: what stands in `_row`, the id, the text.
fn feed(
    fixture: &mut Fixture,
    lines: &[(Option<&str>, &str, &str)],
) -> Result<Result<Fixed, Left>, Refusal> {
    let mut feed = fixture.checkpoint.feed("error.csv").unwrap();
    for (at, (name, id, text)) in lines.iter().enumerate() {
        let id = Some(*id).filter(|id| !id.is_empty());
        match feed.find(*name, id).unwrap() {
            Naming::Row(known) => {
                let line = NewRow {
                    line: at as u64 + 2,
                    offset: 77,
                    cells: cells(id.unwrap_or_default(), text),
                    external_id: known.known.id.own().or(id),
                    has_requester: true,
                    body: Ok(Some((Fingerprint::of(text.as_bytes()), Key::random()))),
                };
                feed.add(&known.clone(), id, line).unwrap()?;
            }
            Naming::Gone => feed.pass_gone(at as u64 + 2),
            other => panic!("{other:?}"),
        }
    }
    Ok(feed.finish().unwrap())
}

fn one(fixture: &mut Fixture, id: &str, text: &str) -> u64 {
    let fixed = feed(fixture, &[(None, id, text)]).unwrap().unwrap();
    fixed.delta.renewed
}

#[test]
fn a_fixed_row_is_left_to_runs_of_its_own_file() {
    let mut fixture = Fixture::of(&[("a", Some("1")), ("b", None)]);
    assert_eq!(one(&mut fixture, "b", "2"), 1);
    let numbers = |fixture: &Fixture| -> Vec<(u64, u64)> {
        let rows = fixture.checkpoint.pending(RowNumber(0), 9).unwrap();
        rows.iter().map(|row| (row.number.0, row.offset)).collect()
    };
    assert_eq!(numbers(&fixture), [(1, 0)]);
    assert_eq!(fixture.checkpoint.open_here().unwrap(), 1);
    fixture.checkpoint.work_on("error.csv");
    assert_eq!(numbers(&fixture), [(2, 77)]);
}

#[test]
fn the_recorded_csv_takes_a_fixed_row_back_only_when_it_says_something_new() {
    let mut fixture = Fixture::of(&[("a", Some("1"))]);
    assert_eq!(one(&mut fixture, "a", "fixed"), 1);
    assert_eq!(fixture.scanned(&[("a", Some("1"))]).renewed, 0);
    fixture.checkpoint.work_on("error.csv");
    assert_eq!(fixture.checkpoint.open_here().unwrap(), 1);
    assert_eq!(fixture.scanned(&[("a", Some("newer"))]).renewed, 1);
    assert_eq!(fixture.checkpoint.open_here().unwrap(), 0);
}

#[test]
fn a_row_that_is_not_known_is_a_stranger_and_a_name_of_another_checkpoint_is_none() {
    let mut fixture = Fixture::of(&[("a", Some("1")), ("", None)]);
    let feed = fixture.checkpoint.feed("error.csv").unwrap();
    assert_eq!(feed.find(None, Some("z")).unwrap(), Naming::Stranger);
    assert_eq!(feed.find(None, None).unwrap(), Naming::Nothing);
    let other = name(2, cells("", "of another checkpoint"));
    let unknown = name(3, cells("", ""));
    for wrong in ["2", "2,0", "x", &other, &unknown] {
        let found = feed.find(Some(wrong), Some("b")).unwrap();
        assert_eq!(found, Naming::NoSuchRow, "{wrong}");
    }
    let right = name(2, cells("", ""));
    assert!(matches!(
        feed.find(Some(&right), Some("b")).unwrap(),
        Naming::Row(row) if row.number == RowNumber(2)
    ));
}

#[test]
fn a_row_without_an_id_is_the_same_row_wherever_it_stands_and_its_number_is_never_anothers() {
    let mut fixture = Fixture::of(&[("a", Some("1")), ("", None)]);
    fixture.scanned(&[("", None), ("a", Some("1"))]);
    assert_eq!(
        fixture.table(),
        "1 a line 3 pending\n2 - line 2 invalid MissingText"
    );
    fixture.scanned(&[("a", Some("1"))]);
    let delta = fixture.scanned(&[("a", Some("1")), ("", None)]);
    assert_eq!(delta.new, 1);
    assert_eq!(
        fixture.table(),
        "1 a line 2 pending\n3 - line 3 invalid MissingText"
    );
    let old = name(2, cells("", ""));
    let fixed = feed(&mut fixture, &[(Some(&old), "b", "x")])
        .unwrap()
        .unwrap();
    assert_eq!((fixed.gone, fixed.gone_lines), (1, vec![2]));
}

#[test]
fn two_lines_for_one_row_are_refused_and_an_id_that_is_taken_makes_the_row_invalid() {
    let mut fixture = Fixture::of(&[("a", Some("1")), ("", None)]);
    let it = name(2, cells("", ""));
    let lines = [(Some(it.as_str()), "b", "x"), (Some(&it), "c", "x")];
    assert_eq!(feed(&mut fixture, &lines), Err(Refusal::Twice(2)));
    let before = fixture.table();
    assert!(before.ends_with("2 - line 3 invalid MissingText"));
    feed(&mut fixture, &[(Some(&it), "a", "x")])
        .unwrap()
        .unwrap();
    assert_eq!(
        fixture.table(),
        "1 a line 2 pending\n2 - line 3 invalid DuplicateExternalId"
    );
}

#[test]
fn a_row_that_was_sent_with_the_id_it_was_given_keeps_it() {
    let mut fixture = Fixture::of(&[("a", Some("1")), ("", None)]);
    let it = name(2, cells("", ""));
    feed(&mut fixture, &[(Some(&it), "b", "x")])
        .unwrap()
        .unwrap();
    fixture.put(
        2,
        Row {
            state: State::Rejected(Problem::new("RecordInvalid", "no")),
            past: Past {
                keys: 1,
                first_sent_at: Some(super::fixture_tests::START),
                last_sent_at: Some(super::fixture_tests::START),
                look_up_since: None,
                claim: None,
            },
        },
    );
    let again = feed(&mut fixture, &[(Some(&it), "c", "y")]);
    assert_eq!(again, Err(Refusal::SentAs("b".to_owned())));
    let again = feed(&mut fixture, &[(Some(&it), "b", "y")]).unwrap();
    assert_eq!(again.unwrap().delta.renewed, 1);
    // Its line in the CSV is still itself.
    assert_eq!(fixture.scanned(&[("a", Some("1")), ("", None)]).new, 0);
}

#[test]
fn rows_that_wait_in_a_file_from_which_they_are_taken_out_are_named() {
    let mut fixture = Fixture::of(&[("a", Some("1")), ("b", None)]);
    assert_eq!(one(&mut fixture, "b", "2"), 1);
    let left = feed(&mut fixture, &[(None, "a", "other")]).unwrap();
    assert_eq!(
        left,
        Err(Left {
            external_ids: vec!["b".to_owned()],
            rows: 1
        })
    );
}

#[test]
fn another_file_does_not_have_the_recorded_csv_read_anew() {
    let mut fixture = Fixture::of(&[("a", Some("1"))]);
    let recorded = |fixture: &Fixture| fixture.checkpoint.setting(Setting::CsvSha256).unwrap();
    let before = recorded(&fixture);
    fixture.checkpoint.work_on("error.csv");
    fixture.checkpoint.read_anew().unwrap();
    assert_eq!(recorded(&fixture), before);
    fixture.checkpoint.file = None;
    fixture.checkpoint.read_anew().unwrap();
    assert_eq!(recorded(&fixture).as_deref(), Some(""));
}
