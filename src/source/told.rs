//! Notices about a usable source: what was guessed, and what the endpoint does with the mapping.

use super::Endpoint;
use super::added::has_row_column;
use super::comments::Comments;
use super::encoding::Guess;
use super::file::open;
use super::header::CsvFile;
use super::mapping::{Mapping, Row, Rule};
use super::pieces::Cutter;

/// Returns the notices, one sentence each.
pub(super) fn told(
    csv: &CsvFile,
    comments: Option<&Comments>,
    mapping: &Mapping,
    endpoint: Endpoint,
) -> Vec<String> {
    let mut told = detected(csv, "", "[source]");
    if let Some(comments) = comments {
        told.extend(detected(
            &comments.file,
            &format!("{}: ", comments.name),
            "[comments]",
        ));
    }
    if endpoint == Endpoint::Tickets {
        told.extend(left_out(mapping));
        let closes = |rule: &Rule| rule.says("closed") || has_closed_cell(csv, mapping, rule);
        if mapping.status.as_ref().is_some_and(closes) {
            told.push(
                "the mapping makes closed tickets, and on the tickets endpoint these fire triggers and mail customers; switch the triggers off for the time of the migration"
                    .to_owned(),
            );
        }
    }
    told
}

/// Returns what was detected in a file, with the section of the mapping in which to set it.
fn detected(csv: &CsvFile, which: &str, section: &str) -> Vec<String> {
    let header = &csv.header;
    let mut found = Vec::new();
    // No notice about the default delimiter and encoding.
    if header.delimiter_detected && header.delimiter != b',' {
        let delimiter = match header.delimiter {
            b'\t' => "tab".to_owned(),
            other => char::from(other).to_string(),
        };
        found.push(format!("delimiter {delimiter}"));
    }
    if let Some(Guess::Legacy(_) | Guess::Utf16(_)) = header.guess {
        found.push(format!("encoding {}", header.encoding.name()));
    }
    let mut told = Vec::new();
    if let Some(separator) = header.separator {
        let (named, taken) = (char::from(separator), char::from(header.delimiter));
        let but = if named == taken {
            String::new()
        } else {
            format!(", but the mapping names {taken:?}, which counts")
        };
        told.push(format!(
            "{which}the first line names {named:?} as the delimiter and was skipped{but}"
        ));
    }
    if !found.is_empty() {
        let (was, it) = match found.len() {
            1 => ("was", "it"),
            _ => ("were", "them"),
        };
        let found = found.join(" and ");
        // Another program saved the export this way, and the mapping is that of the CSV.
        let advice = if has_row_column(&header.columns) {
            String::new()
        } else {
            format!("; set {it} in the mapping's {section} to be sure")
        };
        told.push(format!("{which}{found} {was} detected{advice}"));
    }
    if header.guess == Some(Guess::BrokenUtf8) {
        told.push(format!(
            "{which}the file is UTF-8 except for some places; rows that need one of them are invalid"
        ));
    }
    told
}

/// Looks for a closed ticket among the first rows. The scan reports what is wrong with those rows.
fn has_closed_cell(csv: &CsvFile, mapping: &Mapping, status: &Rule) -> bool {
    let header = &csv.header;
    let piece = open(&csv.path)
        .and_then(|file| Cutter::new(file, csv)?.next(Vec::new()))
        .ok()
        .flatten();
    let Some(piece) = piece else { return false };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(header.delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(&piece.bytes[..]);
    reader.byte_records().flatten().any(|record| {
        let row = Row {
            record: &record,
            columns: &header.columns,
            null: &mapping.null,
            encoding: header.encoding,
            has_nul: false,
        };
        let whole = record.len() == header.columns.len();
        whole && matches!(status.text(row), Ok(Some(word)) if word.trim() == "closed")
    })
}

fn left_out(mapping: &Mapping) -> Option<String> {
    let dates = [
        ("created_at", &mapping.created),
        ("updated_at", &mapping.updated),
        ("solved_at", &mapping.solved),
    ];
    let names: Vec<&str> = dates
        .iter()
        .filter(|(_, rule)| rule.is_some())
        .map(|(name, _)| *name)
        .collect();
    (!names.is_empty()).then(|| {
        format!(
            "the tickets endpoint ignores {}; tickets get the date of the import (the imports endpoint keeps dates)",
            names.join(" and ")
        )
    })
}
