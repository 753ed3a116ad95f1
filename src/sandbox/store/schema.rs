//! The tables, and the check that a file is ours before a byte of it is changed.

use std::path::Path;

use rusqlite::Connection;

use crate::sandbox::store::{StoreError, explain};

/// "zdsb".
const APPLICATION_ID: i64 = 0x7a64_7362;
const FORMAT: i64 = 2;

/// Keys are a log, not a table by key: a key that begins a second life is simply written again,
/// and appending costs no random access.
const TABLES: &str = "
    CREATE TABLE numbers (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE users (
        id INTEGER PRIMARY KEY,
        email TEXT,
        name TEXT NOT NULL,
        made_ms INTEGER NOT NULL,
        external_id TEXT,
        role TEXT NOT NULL DEFAULT 'end-user',
        updated_ms INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE tickets (
        id INTEGER PRIMARY KEY,
        made_ms INTEGER NOT NULL,
        requester_id INTEGER NOT NULL,
        deleted INTEGER NOT NULL DEFAULT 0,
        source BLOB NOT NULL,
        origin INTEGER NOT NULL DEFAULT 0,
        edited_ms INTEGER,
        edited BLOB
    ) STRICT;
    CREATE TABLE keys (
        nth INTEGER PRIMARY KEY,
        key TEXT NOT NULL,
        first_ms INTEGER NOT NULL,
        body_hash BLOB NOT NULL,
        ticket_id INTEGER,
        status INTEGER,
        content_type TEXT,
        body BLOB
    ) STRICT;
    CREATE TABLE jobs (number INTEGER PRIMARY KEY, record BLOB NOT NULL) STRICT;
";

/// From the first format to the second, which knows imports, changes, users and jobs.
const UPGRADE: &str = "
    ALTER TABLE users ADD COLUMN external_id TEXT;
    ALTER TABLE users ADD COLUMN role TEXT NOT NULL DEFAULT 'end-user';
    ALTER TABLE users ADD COLUMN updated_ms INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE tickets ADD COLUMN origin INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE tickets ADD COLUMN edited_ms INTEGER;
    ALTER TABLE tickets ADD COLUMN edited BLOB;
    CREATE TABLE jobs (number INTEGER PRIMARY KEY, record BLOB NOT NULL) STRICT;
";

/// Locks the file, recognises it, and makes the tables if it is new.
pub(super) fn prepare(db: &Connection, path: &Path) -> Result<(), StoreError> {
    let explained = |error| explain(path, error);
    db.pragma_update(None, "busy_timeout", 0)
        .map_err(explained)?;
    db.pragma_update(None, "locking_mode", "EXCLUSIVE")
        .map_err(explained)?;
    db.pragma_update(None, "trusted_schema", false)
        .map_err(explained)?;
    let pragma = |name| db.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let application_id = pragma("application_id").map_err(explained)?;
    let found = pragma("user_version").map_err(explained)?;
    let objects: i64 = db
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .map_err(explained)?;
    let is_new = application_id == 0 && found == 0 && objects == 0;
    if !is_new && application_id != APPLICATION_ID {
        return Err(StoreError::Foreign(path.to_owned()));
    }
    if found > FORMAT {
        return Err(StoreError::Newer {
            path: path.to_owned(),
            found,
            known: FORMAT,
        });
    }
    db.pragma_update(None, "journal_mode", "WAL")
        .map_err(explained)?;
    db.pragma_update(None, "synchronous", "NORMAL")
        .map_err(explained)?;
    if is_new {
        let setup = format!(
            "BEGIN IMMEDIATE; PRAGMA application_id = {APPLICATION_ID}; \
             PRAGMA user_version = {FORMAT}; {TABLES} COMMIT;"
        );
        db.execute_batch(&setup).map_err(explained)?;
    } else if found < FORMAT {
        let upgrade = format!("BEGIN IMMEDIATE; PRAGMA user_version = {FORMAT}; {UPGRADE} COMMIT;");
        db.execute_batch(&upgrade).map_err(explained)?;
    } else {
        // Takes the exclusive lock now rather than at the first request.
        db.execute_batch("BEGIN IMMEDIATE; COMMIT;")
            .map_err(explained)?;
    }
    Ok(())
}
