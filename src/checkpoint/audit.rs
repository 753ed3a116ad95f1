//! The auditor: checks in SQL alone what must hold in every checkpoint. It shares no code with the
//! lifecycle or the writer, so a bug there cannot hide itself here.

use std::path::Path;

use rusqlite::Connection;
use sha2::{Digest, Sha256};

use super::error::CheckpointError;
use super::handle::{Checkpoint, Reader};

/// Checks of a row's own columns, each a sentence and a condition. All of them together take one
/// pass, which a start can afford.
const ROW_CHECKS: &[(&str, &str)] = &[
    (
        "is in a state that does not exist",
        "state NOT BETWEEN 0 AND 6",
    ),
    (
        "is created without a ticket, or has one without being created",
        "(state = 2) <> (ticket_id IS NOT NULL) OR (state = 2) <> (how IS NOT NULL)",
    ),
    (
        "can be sent but has no external_id, key or fingerprint",
        "state IN (0, 1, 2, 3, 5)
         AND (external_id IS NULL OR length(key) IS NOT 16 OR length(fingerprint) IS NOT 32)",
    ),
    (
        "is rejected, invalid or unknown without a reason, or has a reason without being so",
        "(state IN (3, 4, 5)) <> (problem_code IS NOT NULL)",
    ),
    (
        "has a ticket waiting to be checked, but is neither rejected nor unknown",
        "claim IS NOT NULL AND state NOT IN (3, 5)",
    ),
    (
        "was never sent but is in a state that only sending leads to",
        "first_sent_at IS NULL AND (state IN (1, 3) OR state = 2 AND how IN (0, 1, 2))",
    ),
];

/// Checks of a row against its intent, each a sentence and a query for the row numbers. There are
/// few intents, so a start can afford these too.
const FLIGHT_CHECKS: &[(&str, &str)] = &[
    (
        "is sending without an intent",
        "SELECT number FROM row WHERE state = 1 AND number NOT IN (SELECT row FROM flight)",
    ),
    (
        "has a stored body although it is not sending",
        "SELECT f.row FROM flight f LEFT JOIN row r ON r.number = f.row
         WHERE r.state IS NOT 1",
    ),
    (
        "has an intent under another key than its own",
        "SELECT f.row FROM flight f JOIN row r ON r.number = f.row WHERE f.key IS NOT r.key",
    ),
    (
        "has more open requests than requests",
        "SELECT row FROM flight WHERE open > attempts OR open < 0",
    ),
];

/// Checks across all rows and the log. Each of them sorts what it reads, which takes longer than a
/// whole start.
const WIDE_CHECKS: &[(&str, &str)] = &[
    (
        "shares its external_id with another row",
        "SELECT number FROM row WHERE external_id IN (
           SELECT external_id FROM row WHERE external_id IS NOT NULL
           GROUP BY external_id HAVING count(*) > 1)",
    ),
    (
        "shares its key with another row",
        "SELECT number FROM row WHERE key IN (
           SELECT key FROM row WHERE key IS NOT NULL GROUP BY key HAVING count(*) > 1)",
    ),
    (
        "was sent under a key that another row was sent under",
        "SELECT row FROM attempt WHERE key IN (
           SELECT key FROM attempt WHERE key IS NOT NULL
           GROUP BY key HAVING count(DISTINCT row) > 1)",
    ),
    (
        "shares its ticket with another row",
        "SELECT number FROM row WHERE ticket_id IN (
           SELECT ticket_id FROM row WHERE ticket_id IS NOT NULL
           GROUP BY ticket_id HAVING count(*) > 1)",
    ),
    (
        "is created by an answer that the log does not hold",
        "SELECT number FROM row WHERE state = 2 AND how IN (0, 1, 2) AND number NOT IN (
           SELECT row FROM attempt WHERE kind = 0 AND status BETWEEN 200 AND 299)",
    ),
    (
        "is created by a lookup or a person that the log does not hold",
        "SELECT number FROM row WHERE state = 2 AND how IN (3, 4) AND number NOT IN (
           SELECT row FROM attempt WHERE kind <> 0 AND found > 0)",
    ),
    (
        "is in the log but not in the checkpoint",
        "SELECT row FROM attempt WHERE row NOT IN (SELECT number FROM row)",
    ),
];

/// Whether a scan was ever completed. Before that, no rule applies.
const IS_LOADED: &str = "SELECT EXISTS (SELECT 1 FROM setting WHERE name = 'csv_sha256')";

/// Whether the number of rows differs from the number scanned.
const ROWS_ARE_MISSING: &str = "
    SELECT (SELECT value FROM setting WHERE name = 'rows') IS NOT (SELECT count(*) FROM row)";

/// The finding for a body whose hash is not the stored one.
const CHANGED_BODY: &str = "has a stored body that is not what was sent";

/// How many findings of one kind are listed; the rest are only counted.
const LISTED_MAX: usize = 5;

impl Reader {
    /// Checks the checkpoint against its own rules. Each finding is a sentence; an empty list means
    /// that all is well.
    pub fn audit(&self) -> Result<Vec<String>, CheckpointError> {
        audit(&self.db).map_err(|source| CheckpointError::sqlite(&self.path, source))
    }
}

impl Checkpoint {
    /// Checks the checkpoint against its own rules, as [`Reader::audit`] does.
    pub fn audit(&self) -> Result<Vec<String>, CheckpointError> {
        self.wrap(audit(&self.db))
    }
}

fn audit(db: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut findings = Vec::new();
    if holds(db, IS_LOADED)? && holds(db, ROWS_ARE_MISSING)? {
        findings.push("rows are missing".to_owned());
    }
    for (sentence, condition) in ROW_CHECKS {
        let query = format!("SELECT number FROM row WHERE {condition}");
        findings.extend(describe(sentence, &numbers(db, &query)?));
    }
    for (sentence, query) in FLIGHT_CHECKS.iter().chain(WIDE_CHECKS) {
        findings.extend(describe(sentence, &numbers(db, query)?));
    }
    findings.extend(describe(CHANGED_BODY, &changed_bodies(db)?));
    Ok(findings)
}

/// Refuses a damaged checkpoint that a start would otherwise rely on unchecked. Finds what the
/// audit finds, as far as that takes no sorting, and stops at the first finding.
pub(super) fn audit_at_start(db: &Connection, path: &Path) -> Result<(), CheckpointError> {
    let found = first_finding(db).map_err(|source| CheckpointError::sqlite(path, source))?;
    match found {
        None => Ok(()),
        Some(detail) => Err(CheckpointError::Inconsistent {
            path: path.to_owned(),
            detail,
        }),
    }
}

fn first_finding(db: &Connection) -> rusqlite::Result<Option<String>> {
    if !holds(db, IS_LOADED)? {
        return Ok(None);
    }
    if holds(db, ROWS_ARE_MISSING)? {
        return Ok(Some("rows are missing".to_owned()));
    }
    let any: Vec<String> = ROW_CHECKS
        .iter()
        .map(|(_, condition)| format!("({condition})"))
        .collect();
    let one_pass = format!(
        "SELECT min(iif({}, number, NULL)), ifnull(sum(state = 2 AND how IN (0, 1, 2)), 0)
         FROM row",
        any.join(" OR ")
    );
    let (wrong, by_answers): (Option<u64>, u64) =
        db.query_row(&one_pass, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if let Some(row) = wrong {
        return what_is_wrong_with(db, row).map(Some);
    }
    let answers = "SELECT count(*) FROM attempt WHERE kind = 0 AND status BETWEEN 200 AND 299";
    if by_answers > db.query_row(answers, [], |row| row.get(0))? {
        let sentence = "more rows are created by an answer than there were such answers";
        return Ok(Some(sentence.to_owned()));
    }
    for (sentence, query) in FLIGHT_CHECKS {
        if let Some(row) = numbers(db, &format!("{query} LIMIT 1"))?.first() {
            return Ok(Some(format!("row {row} {sentence}")));
        }
    }
    let changed = changed_bodies(db)?;
    Ok(changed
        .first()
        .map(|row| format!("row {row} {CHANGED_BODY}")))
}

/// Describes which row check a row fails.
fn what_is_wrong_with(db: &Connection, row: u64) -> rusqlite::Result<String> {
    for (sentence, condition) in ROW_CHECKS {
        let query = format!("SELECT number FROM row WHERE number = {row} AND ({condition})");
        if !numbers(db, &query)?.is_empty() {
            return Ok(format!("row {row} {sentence}"));
        }
    }
    Ok(format!("row {row} is not as it should be"))
}

fn holds(db: &Connection, query: &str) -> rusqlite::Result<bool> {
    db.query_row(query, [], |row| row.get(0))
}

fn numbers(db: &Connection, query: &str) -> rusqlite::Result<Vec<u64>> {
    let mut query = db.prepare(query)?;
    let rows = query.query_map([], |row| row.get(0))?;
    rows.collect()
}

fn changed_bodies(db: &Connection) -> rusqlite::Result<Vec<u64>> {
    let mut changed = Vec::new();
    let mut query = db.prepare("SELECT row, body, fingerprint FROM flight")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let (number, body, fingerprint): (u64, Vec<u8>, Vec<u8>) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        if Sha256::digest(&body)[..] != fingerprint[..] {
            changed.push(number);
        }
    }
    Ok(changed)
}

fn describe(sentence: &str, rows: &[u64]) -> Vec<String> {
    let mut findings: Vec<String> = rows
        .iter()
        .take(LISTED_MAX)
        .map(|row| format!("row {row} {sentence}"))
        .collect();
    if rows.len() > LISTED_MAX {
        findings.push(format!("{} more rows: {sentence}", rows.len() - LISTED_MAX));
    }
    findings
}
