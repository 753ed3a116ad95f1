//! Cuts a CSV into pieces that end between records, so that they can be parsed separately.
//!
//! One thread reads. A piece is about one mebibyte and ends at the last record boundary in it. A
//! piece without a boundary grows until it has one or is larger than any ticket may be. Quotes that
//! would swallow rows are rejected here, where their position in the file is known.

use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::encoding::Input;
use super::error::{SourceError, moved, unreadable};
use super::excerpt::pointed;
use super::header::{CsvFile, Header};
use super::line_ends::LineEnd;
use super::quotes::{FIRST, Survey, Swallowed, survey};

/// The target size of a piece.
const PIECE_BYTES: usize = 1 << 20;

/// The maximum size of a record.
pub(super) const RECORD_BYTES_MAX: usize = 8 << 20;

/// The position of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The physical line on which the record starts, counted from 1.
    pub line: u64,
    /// The offset of the record's first byte in the file.
    pub offset: u64,
}

/// Whole records of a CSV.
#[derive(Debug)]
pub(super) struct Piece {
    /// A line feed, then the records. The line feed keeps the csv crate from taking a first
    /// character U+FEFF for a byte order mark, and gives every byte a predecessor.
    pub(super) bytes: Vec<u8>,
    /// The place of `bytes[FIRST]` in the file, whatever the encoding.
    pub(super) place: Place,
    /// Closing quotes that are followed by text, as indexes into `bytes`.
    pub(super) text_after: Vec<usize>,
    /// Whether the record before the first one ends differently from the other records of this
    /// file.
    pub(super) after_other_end: bool,
}

/// Everything that was read, from the first byte to the last.
#[derive(Debug, Clone, Copy)]
pub(super) struct WholeFile {
    pub(super) bytes: u64,
    pub(super) sha256: [u8; 32],
}

/// Reads a file and cuts it into pieces.
pub(super) struct Cutter<'h, R> {
    input: Input<R>,
    file: &'h CsvFile,
    place: Place,
    /// The bytes read beyond the end of the last piece.
    carry: Vec<u8>,
    hash: Sha256,
    ended: bool,
    /// Whether the last record of the last piece ends differently from the others.
    after_other_end: bool,
}

impl<'h, R: Read> Cutter<'h, R> {
    /// Starts at the first row; `input` is positioned at the file's first byte.
    pub(super) fn new(mut input: R, file: &'h CsvFile) -> Result<Cutter<'h, R>, SourceError> {
        let CsvFile { path, header } = file;
        let mut head = Vec::with_capacity(header.raw.len());
        let read = (&mut input)
            .take(header.raw.len() as u64)
            .read_to_end(&mut head);
        read.map_err(|source| unreadable(path, source))?;
        if head != header.raw {
            return Err(SourceError::Changed {
                path: path.clone(),
                what: "its header is another one",
            });
        }
        Ok(Cutter {
            input: Input::new(input, header.encoding),
            file,
            place: Place {
                line: header.rows_line,
                offset: head.len() as u64,
            },
            carry: Vec::new(),
            hash: Sha256::new_with_prefix(&head),
            ended: false,
            after_other_end: false,
        })
    }

    /// Returns the next piece, in a buffer that may be reused; `None` at the end.
    pub(super) fn next(&mut self, mut bytes: Vec<u8>) -> Result<Option<Piece>, SourceError> {
        bytes.clear();
        bytes.push(b'\n');
        bytes.append(&mut self.carry);
        let mut target = FIRST + PIECE_BYTES;
        while target <= bytes.len() {
            target += PIECE_BYTES;
        }
        let (end, found) = loop {
            self.fill(&mut bytes, target)?;
            let found = self.survey(&bytes);
            if let Some(swallowed) = found.swallowed {
                return Err(self.swallowed(&bytes, swallowed));
            }
            if self.ended {
                if let Some(open) = found.open {
                    return Err(self.unclosed(&bytes, &found, open));
                }
                break (bytes.len(), found);
            }
            if found.boundary > FIRST {
                break (found.boundary, found);
            }
            if bytes.len() - FIRST >= RECORD_BYTES_MAX {
                return Err(self.too_large(&bytes, &found));
            }
            target = FIRST + RECORD_BYTES_MAX.min(2 * (target - FIRST));
        };
        if end == FIRST {
            return Ok(None);
        }
        self.carry.extend_from_slice(&bytes[end..]);
        bytes.truncate(end);
        let mut text_after = found.text_after;
        text_after.retain(|at| *at < end);
        let piece = Piece {
            place: self.place,
            bytes,
            text_after,
            after_other_end: self.after_other_end,
        };
        if let Some(end) = LineEnd::of_last_record(&piece.bytes[FIRST..]) {
            let usual = self.file.header.records_end;
            self.after_other_end = usual.is_some_and(|usual| usual != end);
        }
        self.place.offset += self
            .file
            .header
            .encoding
            .bytes_in_file(&piece.bytes[FIRST..]);
        self.place.line += self.lines(&piece.bytes[FIRST..]);
        Ok(Some(piece))
    }

    /// Returns the facts about the whole file, once every piece was taken.
    pub(super) fn finish(self) -> WholeFile {
        WholeFile {
            bytes: self.place.offset,
            sha256: self.hash.finalize().into(),
        }
    }

    fn fill(&mut self, bytes: &mut Vec<u8>, target: usize) -> Result<(), SourceError> {
        let hash = &mut self.hash;
        self.ended = self
            .input
            .fill(bytes, target, |raw| hash.update(raw))
            .map_err(|source| unreadable(&self.file.path, source))?;
        Ok(())
    }

    /// Surveys with the header's line end, or with the other one if the header's never comes.
    fn survey(&self, bytes: &[u8]) -> Survey {
        let found = survey(bytes, self.file.header.delimiter, self.file.header.line_end);
        if found.boundary > FIRST || self.ended {
            return found;
        }
        let other = if self.file.header.line_end == b'\n' {
            b'\r'
        } else {
            b'\n'
        };
        survey(bytes, self.file.header.delimiter, other)
    }

    fn lines(&self, bytes: &[u8]) -> u64 {
        memchr::memchr_iter(self.file.header.line_end, bytes).count() as u64
    }

    fn line_at(&self, bytes: &[u8], at: usize) -> u64 {
        self.place.line + self.lines(&bytes[FIRST..at])
    }

    fn swallowed(&self, bytes: &[u8], found: Swallowed) -> SourceError {
        SourceError::SwallowedRows {
            path: self.file.path.clone(),
            line: self.line_at(bytes, found.open),
            excerpt: pointed(self.line_at(bytes, found.open), bytes, found.open),
            until: self.line_at(bytes, found.until),
            column: self
                .file
                .header
                .column_after(&bytes[found.record..found.open]),
        }
    }

    fn unclosed(&self, bytes: &[u8], found: &Survey, open: usize) -> SourceError {
        SourceError::UnclosedQuote {
            path: self.file.path.clone(),
            line: self.line_at(bytes, open),
            excerpt: pointed(self.line_at(bytes, open), bytes, open),
            column: self.file.header.column_after(&bytes[found.boundary..open]),
        }
    }

    fn too_large(&self, bytes: &[u8], found: &Survey) -> SourceError {
        SourceError::RecordTooLarge {
            path: self.file.path.clone(),
            line: self.place.line,
            mib: RECORD_BYTES_MAX >> 20,
            quote_line: found.open.map(|open| self.line_at(bytes, open)),
        }
    }
}

/// Makes a piece of one record that was found at a place earlier, after a line feed.
pub(super) fn lone_record(
    path: &Path,
    header: &Header,
    bytes: Vec<u8>,
    place: Place,
    after_other_end: bool,
) -> Result<Piece, SourceError> {
    let found = survey(&bytes, header.delimiter, header.line_end);
    if found.open.is_some() || found.swallowed.is_some() {
        return Err(moved(path));
    }
    Ok(Piece {
        bytes,
        place,
        text_after: found.text_after,
        after_other_end,
    })
}
