//! Rows that the operator has retried.

use rusqlite::{Connection, params};

use super::codes;
use super::error::CheckpointError;
use super::handle::Checkpoint;
use super::row_update::write_row;
use super::rows::past_at;
use super::settings::{Setting, write};
use super::since::Since;
use crate::lifecycle::{Event, Past, Row, Rules, State, Step, next};
use crate::model::ids::{Key, RowNumber};
use crate::model::problem::Problem;

/// The rows that the operator selects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Selects the unknown rows instead of the rejected ones.
    pub unknown: bool,
    /// Selects only rows with this problem code, in any letter case.
    pub code: Option<String>,
    /// Selects only the row that starts on this line of the CSV.
    pub line: Option<u64>,
}

/// The result of a retry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retried {
    /// Rows that are pending again.
    pub rows: u64,
    /// Rows that keep their state because the operator has named their ticket and it has not been
    /// checked yet.
    pub claimed: u64,
}

/// A selected row.
pub(super) struct Selected {
    pub(super) number: RowNumber,
    pub(super) line: u64,
    pub(super) external_id: String,
    state: State,
    past: Past,
}

impl Checkpoint {
    /// Puts the selected rows back to pending, each with a new key; they must be looked up before
    /// they are sent. The next run reads the whole CSV again, because rows that were given up may
    /// read differently by now.
    pub fn retry(
        &mut self,
        selection: &Selection,
        mut make_key: impl FnMut() -> Key,
    ) -> Result<Retried, CheckpointError> {
        self.write(|tx| {
            let mut retried = Retried::default();
            for selected in select(tx, selection)? {
                let Selected { state, past, .. } = selected;
                let (after, step) = next(Row { state, past }, Event::Retry, &Rules::at_rest());
                if step == Step::NewKey {
                    write_row(tx, selected.number, &after, Some(make_key()))?;
                    retried.rows += 1;
                } else {
                    retried.claimed += 1;
                }
            }
            if retried.rows > 0 {
                write(tx, Setting::CsvSha256, "")?;
            }
            Ok(retried)
        })
    }

    /// Returns the problem codes of the rows that can be selected, in order.
    pub fn problem_codes(&self, selection: &Selection) -> Result<Vec<String>, CheckpointError> {
        let all = Selection {
            code: None,
            ..selection.clone()
        };
        let rows = self.wrap(select(&self.db, &all))?;
        let codes = rows.into_iter().filter_map(|row| match row.state {
            State::Rejected(problem) | State::Unknown(problem) => Some(problem.code.into_owned()),
            State::Invalid(_)
            | State::Pending
            | State::Sending(_)
            | State::Created { .. }
            | State::Withdrawn => None,
        });
        let codes: std::collections::BTreeSet<String> = codes.collect();
        Ok(codes.into_iter().collect())
    }
}

pub(super) fn select(db: &Connection, selection: &Selection) -> rusqlite::Result<Vec<Selected>> {
    let state = if selection.unknown {
        codes::UNKNOWN
    } else {
        codes::REJECTED
    };
    let mut query = db.prepare(
        "SELECT number, line, external_id, problem_code, problem_message,
                keys, first_sent_at, last_sent_at, look_up_since, claim
         FROM row WHERE state = ?1 AND (?2 IS NULL OR problem_code = ?2 COLLATE NOCASE)
                    AND (?3 IS NULL OR line = ?3 AND since IS NOT ?4) ORDER BY number",
    )?;
    // The line of a row that is gone may belong to another row by now.
    let gone = Since::Gone.code();
    let meant = params![state, selection.code, selection.line, gone];
    let rows = query.query_map(meant, |r| {
        let (code, message): (Option<String>, Option<String>) = (r.get(3)?, r.get(4)?);
        let problem = Problem::new(code.unwrap_or_default(), message.unwrap_or_default());
        Ok(Selected {
            number: RowNumber(r.get(0)?),
            line: r.get(1)?,
            external_id: r.get(2)?,
            state: if selection.unknown {
                State::Unknown(problem)
            } else {
                State::Rejected(problem)
            },
            past: past_at(r, 5)?,
        })
    })?;
    rows.collect()
}
