//! Parses a piece and makes a body, or a problem, of each of its records.

use std::borrow::Cow;
use std::path::Path;

use csv::ByteRecord;
use sha2::{Digest, Sha256};

use super::build;
use super::error::SourceError;
use super::header::Header;
use super::mapping::{Mapping, Row};
use super::pieces::Piece;
use super::quotes::FIRST;
use crate::model::problem::Problem;

/// Where a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The physical line on which the record starts, counted from 1.
    pub line: u64,
    /// The offset of the record's first byte in the file.
    pub offset: u64,
}

/// A record, read and judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned {
    /// Where it is.
    pub place: Place,
    /// What it becomes.
    pub row: Result<Valid, Invalid>,
}

/// A row that can be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Valid {
    /// Its identity.
    pub external_id: String,
    /// The exact bytes of the request's body.
    pub body: Vec<u8>,
    /// The SHA-256 of the body.
    pub fingerprint: [u8; 32],
}

/// A row that cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// Its identity, where it is certain.
    pub external_id: Option<String>,
    /// What is wrong.
    pub problem: Problem,
}

/// The records of a piece.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) rows: Vec<Scanned>,
    /// Lines with nothing on them, between the records.
    pub(super) blank_lines: u64,
}

/// Reads every record of a piece.
pub(super) fn read(
    path: &Path,
    header: &Header,
    mapping: &Mapping,
    piece: &Piece,
) -> Result<Rows, SourceError> {
    let bytes = &piece.bytes[..];
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(header.delimiter)
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(bytes.len().min(1 << 16))
        .from_reader(bytes);
    let mut found = Rows::default();
    let mut record = ByteRecord::new();
    let mut scratch = Vec::new();
    let mut text_after = piece.text_after.iter().copied().peekable();
    let mut line = piece.line;
    let mut counted = FIRST;
    let mut end = FIRST;
    loop {
        let (start, blank_lines) = skip_blank_lines(bytes, end);
        found.blank_lines += blank_lines;
        if start >= bytes.len() {
            return Ok(found);
        }
        let passed = &bytes[counted..start];
        line += memchr::memchr_iter(header.line_end, passed).count() as u64;
        counted = start;
        let more = reader
            .read_byte_record(&mut record)
            .map_err(|source| SourceError::Csv {
                path: path.into(),
                line,
                source,
            })?;
        if !more {
            return Ok(found);
        }
        end = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
        let mut misquoted = false;
        while text_after.next_if(|at| *at < end).is_some() {
            misquoted = true;
        }
        let place = Place {
            line,
            offset: piece.offset + (start - FIRST) as u64,
        };
        let row = judge(header, mapping, &record, misquoted, &mut scratch);
        found.rows.push(Scanned { place, row });
    }
}

/// Passes the rest of a line end and the blank lines after it.
fn skip_blank_lines(bytes: &[u8], from: usize) -> (usize, u64) {
    let mut at = from;
    let mut blank_lines = 0;
    if bytes[at - 1] == b'\r' && bytes.get(at) == Some(&b'\n') {
        at += 1;
    }
    while let Some(b'\n' | b'\r') = bytes.get(at) {
        let both = bytes[at..].starts_with(b"\r\n");
        at += 1 + usize::from(both);
        blank_lines += 1;
    }
    (at, blank_lines)
}

fn judge(
    header: &Header,
    mapping: &Mapping,
    record: &ByteRecord,
    misquoted: bool,
    scratch: &mut Vec<u8>,
) -> Result<Valid, Invalid> {
    // Cells that may have slipped do not tell whose row it is.
    let nameless = |problem| Invalid {
        external_id: None,
        problem,
    };
    if misquoted {
        return Err(nameless(Problem::new(
            "TextAfterQuote",
            "text follows a closing quote; double the quotes that belong to the text",
        )));
    }
    let (cells, expected) = (record.len(), header.columns.len());
    if cells != expected {
        return Err(nameless(Problem::new(
            "FieldCount",
            format!(
                "the row has {cells} cells and the header {expected} columns; look for a missing or stray delimiter or quote"
            ),
        )));
    }
    let row = Row {
        record,
        columns: &header.columns,
        null: &mapping.null,
    };
    let external_id = build::external_id(mapping, row).map_err(nameless)?;
    let failed = |problem| Invalid {
        external_id: Some(external_id.to_string()),
        problem,
    };
    let ticket = build::ticket(mapping, row, Cow::Borrowed(&external_id)).map_err(failed)?;
    scratch.clear();
    ticket
        .write_body(scratch)
        .map_err(|error| failed(Problem::new("NotSerialisable", error.to_string())))?;
    drop(ticket);
    Ok(Valid {
        fingerprint: Sha256::digest(&scratch[..]).into(),
        body: scratch.clone(),
        external_id: external_id.into_owned(),
    })
}
