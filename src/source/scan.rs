//! Reads every row.

use std::sync::{Arc, PoisonError};

use super::comments::Orphans;
use super::error::SourceError;
use super::plan::Plan;
use super::pool::in_order;
use super::quotes::FIRST;
use super::rows::{self, Scanned, Until};
use super::words_seen::WordsSeen;

/// Consecutive rows of the file.
#[derive(Debug)]
pub struct Chunk {
    /// The rows, in file order.
    pub rows: Vec<Scanned>,
    /// How many bytes of the file this chunk took; all chunks and the header together are the whole
    /// file.
    pub bytes: u64,
}

/// The result of a complete scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanEnd {
    /// The records after the header, valid or not.
    pub rows: u64,
    /// The blank lines between and after records.
    pub blank_lines: u64,
    /// The bytes of the file.
    pub bytes: u64,
    /// The SHA-256 of exactly the bytes that were scanned.
    pub sha256: [u8; 32],
    /// The SHA-256 of exactly the bytes of the comments file that were read; `None` without one.
    pub comments_sha256: Option<[u8; 32]>,
    /// The comments that belong to no row.
    pub orphans: Orphans,
}

/// Scans the file; `each` may end the scan with an error.
pub(super) fn scan<E: From<SourceError>>(
    plan: &Arc<Plan>,
    until: Until,
    mut each: impl FnMut(Chunk) -> Result<(), E>,
) -> Result<ScanEnd, E> {
    let index = match &plan.comments {
        Some(comments) => Some(comments.read_anew()?),
        None => None,
    };
    let shared = (Arc::clone(plan), index.clone());
    let (mut rows, mut blank_lines) = (0, 0);
    let mut words = WordsSeen::default();
    let read = in_order(
        &plan.file,
        move |piece| {
            let (plan, index) = &shared;
            let joined = plan.comments.as_ref().zip(index.as_deref());
            let joined = joined.map(|(comments, index)| comments.joined(index));
            let found = rows::read(plan.terms(), joined, piece, until)?;
            let bytes = plan
                .file
                .header
                .encoding
                .bytes_in_file(&piece.bytes[FIRST..]);
            Ok((found.scanned, found.blank_lines, found.words, bytes))
        },
        |(found, blank, seen, bytes)| {
            rows += found.len() as u64;
            blank_lines += blank;
            words.add(seen);
            each(Chunk { rows: found, bytes })
        },
    )?;
    *plan.words.lock().unwrap_or_else(PoisonError::into_inner) = Some(words);
    let joined = plan.comments.as_ref().zip(index.as_deref());
    let orphans = joined.map(|(comments, index)| comments.orphans(index));
    Ok(ScanEnd {
        rows,
        blank_lines,
        bytes: read.bytes,
        sha256: read.sha256,
        comments_sha256: index.map(|index| index.sha256),
        orphans: orphans.transpose()?.unwrap_or_default(),
    })
}
