//! The data of the result files: every row that has a ticket, and every row that has none.

use rusqlite::{Connection, Row as SqlRow, params};

use super::codes;
use super::error::CheckpointError;
use super::handle::{Checkpoint, Reader};
use super::since::Since;
use crate::model::fault;
use crate::model::ids::{CellsHash, Key, RowNumber};
use crate::model::results::{Cause, FaultRows, Troubled};
use crate::model::row_name::RowName;
use crate::model::time::ServerTime;

/// A row that has a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreatedRow {
    /// Its `external_id`.
    pub external_id: String,
    /// Its ticket.
    pub ticket: u64,
    /// How we know the ticket: `miss`, `hit`, `unmarked` or `found`.
    pub how: &'static str,
    /// The key of its last create.
    pub key: Key,
    /// When the create whose answer named the ticket was sent; `None` if none did.
    pub created_at: Option<ServerTime>,
}

/// A selection of the rows without a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Without {
    /// Rows that can be fixed: the rejected and invalid ones.
    Fixable,
    /// Rows that the operator has to decide on.
    Unknown,
    /// All of them.
    Any,
}

/// A row without a ticket that is still in the CSV.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftRow {
    /// Its problem and its place.
    pub row: Troubled,
    /// The hash of its cells in the CSV.
    pub cells: CellsHash,
    /// Its name in an export.
    pub name: RowName,
}

impl Reader {
    /// Freezes the view: everything is read as it is now, even while a run continues. Only for a
    /// short time, because it keeps the log from being truncated.
    pub fn freeze(&self) -> Result<(), CheckpointError> {
        self.wrap(self.db.execute_batch("BEGIN"))
    }

    /// Passes every row that has a ticket to a function, in order.
    pub fn each_created<E: From<CheckpointError>>(
        &self,
        each: impl FnMut(CreatedRow) -> Result<(), E>,
    ) -> Result<(), E> {
        self.each(CREATED, created_row, each)
    }

    /// Passes the selected rows without a ticket that are still in the CSV to a function, in CSV
    /// order.
    pub fn each_without<E: From<CheckpointError>>(
        &self,
        which: Without,
        each: impl FnMut(LeftRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let query = format!(
            "{} AND since IS NOT {} ORDER BY byte_offset",
            troubled_in(which),
            Since::Gone.code()
        );
        self.each(&query, left_row, each)
    }

    /// Returns the first `most` rows without a ticket that are no longer in the CSV, and how many
    /// there are.
    pub fn gone_without(&self, most: usize) -> Result<(Vec<Troubled>, u64), CheckpointError> {
        self.wrap(gone_without(&self.db, most))
    }

    /// Returns the first rows without a ticket: unknown ones, then the others, in CSV order.
    pub fn first_without(&self, most: usize) -> Result<Vec<Troubled>, CheckpointError> {
        self.wrap(first_without(&self.db, most))
    }

    /// Returns the reasons why rows have no ticket, the most frequent first.
    pub fn causes(&self) -> Result<Vec<Cause>, CheckpointError> {
        self.wrap(causes(&self.db))
    }

    fn each<T, E: From<CheckpointError>>(
        &self,
        query: &str,
        read: impl Fn(&SqlRow<'_>) -> rusqlite::Result<T>,
        mut each: impl FnMut(T) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut query = self.wrap(self.db.prepare(query))?;
        let mut rows = self.wrap(query.query([]))?;
        while let Some(row) = self.wrap(rows.next())? {
            each(self.wrap(read(row))?)?;
        }
        Ok(())
    }
}

const CREATED: &str = "
    SELECT r.external_id, r.ticket_id, r.how, r.key, a.sent_at
    FROM row r LEFT JOIN (
      SELECT row, max(sent_at) AS sent_at FROM attempt
      WHERE kind = 0 AND status BETWEEN 200 AND 299 GROUP BY row
    ) a ON a.row = r.number
    WHERE r.state = 2 ORDER BY r.number";

fn created_row(r: &SqlRow<'_>) -> rusqlite::Result<CreatedRow> {
    Ok(CreatedRow {
        external_id: r.get(0)?,
        ticket: r.get(1)?,
        how: codes::how_word(r.get(2)?),
        key: Key::from_bytes(r.get(3)?),
        created_at: r.get::<_, Option<i64>>(4)?.map(ServerTime),
    })
}

fn troubled_in(which: Without) -> String {
    let states = match which {
        Without::Fixable => "3, 4",
        Without::Unknown => "5",
        Without::Any => "3, 4, 5",
    };
    format!(
        "SELECT state, line, byte_offset, external_id, problem_code, problem_message, number, cells,
                number IN (SELECT row FROM fix WHERE named) AS named
         FROM row WHERE state IN ({states})"
    )
}

fn left_row(r: &SqlRow<'_>) -> rusqlite::Result<LeftRow> {
    let row = troubled(r, 0)?;
    let number = RowNumber(r.get("number")?);
    let cells = CellsHash(r.get("cells")?);
    let is_named: bool = r.get("named")?;
    let own_id = row.external_id.as_deref().filter(|_| !is_named);
    Ok(LeftRow {
        name: RowName::new(number, own_id, cells),
        cells,
        row,
    })
}

fn gone_without(db: &Connection, most: usize) -> rusqlite::Result<(Vec<Troubled>, u64)> {
    let gone = format!(
        "{} AND since = {}",
        troubled_in(Without::Any),
        Since::Gone.code()
    );
    let all = db.query_row(&format!("SELECT count(*) FROM ({gone})"), [], |r| r.get(0))?;
    let first = db
        .prepare(&format!("{gone} ORDER BY number LIMIT {most}"))?
        .query_map([], |r| troubled(r, 0))?
        .collect::<rusqlite::Result<_>>()?;
    Ok((first, all))
}

fn troubled(r: &SqlRow<'_>, at: usize) -> rusqlite::Result<Troubled> {
    let text =
        |column| Ok::<_, rusqlite::Error>(r.get::<_, Option<String>>(column)?.unwrap_or_default());
    Ok(Troubled {
        state: codes::problem_word(r.get(at)?),
        line: r.get(at + 1)?,
        offset: r.get(at + 2)?,
        external_id: r.get(at + 3)?,
        code: text(at + 4)?,
        message: text(at + 5)?,
    })
}

impl Checkpoint {
    /// Returns the first rows without a ticket: unknown ones, then the others, in CSV order.
    pub fn first_without(&self, most: usize) -> Result<Vec<Troubled>, CheckpointError> {
        self.wrap(first_without(&self.db, most))
    }

    /// Returns the reasons why rows have no ticket, the most frequent first.
    pub fn causes(&self) -> Result<Vec<Cause>, CheckpointError> {
        self.wrap(causes(&self.db))
    }
}

/// Lists unknown rows first, so that one is not missed behind a thousand rejected ones.
fn first_without(db: &Connection, most: usize) -> rusqlite::Result<Vec<Troubled>> {
    let query = format!(
        "{} ORDER BY state = {} DESC, byte_offset LIMIT {most}",
        troubled_in(Without::Any),
        codes::UNKNOWN
    );
    db.prepare(&query)?
        .query_map([], |r| troubled(r, 0))?
        .collect()
}

/// How many lines are listed per cause.
const LINES_MAX: i64 = 5;

/// SQLite takes the other columns of such a group from the row with the minimum.
fn causes(db: &Connection) -> rusqlite::Result<Vec<Cause>> {
    let mut lines = db.prepare(
        "SELECT line, coalesce(problem_message, '') FROM row WHERE state = ?1 AND problem_code IS ?2
         ORDER BY byte_offset LIMIT ?3",
    )?;
    db.prepare(
        "SELECT count(*) AS n, min(byte_offset),
                state, line, byte_offset, external_id, problem_code, problem_message
         FROM row WHERE state BETWEEN 3 AND 5
         GROUP BY state, problem_code ORDER BY n DESC, state, problem_code",
    )?
    .query_map([], |r| {
        let first = troubled(r, 2)?;
        let group = params![
            r.get::<_, i64>(2)?,
            r.get::<_, Option<String>>(6)?,
            LINES_MAX
        ];
        let lines = lines.query_map(group, |line| Ok((line.get::<_, u64>(0)?, line.get(1)?)))?;
        let (lines, messages) = lines.collect::<rusqlite::Result<(Vec<_>, Vec<String>)>>()?;
        Ok(Cause {
            lines,
            messages,
            state: first.state,
            code: first.code.clone(),
            rows: r.get(0)?,
            faults: faults(db, r.get(2)?, &first.code)?,
            first,
        })
    })?
    .collect()
}

/// Returns Zendesk's objections to the rows that it rejected with one code.
fn faults(db: &Connection, state: i64, code: &str) -> rusqlite::Result<Vec<FaultRows>> {
    if state != codes::REJECTED {
        return Ok(Vec::new());
    }
    let mut found: Vec<FaultRows> = Vec::new();
    let mut query = db.prepare(
        "SELECT count(*), min(byte_offset) AS first, line, problem_message FROM row
         WHERE state = ?1 AND problem_code = ?2 GROUP BY problem_message ORDER BY first",
    )?;
    let mut messages = query.query(params![state, code])?;
    while let Some(row) = messages.next()? {
        let (rows, line): (u64, u64) = (row.get(0)?, row.get(2)?);
        let message: String = row.get(3)?;
        for fault in fault::faults(&message) {
            match found.iter_mut().find(|known| known.kind == fault.kind) {
                Some(known) => known.rows += rows,
                None => found.push(FaultRows {
                    kind: fault.kind,
                    rows,
                    line,
                    said: fault.said.to_owned(),
                }),
            }
        }
    }
    found.sort_by_key(|fault| std::cmp::Reverse(fault.rows));
    Ok(found)
}
