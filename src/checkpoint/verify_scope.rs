//! Which rows a verification is about. They are written down when it begins.

use std::collections::BinaryHeap;

use rusqlite::Connection;

use super::codes;
use super::error::CheckpointError;
use super::handle::Checkpoint;
use super::settings::{Setting, read, write};
use crate::lifecycle::retry::jitter;

/// Which rows are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All that have a ticket.
    All,
    /// So many of them, chosen by a seed.
    Sample {
        /// How many.
        rows: u64,
        /// The seed.
        seed: u64,
    },
}

impl Checkpoint {
    /// Begins a verification, or goes on with one of the same scope that did not come to its end.
    /// Says which of the two it is.
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

    /// The scope of the verification that did not come to its end, if there is one.
    pub fn verifying(&self) -> Result<Option<Scope>, CheckpointError> {
        Ok(self
            .setting(Setting::Verifying)?
            .and_then(|name| named_scope(&name)))
    }

    /// Ends a verification: the next one begins anew.
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

/// The rows with the smallest numbers of a throw of dice for each, which the seed alone decides.
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
