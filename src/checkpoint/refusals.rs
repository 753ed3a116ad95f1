//! Why a file with mended rows is refused as a whole: it leaves a doubt which rows are meant, and a
//! wrong guess would lose a row.

use rusqlite::{Connection, OptionalExtension, params};

use super::codes;
use super::mended::IS_KNOWN;

/// What is not certain of a file with mended rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A row is not one of the checkpoint's.
    Stranger(Stranger),
    /// Two rows say in the same way that they are the one with an `external_id`.
    Twice(Twice),
    /// Rows that wait to be sent from the file are not in it.
    Left(Left),
}

/// The first row that is not one of the checkpoint's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stranger {
    /// Its line in the file.
    pub line: u64,
    /// Its `external_id`.
    pub external_id: String,
    /// Whether it had none in the recorded CSV.
    pub had_none: bool,
    /// The `external_id` that it was given when it was mended before, if it has no ticket yet.
    pub given: Option<String>,
    /// How many there are.
    pub rows: u64,
}

/// The first two rows with one `external_id` that both had it in the recorded CSV.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twice {
    /// Their lines in the file.
    pub lines: (u64, u64),
    /// Their `external_id`.
    pub external_id: String,
}

/// Rows that were mended in the file and not sent yet, and are no longer there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// The `external_id`s of the first few.
    pub external_ids: Vec<String>,
    /// How many there are.
    pub rows: u64,
}

/// Rows that are named.
const NAMED_MAX: usize = 5;

/// Looks for two rows that cannot be told apart, before one of them gives up its `external_id`.
pub(super) fn twice(db: &Connection) -> rusqlite::Result<Option<Twice>> {
    let first = db.query_row(
        "SELECT min(line), max(line), external_id FROM scanned
         WHERE origin IS NULL AND external_id IS NOT NULL
         GROUP BY external_id HAVING count(*) > 1 ORDER BY min(number) LIMIT 1",
        [],
        |r| {
            Ok(Twice {
                lines: (r.get(0)?, r.get(1)?),
                external_id: r.get(2)?,
            })
        },
    );
    first.optional()
}

/// Looks for rows that are not the checkpoint's.
pub(super) fn stranger(db: &Connection) -> rusqlite::Result<Option<Stranger>> {
    let query = format!(
        "SELECT s.line, s.external_id, s.origin IS NOT NULL, count(*) OVER (),
                (SELECT g.external_id FROM mended m JOIN row g ON g.number = m.row
                 WHERE m.nameless AND m.recorded = s.origin AND g.state IN (?1, ?2, ?3)
                   AND NOT EXISTS (SELECT 1 FROM scanned t WHERE t.external_id = g.external_id)
                 ORDER BY g.number LIMIT 1)
         FROM scanned s LEFT JOIN row r ON r.external_id = s.external_id
         WHERE s.external_id IS NOT NULL AND (r.number IS NULL OR ({IS_KNOWN}) IS NOT TRUE)
         ORDER BY s.number LIMIT 1"
    );
    let without_ticket = params![codes::PENDING, codes::REJECTED, codes::INVALID];
    let first = db.query_row(&query, without_ticket, |r| {
        Ok(Stranger {
            line: r.get(0)?,
            external_id: r.get(1)?,
            had_none: r.get(2)?,
            rows: r.get(3)?,
            given: r.get(4)?,
        })
    });
    first.optional()
}

/// Looks for rows that this file is to be read for and no longer has.
pub(super) fn left(db: &Connection, file: &str) -> rusqlite::Result<Option<Left>> {
    let mut query = db.prepare(
        "SELECT r.external_id FROM mended m JOIN row r ON r.number = m.row
         WHERE m.file = ?1 AND r.state = ?2
           AND NOT EXISTS (SELECT 1 FROM scanned s WHERE s.external_id = r.external_id)
         ORDER BY r.number",
    )?;
    let mut left = Left {
        external_ids: Vec::new(),
        rows: 0,
    };
    let mut rows = query.query(params![file, codes::PENDING])?;
    while let Some(r) = rows.next()? {
        if left.external_ids.len() < NAMED_MAX {
            left.external_ids.push(r.get(0)?);
        }
        left.rows += 1;
    }
    Ok(Some(left).filter(|left| left.rows > 0))
}
