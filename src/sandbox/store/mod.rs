//! The account in a SQLite file, so that killing the process loses nothing that was answered.
//!
//! - **Locking.** The file belongs to one process: the connection holds SQLite's exclusive lock
//!   from open to close, and the operating system frees it when the process dies.
//! - **Durability.** WAL with `synchronous=NORMAL`: a COMMIT has handed its pages to the kernel
//!   when it returns, and what the kernel has survives the death of the process. Only the death of
//!   the machine could take the last commits back, and a double need not outlive its machine.
//! - **Failure.** A failed COMMIT leaves the file behind the state in memory. The caller must not
//!   answer what the commit held, and must stop.

mod load;
mod schema;

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};
use thiserror::Error;

use crate::sandbox::state::{Change, KeyRecord, Origin, Outcome, State};

/// The file that keeps an account.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    connection: Connection,
}

/// Why a file cannot keep, or give back, an account.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The file cannot be made or opened.
    #[error("cannot open the sandbox file {path}")]
    Unopened {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// SQLite refuses.
    #[error("the sandbox file {path} cannot be used: {source}")]
    Sqlite {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// Another process has it.
    #[error(
        "the sandbox file {0} is in use by another process; stop that one, or name another file"
    )]
    InUse(PathBuf),
    /// It is some other file.
    #[error("{0} is not a sandbox file; name another one, it will not be touched")]
    Foreign(PathBuf),
    /// A newer program wrote it.
    #[error("{path} was written by a newer version (format {found}, this one knows {known})")]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format that this program knows.
        known: i64,
    },
    /// It contradicts itself.
    #[error("the sandbox file {path} is damaged: {what}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// In which way.
        what: String,
    },
}

impl Store {
    /// Opens the file, or makes it with mode 0600.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let unopened = |source| StoreError::Unopened {
            path: path.to_owned(),
            source,
        };
        OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(unopened)?;
        let connection = Connection::open(path).map_err(|e| explain(path, e))?;
        schema::prepare(&connection, path)?;
        Ok(Self {
            path: path.to_owned(),
            connection,
        })
    }

    /// Builds the account again from the file, into a state that is still empty.
    pub fn load(&self, state: &mut State) -> Result<(), StoreError> {
        load::load(&self.connection, &self.path, state)
    }

    /// How far the double's clock is ahead of the real one, in milliseconds.
    pub fn clock_offset_ms(&self) -> Result<i64, StoreError> {
        load::number(&self.connection, "clock_offset_ms").map_err(|e| explain(&self.path, e))
    }

    /// Writes all changes in one transaction; they are safe when this returns.
    pub fn commit(&mut self, changes: &[Change], clock_offset_ms: i64) -> Result<(), StoreError> {
        self.write(changes, clock_offset_ms)
            .map_err(|e| explain(&self.path, e))
    }

    fn write(&mut self, changes: &[Change], clock_offset_ms: i64) -> rusqlite::Result<()> {
        let transaction = self.connection.transaction()?;
        for change in changes {
            write_one(&transaction, change)?;
        }
        set_number(&transaction, "clock_offset_ms", clock_offset_ms)?;
        transaction.commit()
    }
}

fn write_one(db: &Connection, change: &Change) -> rusqlite::Result<()> {
    match change {
        Change::User(user) => db
            .prepare_cached(
                "INSERT OR REPLACE INTO users \
                 (id, email, name, made_ms, external_id, role, updated_ms) \
                 VALUES (?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                signed(user.id),
                user.email,
                user.name,
                user.made_ms,
                user.external_id,
                user.role,
                user.updated_ms
            ])
            .map(drop),
        Change::Ticket(ticket) => db
            .prepare_cached(
                "INSERT INTO tickets (id, made_ms, requester_id, source, origin) \
                 VALUES (?, ?, ?, ?, ?)",
            )?
            .execute(params![
                signed(ticket.id),
                ticket.made_ms,
                signed(ticket.requester_id),
                ticket.source,
                number_of(ticket.origin)
            ])
            .map(drop),
        Change::Edited { id, edit } => db
            .prepare_cached("UPDATE tickets SET edited_ms = ?, edited = ? WHERE id = ?")?
            .execute(params![edit.at_ms, edit.source, signed(*id)])
            .map(drop),
        Change::Key(record) => write_key(db, record),
        // Whoever is deleted in the very first millisecond of 1970 is deleted in the second one.
        Change::Deleted { id, at_ms } => db
            .prepare_cached("UPDATE tickets SET deleted = ? WHERE id = ?")?
            .execute([(*at_ms).max(1), signed(*id)])
            .map(drop),
        Change::ArchivedUpTo(id) => set_number(db, "archived_up_to", signed(*id)),
        Change::Job(job) => db
            .prepare_cached("INSERT OR REPLACE INTO jobs (number, record) VALUES (?, ?)")?
            // A job has string keys and finite numbers: it serializes.
            .execute(params![
                signed(job.number),
                serde_json::to_vec(job).unwrap_or_default()
            ])
            .map(drop),
    }
}

fn write_key(db: &Connection, record: &KeyRecord) -> rusqlite::Result<()> {
    let (ticket_id, failure) = match &record.outcome {
        Outcome::Ticket(id) => (Some(signed(*id)), None),
        Outcome::Failure {
            status,
            content_type,
            body,
        } => (None, Some((status, content_type, body))),
    };
    db.prepare_cached(
        "INSERT INTO keys (key, first_ms, body_hash, ticket_id, status, content_type, body) \
         VALUES (?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        &*record.key,
        record.first_ms,
        record.body_hash,
        ticket_id,
        failure.map(|f| f.0),
        failure.map(|f| f.1),
        failure.map(|f| f.2),
    ])
    .map(drop)
}

fn set_number(db: &Connection, name: &str, value: i64) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO numbers (name, value) VALUES (?, ?)")?
        .execute(params![name, value])
        .map(drop)
}

fn number_of(origin: Origin) -> i64 {
    match origin {
        Origin::Posted => 0,
        Origin::Imported => 1,
        Origin::ImportedToArchive => 2,
    }
}

/// Ids are handed out from one upwards, or read from JSON; what does not fit comes back the same.
fn signed(id: u64) -> i64 {
    id.cast_signed()
}

fn explain(path: &Path, source: rusqlite::Error) -> StoreError {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked, NotADatabase};
    let path = path.to_owned();
    match source.sqlite_error_code() {
        Some(DatabaseBusy | DatabaseLocked) => StoreError::InUse(path),
        Some(NotADatabase) => StoreError::Foreign(path),
        _ => StoreError::Sqlite { path, source },
    }
}
