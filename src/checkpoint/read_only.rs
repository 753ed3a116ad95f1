//! Reads a checkpoint in a folder that cannot be written, as on a read-only mount. SQLite needs a
//! `-shm` file beside a database even to read it, so a copy is read instead, together with its WAL.

use std::io;
use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags};
use tempfile::TempDir;

use super::connection::{prepare, wal_of};
use super::error::CheckpointError;

/// Opens a database for reading. The second value keeps the copy alive, if one had to be made.
pub(super) fn connect(path: &Path) -> Result<(Connection, Option<TempDir>), CheckpointError> {
    match connect_to(path) {
        Err(error) if is_in_the_way(&error) => {}
        opened => {
            let db = opened.map_err(|source| CheckpointError::sqlite(path, source))?;
            return Ok((db, None));
        }
    }
    let copied = copy(path).map_err(|source| CheckpointError::io(path, source))?;
    let db = connect_to(&copied.path().join(COPY));
    let db = db.map_err(|source| CheckpointError::sqlite(path, source))?;
    Ok((db, Some(copied)))
}

const COPY: &str = "checkpoint.sqlite3";

fn connect_to(path: &Path) -> rusqlite::Result<Connection> {
    let open = |access| Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX);
    let db = open(OpenFlags::SQLITE_OPEN_READ_WRITE)
        .or_else(|_| open(OpenFlags::SQLITE_OPEN_READ_ONLY))?;
    prepare(&db)?;
    db.pragma_update(None, "query_only", true)?;
    // The files beside the database are opened only when its content is first read.
    db.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(db)
}

/// Reports whether opening failed because of the folder rather than the file.
fn is_in_the_way(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly)
    )
}

fn copy(path: &Path) -> io::Result<TempDir> {
    let folder = TempDir::new()?;
    let copy = folder.path().join(COPY);
    std::fs::copy(path, &copy)?;
    let wal = wal_of(path);
    if wal.exists() {
        std::fs::copy(wal, wal_of(&copy))?;
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::super::handle::{Checkpoint, Reader};
    use super::super::settings::Setting;

    /// A folder with that name keeps SQLite from creating its `-shm` file, like a read-only mount.
    #[test]
    fn a_checkpoint_that_cannot_have_files_beside_it_is_read_with_what_its_wal_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let mut checkpoint = Checkpoint::open(&path("c.sqlite3"), "a test").unwrap();
        checkpoint.set(&[(Setting::Machine, "of the WAL")]).unwrap();
        for end in ["", "-wal"] {
            let name = |base: &str| path(&format!("{base}{end}"));
            std::fs::copy(name("c.sqlite3"), name("copy.sqlite3")).unwrap();
        }
        std::fs::create_dir(path("copy.sqlite3-shm")).unwrap();
        let reader = Reader::open(&path("copy.sqlite3")).unwrap();
        let machine = reader.setting(Setting::Machine).unwrap();
        assert_eq!(machine.as_deref(), Some("of the WAL"));
    }
}
