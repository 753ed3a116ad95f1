//! Of several rows with one `external_id`, one keeps it; the others become invalid and name that
//! row. On the first scan the first row keeps it; on a rescan, the row that had this id before,
//! which may have a ticket.

use rusqlite::{Connection, ErrorCode, params};

use super::codes;
use crate::model::problem::Problem;

/// The table to check, with `number`, `line` and `external_id`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table {
    schema: &'static str,
    name: &'static str,
    /// SQL for the number of the row that keeps the id within a group.
    stays: &'static str,
}

/// The rows of the checkpoint.
pub(super) const ROW: Table = Table {
    schema: "main",
    name: "row",
    stays: "min(number)",
};

/// The rows of a rescan. A row that had no id of its own before stays without one, if possible.
pub(super) const SCANNED: Table = Table {
    schema: "temp",
    name: "scanned",
    stays: "coalesce(
      min(number) FILTER (WHERE EXISTS (
        SELECT 1 FROM row k WHERE k.external_id = scanned.external_id AND k.cells = scanned.cells)),
      min(number) FILTER (WHERE cells NOT IN (SELECT cells FROM unidentified)),
      min(number))",
};

/// Builds the unique index on `external_id`. If several rows have the same id, the others lose it
/// and are marked. Reports whether there were any.
pub(super) fn index_external_ids(db: &Connection, table: Table) -> rusqlite::Result<bool> {
    // Usually there are no duplicates, and this confirms it without another pass over the rows.
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

fn create_index(db: &Connection, table: Table, kind: &str) -> rusqlite::Result<()> {
    let Table { schema, name, .. } = table;
    db.execute_batch(&format!(
        "CREATE {kind} INDEX {schema}.{name}_external_id ON {name} (external_id)"
    ))
}

fn mark_duplicates(db: &Connection, table: Table) -> rusqlite::Result<()> {
    let Table { name, stays, .. } = table;
    let mut twice = db.prepare(&format!(
        "SELECT t.external_id, t.stays, r.line
         FROM (SELECT external_id, {stays} AS stays FROM {name}
               WHERE external_id IS NOT NULL GROUP BY external_id HAVING count(*) > 1) t
         JOIN {name} r ON r.number = t.stays"
    ))?;
    // Collected first, because the loop changes the index that the query walks.
    let found: Vec<(String, u64, u64)> = twice
        .query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?
        .collect::<Result<_, _>>()?;
    for (external_id, stays, line) in found {
        let problem = duplicate(&external_id, &format!("the row on line {line}"));
        mark(
            db,
            table,
            "external_id = ?1 AND number <> ?5",
            params![
                external_id,
                codes::INVALID,
                &*problem.code,
                problem.message,
                stays
            ],
        )?;
    }
    Ok(())
}

/// Makes a line invalid because its `external_id` belongs to another row.
pub(super) fn take_id_away(
    db: &Connection,
    table: Table,
    line: i64,
    problem: &Problem,
) -> rusqlite::Result<()> {
    let values = params![line, codes::INVALID, &*problem.code, problem.message];
    mark(db, table, "number = ?1", values)
}

fn mark(
    db: &Connection,
    table: Table,
    which: &str,
    values: &[&dyn rusqlite::ToSql],
) -> rusqlite::Result<()> {
    db.prepare_cached(&format!(
        "UPDATE {} SET state = ?2, external_id = NULL, fingerprint = NULL, key = NULL,
                problem_code = ?3, problem_message = ?4 WHERE {which}",
        table.name
    ))?
    .execute(values)?;
    Ok(())
}

/// Builds the problem of a row whose `external_id` belongs to another row.
pub(super) fn duplicate(external_id: &str, holder: &str) -> Problem {
    Problem::new(
        "DuplicateExternalId",
        format!("external_id {external_id:?} is already that of {holder}; only that one is sent"),
    )
}
