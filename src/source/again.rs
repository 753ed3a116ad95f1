//! Reads one row again at its place, so that what is sent is what the file says now.

use std::io::{Seek, SeekFrom};

use super::encoding::Input;
use super::error::SourceError;
use super::header::open;
use super::pieces::{Piece, RECORD_BYTES_MAX, unreadable};
use super::quotes::{FIRST, record_end, survey};
use super::rows::{self, Place, Scanned};
use super::scan::Plan;

/// The bytes that are read at first; most rows are smaller.
const GLANCE_BYTES: usize = 16 << 10;

/// Reads the record that starts at a place of an earlier scan.
pub(super) fn read_again(plan: &Plan, at: Place) -> Result<Scanned, SourceError> {
    let piece = piece_at(plan, at)?;
    let found = rows::read(&plan.path, &plan.header, &plan.mapping, &piece)?;
    match found.rows.into_iter().next() {
        Some(scanned) if scanned.place == at => Ok(scanned),
        _ => Err(changed(plan, "the row's place holds no row")),
    }
}

fn changed(plan: &Plan, what: &'static str) -> SourceError {
    SourceError::Changed {
        path: plan.path.clone(),
        what,
    }
}

/// Reads the bytes of the record that starts at a place, as they can be split.
pub(super) fn piece_at(plan: &Plan, at: Place) -> Result<Piece, SourceError> {
    let path = &plan.path;
    let mut file = open(path)?;
    file.seek(SeekFrom::Start(at.offset))
        .map_err(|source| unreadable(path, source))?;
    let mut input = Input::new(file, plan.header.encoding);
    let mut bytes = vec![b'\n'];
    let mut target = FIRST + GLANCE_BYTES;
    let end = loop {
        let ended = input
            .fill(&mut bytes, target, |_| ())
            .map_err(|source| unreadable(path, source))?;
        match record_end(&bytes, plan.header.delimiter) {
            // A quote or a CR at the very end may go on in the bytes that are still to come.
            Some(end) if end < bytes.len() || ended => break end,
            None if ended => break bytes.len(),
            _ if target - FIRST > RECORD_BYTES_MAX => {
                return Err(changed(plan, "the row's place holds no row"));
            }
            _ => target = FIRST + 4 * (target - FIRST),
        }
    };
    bytes.truncate(end);
    let found = survey(&bytes, plan.header.delimiter, plan.header.line_end);
    if found.open.is_some() || found.swallowed.is_some() {
        return Err(changed(plan, "the row's place holds an open quote"));
    }
    Ok(Piece {
        bytes,
        offset: at.offset,
        line: at.line,
        text_after: found.text_after,
    })
}
