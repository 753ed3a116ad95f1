//! Matches the lines of a rescan to rows.
//!
//! A row is identified by its `external_id`. If it has none of its own in the CSV (none at all, a
//! malformed one, or another row's), it is identified by its cells; among several rows with the
//! same cells it does not matter which is which.

use rusqlite::Connection;

use super::duplicates::{SCANNED, duplicate, index_external_ids, take_id_away};

/// The rows identified by their cells; `named` are those that got an `external_id` in another file.
const UNIDENTIFIED: &str = "
    DROP TABLE IF EXISTS temp.unidentified;
    CREATE TEMP TABLE unidentified AS
      SELECT number, cells, external_id, 0 AS named FROM row WHERE external_id IS NULL
      UNION ALL
      SELECT r.number, r.cells, r.external_id, 1 FROM fix f JOIN row r ON r.number = f.row
      WHERE f.named AND r.external_id IS NOT NULL;
    CREATE INDEX temp.unidentified_cells ON unidentified (cells);";

/// Each line with its row. A line that is matched in neither way is a new row.
pub(super) const PAIR: &str = "
    DROP VIEW IF EXISTS temp.pair;
    CREATE TEMP VIEW pair AS
      SELECT s.number AS scanned, r.number AS row
      FROM scanned s JOIN row r ON r.external_id = s.external_id WHERE s.row IS NULL
      UNION ALL
      SELECT s.number, s.row FROM scanned s WHERE s.row IS NOT NULL;";

/// Lines in file order next to rows with the same cells. Rows that got an `external_id` come first,
/// or last if the CSV has that id by now, because then they are found by it.
///
/// A line that has an `external_id` is included if a row with its cells got a different one: the
/// row that the line had the id from no longer exists, and the line is still the same row.
const SAME_CELLS: &str = "
    SELECT l.number AS line, u.number AS row, l.external_id FROM (
      SELECT s.number, s.cells, s.external_id, row_number()
        OVER (PARTITION BY s.cells ORDER BY s.external_id IS NOT NULL, s.number) AS nth
      FROM scanned s
      WHERE s.row IS NULL AND s.cells IN (SELECT cells FROM unidentified)
        AND (s.external_id IS NULL OR (
          NOT EXISTS (SELECT 1 FROM row k
                      WHERE k.external_id = s.external_id AND k.cells = s.cells)
          AND EXISTS (SELECT 1 FROM unidentified u WHERE u.cells = s.cells AND u.named
                      AND NOT EXISTS (SELECT 1 FROM scanned o
                                      WHERE o.external_id = u.external_id))))
    ) l JOIN (
      SELECT number, cells, named, row_number() OVER (PARTITION BY cells ORDER BY
        CASE WHEN NOT named THEN 1
             WHEN EXISTS (SELECT 1 FROM scanned o WHERE o.external_id = u.external_id) THEN 2
             ELSE 0 END, number) AS nth
      FROM unidentified u
      WHERE number NOT IN (SELECT row FROM scanned WHERE row IS NOT NULL)
    ) u ON u.cells = l.cells AND u.nth = l.nth";

/// Matches each line of a rescan to its row; a line whose `external_id` belongs to another row
/// loses it.
pub(super) fn identify(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(UNIDENTIFIED)?;
    index_external_ids(db, SCANNED)?;
    if db.prepare("SELECT 1 FROM unidentified")?.exists([])? {
        pair_by_cells(db)?;
        take_given_ids_away(db)?;
        pair_by_cells(db)?;
    }
    db.execute_batch("DROP TABLE temp.unidentified")?;
    db.execute_batch(PAIR)
}

fn pair_by_cells(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(&format!("CREATE TEMP TABLE found AS {SAME_CELLS}"))?;
    let named: Vec<(i64, String)> = db
        .prepare("SELECT line, external_id FROM found WHERE external_id IS NOT NULL")?
        .query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for (line, external_id) in named {
        let problem = duplicate(&external_id, "a row that the CSV no longer has");
        take_id_away(db, SCANNED, line, &problem)?;
    }
    db.execute_batch(
        "UPDATE scanned SET row = f.row FROM found f WHERE scanned.number = f.line;
         DROP TABLE temp.found;",
    )
}

/// Handles a new line whose `external_id` was given to a row of another line.
fn take_given_ids_away(db: &Connection) -> rusqlite::Result<()> {
    let taken: Vec<(i64, String, u64)> = db
        .prepare(
            "SELECT s.number, s.external_id, o.line
             FROM scanned o JOIN row r ON r.number = o.row
             JOIN scanned s ON s.external_id = r.external_id WHERE o.row IS NOT NULL",
        )?
        .query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?
        .collect::<Result<_, _>>()?;
    for (line, external_id, other) in taken {
        let holder = format!("the row on line {other}, which was given it when it was fixed");
        take_id_away(db, SCANNED, line, &duplicate(&external_id, &holder))?;
    }
    Ok(())
}
