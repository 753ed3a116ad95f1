//! Several rows with one `external_id`: one stays, the others are invalid and name it. It is the first;
//! in another scan it is the one that reads as the known row with this id, which may have a ticket. In
//! another file one that had the id of another row in the recorded CSV says so, and does not stay.

use rusqlite::{Connection, ErrorCode, params};

use super::codes;

/// Where to look: a table with `number`, `line` and `external_id`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table<'f> {
    schema: &'static str,
    name: &'static str,
    /// The number of the row that stays, of a group with one id.
    stays: &'static str,
    /// The file of the lines, if it is not the recorded CSV.
    file: Option<&'f str>,
}

/// The rows of the checkpoint.
pub(super) const ROW: Table<'_> = Table {
    schema: "main",
    name: "row",
    stays: "min(number)",
    file: None,
};

impl<'f> Table<'f> {
    /// The rows of another scan, of the recorded CSV or of another file.
    pub(super) fn scanned_in(file: Option<&'f str>) -> Self {
        Self {
            schema: "temp",
            name: "scanned",
            stays: STAYS,
            file,
        }
    }
}

const STAYS: &str = "coalesce(
    min(number) FILTER (WHERE origin IS NULL AND EXISTS (
      SELECT 1 FROM row k WHERE k.external_id = scanned.external_id
      AND k.fingerprint = scanned.fingerprint)),
    min(number) FILTER (WHERE origin IS NULL),
    min(number))";

/// Builds the index on `external_id`, which names one row each; the others with the same one give it
/// up and are marked. Says whether there were any.
pub(super) fn index_external_ids(db: &Connection, table: Table<'_>) -> rusqlite::Result<bool> {
    // As a rule there are no duplicates, and then this shows it without another look at the rows.
    match create_index(db, table, "UNIQUE") {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => (),
        done => return done.map(|()| false),
    }
    let Table { schema, name, .. } = table;
    create_index(db, table, "")?;
    mark_duplicates(db, table)?;
    db.execute_batch(&format!("DROP INDEX {schema}.{name}_external_id"))?;
    create_index(db, table, "UNIQUE")?;
    Ok(true)
}

fn create_index(db: &Connection, table: Table<'_>, kind: &str) -> rusqlite::Result<()> {
    let Table { schema, name, .. } = table;
    db.execute_batch(&format!(
        "CREATE {kind} INDEX {schema}.{name}_external_id ON {name} (external_id)"
    ))
}

fn mark_duplicates(db: &Connection, table: Table<'_>) -> rusqlite::Result<()> {
    let Table {
        name, stays, file, ..
    } = table;
    let file = file.map_or_else(String::new, |file| format!(" of {file}"));
    let mut twice = db.prepare(&format!(
        "SELECT t.external_id, t.stays, r.line
         FROM (SELECT external_id, {stays} AS stays FROM {name}
               WHERE external_id IS NOT NULL GROUP BY external_id HAVING count(*) > 1) t
         JOIN {name} r ON r.number = t.stays"
    ))?;
    let mut mark = db.prepare(&format!(
        "UPDATE {name} SET state = ?3, external_id = NULL, fingerprint = NULL, key = NULL,
                problem_code = 'DuplicateExternalId', problem_message = ?4
         WHERE external_id = ?1 AND number <> ?2"
    ))?;
    // Collected first: the loop changes the index that the query walks.
    let found: Vec<(String, u64, u64)> = twice
        .query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?
        .collect::<Result<_, _>>()?;
    for (external_id, stays, line) in found {
        let message = format!(
            "external_id {external_id:?} is already that of the row on line {line}{file}; \
             only that one is sent"
        );
        mark.execute(params![external_id, stays, codes::INVALID, message])?;
    }
    Ok(())
}
