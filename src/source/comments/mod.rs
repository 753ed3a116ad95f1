//! The conversations: a second CSV, whose rows are the comments of the tickets in the first.
//!
//! Neither file is held in memory. The comments file is read once to build an [`Index`] of places;
//! each ticket's comments are then read at their places. The index is a cache: a scan rebuilds it,
//! and reading a single row builds it if it does not exist yet. A run with nothing to send never
//! reads the comments.

mod index;
mod message;
mod sort;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use csv::ByteRecord;

use index::{Index, ticket_id};
use message::Said;
use sort::Entry;

use super::build;
use super::dates::Dates;
use super::encoding::Input;
use super::error::{SourceError, moved, unreadable};
use super::header::CsvFile;
use super::line_ends::is_after_other;
use super::mapping::ConversationRules;
use super::pieces::{Place, RECORD_BYTES_MAX, lone_record};
use super::records::LoneReader;
use crate::model::problem::Problem;
use crate::model::ticket::{COMMENTS_MAX, Comment};

/// How many orphans are shown.
const ORPHANS_SHOWN: usize = 5;

/// Comments whose ticket is in no row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Orphans {
    /// How many there are.
    pub count: u64,
    /// The first few, in file order.
    pub first: Vec<Orphan>,
}

/// A comment whose ticket is in no row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Orphan {
    /// The line of the comments file on which it starts, counted from 1.
    pub line: u64,
    /// The ticket that it names; empty if it names none.
    pub ticket: String,
}

/// The comments file, with its rules.
#[derive(Debug)]
pub(super) struct Comments {
    pub(super) file: Arc<CsvFile>,
    /// The file as the mapping names it.
    pub(super) name: String,
    pub(super) rules: ConversationRules,
    /// The column of the tickets' file that a comment's ticket is compared with.
    pub(super) key: usize,
    pub(super) null: Vec<String>,
    pub(super) dates: Dates,
    pub(super) index: Mutex<Option<Arc<Index>>>,
}

impl Comments {
    /// Returns the path of the file.
    pub(super) fn path(&self) -> &Path {
        &self.file.path
    }

    /// Returns the index, and builds it if it does not exist yet.
    pub(super) fn index(&self) -> Result<Arc<Index>, SourceError> {
        // A thread that died while holding the lock left nothing half-done in it.
        let mut kept = self.index.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = &*kept {
            return Ok(Arc::clone(index));
        }
        let index = Arc::new(Index::read(&self.file, self.rules.ticket)?);
        *kept = Some(Arc::clone(&index));
        Ok(index)
    }

    /// Rebuilds the index from the current content of the file.
    pub(super) fn read_anew(&self) -> Result<Arc<Index>, SourceError> {
        *self.index.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.index()
    }

    /// Accepts any line end.
    pub(super) fn take_any_line_end(&mut self) {
        if let Some(file) = Arc::get_mut(&mut self.file) {
            file.header.records_end = None;
        }
    }

    /// Brings the two together.
    pub(super) fn joined<'p>(&'p self, index: &'p Index) -> Joined<'p> {
        Joined {
            comments: self,
            index,
            reader: LoneReader::new(&self.file.header),
        }
    }

    /// Returns the comments that no row has requested.
    pub(super) fn orphans(&self, index: &Index) -> Result<Orphans, SourceError> {
        let mut orphans = Orphans::default();
        let mut first: Vec<Entry> = Vec::new();
        index.unmarked(|entry| {
            orphans.count += 1;
            let at = first.partition_point(|earlier| earlier.offset < entry.offset);
            if at < ORPHANS_SHOWN {
                first.insert(at, entry);
                first.truncate(ORPHANS_SHOWN);
            }
        })?;
        let mut reader = LoneReader::new(&self.file.header);
        for entry in first {
            let said = self.read(index, &entry, &mut reader)?;
            let ticket = said.cells.get(self.rules.ticket).unwrap_or_default();
            orphans.first.push(Orphan {
                line: entry.line,
                ticket: String::from_utf8_lossy(ticket).trim().to_owned(),
            });
        }
        Ok(orphans)
    }

    fn too_large(&self, comments: usize, bytes: u64) -> Problem {
        Problem::new(
            "ConversationTooLarge",
            format!(
                "the ticket's {comments} comments in {} have {bytes} bytes, and a conversation may have {RECORD_BYTES_MAX}; shorten some of them or leave some out",
                self.name
            ),
        )
    }

    /// Reads the record of an entry.
    fn read(
        &self,
        index: &Index,
        entry: &Entry,
        reader: &mut LoneReader,
    ) -> Result<Said, SourceError> {
        let header = &self.file.header;
        let raw = index.bytes(entry).map_err(|source| match source.kind() {
            std::io::ErrorKind::UnexpectedEof => moved(self.path()),
            _ => unreadable(self.path(), source),
        })?;
        let mut bytes = vec![b'\n'];
        let mut input = Input::new(&raw[..], header.encoding);
        loop {
            let target = bytes.len() + raw.len() + 1;
            let ended = input.fill(&mut bytes, target, |_| ());
            if ended.map_err(|source| unreadable(self.path(), source))? {
                break;
            }
        }
        let place = Place {
            line: entry.line,
            offset: entry.offset,
        };
        let room = entry.offset.saturating_sub(header.raw.len() as u64);
        let before = |back| index.before(entry, back);
        let after_other_end = is_after_other(header.records_end, header.encoding, room, before)
            .map_err(|source| unreadable(self.path(), source))?;
        let piece = lone_record(self.path(), header, bytes, place, after_other_end)?;
        let mut found = None;
        reader.read(&self.file, &piece, |record| {
            found.get_or_insert_with(|| Said {
                place: record.place,
                cells: record.cells.clone(),
                fault: record.slipped(header).or_else(|| record.too_large(header)),
            });
            Ok(())
        })?;
        let said = found.filter(|said| said.place == place);
        let said = said.ok_or_else(|| moved(self.path()))?;
        let id = said.cells.get(self.rules.ticket).and_then(ticket_id);
        if !index.is_of(entry, id.unwrap_or_default()) {
            return Err(moved(self.path()));
        }
        Ok(said)
    }
}

/// The comments with an index of them.
#[derive(Debug)]
pub(super) struct Joined<'p> {
    comments: &'p Comments,
    index: &'p Index,
    reader: LoneReader,
}

/// The comments of one ticket.
#[derive(Debug)]
pub(super) struct Conversation<'p> {
    comments: &'p Comments,
    said: Vec<Said>,
}

impl<'p> Joined<'p> {
    /// Reads the comments of a ticket, whose row has these cells.
    pub(super) fn comments_of(
        &mut self,
        cells: &ByteRecord,
    ) -> Result<Result<Conversation<'p>, Problem>, SourceError> {
        let comments = self.comments;
        let mut said = Vec::new();
        let ticket = cells.get(comments.key).and_then(ticket_id);
        let Some(ticket) = ticket else {
            return Ok(Ok(Conversation { comments, said }));
        };
        let found = self.index.find(ticket)?;
        let count = usize::try_from(found.end - found.start).unwrap_or(usize::MAX);
        // The places of more comments than can be sent are not needed, and there may be millions.
        if count > COMMENTS_MAX {
            found.for_each(|number| self.index.mark(number));
            return Ok(Err(build::too_many_comments(count)));
        }
        let entries = self.index.entries(found.clone())?;
        let bytes = entries.iter().map(|entry| u64::from(entry.length)).sum();
        if bytes > RECORD_BYTES_MAX as u64 {
            found.for_each(|number| self.index.mark(number));
            return Ok(Err(comments.too_large(count, bytes)));
        }
        for (number, entry) in found.zip(&entries) {
            let one = comments.read(self.index, entry, &mut self.reader)?;
            // Another ticket's id may have the same hash.
            if one.cells.get(comments.rules.ticket).and_then(ticket_id) == Some(ticket) {
                self.index.mark(number);
                said.push(one);
            }
        }
        Ok(Ok(Conversation { comments, said }))
    }
}

impl Conversation<'_> {
    /// Makes the comments, in file order.
    pub(super) fn comments(&self) -> Result<Vec<Comment<'_>>, Problem> {
        self.said
            .iter()
            .map(|said| self.comments.comment(said))
            .collect()
    }
}
