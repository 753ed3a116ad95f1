//! Decides whether a file that SQLite calls malformed is damaged, or only could not be read.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

/// Returns why the checkpoint at `path` could not be read, if it is not damaged.
///
/// SQLite reports a failed disk read as a malformed file. So every byte is read again, and then the
/// whole check is repeated. If both succeed, the file was not damaged.
pub(super) fn why_unreadable(path: &Path) -> Option<String> {
    let mut wal = path.as_os_str().to_owned();
    wal.push("-wal");
    for file in [path.to_owned(), PathBuf::from(wal)] {
        match read_whole(&file) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Some(error.to_string()),
        }
    }
    is_sound(path)
        .unwrap_or(false)
        .then(|| "a read failed".to_owned())
}

fn read_whole(path: &Path) -> io::Result<()> {
    io::copy(&mut File::open(path)?, &mut io::sink()).map(|_| ())
}

fn is_sound(path: &Path) -> rusqlite::Result<bool> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.pragma_update(None, "cell_size_check", true)?;
    let found: String = db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    Ok(found == "ok")
}
