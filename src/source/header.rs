//! Reads the head of a CSV: byte order mark, delimiter, column names.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::error::SourceError;
use super::quotes::{FIRST, ends_field, record_end, survey};

/// The most bytes that a header may have.
const HEADER_BYTES_MAX: u64 = 1 << 20;

/// The delimiters that are tried, the likeliest first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The head of a CSV.
#[derive(Debug)]
pub(super) struct Header {
    /// The column names, in order.
    pub(super) columns: Vec<String>,
    /// What stands between two cells.
    pub(super) delimiter: u8,
    /// The byte that ends a physical line: LF, or CR in a file that knows no LF.
    pub(super) line_end: u8,
    /// Every byte up to the first row, with the mark.
    pub(super) raw: Vec<u8>,
    /// The line of the first byte after the header.
    pub(super) rows_line: u64,
}

impl Header {
    /// Reads the header of `path`; `delimiter` is the mapping's, if it names one.
    pub(super) fn read(path: &Path, delimiter: Option<u8>) -> Result<Header, SourceError> {
        let head = read_head(path)?;
        if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
            return Err(SourceError::Utf16 { path: path.into() });
        }
        let mark = if head.starts_with(b"\xef\xbb\xbf") {
            3
        } else {
            0
        };
        let blank = head[mark..].iter().take_while(|b| is_line_end(**b)).count();
        let start = mark + blank;
        if start == head.len() {
            return Err(SourceError::Empty { path: path.into() });
        }
        let mut framed = vec![b'\n'];
        framed.extend_from_slice(&head[start..]);
        let delimiter = delimiter.unwrap_or_else(|| detect(&framed));
        let skipped_line_end = line_end_of(&head[mark..start]);
        let line = 1 + count(skipped_line_end, &head[..start]);
        let (end, complete) = match record_end(&framed, delimiter) {
            Some(end) => (end, true),
            None => (framed.len(), false),
        };
        let record = &framed[..end];
        let bad = |reason| SourceError::BadHeader {
            path: path.into(),
            line,
            reason,
        };
        let found = survey(record, delimiter, b'\n');
        if !complete && head.len() as u64 == HEADER_BYTES_MAX {
            return Err(bad("is larger than 1 MiB"));
        }
        if found.open.is_some() {
            return Err(bad("opens a quote that is never closed"));
        }
        if !found.text_after.is_empty() || found.swallowed.is_some() {
            return Err(bad("has text after a closing quote"));
        }
        let columns = names(path, line, record, delimiter)?;
        let rest = &framed[end..];
        let whole = (head.len() as u64) < HEADER_BYTES_MAX;
        if whole && rest.iter().all(|b| is_line_end(*b)) {
            return Err(SourceError::HeaderOnly { path: path.into() });
        }
        let line_end = line_end_of(&record[FIRST..]);
        Ok(Header {
            columns,
            delimiter,
            line_end,
            rows_line: line + count(line_end, &record[FIRST..]),
            raw: head[..start + end - FIRST].to_vec(),
        })
    }

    /// Names the column in which a record goes on after the bytes of `record`.
    pub(super) fn column_after(&self, record: &[u8]) -> Option<String> {
        let framed = [b"\n", record].concat();
        let cells = cells(&framed, self.delimiter).unwrap_or(1);
        self.columns.get(cells.checked_sub(1)?).cloned()
    }
}

fn read_head(path: &Path) -> Result<Vec<u8>, SourceError> {
    let file = open(path)?;
    let mut head = Vec::new();
    file.take(HEADER_BYTES_MAX)
        .read_to_end(&mut head)
        .map_err(|source| SourceError::Io {
            path: path.into(),
            doing: "read",
            source,
        })?;
    Ok(head)
}

/// Opens a CSV, with an error of its own for a path that leads nowhere or to no file.
pub(super) fn open(path: &Path) -> Result<File, SourceError> {
    let failed = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound => SourceError::Missing { path: path.into() },
        _ => SourceError::Io {
            path: path.into(),
            doing: "open",
            source,
        },
    };
    // Asked before opening: opening a pipe would wait for its writer.
    let kind = std::fs::metadata(path).map_err(failed)?;
    if !kind.is_file() {
        return Err(SourceError::NotAFile { path: path.into() });
    }
    File::open(path).map_err(failed)
}

/// Takes the delimiter that gives the header the most columns; the earlier one of equals.
fn detect(framed: &[u8]) -> u8 {
    let mut best = (0, DELIMITERS[0]);
    for delimiter in DELIMITERS {
        let columns = cells(framed, delimiter).unwrap_or(0);
        if columns > best.0 {
            best = (columns, delimiter);
        }
    }
    best.1
}

/// Counts the cells of the first record of framed bytes.
fn cells(framed: &[u8], delimiter: u8) -> Option<usize> {
    first_record(framed, delimiter).map(|record| record.len())
}

fn first_record(framed: &[u8], delimiter: u8) -> Option<csv::ByteRecord> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(framed);
    let mut record = csv::ByteRecord::new();
    let found = reader.read_byte_record(&mut record).ok()?;
    found.then_some(record)
}

fn names(path: &Path, line: u64, record: &[u8], delimiter: u8) -> Result<Vec<String>, SourceError> {
    let record = first_record(record, delimiter).unwrap_or_default();
    let mut names = Vec::new();
    let mut seen = HashMap::new();
    for (index, name) in record.iter().enumerate() {
        let column = index + 1;
        let name = std::str::from_utf8(name).map_err(|_| SourceError::HeaderNotUtf8 {
            path: path.into(),
            line,
            column,
        })?;
        // Spreadsheets leave nameless columns at the right edge; nobody can map those anyway.
        if !name.is_empty()
            && let Some(first) = seen.insert(name.to_owned(), column)
        {
            return Err(SourceError::DuplicateColumn {
                path: path.into(),
                line,
                name: name.to_owned(),
                first,
                second: column,
            });
        }
        names.push(name.to_owned());
    }
    Ok(names)
}

fn is_line_end(byte: u8) -> bool {
    ends_field(byte, b'\n')
}

/// Tells which byte ends the lines of a text: CR only if it has a CR and no LF.
fn line_end_of(text: &[u8]) -> u8 {
    if text.ends_with(b"\r") { b'\r' } else { b'\n' }
}

fn count(byte: u8, bytes: &[u8]) -> u64 {
    memchr::memchr_iter(byte, bytes).count() as u64
}
