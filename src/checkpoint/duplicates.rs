//! Several rows with one `external_id`: one stays, the others are invalid and name it. It is the first;
//! in another scan it is the one that reads as the known row with this id, which may have a ticket.

use rusqlite::{Connection, params};

use super::codes;

/// Where to look: a table with `number`, `line`, `external_id` and an index on the last.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table {
    name: &'static str,
    /// The number of the row that stays, of a group with one id.
    stays: &'static str,
}

/// The rows of the checkpoint.
pub(super) const ROW: Table = Table {
    name: "row",
    stays: "min(number)",
};

/// The rows of another scan.
pub(super) const SCANNED: Table = Table {
    name: "scanned",
    stays: "coalesce(min(number) FILTER (WHERE EXISTS (
              SELECT 1 FROM row k WHERE k.external_id = scanned.external_id
              AND k.fingerprint = scanned.fingerprint)), min(number))",
};

/// Marks the others. They give their id up, so that it names one row of the checkpoint.
pub(super) fn mark_duplicates(db: &Connection, table: Table) -> rusqlite::Result<()> {
    let Table { name, stays } = table;
    if !has_duplicates(db, name)? {
        return Ok(());
    }
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
            "external_id {external_id:?} is already that of the row on line {line}; only \
             that one is sent"
        );
        mark.execute(params![external_id, stays, codes::INVALID, message])?;
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
