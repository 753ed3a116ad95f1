//! The lease: records in the checkpoint itself which process sends from it.
//!
//! The lock belongs to a name. The lease belongs to the database, so it is visible through every
//! name of the file, and every copy made during a run contains it. It has no time limit and is not
//! renewed: a suspended process still holds it, and no clock is involved. It ends when its process
//! removes it or is gone. A batch is committed only while the lease still belongs to the run, so a
//! run whose lease was taken over sends nothing more.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::error::CheckpointError;
use super::handle::{Checkpoint, LeaseId, Reader};
use super::process::{Fate, Process};
use super::settings::{self, Setting};
use crate::model::ids::Key;

/// A lease as it is stored.
struct Lease {
    process: Process,
    /// When it was taken, in UTC by its machine's clock; for display only.
    since: String,
}

/// Who is using a checkpoint, according to its lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AtWork {
    /// No process holds a lease.
    Nobody,
    /// This process is using it, on this machine.
    Runs(String),
    /// This process was using it and ended without giving the lease back.
    Gone(String),
    /// This process may be using it: it cannot be seen from here.
    Unknown(String),
}

impl Lease {
    fn told(&self) -> String {
        format!("{} since {} UTC", self.process, self.since)
    }
}

impl Checkpoint {
    /// Refuses a checkpoint whose lease this process could not take. `take_over` means that the
    /// operator confirms the end of a run that cannot be seen from here.
    ///
    /// # Errors
    ///
    /// The checkpoint is refused while the process that holds the lease lives, while that cannot be
    /// determined, and if another machine used the checkpoint last.
    pub fn refuse_held_elsewhere(&self, take_over: bool) -> Result<(), CheckpointError> {
        judge(&self.db, &self.path, &Process::this(), take_over)
    }

    /// Takes the lease, unless it is ours already. A run holds it before it sends, and before it
    /// changes what it will send.
    ///
    /// # Errors
    ///
    /// The same as for [`Checkpoint::refuse_held_elsewhere`].
    pub fn take_lease(&mut self, take_over: bool) -> Result<(), CheckpointError> {
        if self.lease.is_some() {
            return Ok(());
        }
        let path = &self.path;
        let sqlite = |source| CheckpointError::sqlite(path, source);
        let here = Process::this();
        let id = LeaseId(*Key::random().as_bytes());
        let tx = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(sqlite)?;
        judge(&tx, path, &here, take_over)?;
        write(&tx, id, &here)
            .and_then(|()| tx.commit())
            .map_err(sqlite)?;
        self.lease = Some(id);
        // A copy of the file without its WAL must contain the lease too.
        let into_the_file = "PRAGMA wal_checkpoint(PASSIVE)";
        self.wrap(self.db.query_row(into_the_file, [], |_| Ok(())))
    }

    /// Gives the lease back. If that fails, the lease looks like that of a process that has ended.
    pub(super) fn release_lease(&mut self) {
        let Some(LeaseId(id)) = self.lease.take().filter(|_| !self.poisoned) else {
            return;
        };
        let _left_behind = self.db.execute("DELETE FROM lease WHERE id = ?1", [id]);
    }
}

impl Reader {
    /// Returns who is using the checkpoint.
    pub fn at_work(&self) -> Result<AtWork, CheckpointError> {
        Ok(match self.wrap(read(&self.db))? {
            None => AtWork::Nobody,
            Some(lease) => match lease.process.fate(&Process::this()) {
                Fate::Lives => AtWork::Runs(lease.told()),
                Fate::Gone => AtWork::Gone(lease.told()),
                Fate::Unknown => AtWork::Unknown(lease.told()),
            },
        })
    }
}

/// Refuses a checkpoint whose rows a process on this machine is working on, under any name of the
/// file.
pub(super) fn refuse_in_use(db: &Connection, path: &Path) -> Result<(), CheckpointError> {
    let held = read(db).map_err(|source| CheckpointError::sqlite(path, source))?;
    match held {
        Some(lease) if lease.process.fate(&Process::this()) == Fate::Lives => {
            Err(in_use(path, &lease))
        }
        Some(_) | None => Ok(()),
    }
}

fn judge(
    db: &Connection,
    path: &Path,
    here: &Process,
    take_over: bool,
) -> Result<(), CheckpointError> {
    let sqlite = |source| CheckpointError::sqlite(path, source);
    if let Some(lease) = read(db).map_err(sqlite)? {
        match lease.process.fate(here) {
            Fate::Lives => return Err(in_use(path, &lease)),
            Fate::Unknown if !take_over => {
                return Err(CheckpointError::LeasedElsewhere {
                    path: path.to_owned(),
                    holder: lease.told(),
                });
            }
            Fate::Unknown | Fate::Gone => {}
        }
    }
    match settings::read(db, Setting::Machine).map_err(sqlite)? {
        Some(machine) if machine != here.host && !take_over => Err(CheckpointError::OtherMachine {
            path: path.to_owned(),
            machine,
        }),
        Some(_) | None => Ok(()),
    }
}

/// Refuses to write rows under another process's lease: that of a living process if we hold none,
/// or of the process that took ours. Checked inside the transaction that it guards.
pub(super) fn guard(
    db: &Connection,
    path: &Path,
    ours: Option<LeaseId>,
) -> Result<(), CheckpointError> {
    let Some(LeaseId(ours)) = ours else {
        return refuse_in_use(db, path);
    };
    let sqlite = |source| CheckpointError::sqlite(path, source);
    let found: Option<Vec<u8>> = db
        .prepare_cached("SELECT id FROM lease")
        .and_then(|mut query| query.query_row([], |row| row.get(0)).optional())
        .map_err(sqlite)?;
    if found.as_deref() == Some(ours.as_slice()) {
        return Ok(());
    }
    let holder = read(db).map_err(sqlite)?;
    Err(CheckpointError::LeaseLost {
        path: path.to_owned(),
        holder: holder.map_or_else(
            || "another process, which has ended since".to_owned(),
            |lease| lease.told(),
        ),
    })
}

fn in_use(path: &Path, lease: &Lease) -> CheckpointError {
    CheckpointError::InUse {
        path: path.to_owned(),
        holder: lease.told(),
    }
}

fn read(db: &Connection) -> rusqlite::Result<Option<Lease>> {
    db.query_row(
        "SELECT host, machine_id, boot, namespaces, process, started, since FROM lease",
        [],
        |row| {
            Ok(Lease {
                process: Process {
                    host: row.get(0)?,
                    machine_id: row.get(1)?,
                    boot: row.get(2)?,
                    namespaces: row.get(3)?,
                    number: row.get(4)?,
                    started: row.get(5)?,
                },
                since: row.get(6)?,
            })
        },
    )
    .optional()
}

fn write(db: &Connection, LeaseId(id): LeaseId, holder: &Process) -> rusqlite::Result<()> {
    db.execute("DELETE FROM lease", [])?;
    db.execute(
        "INSERT INTO lease (one, id, host, machine_id, boot, namespaces, process, started, since)
         VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, datetime('now'))",
        params![
            id,
            holder.host,
            holder.machine_id,
            holder.boot,
            holder.namespaces,
            holder.number,
            holder.started,
        ],
    )?;
    Ok(())
}
