//! Turns each record of a piece into a body or a problem.

use std::borrow::Cow;

use csv::ByteRecord;
use sha2::{Digest, Sha256};

use super::account_fields::AccountFields;
use super::added::Added;
use super::build;
use super::comments::{Conversation, Joined};
use super::error::SourceError;
use super::header::CsvFile;
use super::mapping::{Mapping, Row};
use super::pieces::{Piece, Place};
use super::records::{LoneReader, Record, each_record};
use super::words_seen::WordsSeen;
use crate::model::ids::CellsHash;
use crate::model::problem::Problem;

/// A record after reading and validation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scanned {
    /// Its position.
    pub place: Place,
    /// The result.
    pub row: Result<Valid, Invalid>,
    /// The hash of its cells, without those that an export added.
    pub cells: CellsHash,
    /// The row's name according to an export; never set unless the file is known to be one.
    pub name: Option<String>,
}

/// A row that can be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Valid {
    /// Its identity.
    pub external_id: String,
    /// The SHA-256 of the body; `None` if none was made.
    pub fingerprint: Option<[u8; 32]>,
    /// Whether its ticket names a requester.
    pub has_requester: bool,
}

/// A row that cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// Its identity, if it is certain.
    pub external_id: Option<String>,
    /// What is wrong.
    pub problem: Problem,
}

/// The records of a piece.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) scanned: Vec<Scanned>,
    /// The number of blank lines between the records.
    pub(super) blank_lines: u64,
    /// The words that the rows have for the fields with fixed words.
    pub(super) words: WordsSeen,
    /// The body of the last valid row. A scan discards all bodies, because conversations make them
    /// many times as large as the piece.
    pub(super) last_body: Vec<u8>,
}

/// How far a row is processed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// Until it is certain whether it can be sent.
    Ticket,
    /// Until the bytes to send exist.
    Body,
}

/// The settings by which rows are read.
#[derive(Clone, Copy)]
pub(super) struct Terms<'p> {
    pub(super) file: &'p CsvFile,
    pub(super) mapping: &'p Mapping,
    /// The columns that an export added.
    pub(super) added: Option<&'p Added>,
    /// What the account's ticket fields accept, if that is known.
    pub(super) account_fields: Option<&'p AccountFields>,
}

/// Reads every record of a piece.
pub(super) fn read(
    terms: Terms<'_>,
    joined: Option<Joined<'_>>,
    piece: &Piece,
    until: Until,
) -> Result<Rows, SourceError> {
    let each = |each: Each<'_>| each_record(terms.file, piece, each);
    judged(Judge::new(terms, joined, piece, until, None), each)
}

/// Reads the single record of a piece, with a reader that is kept for many. If its `external_id` is
/// given, that is used whatever the cell says.
pub(super) fn read_lone(
    terms: Terms<'_>,
    joined: Option<Joined<'_>>,
    piece: &Piece,
    reader: &mut LoneReader,
    own_id: Option<&str>,
) -> Result<Rows, SourceError> {
    let each = |each: Each<'_>| reader.read(terms.file, piece, each).map(|()| 0);
    judged(Judge::new(terms, joined, piece, Until::Body, own_id), each)
}

/// The function applied to each record.
type Each<'e> = &'e mut dyn FnMut(&Record<'_>) -> Result<(), SourceError>;

/// Validates the records that `records` passes on, and takes the blank lines that it counts.
fn judged(
    mut judge: Judge<'_>,
    records: impl FnOnce(Each<'_>) -> Result<u64, SourceError>,
) -> Result<Rows, SourceError> {
    let added = judge.terms.added;
    let mut scanned = Vec::new();
    let blank_lines = records(&mut |record| {
        scanned.push(Scanned {
            place: record.place,
            cells: match added {
                Some(added) => added.hash(record.cells),
                None => CellsHash::of(record.cells.iter()),
            },
            name: added.and_then(|added| added.name(record.cells)),
            row: judge.judge(record)?,
        });
        Ok(())
    })?;
    Ok(Rows {
        scanned,
        blank_lines,
        words: judge.words,
        last_body: judge.body,
    })
}

/// Makes an invalid row without an identity, because shifted cells do not show whose row it is.
fn unidentified(problem: Problem) -> Invalid {
    Invalid {
        external_id: None,
        problem,
    }
}

/// Returns the cells with one of them replaced.
fn restored(cells: &ByteRecord, at: usize, text: &str) -> ByteRecord {
    let with = |(index, cell)| if index == at { text.as_bytes() } else { cell };
    cells.iter().enumerate().map(with).collect()
}

/// Validates one record after the other.
struct Judge<'p> {
    terms: Terms<'p>,
    /// The record's known `external_id`, which is used whatever its cell says.
    own_id: Option<&'p str>,
    joined: Option<Joined<'p>>,
    /// Whether any of the records contains a NUL.
    has_nul: bool,
    until: Until,
    words: WordsSeen,
    /// The body of the last valid row.
    body: Vec<u8>,
}

impl<'p> Judge<'p> {
    fn new(
        terms: Terms<'p>,
        joined: Option<Joined<'p>>,
        piece: &Piece,
        until: Until,
        own_id: Option<&'p str>,
    ) -> Self {
        Self {
            terms,
            own_id,
            joined,
            has_nul: memchr::memchr(0, &piece.bytes).is_some(),
            until,
            words: WordsSeen::default(),
            body: Vec::new(),
        }
    }

    fn judge(&mut self, record: &Record<'_>) -> Result<Result<Valid, Invalid>, SourceError> {
        let Terms {
            file,
            mapping,
            added,
            ..
        } = self.terms;
        let header = &file.header;
        let more = || record.has_more(header, added?);
        if let Some(problem) = record.slipped(header).or_else(more) {
            return Ok(Err(unidentified(problem)));
        }
        // The cell gets the id that it should have, so that everything derived from it is right.
        let own_cell = self.own_id.and_then(|id| mapping.external_id.cell_of(id));
        let restored = own_cell.map(|(at, text)| restored(record.cells, at, text));
        let cells = restored.as_ref().unwrap_or(record.cells);
        let row = Row {
            record: cells,
            columns: &header.columns,
            null: &mapping.null,
            encoding: header.encoding,
            has_nul: self.has_nul,
        };
        self.words.take(mapping, row);
        let external_id = match self.own_id {
            Some(id) => Ok(Cow::Borrowed(id)),
            None => build::external_id(mapping, row),
        };
        let external_id = match external_id {
            Ok(external_id) => external_id,
            Err(problem) => return Ok(Err(unidentified(problem))),
        };
        // Done for a row that will be invalid too, because its comments do have a row.
        let joined = self.joined.as_mut().map(|joined| joined.comments_of(cells));
        let joined = joined.transpose()?;
        // Such an id identifies no row: after it is fixed it will be a different one.
        if let Err(problem) = build::check_id(mapping, &external_id) {
            return Ok(Err(unidentified(problem)));
        }
        Ok(match self.write(record, row, &external_id, joined) {
            Ok(has_requester) => Ok(Valid {
                has_requester,
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

    /// Makes the body of a row whose identity is known, and reports whether it names a requester.
    fn write(
        &mut self,
        record: &Record<'_>,
        row: Row<'_>,
        external_id: &str,
        joined: Option<Result<Conversation<'_>, Problem>>,
    ) -> Result<bool, Problem> {
        if let Some(problem) = record.too_large(&self.terms.file.header) {
            return Err(problem);
        }
        let conversation = joined.transpose()?;
        let comments = conversation.as_ref().map(Conversation::comments);
        let ticket = build::ticket(
            self.terms.mapping,
            self.terms.account_fields,
            row,
            Cow::Borrowed(external_id),
            comments.transpose()?,
        )?;
        let has_requester = ticket.requester.is_some();
        if self.until == Until::Ticket {
            return Ok(has_requester);
        }
        self.body.clear();
        ticket
            .write_body(&mut self.body)
            .map_err(|error| Problem::new("NotSerialisable", error.to_string()))?;
        Ok(has_requester)
    }
}
