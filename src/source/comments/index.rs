//! Finds the comments of a ticket: their places, sorted by a hash of the ticket's id, in an unnamed
//! file that disappears with the process.
//!
//! Memory holds only a table of fixed size, which maps each hash prefix to its entries, and one bit
//! per comment.

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::sort::{Entry, RUN_ENTRIES, Sorter, read_entries};
use crate::source::error::SourceError;
use crate::source::file::open;
use crate::source::header::CsvFile;
use crate::source::pool::in_order;
use crate::source::records::each_record;

/// The number of leading bits of a hash that index the table.
const TABLE_BITS: u32 = 16;

/// How many entries are read at a time.
const BLOCK: u64 = 64;

/// The places of each ticket's comments.
#[derive(Debug)]
pub(in crate::source) struct Index {
    hasher: RandomState,
    /// Every entry, sorted.
    sorted: File,
    /// For each hash prefix, the first entry with it or a later one; then the number of entries.
    table: Vec<u64>,
    /// One bit for each entry, set if its ticket was requested.
    seen: Vec<AtomicU64>,
    /// The comments file, opened before it was indexed.
    csv: File,
    /// The SHA-256 of the indexed bytes.
    pub(in crate::source) sha256: [u8; 32],
}

impl Index {
    /// Reads the whole file once; the ticket's id is in cell number `ticket`.
    pub(super) fn read(file: &Arc<CsvFile>, ticket: usize) -> Result<Index, SourceError> {
        let csv = open(&file.path)?;
        let hasher = RandomState::new();
        let mut sorter = Sorter::new(RUN_ENTRIES).map_err(no_temporary_file)?;
        let (shared, hash) = (Arc::clone(file), hasher.clone());
        let read = in_order(
            file,
            move |piece| {
                let mut entries = Vec::new();
                each_record(&shared, piece, |record| {
                    let id = record.cells.get(ticket).and_then(ticket_id);
                    let length = record.bytes_in_file(&shared.header);
                    entries.push(Entry {
                        hash: hash.hash_one(id.unwrap_or_default()),
                        offset: record.place.offset,
                        line: record.place.line,
                        length: u32::try_from(length).unwrap_or(u32::MAX),
                    });
                    Ok(())
                })?;
                Ok(entries)
            },
            |entries| {
                let mut each = entries.into_iter();
                each.try_for_each(|entry| sorter.push(entry))
                    .map_err(no_temporary_file)
            },
        )?;
        let mut table = Vec::with_capacity((1 << TABLE_BITS) + 1);
        let mut count = 0;
        let file = sorter.finish(|entry| {
            table.resize(table.len().max(beginning(entry.hash) + 1), count);
            count += 1;
        });
        table.resize((1 << TABLE_BITS) + 1, count);
        let words = usize::try_from(count / 64 + 1).unwrap_or(usize::MAX);
        Ok(Index {
            hasher,
            sorted: file.map_err(no_temporary_file)?,
            table,
            seen: (0..words).map(|_| AtomicU64::new(0)).collect(),
            csv,
            sha256: read.sha256,
        })
    }

    /// Finds the comments of a ticket: the numbers of the entries with its hash, in file order.
    /// Entries of other tickets may be among them. It takes as long for a million comments as for
    /// one.
    pub(super) fn find(&self, ticket: &str) -> Result<Range<u64>, SourceError> {
        let hash = self.hasher.hash_one(ticket);
        let bucket = beginning(hash);
        let (low, high) = (self.table[bucket], self.table[bucket + 1]);
        let start = self.first(low..high, |entry| entry.hash >= hash)?;
        let end = self.first(start..high, |entry| entry.hash > hash)?;
        Ok(start..end)
    }

    /// Returns the first entry for which `is_past` holds, as for all after it; the end if there is
    /// none.
    fn first(
        &self,
        Range { start, end }: Range<u64>,
        is_past: impl Fn(&Entry) -> bool,
    ) -> Result<u64, SourceError> {
        let (mut low, mut high) = (start, end);
        while high - low > BLOCK {
            let middle = low + (high - low) / 2;
            if self.entries(middle..middle + 1)?.iter().all(&is_past) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        let block = self.entries(low..high)?;
        Ok(low + block.partition_point(|entry| !is_past(entry)) as u64)
    }

    /// Reads entries by their numbers.
    pub(super) fn entries(&self, numbers: Range<u64>) -> Result<Vec<Entry>, SourceError> {
        read_entries(&self.sorted, numbers.start, numbers.end).map_err(no_temporary_file)
    }

    /// Reports whether an entry may stand for the ticket with this id.
    pub(super) fn is_of(&self, entry: &Entry, ticket: &str) -> bool {
        self.hasher.hash_one(ticket) == entry.hash
    }

    /// Reads the bytes of a comment.
    pub(super) fn bytes(&self, entry: &Entry) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; entry.length as usize];
        self.csv.read_exact_at(&mut bytes, entry.offset)?;
        Ok(bytes)
    }

    /// Reads a number of bytes before a comment.
    pub(super) fn before(&self, entry: &Entry, back: u64) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(back).unwrap_or(0)];
        self.csv.read_exact_at(&mut bytes, entry.offset - back)?;
        Ok(bytes)
    }

    /// Records that an entry's comment belongs to a row.
    pub(super) fn mark(&self, number: u64) {
        let word = usize::try_from(number / 64)
            .ok()
            .and_then(|at| self.seen.get(at));
        if let Some(word) = word {
            word.fetch_or(1 << (number % 64), Ordering::Relaxed);
        }
    }

    /// Passes on every entry that was never marked, in no particular order.
    pub(super) fn unmarked(&self, mut each: impl FnMut(Entry)) -> Result<(), SourceError> {
        let count = self.table.last().copied().unwrap_or_default();
        for (at, word) in (0..).zip(&self.seen) {
            let word = word.load(Ordering::Relaxed);
            let (from, to) = (at * 64, count.min(at * 64 + 64));
            if word == u64::MAX || from == to {
                continue;
            }
            let entries = self.entries(from..to)?;
            for (bit, entry) in (0..64).zip(entries) {
                if word >> bit & 1 == 0 {
                    each(entry);
                }
            }
        }
        Ok(())
    }
}

/// Returns the cell that names a ticket; `None` if it names none.
pub(super) fn ticket_id(cell: &[u8]) -> Option<&str> {
    let id = std::str::from_utf8(cell).ok()?.trim();
    (!id.is_empty()).then_some(id)
}

fn beginning(hash: u64) -> usize {
    usize::try_from(hash >> (u64::BITS - TABLE_BITS)).unwrap_or_default()
}

fn no_temporary_file(source: io::Error) -> SourceError {
    SourceError::Io {
        path: std::env::temp_dir(),
        doing: "keep the places of the comments in a temporary file in",
        source,
    }
}
