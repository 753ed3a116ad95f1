use super::fixture_tests::{Fixture, in_no_file};
use super::refusals::Refusal;
use super::settings::Setting;
use crate::model::ids::{Fingerprint, Key, RowNumber};

/// Feeds one row back from another file.
fn mend(fixture: &mut Fixture, id: &str, text: &str) -> Result<u64, Refusal> {
    let mut scan = fixture.checkpoint.rescan().unwrap();
    scan.add(super::NewRow {
        line: 2,
        offset: 77,
        external_id: Some(id),
        body: Ok(Some((Fingerprint::of(text.as_bytes()), Key::random()))),
    })
    .unwrap();
    let mended = scan.mend("error.csv", in_no_file).unwrap();
    mended.map(|mended| mended.delta.renewed)
}

#[test]
fn a_mended_row_is_left_to_runs_of_its_own_file() {
    let mut fixture = Fixture::of(&[("a", Some("1")), ("b", None)]);
    assert_eq!(mend(&mut fixture, "b", "2"), Ok(1));
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
fn the_recorded_csv_takes_a_mended_row_back_only_when_it_says_something_new() {
    let mut fixture = Fixture::of(&[("a", Some("1"))]);
    assert_eq!(mend(&mut fixture, "a", "mended"), Ok(1));
    assert_eq!(fixture.scanned(&[("a", Some("1"))]).renewed, 0);
    fixture.checkpoint.work_on("error.csv");
    assert_eq!(fixture.checkpoint.open_here().unwrap(), 1);
    assert_eq!(fixture.scanned(&[("a", Some("newer"))]).renewed, 1);
    assert_eq!(fixture.checkpoint.open_here().unwrap(), 0);
}

#[test]
fn a_row_that_is_not_known_changes_nothing() {
    let mut fixture = Fixture::of(&[("a", Some("1"))]);
    let before = fixture.table();
    let Refusal::Stranger(stranger) = mend(&mut fixture, "z", "1").unwrap_err() else {
        panic!("another refusal");
    };
    assert_eq!((stranger.line, stranger.rows), (2, 1));
    assert_eq!(fixture.table(), before);
}

#[test]
fn a_doubt_about_another_file_does_not_have_the_recorded_csv_read_anew() {
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
