//! The room as a whole, over files made for the purpose.

mod comments;
mod dates;
mod encodings;
mod files;
mod line_ends;
mod mapping;
#[path = "../../../tests/support/npm.rs"]
mod npm;
mod properties;
mod propose;
mod suites;
mod values;

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::{Invalid, Place, Ready, ScanEnd, Scanned, Source, SourceError, Target};

const MAPPING: &str = "[ticket]\nexternal_id = \"id\"\ncomment.body = \"text\"\n";

/// A CSV and its mapping in a directory of their own.
struct Case {
    dir: TempDir,
}

impl Case {
    fn new(csv: impl AsRef<[u8]>, mapping: &str) -> Case {
        let dir = TempDir::new().unwrap();
        fs::write(dir.path().join("t.csv"), csv).unwrap();
        if !mapping.is_empty() {
            fs::write(dir.path().join("t.toml"), mapping).unwrap();
        }
        Case { dir }
    }

    fn csv(&self) -> PathBuf {
        self.dir.path().join("t.csv")
    }

    fn open(&self) -> Result<Source, SourceError> {
        Source::open(&self.csv(), None)
    }

    fn open_for(&self, target: Target) -> Source {
        Source::open_for(&self.csv(), None, target).unwrap()
    }

    fn scan(&self) -> Result<Vec<Seen>, SourceError> {
        let source = self.open()?;
        let (rows, end) = scan(&source)?;
        assert_eq!(end.bytes, fs::metadata(self.csv()).unwrap().len());
        let identity = source.identity().unwrap();
        assert_eq!(end.sha256, identity.csv_sha256);
        source.begin_identity();
        assert_eq!(source.identity().unwrap(), identity);
        Ok(rows)
    }

    fn error(&self) -> String {
        let error = self.scan().unwrap_err().to_string();
        error.replace(&format!("{}/", self.dir.path().display()), "")
    }
}

/// A row that was scanned, and then read again with its body.
#[derive(Debug)]
struct Seen {
    place: Place,
    row: Result<Ready, Invalid>,
}

/// Scans, and makes sure that every row reads the same again.
fn scan(source: &Source) -> Result<(Vec<Seen>, ScanEnd), SourceError> {
    let mut scanned = Vec::new();
    let end = source.scan::<SourceError>(|chunk| {
        scanned.extend(chunk.rows);
        Ok(())
    })?;
    assert_eq!(end.rows, scanned.len() as u64);
    check_says_the_same(source, &scanned, &end);
    let again = |Scanned { place, row, .. }| {
        let again = source.read_again(place)?;
        assert_eq!(again.clone().map(|ready| ready.valid), row);
        Ok(Seen { place, row: again })
    };
    let rows: Result<_, SourceError> = scanned.into_iter().map(again).collect();
    Ok((rows?, end))
}

/// Rows are judged alike where no bodies are made.
fn check_says_the_same(source: &Source, scanned: &[Scanned], end: &ScanEnd) {
    let mut checked = scanned.iter();
    let checked_end = source.check::<SourceError>(|chunk| {
        for row in chunk.rows {
            let mut expected = checked.next().unwrap().clone();
            if let Ok(valid) = &mut expected.row {
                assert!(valid.fingerprint.take().is_some());
            }
            assert_eq!(row, expected);
        }
        Ok(())
    });
    assert_eq!(&checked_end.unwrap(), end);
    assert!(checked.next().is_none());
}

/// Gives each row's body, or the code of its problem.
fn outcomes(rows: &[Seen]) -> Vec<String> {
    let one = |row: &Seen| match &row.row {
        Ok(ready) => String::from_utf8(ready.body.clone()).unwrap(),
        Err(invalid) => invalid.problem.code.to_string(),
    };
    rows.iter().map(one).collect()
}

fn outcome(csv: impl AsRef<[u8]>, mapping: &str) -> String {
    outcomes(&Case::new(csv, mapping).scan().unwrap()).remove(0)
}
