//! How a new checkpoint appears under its name: complete, or not at all.
//!
//! **What may be on disk when.** It is made under another name (`….new`), with its tables, its marks
//! and its journal mode, synced, and then renamed. Until then, all that can be found under its own
//! name is a lock and an empty file. After that, there is always a complete database; a process that
//! is killed or fails at any call leaves one of the two.
//!
//! A create is sent only after the COMMIT of its intent, and that goes to the WAL of the renamed
//! database. So whatever may have been sent from a checkpoint, there is a database under its name,
//! and nothing but a loss takes that away again. From this follows what a start may do:
//!
//! - no file, or an empty one, and no WAL with something in it: nothing was committed here since the
//!   last process ended in peace. It starts afresh, and what is left under `….new` is thrown away. (A
//!   checkpoint that was removed looks the same; the sample before the first create is for that.)
//! - no file, or an empty one, beside a WAL with something in it: a loss. It is refused.
//! - a rollback journal beside no file or an empty one: a first transaction that never ended, of a
//!   program that made its file in place. Of a file in WAL mode there is never one. It is removed: if
//!   it stayed, SQLite would take the new file back with it.
//! - a file with our mark and no table, and no WAL with something in it: such a transaction, taken back.
//!   It starts afresh too.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::connection::{PAGE_BYTES, migrate, prepare, switch_to_wal};
use super::error::CheckpointError;
use super::lock::private;
use super::place::{one_name, sync_folder};

/// What SQLite keeps beside a file.
const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Makes a checkpoint without rows at `path`, where there is none or an empty file.
pub(super) fn create(path: &Path) -> Result<(), CheckpointError> {
    let io = |source| CheckpointError::io(path, source);
    // This follows a link that leads to no file yet; a rename would replace the link.
    let empty = private()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(io)?;
    drop(empty);
    let file = one_name(path);
    let new = beside(&file, ".new");
    remove(&new).map_err(io)?;
    let made = make(&new, &file, path);
    if made.is_err() {
        // The first error is the one to report, and the next start removes them too.
        let _they_may_stay = remove(&new);
    }
    made
}

/// `path` is what the checkpoint was called, for errors.
fn make(new: &Path, file: &Path, path: &Path) -> Result<(), CheckpointError> {
    let io = |source| CheckpointError::io(path, source);
    let sqlite = |source| CheckpointError::sqlite(path, source);
    drop(
        private()
            .write(true)
            .create_new(true)
            .open(new)
            .map_err(io)?,
    );
    let mut db = Connection::open(new).map_err(sqlite)?;
    prepare(&db).map_err(sqlite)?;
    db.pragma_update(None, "page_size", PAGE_BYTES)
        .map_err(sqlite)?;
    migrate(&mut db, path)?;
    switch_to_wal(&db, path)?;
    db.close().map_err(|(_, source)| sqlite(source))?;
    File::open(new)
        .and_then(|file| file.sync_all())
        .map_err(io)?;
    remove_if_there(&beside(file, "-journal")).map_err(io)?;
    std::fs::rename(new, file).map_err(io)?;
    sync_folder_of(path)
}

/// Removes a checkpoint from which nothing was sent. Its file goes last: without it, what is left
/// beside it would look like a loss.
pub(super) fn remove(file: &Path) -> io::Result<()> {
    for companion in COMPANIONS {
        remove_if_there(&beside(file, companion))?;
    }
    remove_if_there(file)
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Takes the names of the checkpoint's files to disk. SQLite syncs the folder too, but sends nobody
/// word if that fails.
pub(super) fn sync_folder_of(path: &Path) -> Result<(), CheckpointError> {
    sync_folder(path).map_err(|source| CheckpointError::io(path, source))
}

/// The file whose name continues with `end`.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}
