//! The authors of comments outside of a run: what is taken up again at its start, and what a dry run
//! counts.

use super::conversation::{UNKNOWN_AUTHOR, authors_of};
use super::error::EngineError;
use crate::checkpoint::Checkpoint;
use crate::model::ids::{Key, RowNumber};
use crate::source::{Place, Source};

/// Rows whose authors are noted at once.
const ROWS_AT_ONCE: u64 = 1_000;

/// Takes the rows up again that an earlier run left out because of an author, and forgets what is
/// wrong with authors: the address may have been fixed, or somebody may stand in by now.
pub fn take_up(source: &Source, checkpoint: &mut Checkpoint) -> Result<(), EngineError> {
    if source.comments_path().is_some() {
        checkpoint.take_up_unknown_authors(UNKNOWN_AUTHOR, Key::random)?;
        checkpoint.forget_unknown_authors()?;
    }
    Ok(())
}

/// Counts the authors that a run would have to ask for, of `limit` rows at most.
pub fn count(
    source: &Source,
    scratch: &mut Checkpoint,
    limit: Option<u64>,
) -> Result<u64, EngineError> {
    if source.comments_path().is_none() {
        return Ok(0);
    }
    let mut left = limit.unwrap_or(u64::MAX);
    let mut after = RowNumber(0);
    while left > 0 {
        let most = usize::try_from(left.min(ROWS_AT_ONCE)).unwrap_or(usize::MAX);
        let rows = scratch.first_pending(after, most)?;
        let Some(last) = rows.last() else {
            break;
        };
        after = last.number;
        left -= rows.len() as u64;
        let mut authors = Vec::new();
        for row in &rows {
            let place = Place {
                line: row.line,
                offset: row.offset,
            };
            let read = if row.is_fixed {
                source.read_again_as(place, &row.external_id)?
            } else {
                source.read_again(place)?
            };
            authors.extend(read.iter().flat_map(|ready| authors_of(&ready.body)));
        }
        scratch.note_authors(&authors)?;
    }
    Ok(scratch.count_unasked_authors()?)
}
