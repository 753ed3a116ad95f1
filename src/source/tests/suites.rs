//! Other people's suites: what this room takes a CSV apart into is what they say it is.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;

use super::npm::{package, skipped};
use crate::source::SourceError;
use crate::source::header::{CsvFile, Named};
use crate::source::pool::in_order;
use crate::source::records::each_record;

/// What a file is taken apart into.
struct Apart {
    columns: Vec<String>,
    records: Vec<Vec<String>>,
    /// Whether a record has text after a closing quote.
    misquoted: bool,
}

fn apart(path: &Path, delimiter: u8) -> Result<Apart, SourceError> {
    let named = Named {
        delimiter: Some(delimiter),
        encoding: None,
    };
    let file = Arc::new(CsvFile::open(path, named)?);
    let (shared, mut records, mut misquoted) = (Arc::clone(&file), Vec::new(), false);
    let work = move |piece: &_| {
        let mut found = Vec::new();
        each_record(&shared, piece, |record| {
            let cells = record.cells.iter().map(String::from_utf8_lossy);
            let cells: Vec<_> = cells.map(std::borrow::Cow::into_owned).collect();
            let slipped = record.slipped(&shared.header);
            let misquoted = slipped.is_some_and(|problem| problem.code == "TextAfterQuote");
            found.push((cells, misquoted));
            Ok(())
        })?;
        Ok(found)
    };
    in_order::<_, SourceError>(&file, work, |found| {
        for (cells, wrong) in found {
            records.push(cells);
            misquoted |= wrong;
        }
        Ok(())
    })?;
    Ok(Apart {
        columns: file.header.columns.clone(),
        records,
        misquoted,
    })
}

#[test]
fn csv_spectrum_is_taken_apart_as_it_says() {
    let Some(package) = package("csv-spectrum", "2.0.0") else {
        return;
    };
    let mut compared = 0;
    for file in std::fs::read_dir(package.join("csvs")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let expected = package.join("json").join(name).with_extension("json");
        if name == "location_coordinates" {
            // The suite contradicts itself: the two files have different telephone numbers.
            continue;
        }
        let expected: Vec<Value> =
            serde_json::from_slice(&std::fs::read(expected).unwrap()).unwrap();
        let found = apart(&path, b',').unwrap();
        let records = found.records.iter().map(|record| {
            assert_eq!(record.len(), found.columns.len(), "{name}");
            let cells = record.iter().map(|cell| Value::from(cell.as_str()));
            let cells = found.columns.iter().cloned().zip(cells);
            Value::Object(cells.collect())
        });
        assert_eq!(records.collect::<Vec<_>>(), expected, "{name}");
        compared += 1;
    }
    assert_eq!(compared, 11);
}

/// Settings of papaparse's that change nothing that this room does differently.
const COMMON_SETTINGS: [&str; 3] = ["delimiter", "newline", "skipEmptyLines"];

/// Cases that are read differently on purpose, by a part of their description, with the reason.
const EXCEPTIONS: [(&str, &str); 5] = [
    (
        "UTF-8 BOM encoded input",
        "the mark counts at the beginning of a file, which is a header here",
    ),
    (
        "'greedy'",
        "rows of empty cells are rows; they are invalid for want of an external_id",
    ),
    (
        "Quoted fields with spaces",
        "spaces after a closing quote are text after a quote: the row is invalid",
    ),
    (
        "Mixed slash n and slash r",
        "CR, LF and CR LF all end a line, also side by side",
    ),
    (
        "is guessed correctly",
        "the delimiter is detected by the header, which these cases do not have",
    ),
];

#[test]
fn papaparse_is_taken_apart_as_it_says() {
    let Some(package) = package("papaparse", "5.7.1") else {
        return;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/csv_suites/papaparse.js");
    let output = Command::new("node").arg(script).arg(package).output();
    let Ok(output) = output else {
        return skipped("papaparse's cases are JavaScript, and there is no node here");
    };
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let (mut compared, mut refused, mut wrong) = (0, 0, Vec::new());
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let description = case["description"].as_str().unwrap();
        let excepted = EXCEPTIONS
            .iter()
            .any(|(part, _)| description.contains(part));
        let Some((input, delimiter)) = ours(&case).filter(|_| !excepted) else {
            continue;
        };
        let found = with_header(input, delimiter);
        let mut errors = case["expected"]["errors"].as_array().into_iter().flatten();
        if errors.any(|error| error["type"] == "Quotes") {
            // Wrong quotes: whatever papaparse makes of them, here they must not pass in silence.
            refused += 1;
            if found.is_ok_and(|found| !found.misquoted) {
                wrong.push(format!("{description}: not refused"));
            }
            continue;
        }
        compared += 1;
        let rows: Vec<Vec<String>> =
            serde_json::from_value(case["expected"]["data"].clone()).unwrap();
        // Blank lines are passed over here.
        let rows: Vec<_> = rows.into_iter().filter(|row| *row != [""]).collect();
        match found {
            Ok(found) if found.records == rows => (),
            Ok(found) => wrong.push(format!("{description}: {:?}, not {rows:?}", found.records)),
            Err(SourceError::HeaderOnly { .. }) if rows.is_empty() => (),
            Err(error) => wrong.push(format!("{description}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!((compared, refused), (70, 5));
}

/// Gives the input and the delimiter of a case that uses nothing but what this room knows too.
fn ours(case: &Value) -> Option<(&str, u8)> {
    let settings = case["config"].as_object()?;
    let known = settings
        .keys()
        .all(|key| COMMON_SETTINGS.contains(&key.as_str()));
    let named = settings.get("delimiter").and_then(Value::as_str);
    let found = case["expected"]["meta"]["delimiter"].as_str();
    let delimiter = named
        .filter(|named| !named.is_empty())
        .or(found)
        .unwrap_or(",");
    let fits = [",", ";", "\t", "|"].contains(&delimiter);
    let input = case["input"].as_str()?;
    (known && fits).then_some((input, delimiter.as_bytes()[0]))
}

/// Takes apart what has no header of its own.
fn with_header(input: &str, delimiter: u8) -> Result<Apart, SourceError> {
    let line_end = match (input.contains("\r\n"), input.contains('\n')) {
        (true, _) => "\r\n",
        (false, false) if input.contains('\r') => "\r",
        (false, _) => "\n",
    };
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("t.csv");
    std::fs::write(&path, format!("header{line_end}{input}")).unwrap();
    apart(&path, delimiter)
}
