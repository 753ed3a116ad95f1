//! Opens a checkpoint, with the checks that come before the first write.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::audit::audit_at_start;
use super::connection::{
    PAGE_BYTES, connect, has_tables, has_wal, leave_alone, migrate, prepare, refuse_newer,
    switch_to_wal,
};
use super::create::{create, remove, sync_folder_of};
use super::doubt::why_unreadable;
use super::error::CheckpointError;
use super::handle::{Checkpoint, Reader};
use super::lease;
use super::lock::{Lock, private};
use super::place::{Place, one_name, refuse_hard_links};
use super::read_only;
use super::schema::APPLICATION_ID;
use crate::model::ids::Key;

impl Checkpoint {
    /// Opens or creates the checkpoint at `path` and locks it for this process.
    ///
    /// `holder` is how a second run's error message describes this one.
    pub fn open(path: &Path, holder: &str) -> Result<Self, CheckpointError> {
        exists_as_ours(path)?;
        refuse_hard_links(path)?;
        // Two names of one file would give two locks.
        let lock = Lock::take(path, &one_name(path), holder)?;
        // Another process may have created it while this one waited for the lock.
        let is_new = !exists_as_ours(path)? || is_half_made(path);
        if is_new {
            create(path)?;
        }
        let sqlite = |source| CheckpointError::sqlite(path, source);
        let had_wal = has_wal(path);
        let place = Place::of(path);
        let mut db = connect(path).map_err(sqlite)?;
        if had_wal {
            leave_alone(&db, true).map_err(sqlite)?;
        }
        prepare(&db).map_err(sqlite)?;
        if !is_new {
            refuse_newer(&db, path)?;
            lease::refuse_in_use(&db, path)?;
            quick_check(&db, path)?;
            audit_at_start(&db, path)?;
        }
        // Between checking the name and opening it, the name may have been given to another file.
        place.refuse_moved()?;
        migrate(&mut db, path)?;
        switch_to_wal(&db, path)?;
        leave_alone(&db, false).map_err(sqlite)?;
        // The WAL that will hold the intents exists by now.
        sync_folder_of(path)?;
        db.set_prepared_statement_cache_capacity(64);
        Ok(Self {
            db,
            path: path.to_owned(),
            poisoned: false,
            file: None,
            lease: None,
            place: Some(place),
            lock: Some(lock),
        })
    }

    /// Creates a checkpoint for a look-ahead: a private temporary file without a name that
    /// disappears with its process.
    pub fn scratch() -> Result<Self, CheckpointError> {
        let path = PathBuf::from("the temporary checkpoint");
        let sqlite = |source| CheckpointError::sqlite(&path, source);
        let mut db = Connection::open("").map_err(sqlite)?;
        db.pragma_update(None, "page_size", PAGE_BYTES)
            .map_err(sqlite)?;
        // Nothing in it is ever rolled back, because it is thrown away.
        db.query_row("PRAGMA journal_mode = MEMORY", [], |_| Ok(()))
            .map_err(sqlite)?;
        prepare(&db).map_err(sqlite)?;
        db.pragma_update(None, "synchronous", "OFF")
            .map_err(sqlite)?;
        migrate(&mut db, &path)?;
        Ok(Self {
            db,
            path,
            poisoned: false,
            file: None,
            lease: None,
            place: None,
            lock: None,
        })
    }

    /// Creates a checkpoint for a look-ahead that starts as a copy of `reader`'s. Its file loses
    /// its name as soon as it is open.
    pub fn scratch_copy(reader: &Reader) -> Result<Self, CheckpointError> {
        let name = format!("zendesk-migrate-{}.sqlite3", Key::random());
        let path = std::env::temp_dir().join(name);
        let io = |source| CheckpointError::io(&path, source);
        let sqlite = |source| CheckpointError::sqlite(&path, source);
        drop(
            private()
                .write(true)
                .create_new(true)
                .open(&path)
                .map_err(io)?,
        );
        // SQLite treats even a copy as a write; the copied file itself is not touched.
        let copied = reader
            .db
            .pragma_update(None, "query_only", false)
            .and_then(|()| {
                reader
                    .db
                    .execute("VACUUM INTO ?1", [path.to_string_lossy()])
            })
            .and_then(|_| reader.db.pragma_update(None, "query_only", true))
            .and_then(|()| Connection::open(&path));
        std::fs::remove_file(&path).map_err(io)?;
        let db = copied.map_err(sqlite)?;
        prepare(&db).map_err(sqlite)?;
        db.pragma_update(None, "synchronous", "OFF")
            .map_err(sqlite)?;
        db.query_row("PRAGMA journal_mode = MEMORY", [], |_| Ok(()))
            .map_err(sqlite)?;
        Ok(Self {
            db,
            path,
            poisoned: false,
            file: None,
            lease: None,
            place: None,
            lock: None,
        })
    }

    /// Removes a checkpoint that was just created for a file that turned out to be unreadable.
    /// Nothing was ever sent from it, and after fixing the file the user starts anew.
    pub fn discard_if_new(self) -> Result<(), CheckpointError> {
        if self.is_loaded()? {
            return Ok(());
        }
        self.discard()
    }

    /// Deletes a checkpoint from which nothing was ever sent.
    pub fn discard(mut self) -> Result<(), CheckpointError> {
        let (path, lock) = (self.path.clone(), self.lock.take());
        drop(self);
        remove(&one_name(&path)).map_err(|source| CheckpointError::io(&path, source))?;
        lock.map_or(Ok(()), Lock::remove)
    }
}

impl Reader {
    /// Opens the checkpoint at `path` for reading, without taking its lock.
    pub fn open(path: &Path) -> Result<Self, CheckpointError> {
        if !exists_as_ours(path)? {
            return Err(CheckpointError::Missing {
                path: path.to_owned(),
            });
        }
        let (db, copy) = read_only::connect(path)?;
        if !has_tables(&db).map_err(|source| CheckpointError::sqlite(path, source))? {
            return Err(CheckpointError::Missing {
                path: path.to_owned(),
            });
        }
        refuse_newer(&db, path)?;
        Ok(Self {
            db,
            path: path.to_owned(),
            _copy: copy,
        })
    }

    /// Opens a checkpoint of another run and leaves it and its WAL unchanged; `None` if the file is
    /// empty, as a crash right after its creation leaves it.
    pub(super) fn open_and_leave(path: &Path) -> Result<Option<Self>, CheckpointError> {
        if !exists_as_ours(path)? || is_half_made(path) {
            return Ok(None);
        }
        // The empty WAL that a reader creates is removed again, unless closing leaves it alone.
        let had_wal = has_wal(path);
        let reader = Self::open(path)?;
        if had_wal {
            reader.wrap(leave_alone(&reader.db, true))?;
        }
        Ok(Some(reader))
    }
}

/// Reports whether there is a checkpoint of ours at `path`; a file of another program is an error.
/// Reads the header itself, so that SQLite does not even open a foreign file.
fn exists_as_ours(path: &Path) -> Result<bool, CheckpointError> {
    let io = |source| CheckpointError::io(path, source);
    let foreign = || CheckpointError::Foreign {
        path: path.to_owned(),
    };
    // Checked before opening, because opening a pipe would wait for its writer.
    let opened = std::fs::metadata(path).and_then(|found| {
        let is_special = !found.is_file() && !found.is_dir();
        (!is_special).then(|| File::open(path)).transpose()
    });
    let file = match opened {
        Ok(file) => file.ok_or_else(foreign)?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return nothing_is_left(path).map(|()| false);
        }
        Err(error) => return Err(io(error)),
    };
    let mut header = Vec::with_capacity(100);
    file.take(100).read_to_end(&mut header).map_err(io)?;
    // A crash right after the file's creation leaves it empty: it held nothing yet.
    if header.is_empty() {
        return nothing_is_left(path).map(|()| false);
    }
    let is_ours = header.starts_with(b"SQLite format 3\0")
        && header.get(68..72) == Some(&APPLICATION_ID.to_be_bytes());
    is_ours.then_some(true).ok_or_else(foreign)
}

/// Reports whether a file has our mark but no table: a program that created its file in place was
/// killed before its first transaction ended. If the file cannot be read, opening it reports
/// the error.
fn is_half_made(path: &Path) -> bool {
    let tables = || connect(path).and_then(|db| has_tables(&db));
    !has_wal(path) && tables().is_ok_and(|has_tables| !has_tables)
}

/// Refuses a WAL without its file. It is the remains of a checkpoint that was emptied or removed,
/// and SQLite would throw it away.
fn nothing_is_left(path: &Path) -> Result<(), CheckpointError> {
    if !has_wal(path) {
        return Ok(());
    }
    Err(CheckpointError::Damaged {
        path: path.to_owned(),
        detail: "only its -wal file is left".to_owned(),
    })
}

fn quick_check(db: &Connection, path: &Path) -> Result<(), CheckpointError> {
    let found: String = db
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|source| CheckpointError::sqlite(path, source))?;
    if found == "ok" {
        return Ok(());
    }
    let path = path.to_owned();
    if let Some(detail) = why_unreadable(&path) {
        return Err(CheckpointError::Disk { path, detail });
    }
    Err(CheckpointError::Damaged {
        path,
        detail: found.split_whitespace().collect::<Vec<_>>().join(" "),
    })
}
