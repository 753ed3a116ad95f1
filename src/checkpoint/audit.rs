//! The auditor: what must hold in every checkpoint, checked in SQL alone. It shares no code with the
//! lifecycle or the writer, so that a mistake there cannot hide itself here.

use rusqlite::Connection;
use sha2::{Digest, Sha256};

use super::error::CheckpointError;
use super::open::{Checkpoint, Reader};

/// Each check is a sentence about what is wrong, and a query for the numbers of the rows where it is.
const CHECKS: &[(&str, &str)] = &[
    (
        "is in a state that does not exist",
        "SELECT number FROM row WHERE state NOT BETWEEN 0 AND 6",
    ),
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
        "can be sent but has no external_id, key or fingerprint",
        "SELECT number FROM row WHERE state IN (0, 1, 2, 3, 5)
           AND (external_id IS NULL OR length(key) IS NOT 16 OR length(fingerprint) IS NOT 32)",
    ),
    (
        "is created without a ticket, or has one without being created",
        "SELECT number FROM row
         WHERE (state = 2) <> (ticket_id IS NOT NULL) OR (state = 2) <> (how IS NOT NULL)",
    ),
    (
        "is created by an answer that the log does not hold",
        "SELECT number FROM row WHERE state = 2 AND how IN (0, 1, 2) AND number NOT IN (
           SELECT row FROM attempt WHERE kind = 0 AND status BETWEEN 200 AND 299)",
    ),
    (
        "is created by a lookup or a person that the log does not hold",
        "SELECT number FROM row WHERE state = 2 AND how = 3 AND number NOT IN (
           SELECT row FROM attempt WHERE kind <> 0 AND found > 0)",
    ),
    (
        "is rejected, invalid or unknown without a reason, or has a reason without being so",
        "SELECT number FROM row WHERE (state IN (3, 4, 5)) <> (problem_code IS NOT NULL)",
    ),
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
    (
        "was never sent but is in a state that only sending leads to",
        "SELECT number FROM row WHERE state IN (1, 3) AND first_sent_at IS NULL",
    ),
    (
        "is in the log but not in the checkpoint",
        "SELECT row FROM attempt WHERE row NOT IN (SELECT number FROM row)",
    ),
];

/// Findings of one kind that are listed before the rest is only counted.
const LISTED_MAX: usize = 5;

impl Reader {
    /// Checks the checkpoint against its own rules. Each finding is a sentence; none is good.
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
    for (sentence, query) in CHECKS {
        let mut query = db.prepare(query)?;
        let rows: Vec<u64> = query
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        findings.extend(describe(sentence, &rows));
    }
    findings.extend(describe(
        "has a stored body that is not what was sent",
        &changed_bodies(db)?,
    ));
    Ok(findings)
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
