//! The rows that a verification covers. They are recorded when it begins.

use std::collections::BinaryHeap;

use rusqlite::Connection;

use super::codes;
use super::error::CheckpointError;
use super::handle::Checkpoint;
use super::settings::{Setting, read, write};
use crate::lifecycle::retry::jitter;

/// A selection of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All rows that have a ticket.
    All,
    /// This many of them, chosen by a seed.
    Sample {
        /// How many.
        rows: u64,
        /// The seed.
        seed: u64,
    },
}

impl Checkpoint {
    /// Begins a verification, or resumes an unfinished one of the same scope. Reports which of the
    /// two it is.
    pub fn verify(&mut self, scope: Scope) -> Result<bool, CheckpointError> {
        self.write(|tx| {
            let name = scope_name(scope);
            let goes_on = read(tx, Setting::Verifying)?.as_deref() == Some(&*name);
            if !goes_on {
                begin(tx, scope)?;
                write(tx, Setting::Verifying, &name)?;
                write(tx, Setting::VerifyingFrom, "")?;
            }
            Ok(goes_on)
        })
    }

    /// Returns the scope of the unfinished verification, if there is one.
    pub fn verifying(&self) -> Result<Option<Scope>, CheckpointError> {
        Ok(self
            .setting(Setting::Verifying)?
            .and_then(|name| named_scope(&name)))
    }

    /// Ends a verification, so that the next one starts from the beginning.
    pub fn verify_ends(&mut self) -> Result<(), CheckpointError> {
        self.set(&[(Setting::Verifying, ""), (Setting::VerifyingFrom, "")])
    }
}

fn scope_name(scope: Scope) -> String {
    match scope {
        Scope::All => "all".to_owned(),
        Scope::Sample { rows, seed } => format!("{rows} of seed {seed}"),
    }
}

fn named_scope(name: &str) -> Option<Scope> {
    if name == scope_name(Scope::All) {
        return Some(Scope::All);
    }
    let (rows, seed) = name.split_once(" of seed ")?;
    Some(Scope::Sample {
        rows: rows.parse().ok()?,
        seed: seed.parse().ok()?,
    })
}

fn begin(db: &Connection, scope: Scope) -> rusqlite::Result<()> {
    db.execute_batch("DELETE FROM verified; DELETE FROM second_ticket;")?;
    match scope {
        Scope::All => {
            db.execute(
                "INSERT INTO verified (row) SELECT number FROM row WHERE state = ?1",
                [codes::CREATED],
            )?;
        }
        Scope::Sample { rows, seed } => {
            let mut insert = db.prepare("INSERT INTO verified (row) VALUES (?1)")?;
            for row in sample(db, rows, seed)? {
                insert.execute([row])?;
            }
        }
    }
    Ok(())
}

/// Returns the rows with the smallest values of a pseudo-random number that depends only on the row
/// and the seed.
fn sample(db: &Connection, rows: u64, seed: u64) -> rusqlite::Result<Vec<u64>> {
    let most = usize::try_from(rows).unwrap_or(usize::MAX);
    let mut chosen = BinaryHeap::new();
    let mut query = db.prepare("SELECT number FROM row WHERE state = ?1")?;
    let mut created = query.query([codes::CREATED])?;
    while let Some(row) = created.next()? {
        let number: u64 = row.get(0)?;
        chosen.push((jitter(seed, number, 0), number));
        if chosen.len() > most {
            chosen.pop();
        }
    }
    Ok(chosen.into_iter().map(|(_, number)| number).collect())
}
