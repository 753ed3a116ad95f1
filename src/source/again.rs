//! Reads one row again at its place, so that what is sent is what the file says now.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::sync::PoisonError;

use super::encoding::Input;
use super::error::{SourceError, moved, unreadable};
use super::file::open;
use super::line_ends::is_after_other;
use super::pieces::{Piece, Place, RECORD_BYTES_MAX, lone_record};
use super::plan::{Again, Plan};
use super::quotes::{FIRST, record_end};
use super::records::LoneReader;
use super::rows::{self, Invalid, Valid};

/// How many bytes are read first; most rows are smaller.
const GLANCE_BYTES: usize = 4 << 10;

/// A row that was read again, with the exact bytes of its request body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    /// What the scan also reported about it.
    pub valid: Valid,
    /// The body.
    pub body: Vec<u8>,
}

/// Reads the record at a place that an earlier scan found. If its `external_id` is given, that is
/// used whatever the cell says.
pub(super) fn read_again(
    plan: &Plan,
    at: Place,
    own_id: Option<&str>,
) -> Result<Result<Ready, Invalid>, SourceError> {
    // A thread that died while holding the lock left nothing half-done in it.
    let mut kept = plan.again.lock().unwrap_or_else(PoisonError::into_inner);
    let Again { file, reader } = match &mut *kept {
        Some(again) => again,
        none => none.insert(Again {
            file: open(&plan.file.path)?,
            reader: LoneReader::new(&plan.file.header),
        }),
    };
    let piece = piece_in(file, plan, at)?;
    let index = plan.comments.as_ref().map(|comments| comments.index());
    let index = index.transpose()?;
    let joined = plan.comments.as_ref().zip(index.as_deref());
    let joined = joined.map(|(comments, index)| comments.joined(index));
    let found = rows::read_lone(plan.terms(), joined, &piece, reader, own_id)?;
    match found.scanned.into_iter().next() {
        Some(scanned) if scanned.place == at => Ok(scanned.row.map(|valid| Ready {
            valid,
            body: found.last_body,
        })),
        _ => Err(moved(&plan.file.path)),
    }
}

/// Reads the bytes of the record that starts at a place, in a form that can be split.
pub(super) fn piece_at(plan: &Plan, at: Place) -> Result<Piece, SourceError> {
    piece_in(&mut open(&plan.file.path)?, plan, at)
}

fn piece_in(file: &mut File, plan: &Plan, at: Place) -> Result<Piece, SourceError> {
    let header = &plan.file.header;
    let path = &plan.file.path;
    let room = at.offset.saturating_sub(header.raw.len() as u64);
    let after_other_end = is_after_other(header.records_end, header.encoding, room, |back| {
        file.seek(SeekFrom::Start(at.offset - back))?;
        let mut before = Vec::new();
        Read::take(&mut *file, back).read_to_end(&mut before)?;
        Ok(before)
    });
    let after_other_end = after_other_end.map_err(|source| unreadable(path, source))?;
    file.seek(SeekFrom::Start(at.offset))
        .map_err(|source| unreadable(path, source))?;
    let mut input = Input::new(file, header.encoding);
    let mut bytes = vec![b'\n'];
    let mut target = FIRST + GLANCE_BYTES;
    let end = loop {
        let ended = input
            .fill(&mut bytes, target, |_| ())
            .map_err(|source| unreadable(path, source))?;
        match record_end(&bytes, header.delimiter) {
            // A quote or a CR at the very end may continue in the bytes that are not read yet.
            Some(end) if end < bytes.len() || ended => break end,
            None if ended => break bytes.len(),
            _ if target - FIRST > RECORD_BYTES_MAX => return Err(moved(path)),
            _ => target = FIRST + 4 * (target - FIRST),
        }
    };
    bytes.truncate(end);
    lone_record(path, header, bytes, at, after_other_end)
}
