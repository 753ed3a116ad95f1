//! Rows that were fixed in a file other than the one the checkpoint was made from: `error.csv`, fed
//! back.
//!
//! Such a file only changes rows: it adds none, and a row that is missing from it is not gone. A
//! row that it changed is read from it from then on, so its place in that file is stored, and a run
//! of the recorded CSV leaves the row alone. The latest edit wins: the hash of the row's cells in
//! the recorded CSV is stored at the time of the fix, and only different cells there overrule the
//! fix.

use rusqlite::{Connection, OptionalExtension, Row as SqlRow, params};

use super::codes;
use super::duplicates::duplicate;
use super::error::CheckpointError;
use super::handle::Checkpoint;
use super::identity::PAIR;
use super::load::NewRow;
use super::places::{Left, give_ids, left, note_places};
use super::rescan::{Rescan, See, see, stage};
use super::settings::last_row;
use super::since::Since;
use crate::lifecycle::fixed::{Fed, Known, KnownId, Line, but_for_zeros, fed};
use crate::model::delta::Delta;
use crate::model::ids::{CellsHash, RowNumber};
use crate::model::problem::Problem;
use crate::model::row_name::RowName;

/// What a file with fixed rows has changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fixed {
    /// Rows that changed.
    pub delta: Delta,
    /// Lines that identify their row neither by `_row` nor by an `external_id`.
    pub unnamed: u64,
    /// Lines that read the same as in the recorded CSV.
    pub unchanged: u64,
    /// Lines whose rows the recorded CSV no longer has.
    pub gone: u64,
    /// The first few of these lines.
    pub gone_lines: Vec<u64>,
}

/// The row that a line identifies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedRow {
    /// The row.
    pub number: RowNumber,
    /// What is known about it.
    pub known: Known,
    fingerprint: Option<[u8; 32]>,
}

/// The result of identifying a line's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Naming {
    /// A row.
    Row(NamedRow),
    /// A row that no longer exists.
    Gone,
    /// The line identifies no row.
    Nothing,
    /// Its `_row` belongs to no row of this checkpoint.
    NoSuchRow,
    /// Its `external_id` belongs to no row of this checkpoint.
    Stranger,
}

/// Why a line makes the program refuse the whole file; nothing is changed then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// An earlier line identifies the same row.
    Twice(u64),
    /// The row was sent with this `external_id`.
    SentAs(String),
    /// The row has this `external_id` of its own, and the line has another row's.
    AnothersId(String),
}

/// How many lines a message names.
const NAMED_MAX: usize = 5;

impl Checkpoint {
    /// Starts to read fixed rows from another file.
    pub fn feed(&mut self, file: &str) -> Result<Feed<'_>, CheckpointError> {
        let last_row = self.wrap(last_row(&self.db))?;
        let rescan = self.rescan()?;
        let db = &rescan.checkpoint.db;
        let indexed = db.execute_batch(&format!(
            "CREATE UNIQUE INDEX temp.scanned_row ON scanned (row);
             CREATE UNIQUE INDEX temp.scanned_external_id ON scanned (external_id);
             {PAIR}"
        ));
        rescan.checkpoint.wrap(indexed)?;
        Ok(Feed {
            rescan,
            file: file.to_owned(),
            last_row,
            found: Fixed::default(),
        })
    }
}

/// Reads a file with fixed rows. If it is dropped before [`Feed::finish`], nothing changes.
#[derive(Debug)]
pub struct Feed<'c> {
    rescan: Rescan<'c>,
    file: String,
    /// The highest row number ever assigned.
    last_row: u64,
    found: Fixed,
}

impl Feed<'_> {
    /// Finds the row that a line identifies, by its `_row` cell or else by its `external_id`.
    pub fn find(
        &self,
        name: Option<&str>,
        external_id: Option<&str>,
    ) -> Result<Naming, CheckpointError> {
        self.wrap(self.found(name, external_id))
    }

    fn found(&self, name: Option<&str>, external_id: Option<&str>) -> rusqlite::Result<Naming> {
        let Some(name) = name else {
            return Ok(match external_id {
                None => Naming::Nothing,
                Some(id) => match self.row("r.external_id = ?1", &id)? {
                    Some(row) => Naming::Row(row),
                    None => Naming::Stranger,
                },
            });
        };
        let name = name.parse::<RowName>().ok();
        let name = name.filter(|name| (1..=self.last_row).contains(&name.number.0));
        let Some(name) = name else {
            return Ok(Naming::NoSuchRow);
        };
        let Some(row) = self.row("r.number = ?1", &name.number.0)? else {
            return Ok(Naming::Gone);
        };
        let same_id = external_id.is_some() && row.known.id.now() == external_id;
        let written = RowName::new(row.number, row.known.id.own(), row.known.cells);
        let is_it = same_id || written == name;
        Ok(if is_it {
            Naming::Row(row)
        } else {
            Naming::NoSuchRow
        })
    }

    fn row(&self, which: &str, value: &dyn rusqlite::ToSql) -> rusqlite::Result<Option<NamedRow>> {
        let query = format!(
            "SELECT r.number, r.external_id, f.named IS 1, r.problem_code,
                    r.first_sent_at IS NOT NULL, r.state = ?2 OR r.since IS ?3, f.file IS ?4,
                    r.cells, r.fingerprint
             FROM row r LEFT JOIN fix f ON f.row = r.number WHERE {which}"
        );
        let mut query = self.db().prepare_cached(&query)?;
        let values = params![value, codes::WITHDRAWN, Since::Gone.code(), self.file];
        query.query_row(values, named_row).optional()
    }

    /// Counts a line that identifies no row.
    pub fn pass_unnamed(&mut self) {
        self.found.unnamed += 1;
    }

    /// Counts a line whose row is gone.
    pub fn pass_gone(&mut self, line: u64) {
        self.found.gone += 1;
        if self.found.gone_lines.len() < NAMED_MAX {
            self.found.gone_lines.push(line);
        }
    }

    /// Applies a line to the row that it identifies. `external_id` is the content of its cell.
    pub fn add(
        &mut self,
        known: &NamedRow,
        external_id: Option<&str>,
        row: NewRow<'_>,
    ) -> Result<Result<(), Refusal>, CheckpointError> {
        let holder = match external_id {
            Some(id) => self.wrap(self.holder(known, id))?,
            None => None,
        };
        let line = Line {
            external_id,
            is_anothers_id: holder.is_some(),
            is_known_body: row.body.is_ok_and(|body| {
                body.is_some_and(|(now, _)| known.fingerprint == Some(*now.as_bytes()))
            }),
            cells: row.cells,
        };
        let problem;
        let mut row = row;
        match fed(&known.known, &line) {
            Fed::Taken => (),
            Fed::TakenWithoutId => {
                let id = external_id.unwrap_or_default();
                problem = duplicate(id, &holder.unwrap_or_default());
                row.external_id = None;
                row.body = Err(&problem);
            }
            Fed::Shortened => {
                problem = shortened(external_id.unwrap_or_default());
                row.external_id = None;
                row.body = Err(&problem);
            }
            Fed::Unchanged => {
                self.found.unchanged += 1;
                return Ok(Ok(()));
            }
            Fed::Gone => {
                self.pass_gone(row.line);
                return Ok(Ok(()));
            }
            Fed::SentAs => {
                let sent_as = known.known.id.now().unwrap_or_default().to_owned();
                return Ok(Err(Refusal::SentAs(sent_as)));
            }
            Fed::AnothersId => {
                let own = known.known.id.now().unwrap_or_default().to_owned();
                return Ok(Err(Refusal::AnothersId(own)));
            }
        }
        let earlier = self.wrap(self.line_of(known.number))?;
        if let Some(line) = earlier {
            return Ok(Err(Refusal::Twice(line)));
        }
        self.wrap(stage(self.db(), &row, Some(known.number)))?;
        Ok(Ok(()))
    }

    /// Finishes the file. If rows waiting to be sent from it are no longer fixed in it, nothing
    /// changes.
    pub fn finish(self) -> Result<Result<Fixed, Left>, CheckpointError> {
        let result = finish(self.db(), &self.file);
        let delta = self.wrap(result)?;
        Ok(delta.map(|delta| Fixed {
            delta,
            ..self.found
        }))
    }

    /// Describes the other row that has an `external_id` or gets it from an earlier line. If the id
    /// is new, also finds the row whose id differs only in the zeros that a spreadsheet drops.
    fn holder(&self, known: &NamedRow, external_id: &str) -> rusqlite::Result<Option<String>> {
        let found = self.exact_holder(known.number, external_id)?;
        let id = &known.known.id;
        let is_new = id.own().is_none() && id.now() != Some(external_id);
        if found.is_some() || !is_new {
            return Ok(found);
        }
        for id in but_for_zeros(external_id) {
            if let Some(holder) = self.exact_holder(known.number, &id)? {
                return Ok(Some(format!("{holder}, but for zeros in front ({id:?})")));
            }
        }
        Ok(None)
    }

    fn exact_holder(&self, row: RowNumber, external_id: &str) -> rusqlite::Result<Option<String>> {
        let known = self
            .db()
            .prepare_cached(
                "SELECT line, state = ?3 OR since IS ?4 FROM row
                 WHERE external_id = ?1 AND number <> ?2",
            )?
            .query_row(
                params![external_id, row.0, codes::WITHDRAWN, Since::Gone.code()],
                |r| Ok((r.get::<_, u64>(0)?, r.get::<_, bool>(1)?)),
            )
            .optional()?;
        match known {
            Some((_, true)) => {
                return Ok(Some(
                    "a row that the CSV no longer has; if this is that row, give it the id there"
                        .to_owned(),
                ));
            }
            Some((line, false)) => return Ok(Some(format!("the row on line {line}"))),
            None => (),
        }
        let line: Option<u64> = self
            .db()
            .prepare_cached("SELECT line FROM scanned WHERE external_id = ?1 AND row <> ?2")?
            .query_row(params![external_id, row.0], |r| r.get(0))
            .optional()?;
        Ok(line.map(|line| format!("the row on line {line} of {}", self.file)))
    }

    fn line_of(&self, row: RowNumber) -> rusqlite::Result<Option<u64>> {
        self.db()
            .prepare_cached("SELECT line FROM scanned WHERE row = ?1")?
            .query_row([row.0], |r| r.get(0))
            .optional()
    }

    fn db(&self) -> &Connection {
        &self.rescan.checkpoint.db
    }

    fn wrap<T>(&self, result: rusqlite::Result<T>) -> Result<T, CheckpointError> {
        self.rescan.checkpoint.wrap(result)
    }
}

fn named_row(r: &SqlRow<'_>) -> rusqlite::Result<NamedRow> {
    let (id, named): (Option<String>, bool) = (r.get(1)?, r.get(2)?);
    let problem: Option<String> = r.get(3)?;
    Ok(NamedRow {
        number: RowNumber(r.get(0)?),
        known: Known {
            id: match id {
                Some(id) if named => KnownId::Given(id),
                Some(id) => KnownId::Own(id),
                None if problem.as_deref() == Some("InvalidExternalId") => KnownId::Malformed,
                None => KnownId::Missing,
            },
            was_sent: r.get(4)?,
            is_gone: r.get(5)?,
            is_fixed_here: r.get(6)?,
            cells: CellsHash(r.get(7)?),
        },
        fingerprint: r.get(8)?,
    })
}

fn shortened(external_id: &str) -> Problem {
    Problem::new(
        "InvalidExternalId",
        format!(
            "external_id {external_id:?} is what a spreadsheet has left of a long number; write the \
             whole number, in a column that is formatted as text"
        ),
    )
}

fn finish(db: &Connection, file: &str) -> rusqlite::Result<Result<Delta, Left>> {
    let left = left(db, file)?;
    if left.rows > 0 {
        return Ok(Err(left));
    }
    note_places(db, file)?;
    give_ids(db)?;
    let mut delta = Delta::default();
    see(db, See::Fixes, &mut delta)?;
    db.execute_batch("DROP TABLE temp.scanned; COMMIT;")?;
    Ok(Ok(delta))
}
