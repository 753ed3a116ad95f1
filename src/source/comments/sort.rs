//! Sorts more entries than fit in memory: runs of a fixed size are sorted one by one, written to an
//! unnamed file, and merged into another one.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::FileExt;

/// How many entries are sorted in memory.
pub(super) const RUN_ENTRIES: usize = 1 << 18;

/// How many entries of all runs together a merge holds in memory.
const MERGE_ENTRIES: u64 = 1 << 17;

/// The place of a comment, and a hash of the ticket that it names. Sorted by hash, then in file
/// order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) hash: u64,
    pub(super) offset: u64,
    pub(super) line: u64,
    /// The bytes of the record in the file.
    pub(super) length: u32,
}

/// The size of an entry in a file.
pub(super) const ENTRY_BYTES: usize = 28;

impl Entry {
    fn to_bytes(self) -> [u8; ENTRY_BYTES] {
        let mut bytes = [0; ENTRY_BYTES];
        bytes[..8].copy_from_slice(&self.hash.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.offset.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.line.to_le_bytes());
        bytes[24..].copy_from_slice(&self.length.to_le_bytes());
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Entry {
        let number = |from: usize| {
            let bytes = bytes[from..].iter().take(8);
            bytes.rev().fold(0, |all, byte| all << 8 | u64::from(*byte))
        };
        let length = bytes[24..].iter().rev();
        Entry {
            hash: number(0),
            offset: number(8),
            line: number(16),
            length: length.fold(0, |all, byte| all << 8 | u32::from(*byte)),
        }
    }
}

/// Reads the entries with the numbers `from..to` of a file.
pub(super) fn read_entries(file: &File, from: u64, to: u64) -> io::Result<Vec<Entry>> {
    let count = usize::try_from(to.saturating_sub(from)).unwrap_or(usize::MAX);
    let mut bytes = vec![0; count * ENTRY_BYTES];
    file.read_exact_at(&mut bytes, from * ENTRY_BYTES as u64)?;
    Ok(bytes
        .chunks_exact(ENTRY_BYTES)
        .map(Entry::from_bytes)
        .collect())
}

/// Accepts entries in any order.
#[derive(Debug)]
pub(super) struct Sorter {
    run_entries: usize,
    pending: Vec<Entry>,
    runs: BufWriter<File>,
    /// The end of each run that was written, in entries.
    ends: Vec<u64>,
}

impl Sorter {
    /// Starts empty; `run_entries` are sorted in memory.
    pub(super) fn new(run_entries: usize) -> io::Result<Sorter> {
        Ok(Sorter {
            run_entries,
            pending: Vec::new(),
            runs: BufWriter::new(tempfile::tempfile()?),
            ends: Vec::new(),
        })
    }

    /// Adds an entry.
    pub(super) fn push(&mut self, entry: Entry) -> io::Result<()> {
        self.pending.push(entry);
        if self.pending.len() < self.run_entries {
            return Ok(());
        }
        self.write_run()
    }

    fn write_run(&mut self) -> io::Result<()> {
        self.pending.sort_unstable();
        for entry in &self.pending {
            self.runs.write_all(&entry.to_bytes())?;
        }
        let before = self.ends.last().copied().unwrap_or_default();
        self.ends.push(before + self.pending.len() as u64);
        self.pending.clear();
        Ok(())
    }

    /// Returns a file with all entries, sorted, and passes each to `seen` in that order.
    pub(super) fn finish(mut self, mut seen: impl FnMut(&Entry)) -> io::Result<File> {
        self.write_run()?;
        drop(self.pending);
        let runs = self
            .runs
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        let step = (MERGE_ENTRIES / self.ends.len() as u64).max(1);
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        let mut cursors: Vec<Cursor<'_>> = starts
            .zip(&self.ends)
            .map(|(next, end)| Cursor {
                file: &runs,
                next,
                end: *end,
                step,
                loaded: Vec::new().into_iter(),
            })
            .collect();
        let mut heads = BinaryHeap::with_capacity(cursors.len());
        for (run, cursor) in cursors.iter_mut().enumerate() {
            heads.extend(cursor.next()?.map(|entry| Reverse((entry, run))));
        }
        let mut sorted = BufWriter::new(tempfile::tempfile()?);
        while let Some(Reverse((entry, run))) = heads.pop() {
            seen(&entry);
            sorted.write_all(&entry.to_bytes())?;
            heads.extend(cursors[run].next()?.map(|entry| Reverse((entry, run))));
        }
        sorted.into_inner().map_err(io::IntoInnerError::into_error)
    }
}

/// Reads a run, several entries at a time.
struct Cursor<'f> {
    file: &'f File,
    next: u64,
    end: u64,
    step: u64,
    loaded: std::vec::IntoIter<Entry>,
}

impl Cursor<'_> {
    fn next(&mut self) -> io::Result<Option<Entry>> {
        if self.loaded.len() == 0 && self.next < self.end {
            let to = self.end.min(self.next + self.step);
            self.loaded = read_entries(self.file, self.next, to)?.into_iter();
            self.next = to;
        }
        Ok(self.loaded.next())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: u64) -> Entry {
        Entry {
            hash: number.wrapping_mul(0x9e37_79b9_7f4a_7c15),
            offset: number,
            line: u64::MAX - number,
            length: u32::MAX,
        }
    }

    #[test]
    fn runs_of_any_size_are_merged_into_one_order() {
        for (count, run_entries) in [(0, 4), (1, 4), (4, 4), (1_000, 7), (1_000, 1_000)] {
            let mut sorter = Sorter::new(run_entries).unwrap();
            let mut expected: Vec<Entry> = (0..count).map(entry).collect();
            for entry in &expected {
                sorter.push(*entry).unwrap();
            }
            expected.sort_unstable();
            let mut seen = Vec::new();
            let file = sorter.finish(|entry| seen.push(*entry)).unwrap();
            assert_eq!(read_entries(&file, 0, count).unwrap(), expected);
            assert_eq!(seen, expected);
        }
    }
}
