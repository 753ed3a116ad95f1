//! The fixtures, through the source room's public face.

use std::path::{Path, PathBuf};

use zendesk_migrate::source::{ScanEnd, Scanned, Source, SourceError};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures")
        .join(name)
}

fn scan(name: &str) -> Result<(Source, Vec<Scanned>, ScanEnd), SourceError> {
    let source = Source::open(&fixture(name), None)?;
    let mut rows = Vec::new();
    let end = source.scan::<SourceError>(|chunk| {
        rows.extend(chunk.rows);
        Ok(())
    })?;
    Ok((source, rows, end))
}

#[test]
fn every_ticket_of_the_shop_is_valid_and_has_an_identity_of_its_own() {
    let (source, rows, end) = scan("tickets.csv").unwrap();
    assert_eq!((end.rows, end.blank_lines), (200, 0));
    let mut ids = Vec::new();
    for row in &rows {
        let valid = row
            .row
            .as_ref()
            .unwrap_or_else(|invalid| panic!("line {}: {}", row.place.line, invalid.problem));
        ids.push(valid.external_id.clone());
        let again = source.read_again(row.place).unwrap();
        assert_eq!(&again.map(|ready| ready.valid), &row.row);
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 200);
}

#[test]
fn the_shops_first_bodies_stay_as_they_are() {
    let (source, rows, _) = scan("tickets.csv").unwrap();
    let bodies: Vec<String> = [0, 20, 45, 51]
        .iter()
        .map(|at| {
            let ready = source.read_again(rows[*at].place).unwrap().unwrap();
            String::from_utf8(ready.body).unwrap()
        })
        .collect();
    insta::assert_snapshot!(bodies.join("\n"));
}

#[test]
fn each_mistake_is_told_by_its_code_and_a_sentence() {
    let (_, rows, _) = scan("tickets-with-mistakes.csv").unwrap();
    let told: Vec<String> = rows
        .iter()
        .map(|row| match &row.row {
            Ok(valid) => format!("{} {}", row.place.line, valid.external_id),
            Err(invalid) => format!(
                "{} {} {}",
                row.place.line,
                invalid.external_id.as_deref().unwrap_or("-"),
                invalid.problem
            ),
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}
