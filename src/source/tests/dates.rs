//! What becomes of dates, and what the endpoints have to do with it.

use super::{Case, MAPPING, outcomes, scan};
use crate::source::{Endpoint, Source, SourceError, Target};

fn imports() -> Target {
    Target {
        endpoint: Endpoint::Imports,
        now: Some("2026-01-01T00:00:00Z".parse().unwrap()),
    }
}

fn rows(source: &Source) -> Vec<String> {
    outcomes(&scan(source).unwrap().0)
}

#[test]
fn dates_are_sent_in_utc() {
    let mapping = format!(
        "[source]\ntimezone = \"Europe/Berlin\"\n{MAPPING}\
         created_at = {{ column = \"a\", date_format = \"%d.%m.%Y %H:%M\" }}\n\
         updated_at = \"b\"\nsolved_at = \"c\"\n"
    );
    let csv =
        "id,text,a,b,c\n1,Hi,01.07.2024 10:00,2024-07-02 10:00,\n2,Hi,,2024-07-02T10:00:00Z,\n";
    let case = Case::new(csv, &mapping);
    insta::assert_snapshot!(rows(&case.open_for(imports())).join("\n"), @r#"
    {"ticket":{"external_id":"1","comment":{"body":"Hi"},"created_at":"2024-07-01T08:00:00Z","updated_at":"2024-07-02T08:00:00Z"}}
    {"ticket":{"external_id":"2","comment":{"body":"Hi"},"updated_at":"2024-07-02T10:00:00Z"}}
    "#);
}

#[test]
fn dates_that_cannot_be_used_make_the_row_invalid() {
    let mapping = format!("{MAPPING}created_at = \"a\"\n");
    let case = Case::new(
        "id,text,a\n1,Hi,1/2/24\n2,Hi,1969-05-01\n3,Hi,2026-05-01\n",
        &mapping,
    );
    let source = case.open_for(imports());
    let mut problems = Vec::new();
    source
        .scan::<SourceError>(|chunk| {
            let invalid = chunk.rows.iter().filter_map(|row| row.row.as_ref().err());
            problems.extend(invalid.map(|invalid| invalid.problem.to_string()));
            Ok(())
        })
        .unwrap();
    insta::assert_snapshot!(problems.join("\n"), @r#"
    InvalidDate: created_at is "1/2/24" (column "a"), which is no date like 2024-12-31 23:59; name its date_format in the mapping
    DateBefore1970: created_at is "1969-05-01" (column "a"), which is before 1970, and Zendesk would change it; fix the cell
    FutureDate: created_at is "2026-05-01" (column "a"), which lies in the future; check timezone and date_format in the mapping, or fix the cell
    "#);
    let timeless = Target {
        now: None,
        ..imports()
    };
    assert!(rows(&case.open_for(timeless))[2].contains("2026-05-01T00:00:00Z"));
}

#[test]
fn the_tickets_endpoint_leaves_dates_out_and_says_so() {
    let mapping = format!("{MAPPING}created_at = \"a\"\nsolved_at = \"a\"\n");
    let case = Case::new("id,text,a\n1,Hi,soon\n", &mapping);
    let source = case.open().unwrap();
    insta::assert_snapshot!(rows(&source)[0], @r#"{"ticket":{"external_id":"1","comment":{"body":"Hi"}}}"#);
    insta::assert_snapshot!(source.told().join("\n"), @"the tickets endpoint ignores created_at and solved_at; tickets get the date of the import (the imports endpoint keeps dates)");
    assert!(case.open_for(imports()).told().is_empty());
}

#[test]
fn closed_tickets_on_the_tickets_endpoint_are_told() {
    let mapping =
        format!("{MAPPING}status = {{ column = \"a\", values = {{ Done = \"closed\" }} }}\n");
    let case = Case::new("id,text,a\n1,Hi,Done\n", &mapping);
    insta::assert_snapshot!(case.open().unwrap().told().join("\n"), @"the mapping makes closed tickets, and on the tickets endpoint these fire triggers and mail customers; switch the triggers off for the time of the migration");
    assert!(case.open_for(imports()).told().is_empty());
}

#[test]
fn a_cell_among_the_first_rows_may_close_a_ticket_too() {
    let mapping = format!("{MAPPING}status = \"a\"\n");
    let told = |word: &str| {
        let case = Case::new(format!("id,text,a\n1,Hi,open\n2,Hi,{word}\n"), &mapping);
        case.open().unwrap().told().len()
    };
    assert_eq!((told("closed"), told("solved")), (1, 0));
}
