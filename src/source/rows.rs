//! Makes a body, or a problem, of each record of a piece.

use std::borrow::Cow;

use csv::ByteRecord;
use sha2::{Digest, Sha256};

use super::build;
use super::comments::{Conversation, Joined};
use super::error::SourceError;
use super::header::CsvFile;
use super::mapping::{Mapping, Row};
use super::pieces::Piece;
use super::records::{LoneReader, Place, Record, each_record};
use crate::model::problem::Problem;

/// A record, read and judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned {
    /// Where it is.
    pub place: Place,
    /// What it becomes.
    pub row: Result<Valid, Invalid>,
    /// What an export says of a row without an identity: the SHA-256 of the row as it was, in hex.
    pub origin: Option<String>,
}

/// The columns that an export adds to those of the CSV. No mapping sees to them.
pub const ADDED_COLUMNS: [&str; 4] = ["_line", "_code", "_message", "_sha256"];

/// A row that can be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Valid {
    /// Its identity.
    pub external_id: String,
    /// The SHA-256 of the body; `None` where none was made.
    pub fingerprint: Option<[u8; 32]>,
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
    pub(super) scanned: Vec<Scanned>,
    /// Lines with nothing on them, between the records.
    pub(super) blank_lines: u64,
    /// The body of the last valid row; a scan drops all of them, since conversations make them many
    /// times as large as the piece.
    pub(super) last_body: Vec<u8>,
}

/// How far a row is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// Until it is certain whether it can be sent.
    Ticket,
    /// Until the bytes that would be sent.
    Body,
}

/// Reads every record of a piece.
pub(super) fn read(
    file: &CsvFile,
    mapping: &Mapping,
    joined: Option<Joined<'_>>,
    piece: &Piece,
    until: Until,
) -> Result<Rows, SourceError> {
    judged(file, mapping, joined, piece, until, |each| {
        each_record(file, piece, each)
    })
}

/// Reads the record of a piece that has but one, with a reader that is kept for many.
pub(super) fn read_lone(
    file: &CsvFile,
    mapping: &Mapping,
    joined: Option<Joined<'_>>,
    piece: &Piece,
    reader: &mut LoneReader,
) -> Result<Rows, SourceError> {
    judged(file, mapping, joined, piece, Until::Body, |each| {
        reader.read(file, piece, each).map(|()| 0)
    })
}

/// What is done with each record.
type Each<'e> = &'e mut dyn FnMut(&Record<'_>) -> Result<(), SourceError>;

/// Judges the records that `records` hands on, and takes the blank lines that it counts.
fn judged(
    file: &CsvFile,
    mapping: &Mapping,
    joined: Option<Joined<'_>>,
    piece: &Piece,
    until: Until,
    records: impl FnOnce(Each<'_>) -> Result<u64, SourceError>,
) -> Result<Rows, SourceError> {
    let mut judge = Judge {
        file,
        mapping,
        joined,
        has_nul: memchr::memchr(0, &piece.bytes).is_some(),
        until,
        body: Vec::new(),
    };
    let added = ADDED_COLUMNS.map(str::to_owned);
    let exported = file.header.columns.ends_with(&added);
    let mut scanned = Vec::new();
    let blank_lines = records(&mut |record| {
        scanned.push(Scanned {
            place: record.place,
            row: judge.judge(record)?,
            origin: exported.then(|| origin(record.cells)).flatten(),
        });
        Ok(())
    })?;
    Ok(Rows {
        scanned,
        blank_lines,
        last_body: judge.body,
    })
}

/// Reads the last column that an export added. It is the last one also where cells have slipped.
fn origin(record: &ByteRecord) -> Option<String> {
    let cell = std::str::from_utf8(record.iter().next_back()?).ok()?;
    (!cell.is_empty()).then(|| cell.to_owned())
}

/// Cells that may have slipped do not tell whose row it is.
fn nameless(problem: Problem) -> Invalid {
    Invalid {
        external_id: None,
        problem,
    }
}

/// Judges one record after the other.
struct Judge<'p> {
    file: &'p CsvFile,
    mapping: &'p Mapping,
    joined: Option<Joined<'p>>,
    /// Whether any of the records has a NUL.
    has_nul: bool,
    until: Until,
    /// The body of the last valid row.
    body: Vec<u8>,
}

impl Judge<'_> {
    fn judge(&mut self, record: &Record<'_>) -> Result<Result<Valid, Invalid>, SourceError> {
        let header = &self.file.header;
        if let Some(problem) = record.slipped(header) {
            return Ok(Err(nameless(problem)));
        }
        let row = Row {
            record: record.cells,
            columns: &header.columns,
            null: &self.mapping.null,
            encoding: header.encoding,
            has_nul: self.has_nul,
        };
        let external_id = match build::external_id(self.mapping, row) {
            Ok(external_id) => external_id,
            Err(problem) => return Ok(Err(nameless(problem))),
        };
        // Asked for a row that will be invalid too: its comments do have a row.
        let joined = self
            .joined
            .as_mut()
            .map(|joined| joined.comments_of(record.cells));
        let joined = joined.transpose()?;
        // Such an id names no row: the one that it becomes when it is mended is another.
        if let Err(problem) = build::check_id(self.mapping, &external_id) {
            return Ok(Err(nameless(problem)));
        }
        Ok(match self.write(record, row, &external_id, joined) {
            Ok(()) => Ok(Valid {
                fingerprint: match self.until {
                    Until::Ticket => None,
                    Until::Body => Some(Sha256::digest(&self.body[..]).into()),
                },
                external_id: external_id.into_owned(),
            }),
            Err(problem) => Err(Invalid {
                external_id: Some(external_id.into_owned()),
                problem,
            }),
        })
    }

    /// Makes the body of a row whose identity is known.
    fn write(
        &mut self,
        record: &Record<'_>,
        row: Row<'_>,
        external_id: &str,
        joined: Option<Result<Conversation<'_>, Problem>>,
    ) -> Result<(), Problem> {
        if let Some(problem) = record.too_large(&self.file.header) {
            return Err(problem);
        }
        let conversation = joined.transpose()?;
        let comments = conversation.as_ref().map(Conversation::comments);
        let ticket = build::ticket(
            self.mapping,
            row,
            Cow::Borrowed(external_id),
            comments.transpose()?,
        )?;
        if self.until == Until::Ticket {
            return Ok(());
        }
        self.body.clear();
        ticket
            .write_body(&mut self.body)
            .map_err(|error| Problem::new("NotSerialisable", error.to_string()))
    }
}
