//! The records of a piece, each with its place and its cells in UTF-8.

use std::io::{Cursor, Read, SeekFrom};

use csv::ByteRecord;

use super::added::Added;
use super::encoding::Encoding;
use super::error::SourceError;
use super::excerpt::{around, shown};
use super::header::{CsvFile, Header};
use super::line_ends::LineEnd;
use super::pieces::{Piece, Place};
use super::quotes::FIRST;
use crate::model::problem::Problem;

/// The maximum size of a cell; a larger one is due to a quoting mistake in its row.
const CELL_BYTES_MAX: usize = 1 << 20;

/// One record of a piece.
#[derive(Debug)]
pub(super) struct Record<'p> {
    pub(super) place: Place,
    /// Its bytes with its line end, after decoding for splitting.
    bytes: &'p [u8],
    /// A closing quote that is followed by text, as an index into `bytes`.
    misquoted: Option<usize>,
    /// Whether the record before it ends differently from the other records of this file.
    after_other_end: bool,
    /// Its cells in UTF-8. A cell that could not be decoded is not valid UTF-8 either.
    pub(super) cells: &'p ByteRecord,
}

impl Record<'_> {
    /// Returns the number of bytes that it takes in the file.
    pub(super) fn bytes_in_file(&self, header: &Header) -> u64 {
        header.encoding.bytes_in_file(self.bytes)
    }

    /// Returns the problem that makes it doubtful which cell belongs to which column.
    pub(super) fn slipped(&self, header: &Header) -> Option<Problem> {
        if is_repeated(header, self.cells) {
            return Some(repeated_header());
        }
        if let Some(at) = self.misquoted {
            return Some(self.text_after_quote(header, at));
        }
        if let Some(problem) = self.broken_line(header) {
            return Some(problem);
        }
        (self.cells.len() != header.columns.len()).then(|| field_count(self.cells, header))
    }

    /// Reports that an export found cells beyond the last column and that they are still there.
    pub(super) fn has_more(&self, header: &Header, added: &Added) -> Option<Problem> {
        let name = header.columns.get(added.more_in(self.cells)?)?;
        Some(Problem::new(
            "FieldCount",
            format!(
                "the row has more cells than the CSV has columns; move what stands in {name} to \
                 where it belongs, and empty that cell"
            ),
        ))
    }

    /// Reports a cell that is larger than any text of a ticket.
    pub(super) fn too_large(&self, header: &Header) -> Option<Problem> {
        if self.bytes.len() <= CELL_BYTES_MAX {
            return None;
        }
        let mut cells = self.cells.iter().zip(&header.columns);
        let (cell, name) = cells.find(|(cell, _)| cell.len() > CELL_BYTES_MAX)?;
        Some(Problem::new(
            "CellTooLarge",
            format!(
                "column \"{name}\" holds {} bytes, and a cell may have {CELL_BYTES_MAX} (\"{}\"); shorten it, or look for a quote that closes too late",
                cell.len(),
                around(cell, 0)
            ),
        ))
    }

    /// Reports that a cell of this record, or of the one before it, was broken in two.
    fn broken_line(&self, header: &Header) -> Option<Problem> {
        let usual = header.records_end?;
        let end = LineEnd::of(self.bytes).filter(|end| *end != usual);
        let mut lines = memchr::memchr_iter(header.line_end, self.bytes).count() as u64;
        lines -= u64::from(self.bytes.last() == Some(&header.line_end) && lines > 0);
        let line = self.place.line + lines;
        let (what, at) = match end {
            Some(end) => {
                let what = format!("line {line} ends with a bare {}", end.name());
                (what.replace("bare CR LF", "CR LF"), self.bytes.len())
            }
            None if self.after_other_end => ("the line before ends otherwise".to_owned(), 0),
            None => return None,
        };
        let at = at.saturating_sub(2);
        Some(Problem::new(
            "BrokenLine",
            format!(
                "{what} (\"{}\"), and the rows of this file end with {}, so a cell was probably cut there; put that cell in quotes, or write line_ends = \"any\" under [source] in the mapping if every line is a row",
                around(self.bytes, at),
                usual.name()
            ),
        ))
    }

    fn text_after_quote(&self, header: &Header, at: usize) -> Problem {
        let before = &self.bytes[..at];
        let lines_before = memchr::memchr_iter(header.line_end, before).count() as u64;
        let column = header.column_after(before);
        Problem::new(
            "TextAfterQuote",
            format!(
                "text follows a closing quote on line {}{} (\"{}\"); double the quotes that belong to the text",
                self.place.line + lines_before,
                column.map_or_else(String::new, |name| format!(" in column \"{name}\"")),
                around(self.bytes, at)
            ),
        )
    }
}

/// Reports whether these are the column names again, as in concatenated exports. A byte order mark
/// may precede them, which keeps the first name in its quotes.
fn is_repeated(header: &Header, cells: &ByteRecord) -> bool {
    if cells.len() != header.columns.len() {
        return false;
    }
    let mut names = cells.iter().zip(&header.columns);
    let first = names.next().is_some_and(|(cell, name)| {
        let marked = MARKS.iter().find_map(|mark| cell.strip_prefix(*mark));
        let unquoted = marked.and_then(|cell| cell.strip_prefix(b"\"")?.strip_suffix(b"\""));
        unquoted.or(marked).unwrap_or(cell) == name.as_bytes()
    });
    first && names.all(|(cell, name)| cell == name.as_bytes())
}

/// The byte order mark of UTF-8, and what a legacy encoding turns it into.
const MARKS: [&[u8]; 2] = ["\u{feff}".as_bytes(), "ï»¿".as_bytes()];

fn repeated_header() -> Problem {
    Problem::new(
        "RepeatedHeader",
        "the row is the header once more, as where exports were put together; delete the line",
    )
}

fn field_count(cells: &ByteRecord, header: &Header) -> Problem {
    let texts: Vec<_> = cells.iter().map(String::from_utf8_lossy).collect();
    let row = texts.join(&char::from(header.delimiter).to_string());
    Problem::new(
        "FieldCount",
        format!(
            "the row has {} cells and the header {} columns (\"{}\"); look for a missing or stray delimiter or quote",
            cells.len(),
            header.columns.len(),
            shown(&row)
        ),
    )
}

/// Passes every record of a piece to `each`, and counts the blank lines between them.
pub(super) fn each_record(
    file: &CsvFile,
    piece: &Piece,
    each: impl FnMut(&Record<'_>) -> Result<(), SourceError>,
) -> Result<u64, SourceError> {
    let bytes = &piece.bytes[..];
    let mut reader = reader(&file.header).from_reader(bytes);
    read_with(&mut reader, file, piece, each)
}

/// Reads pieces that hold a single record, one after another. Creating the csv crate's reader takes
/// many times as long as reading a short record with it.
#[derive(Debug)]
pub(super) struct LoneReader(csv::Reader<Cursor<Vec<u8>>>);

impl LoneReader {
    /// Creates a reader for pieces of a file.
    pub(super) fn new(header: &Header) -> LoneReader {
        LoneReader(reader(header).from_reader(Cursor::default()))
    }

    /// Passes the record to `each`.
    pub(super) fn read(
        &mut self,
        file: &CsvFile,
        piece: &Piece,
        each: impl FnMut(&Record<'_>) -> Result<(), SourceError>,
    ) -> Result<(), SourceError> {
        let bytes = self.0.get_mut().get_mut();
        bytes.clear();
        bytes.extend_from_slice(&piece.bytes);
        self.0
            .seek_raw(SeekFrom::Start(0), csv::Position::new())
            .map_err(|source| SourceError::Csv {
                path: file.path.clone(),
                line: piece.place.line,
                source,
            })?;
        read_with(&mut self.0, file, piece, each)?;
        Ok(())
    }
}

/// Returns the cells of a piece's first record, undecoded except for UTF-16.
pub(super) fn first_cells(file: &CsvFile, piece: &Piece) -> Result<ByteRecord, SourceError> {
    let mut cells = ByteRecord::new();
    let mut reader = reader(&file.header).from_reader(&piece.bytes[..]);
    let read = reader.read_byte_record(&mut cells);
    read.map_err(|source| SourceError::Csv {
        path: file.path.clone(),
        line: piece.place.line,
        source,
    })?;
    Ok(cells)
}

fn reader(header: &Header) -> csv::ReaderBuilder {
    let mut reader = csv::ReaderBuilder::new();
    reader
        .delimiter(header.delimiter)
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(1 << 16);
    reader
}

fn read_with<R: Read>(
    reader: &mut csv::Reader<R>,
    file: &CsvFile,
    piece: &Piece,
    mut each: impl FnMut(&Record<'_>) -> Result<(), SourceError>,
) -> Result<u64, SourceError> {
    let header = &file.header;
    let bytes = &piece.bytes[..];
    let mut cells = ByteRecord::new();
    let mut decoded = ByteRecord::new();
    let mut text_after = piece.text_after.iter().copied().peekable();
    let mut place = piece.place;
    let mut counted = FIRST;
    let mut end = FIRST;
    let mut all_blank_lines = 0;
    let mut after_other_end = piece.after_other_end;
    loop {
        let (start, blank_lines) = skip_blank_lines(bytes, end);
        all_blank_lines += blank_lines;
        if start >= bytes.len() {
            return Ok(all_blank_lines);
        }
        let passed = &bytes[counted..start];
        place.line += memchr::memchr_iter(header.line_end, passed).count() as u64;
        place.offset += header.encoding.bytes_in_file(passed);
        counted = start;
        let more = reader
            .read_byte_record(&mut cells)
            .map_err(|source| SourceError::Csv {
                path: file.path.clone(),
                line: place.line,
                source,
            })?;
        if !more {
            return Ok(all_blank_lines);
        }
        end = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
        let mut misquoted = None;
        while let Some(at) = text_after.next_if(|at| *at < end) {
            misquoted.get_or_insert(at - start);
        }
        let is_cr_lf = bytes[end - 1] == b'\r' && bytes.get(end) == Some(&b'\n');
        let record = &bytes[start..end + usize::from(is_cr_lf)];
        let is_after_other = after_other_end;
        after_other_end = LineEnd::of(record)
            .zip(header.records_end)
            .is_some_and(|(end, usual)| end != usual);
        each(&Record {
            place,
            bytes: record,
            misquoted,
            after_other_end: is_after_other,
            cells: decode(header.encoding, &cells, &mut decoded),
        })?;
    }
}

/// Skips the rest of a line end and the blank lines after it.
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

/// Converts cells to UTF-8. A cell that cannot be decoded gets a trailing byte that is never valid
/// UTF-8, so that only code that needs the cell notices.
pub(super) fn decode<'r>(
    encoding: Encoding,
    cells: &'r ByteRecord,
    decoded: &'r mut ByteRecord,
) -> &'r ByteRecord {
    let Encoding::Legacy(_) = encoding else {
        return cells;
    };
    if cells.as_slice().is_ascii() {
        return cells;
    }
    decoded.clear();
    for cell in cells {
        match encoding.decode(cell) {
            Some(text) => decoded.push_field(text.as_bytes()),
            None => decoded.push_field(&[cell, b"\xff"].concat()),
        }
    }
    decoded
}
