//! The connection to a checkpoint's file: its settings, its format, its WAL.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::error::CheckpointError;
use super::place::one_name;
use super::schema::{APPLICATION_ID, MIGRATIONS, format};

/// The page size; pages larger than SQLite's default make the scan faster.
pub(super) const PAGE_BYTES: u32 = 16 * 1024;

pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let access = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, access)
}

pub(super) fn has_tables(db: &Connection) -> rusqlite::Result<bool> {
    let query = "SELECT EXISTS (SELECT 1 FROM sqlite_schema)";
    db.query_row(query, [], |row| row.get(0))
}

/// Reports whether there is a WAL that is not empty, which means that its last process did not
/// close it cleanly.
pub(super) fn has_wal(path: &Path) -> bool {
    std::fs::metadata(wal_of(path)).is_ok_and(|wal| wal.len() > 0)
}

/// Returns the path of a database's WAL.
pub(super) fn wal_of(path: &Path) -> PathBuf {
    let mut wal = one_name(path).into_os_string();
    wal.push("-wal");
    wal.into()
}

/// Applies the connection settings that writers and readers share.
pub(super) fn prepare(db: &Connection) -> rusqlite::Result<()> {
    db.busy_timeout(Duration::from_secs(5))?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "foreign_keys", true)?;
    db.pragma_update(None, "trusted_schema", false)?;
    db.pragma_update(None, "cell_size_check", true)
}

/// Chooses whether closing the connection leaves the WAL beside the file, so that a file that is
/// refused stays as it was found.
pub(super) fn leave_alone(db: &Connection, leave: bool) -> rusqlite::Result<()> {
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, leave)
        .map(|_| ())
}

pub(super) fn refuse_newer(db: &Connection, path: &Path) -> Result<i64, CheckpointError> {
    let found: i64 = db
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(|source| CheckpointError::sqlite(path, source))?;
    if found > format() {
        return Err(CheckpointError::Newer {
            path: path.to_owned(),
            found,
            known: format(),
        });
    }
    Ok(found)
}

/// Upgrades the file to this program's format in one transaction.
pub(super) fn migrate(db: &mut Connection, path: &Path) -> Result<(), CheckpointError> {
    let found = refuse_newer(db, path)?;
    if found == format() {
        return Ok(());
    }
    let sqlite = |source| CheckpointError::sqlite(path, source);
    let tx = db
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(sqlite)?;
    for migration in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        tx.execute_batch(migration).map_err(sqlite)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)
        .map_err(sqlite)?;
    tx.pragma_update(None, "user_version", format())
        .map_err(sqlite)?;
    tx.commit().map_err(sqlite)
}

/// Switches a new file to WAL mode. Its first transaction ran with a rollback journal, so its marks
/// are in the file itself and not only in the WAL.
pub(super) fn switch_to_wal(db: &Connection, path: &Path) -> Result<(), CheckpointError> {
    // If the switch itself fails, the error comes after its row.
    let switch = || -> rusqlite::Result<String> {
        let mut query = db.prepare("PRAGMA journal_mode = WAL")?;
        let found: Vec<String> = query
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(found.concat())
    };
    let found = switch().map_err(|source| CheckpointError::sqlite(path, source))?;
    if found.eq_ignore_ascii_case("wal") {
        return Ok(());
    }
    Err(CheckpointError::NoWal {
        path: path.to_owned(),
        found,
    })
}
