//! Finds the quoted fields of raw CSV bytes, so that a file can be cut between records.
//!
//! The csv crate does not distinguish an unclosed quote from a long text. This scanner follows the
//! same rules as that crate (a quote opens a field only at its very start, a doubled quote is data,
//! a bare quote in an unquoted field is data) and keeps what the crate discards: where each quote
//! opened, and whether text follows a closing one. Counting quotes modulo two would be faster, but
//! wrong at the first `27" wheel`.

use memchr::{Memchr, memchr2, memrchr};

/// The findings about a run of bytes. Positions count from the start of the bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Survey {
    /// The position after the last line end outside quotes; `FIRST` if there is none.
    pub(super) boundary: usize,
    /// The quote that is still open at the end.
    pub(super) open: Option<usize>,
    /// Closing quotes that are followed by text.
    pub(super) text_after: Vec<usize>,
    /// A quoted field that swallowed rows up to the opening quote of another cell.
    pub(super) swallowed: Option<Swallowed>,
}

/// An unclosed quote, detected because a later opening quote seems to close it.
#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub(super) struct Swallowed {
    /// Where the quote opened.
    pub(super) open: usize,
    /// The later quote.
    pub(super) until: usize,
    /// Where the record starts.
    pub(super) record: usize,
}

/// Where the data starts: a line feed always precedes it, so every byte has a predecessor.
pub(super) const FIRST: usize = 1;

/// Surveys bytes whose data starts at `FIRST` and at the start of a record.
pub(super) fn survey(bytes: &[u8], delimiter: u8, line_end: u8) -> Survey {
    let mut found = Survey {
        boundary: FIRST,
        ..Survey::default()
    };
    let mut outside = FIRST;
    for Quoted { open, close } in quoted_fields(bytes, delimiter) {
        if let Some(at) = memrchr(line_end, &bytes[outside..open]) {
            found.boundary = outside + at + 1;
        }
        let Some(close) = close else {
            found.open = Some(open);
            return found;
        };
        outside = close + 1;
        let ends = bytes
            .get(outside)
            .is_none_or(|next| ends_field(*next, delimiter));
        let doubtful = spans_rows(bytes, delimiter, open, close);
        if !ends && doubtful {
            found.swallowed.get_or_insert(Swallowed {
                open,
                until: close,
                record: found.boundary,
            });
        } else if !ends || (doubtful && has_bare_quote(&bytes[outside..])) {
            found.text_after.push(close);
        }
    }
    let rest = bytes.get(outside..).unwrap_or_default();
    if let Some(at) = memrchr(line_end, rest) {
        found.boundary = outside + at + 1;
    }
    found
}

/// Reports whether a closing quote may be the opening quote of a later row: it comes after a
/// delimiter or a line end, and there is a line end between the two quotes.
fn spans_rows(bytes: &[u8], delimiter: u8, open: usize, close: usize) -> bool {
    ends_field(bytes[close - 1], delimiter) && memchr2(b'\n', b'\r', &bytes[open..close]).is_some()
}

/// Reports whether there is a quote before the line end that does not open a field.
fn has_bare_quote(rest: &[u8]) -> bool {
    let line = &rest[..memchr2(b'\n', b'\r', rest).unwrap_or(rest.len())];
    memchr::memchr(b'"', line).is_some_and(|at| line[at - 1] != line[0])
}

/// Finds the end of the first record of bytes whose data starts at `FIRST`: just after its line
/// end, with both bytes of a CR LF. `None` if the bytes end before the record does.
pub(super) fn record_end(bytes: &[u8], delimiter: u8) -> Option<usize> {
    let mut outside = FIRST;
    let line_end = |from: usize, to: usize| {
        let at = from + memchr2(b'\n', b'\r', bytes.get(from..to)?)?;
        let both = bytes[at] == b'\r' && bytes.get(at + 1) == Some(&b'\n');
        Some(at + 1 + usize::from(both))
    };
    for Quoted { open, close } in quoted_fields(bytes, delimiter) {
        if let Some(end) = line_end(outside, open) {
            return Some(end);
        }
        outside = close? + 1;
    }
    line_end(outside, bytes.len())
}

/// Reports whether a byte ends an unquoted field.
pub(super) fn ends_field(byte: u8, delimiter: u8) -> bool {
    byte == delimiter || byte == b'\n' || byte == b'\r'
}

#[derive(Debug, Clone, Copy)]
struct Quoted {
    open: usize,
    /// `None` if the bytes end inside the quotes.
    close: Option<usize>,
}

fn quoted_fields(bytes: &[u8], delimiter: u8) -> QuotedFields<'_> {
    QuotedFields {
        bytes,
        delimiter,
        quotes: memchr::memchr_iter(b'"', bytes),
    }
}

struct QuotedFields<'b> {
    bytes: &'b [u8],
    delimiter: u8,
    quotes: Memchr<'b>,
}

impl Iterator for QuotedFields<'_> {
    type Item = Quoted;

    fn next(&mut self) -> Option<Quoted> {
        let open = loop {
            let at = self.quotes.next()?;
            if ends_field(self.bytes[at - 1], self.delimiter) {
                break at;
            }
        };
        loop {
            let Some(close) = self.quotes.next() else {
                return Some(Quoted { open, close: None });
            };
            if self.bytes.get(close + 1) != Some(&b'"') {
                let close = Some(close);
                return Some(Quoted { open, close });
            }
            self.quotes.next();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Survey {
        survey(text.as_bytes(), b',', b'\n')
    }

    #[test]
    fn a_line_end_inside_quotes_is_no_boundary() {
        assert_eq!(at("\na,\"b\nc").boundary, 1);
        assert_eq!(at("\na,\"b\nc").open, Some(3));
        assert_eq!(at("\nx\na,\"b\nc\",d\ne").boundary, 13);
    }

    #[test]
    fn a_bare_quote_in_an_unquoted_field_opens_nothing() {
        let found = at("\na,27\" wheel\nb,c\nd");
        assert_eq!((found.boundary, found.open), (17, None));
        assert!(found.text_after.is_empty());
    }

    #[test]
    fn a_doubled_quote_is_data() {
        let found = at("\n\"a \"\"b\"\" \",c\n\"\"\"\"\n");
        assert_eq!((found.boundary, found.open), (19, None));
        assert!(found.text_after.is_empty());
    }

    #[test]
    fn text_after_a_closing_quote_is_told() {
        assert_eq!(at("\n\"a\"b,c\n").text_after, [3]);
    }

    #[test]
    fn a_quote_closed_by_the_next_rows_opening_quote_is_told() {
        let found = at("\nh\n1,\"no end\n2,\"text\",x\n");
        let swallowed = found.swallowed.unwrap();
        assert_eq!((swallowed.open, swallowed.record), (5, 3));
        assert_eq!(swallowed.until, 15);
    }

    #[test]
    fn a_later_cell_that_begins_with_a_delimiter_hides_no_row() {
        assert_eq!(at("\n1,\"no end\n2,\",text\"\n").text_after, [13]);
        assert!(at("\n1,\"Bye,\n\",text,\"x\"\n").text_after.is_empty());
    }

    #[test]
    fn a_record_ends_after_both_bytes_of_its_line_end() {
        assert_eq!(record_end(b"\na,b\r\nc", b','), Some(6));
        assert_eq!(record_end(b"\na,\"b\n\"\rc", b','), Some(8));
        assert_eq!(record_end(b"\na,\"b\n", b','), None);
        assert_eq!(record_end(b"\nabc", b','), None);
    }
}
