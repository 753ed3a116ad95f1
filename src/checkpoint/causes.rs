//! Why rows have no ticket, counted by cause.

use rusqlite::{Connection, params};

use super::codes;
use super::error::CheckpointError;
use super::open::{Checkpoint, Reader};
use crate::model::problem::Cause;

/// Lines that are named for a cause.
const LINES_MAX: i64 = 5;

impl Checkpoint {
    /// All causes, the most frequent first.
    pub fn causes(&self) -> Result<Vec<Cause>, CheckpointError> {
        self.wrap(causes(&self.db))
    }
}

impl Reader {
    /// All causes, the most frequent first.
    pub fn causes(&self) -> Result<Vec<Cause>, CheckpointError> {
        causes(&self.db).map_err(|source| CheckpointError::sqlite(&self.path, source))
    }
}

fn causes(db: &Connection) -> rusqlite::Result<Vec<Cause>> {
    let mut groups = db.prepare(
        "SELECT state, coalesce(problem_code, ''), count(*) AS rows FROM row
         WHERE state IN (?1, ?2, ?3) GROUP BY state, problem_code ORDER BY rows DESC, 2",
    )?;
    let mut first = db.prepare(
        "SELECT line, problem_message FROM row
         WHERE state = ?1 AND coalesce(problem_code, '') = ?2 ORDER BY line LIMIT ?3",
    )?;
    let states = [codes::REJECTED, codes::INVALID, codes::UNKNOWN];
    let mut found = Vec::new();
    let mut rows = groups.query(states)?;
    while let Some(group) = rows.next()? {
        let (state, code): (i64, String) = (group.get(0)?, group.get(1)?);
        let lines: Vec<(u64, Option<String>)> = first
            .query_map(params![state, code, LINES_MAX], |r| {
                Ok((r.get(0)?, r.get(1)?))
            })?
            .collect::<rusqlite::Result<_>>()?;
        let message = lines.first().and_then(|(_, message)| message.clone());
        found.push(Cause {
            state: match state {
                codes::REJECTED => "rejected",
                codes::INVALID => "invalid",
                _ => "unknown",
            },
            code,
            rows: group.get(2)?,
            lines: lines.iter().map(|(line, _)| *line).collect(),
            message: message.unwrap_or_default(),
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use crate::checkpoint::fixture_tests::Fixture;

    #[test]
    fn causes_count_all_rows_and_name_the_first_lines() {
        let rows: Vec<(&str, Option<&str>)> = (0..9)
            .map(|n| (["a", "b", "c"][n % 3], (n % 3 > 0).then_some("1")))
            .collect();
        let causes = Fixture::of(&rows).checkpoint.causes().unwrap();
        let total: u64 = causes.iter().map(|cause| cause.rows).sum();
        assert_eq!(total, 7, "{causes:?}");
        assert!(causes.iter().all(|cause| !cause.message.is_empty()));
        assert!(causes.iter().all(|cause| cause.lines.len() <= 5));
        assert!(causes.is_sorted_by(|a, b| a.rows >= b.rows), "{causes:?}");
    }
}
