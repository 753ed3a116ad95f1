//! Two rows with one `external_id`: the first stays, the later ones are invalid and name it.

use rusqlite::{Connection, params};

use super::codes;

/// Where to look: a table with `number`, `line`, `external_id` and an index on the last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table {
    name: &'static str,
}

/// The rows of the checkpoint.
pub(super) const ROW: Table = Table { name: "row" };

/// The rows of another scan.
pub(super) const SCANNED: Table = Table { name: "scanned" };

/// Marks the later ones. They give their id up, so that it names one row of the checkpoint.
pub(super) fn mark_duplicates(db: &Connection, table: Table) -> rusqlite::Result<()> {
    let name = table.name;
    if !has_duplicates(db, name)? {
        return Ok(());
    }
    let mut twice = db.prepare(&format!(
        "SELECT t.external_id, t.first, r.line
         FROM (SELECT external_id, min(number) AS first FROM {name}
               WHERE external_id IS NOT NULL GROUP BY external_id HAVING count(*) > 1) t
         JOIN {name} r ON r.number = t.first"
    ))?;
    let mut mark = db.prepare(&format!(
        "UPDATE {name} SET state = ?3, external_id = NULL, fingerprint = NULL, key = NULL,
                problem_code = 'DuplicateExternalId', problem_message = ?4
         WHERE external_id = ?1 AND number > ?2"
    ))?;
    // Collected first: the loop changes the index that the query walks.
    let found: Vec<(String, u64, u64)> = twice
        .query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?
        .collect::<Result<_, _>>()?;
    for (external_id, first, line) in found {
        let message = format!(
            "external_id {external_id:?} is already that of the row on line {line}; only the \
             first is sent"
        );
        mark.execute(params![external_id, first, codes::INVALID, message])?;
    }
    Ok(())
}

/// Walks the index once. As a rule there are none, and the query that names them groups all rows.
fn has_duplicates(db: &Connection, name: &str) -> rusqlite::Result<bool> {
    let mut query = db.prepare(&format!(
        "SELECT external_id FROM {name} WHERE external_id IS NOT NULL ORDER BY external_id"
    ))?;
    let mut rows = query.query([])?;
    let mut last = Vec::new();
    let mut is_first = true;
    while let Some(row) = rows.next()? {
        let id = row.get_ref(0)?.as_bytes()?;
        if !is_first && id == last {
            return Ok(true);
        }
        last.clear();
        last.extend_from_slice(id);
        is_first = false;
    }
    Ok(false)
}
