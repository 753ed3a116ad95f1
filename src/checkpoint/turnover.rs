//! Measures how many rows a rescan of the CSV would replace, before any of it is stored.

use rusqlite::{Connection, params};

use super::codes;
use super::error::CheckpointError;
use super::identity::identify;
use super::rescan::Rescan;
use super::since::Since;
use crate::lifecycle::turnover::Turnover;

/// The ids of rows that are gone and of rows that are new.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Replaced {
    /// Some of the gone ids, in file order.
    pub gone: Vec<String>,
    /// Some of the new ids, in file order.
    pub new: Vec<String>,
}

/// Rows that have or may have a ticket and that no earlier scan missed.
const SENT: &str = "r.state IN (?1, ?2, ?3) AND r.since IS NOT ?4";

const GONE: &str = "
    NOT EXISTS (SELECT 1 FROM scanned s WHERE s.external_id = r.external_id)
    AND r.number NOT IN (SELECT row FROM scanned WHERE row IS NOT NULL)";

const NEW: &str = "
    FROM scanned s LEFT JOIN row r ON r.external_id = s.external_id
    WHERE r.number IS NULL AND s.row IS NULL AND s.state = ?1";

impl Rescan<'_> {
    /// Counts the gone and the new rows, once all rows were added. It takes one index lookup per
    /// row, like the end of the scan.
    pub fn turnover(&mut self) -> Result<Turnover, CheckpointError> {
        let result = self.identified().and_then(turnover);
        self.checkpoint.written(result)
    }

    /// Returns up to `most` ids of gone rows, and of new rows.
    pub fn replaced(&mut self, most: usize) -> Result<Replaced, CheckpointError> {
        let result = self.identified().and_then(|db| replaced(db, most));
        self.checkpoint.written(result)
    }

    /// Returns up to `most` ids of rows with a ticket that are not in the file, whichever scan missed them
    /// first.
    pub fn missing(&mut self, most: usize) -> Result<Vec<String>, CheckpointError> {
        let result = self.identified().and_then(|db| missing(db, most));
        self.checkpoint.written(result)
    }

    /// Hands every id of a new row on, in file order, until `each` says that it has seen enough.
    pub fn each_new(&mut self, each: impl FnMut(&str) -> bool) -> Result<(), CheckpointError> {
        let result = self.identified().and_then(|db| each_new(db, each));
        self.checkpoint.written(result)
    }

    /// Returns the database, after each line has been matched to its row.
    pub(super) fn identified(&mut self) -> rusqlite::Result<&Connection> {
        if !self.is_identified {
            identify(&self.checkpoint.db)?;
            self.is_identified = true;
        }
        Ok(&self.checkpoint.db)
    }
}

fn turnover(db: &Connection) -> rusqlite::Result<Turnover> {
    let (with_ticket, gone) = db.query_row(
        &format!("SELECT count(*), count(*) FILTER (WHERE {GONE}) FROM row r WHERE {SENT}"),
        sent(),
        |r| Ok((r.get(0)?, r.get(1)?)),
    )?;
    // If no row is gone, it does not matter how many are new.
    let new = if gone == 0 {
        0
    } else {
        let count = format!("SELECT count(*) {NEW}");
        db.query_row(&count, [codes::PENDING], |r| r.get(0))?
    };
    Ok(Turnover {
        with_ticket,
        gone,
        new,
    })
}

fn replaced(db: &Connection, most: usize) -> rusqlite::Result<Replaced> {
    let gone = format!(
        "SELECT r.external_id FROM row r WHERE {SENT} AND {GONE} ORDER BY r.number LIMIT {most}"
    );
    let new = format!("SELECT s.external_id {NEW} ORDER BY s.number LIMIT {most}");
    Ok(Replaced {
        gone: db
            .prepare(&gone)?
            .query_map(sent(), |r| r.get(0))?
            .collect::<Result<_, _>>()?,
        new: db
            .prepare(&new)?
            .query_map(params![codes::PENDING], |r| r.get(0))?
            .collect::<Result<_, _>>()?,
    })
}

fn missing(db: &Connection, most: usize) -> rusqlite::Result<Vec<String>> {
    let query = format!(
        "SELECT r.external_id FROM row r WHERE r.state IN (?1, ?2, ?3) AND {GONE}
         ORDER BY r.number LIMIT {most}"
    );
    let [created, sending, unknown, _] = sent();
    db.prepare(&query)?
        .query_map([created, sending, unknown], |r| r.get(0))?
        .collect()
}

fn each_new(db: &Connection, mut each: impl FnMut(&str) -> bool) -> rusqlite::Result<()> {
    let mut query = db.prepare(&format!("SELECT s.external_id {NEW} ORDER BY s.number"))?;
    let mut new = query.query([codes::PENDING])?;
    while let Some(row) = new.next()? {
        if row.get::<_, Option<String>>(0)?.is_some_and(|id| each(&id)) {
            break;
        }
    }
    Ok(())
}

fn sent() -> [i64; 4] {
    let gone = Since::Gone.code();
    [codes::CREATED, codes::SENDING, codes::UNKNOWN, gone]
}
