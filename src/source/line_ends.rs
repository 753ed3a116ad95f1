//! How lines end, and which line end breaks a cell in two.
//!
//! In a file whose records end with CR LF, a bare LF outside quotes is a line break inside an
//! unquoted cell, and each half of that cell would become a row. A program always writes the same
//! line end, so a record that ends differently from the others makes itself and the next one
//! doubtful.

use std::io;

use super::encoding::Encoding;
use super::quotes::{ends_field, record_end};

/// A kind of line end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineEnd {
    Lf,
    CrLf,
    Cr,
}

/// How many records at the start of a file are examined to find out how its lines end.
const SAMPLE_RECORDS: usize = 200;

/// How many bytes before a record are read first; blank lines may need more.
const GLANCE_BYTES: u64 = 16;

impl LineEnd {
    /// Returns its common name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Lf => "LF",
            Self::CrLf => "CR LF",
            Self::Cr => "CR",
        }
    }

    /// Returns the line end of these bytes.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [.., b'\r', b'\n'] => Some(Self::CrLf),
            [.., b'\n'] => Some(Self::Lf),
            [.., b'\r'] => Some(Self::Cr),
            _ => None,
        }
    }

    /// Returns the line end of the last record in bytes that end outside quotes, ignoring blank
    /// lines after it; `None` if they contain no record or the record does not end.
    pub(super) fn of_last_record(bytes: &[u8]) -> Option<Self> {
        let last = bytes.iter().rposition(|byte| !is_line_end(*byte))?;
        match &bytes[last + 1..] {
            [b'\r', b'\n', ..] => Some(Self::CrLf),
            [b'\n', ..] => Some(Self::Lf),
            [b'\r', ..] => Some(Self::Cr),
            _ => None,
        }
    }
}

/// Determines how the records of a file end, from its first bytes: a line feed and then the header,
/// which has so many columns. The header may have been added separately (`echo`), so if all rows
/// agree, they decide. Otherwise the majority decides; halves of a row rarely have all its cells
/// and do not count.
pub(super) fn usual(
    framed: &[u8],
    delimiter: u8,
    columns: impl Fn(&[u8]) -> usize,
) -> Option<LineEnd> {
    let mut ends = Vec::new();
    let mut rest = framed;
    let mut expected = None;
    while ends.len() < SAMPLE_RECORDS {
        let Some(end) = record_end(rest, delimiter) else {
            break;
        };
        let record = &rest[..end];
        let found = columns(record);
        if *expected.get_or_insert(found) == found {
            ends.extend(LineEnd::of(record));
        }
        let blank = rest[end..].iter().take_while(|byte| is_line_end(**byte));
        // The byte before a record is never part of it.
        rest = &rest[end + blank.count() - 1..];
    }
    let (header, rows) = ends.split_first()?;
    if let Some(first) = rows.first()
        && rows.iter().all(|end| end == first)
    {
        return Some(*first);
    }
    let count = |end: LineEnd| ends.iter().filter(|other| **other == end).count();
    let kinds = [*header, LineEnd::Lf, LineEnd::CrLf, LineEnd::Cr];
    // In a tie, `max_by_key` returns the last one: the header's.
    kinds.into_iter().rev().max_by_key(|kind| count(*kind))
}

/// Reports whether the record before a place ends differently from the others. `read` reads a
/// number of bytes that end `back` bytes before the place; the rows begin `room` bytes before it.
pub(super) fn is_after_other(
    usual: Option<LineEnd>,
    encoding: Encoding,
    room: u64,
    mut read: impl FnMut(u64) -> io::Result<Vec<u8>>,
) -> io::Result<bool> {
    let Some(usual) = usual else {
        return Ok(false);
    };
    let mut back = GLANCE_BYTES;
    loop {
        let raw = read(back.min(room))?;
        let bytes = encoding.splittable(&raw);
        if let Some(end) = LineEnd::of_last_record(&bytes) {
            return Ok(end != usual);
        }
        if back >= room {
            return Ok(false);
        }
        back *= 16;
    }
}

fn is_line_end(byte: u8) -> bool {
    ends_field(byte, b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::quotes::FIRST;

    fn of(text: &str) -> Option<LineEnd> {
        let cells = |record: &[u8]| record[FIRST..].split(|byte| *byte == b',').count();
        usual(text.as_bytes(), b',', cells)
    }

    #[test]
    fn most_whole_records_say_how_lines_end() {
        assert_eq!(of("\na,b\n1,2\n"), Some(LineEnd::Lf));
        assert_eq!(of("\na,b\r\n1,2\r\n3,4"), Some(LineEnd::CrLf));
        assert_eq!(of("\na,b\r1,2\r"), Some(LineEnd::Cr));
        assert_eq!(
            of("\na,b\r\n1,2\n3,4\n5,6\n"),
            Some(LineEnd::Lf),
            "the rows agree"
        );
        assert_eq!(of("\na,b\r\n1,2\n3,4\r\n"), Some(LineEnd::CrLf));
        assert_eq!(
            of("\na,b\r\n1,2\n\n3,4\n5,6\r\n"),
            Some(LineEnd::CrLf),
            "the header's"
        );
        let cut = format!("\na,b\r\n1,2\r\n3,4{}\r\n", "\nmore".repeat(50));
        assert_eq!(of(&cut), Some(LineEnd::CrLf));
        assert_eq!(of("\na,b"), None);
        assert_eq!(of("\na,\"b\n\"\r\n"), Some(LineEnd::CrLf));
    }

    #[test]
    fn blank_lines_are_not_what_ends_a_record() {
        let last = |text: &str| LineEnd::of_last_record(text.as_bytes());
        assert_eq!(last("a\r\n\n\n"), Some(LineEnd::CrLf));
        assert_eq!(last("a\n\r\n"), Some(LineEnd::Lf));
        assert_eq!(last("a\r\r\n"), Some(LineEnd::Cr));
        assert_eq!(last("a"), None);
        assert_eq!(last("\n\n"), None);
    }
}
