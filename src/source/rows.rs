//! Parses a piece and makes a body, or a problem, of each of its records.

use std::borrow::Cow;
use std::path::Path;

use csv::ByteRecord;
use sha2::{Digest, Sha256};

use super::build;
use super::encoding::Encoding;
use super::error::SourceError;
use super::excerpt::{around, shown};
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
    /// Which row of an earlier file it is, in a file that was exported to be mended.
    pub origin: Option<Origin>,
}

/// What an exported row says about where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The line on which it started in the file that it came from.
    pub line: u64,
    /// What was wrong with it.
    pub code: String,
}

/// The columns that an export adds to those of the CSV. No mapping sees to them.
pub const ADDED_COLUMNS: [&str; 3] = ["_line", "_code", "_message"];

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
    let mut judge = Judge {
        header,
        mapping,
        has_nul: memchr::memchr(0, bytes).is_some(),
        decoded: ByteRecord::new(),
        scratch: Vec::new(),
    };
    let exported = header.columns.ends_with(&ADDED_COLUMNS.map(str::to_owned));
    let mut record = ByteRecord::new();
    let mut text_after = piece.text_after.iter().copied().peekable();
    let mut line = piece.line;
    let mut offset = piece.offset;
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
        offset += header.encoding.bytes_in_file(passed);
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
        let mut misquoted = None;
        while let Some(at) = text_after.next_if(|at| *at < end) {
            misquoted.get_or_insert(at);
        }
        let row = match misquoted {
            Some(at) => Err(text_after_quote(
                header,
                &bytes[start..end],
                at - start,
                line,
            )),
            None => judge.judge(&record),
        };
        found.rows.push(Scanned {
            place: Place { line, offset },
            row,
            origin: if exported { origin(&record) } else { None },
        });
    }
}

/// Reads the columns that an export added. They are the last ones also where cells have slipped.
fn origin(record: &ByteRecord) -> Option<Origin> {
    let cell = |from_end| {
        let cell = record.get(record.len().checked_sub(from_end)?)?;
        std::str::from_utf8(cell).ok()
    };
    Some(Origin {
        line: cell(3)?.parse().ok()?,
        code: cell(2)?.to_owned(),
    })
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

/// Cells that may have slipped do not tell whose row it is.
fn nameless(problem: Problem) -> Invalid {
    Invalid {
        external_id: None,
        problem,
    }
}

/// Says that text follows the closing quote at `at` of a record that starts on `line`.
fn text_after_quote(header: &Header, record: &[u8], at: usize, line: u64) -> Invalid {
    let lines_before = memchr::memchr_iter(header.line_end, &record[..at]).count() as u64;
    let column = header.column_after(&record[..at]);
    nameless(Problem::new(
        "TextAfterQuote",
        format!(
            "text follows a closing quote on line {}{} (\"{}\"); double the quotes that belong to the text",
            line + lines_before,
            column.map_or_else(String::new, |name| format!(" in column \"{name}\"")),
            around(record, at)
        ),
    ))
}

/// Judges one record after the other.
struct Judge<'p> {
    header: &'p Header,
    mapping: &'p Mapping,
    /// Whether any of the records has a NUL.
    has_nul: bool,
    decoded: ByteRecord,
    scratch: Vec<u8>,
}

impl Judge<'_> {
    fn judge(&mut self, record: &ByteRecord) -> Result<Valid, Invalid> {
        let record = if let Encoding::Legacy(_) = self.header.encoding
            && !record.as_slice().is_ascii()
        {
            decode(self.header.encoding, record, &mut self.decoded);
            &self.decoded
        } else {
            record
        };
        if record.len() != self.header.columns.len() {
            return Err(nameless(field_count(record, self.header)));
        }
        let row = Row {
            record,
            columns: &self.header.columns,
            null: &self.mapping.null,
            encoding: self.header.encoding,
            has_nul: self.has_nul,
        };
        let external_id = build::external_id(self.mapping, row).map_err(nameless)?;
        let failed = |problem| Invalid {
            external_id: Some(external_id.to_string()),
            problem,
        };
        let ticket =
            build::ticket(self.mapping, row, Cow::Borrowed(&external_id)).map_err(failed)?;
        self.scratch.clear();
        ticket
            .write_body(&mut self.scratch)
            .map_err(|error| failed(Problem::new("NotSerialisable", error.to_string())))?;
        drop(ticket);
        Ok(Valid {
            fingerprint: Sha256::digest(&self.scratch[..]).into(),
            body: self.scratch.clone(),
            external_id: external_id.into_owned(),
        })
    }
}

/// Turns a record into UTF-8. A cell that does not decode gets a byte at its end that is never
/// UTF-8, so that whoever needs the cell finds out, and nobody else.
fn decode(encoding: Encoding, record: &ByteRecord, decoded: &mut ByteRecord) {
    decoded.clear();
    for cell in record {
        match encoding.decode(cell) {
            Some(text) => decoded.push_field(text.as_bytes()),
            None => decoded.push_field(&[cell, b"\xff"].concat()),
        }
    }
}

fn field_count(record: &ByteRecord, header: &Header) -> Problem {
    let cells: Vec<_> = record.iter().map(String::from_utf8_lossy).collect();
    let row = cells.join(&char::from(header.delimiter).to_string());
    Problem::new(
        "FieldCount",
        format!(
            "the row has {} cells and the header {} columns (\"{}\"); look for a missing or stray delimiter or quote",
            record.len(),
            header.columns.len(),
            shown(&row)
        ),
    )
}
