//! Creates a new checkpoint under its name: complete, or not at all.
//!
//! **What may be on disk when.** The checkpoint is created under another name (`….new`) with its
//! tables, its marks and its journal mode, synced, and then renamed. Before the rename, only a lock
//! and an empty file can exist under its own name. After it, there is always a complete database. A
//! process that is killed or fails at any call leaves one of the two.
//!
//! A create is sent only after the COMMIT of its intent, which goes to the WAL of the renamed
//! database. So if anything may have been sent from a checkpoint, there is a database under its
//! name, and only a loss can remove it. From this follows what a start may do:
//!
//! - no file, or an empty one, and no WAL or an empty one: nothing was committed here since the
//!   last process closed it cleanly. The start creates a new checkpoint and removes what is left
//!   under `….new`. (A checkpoint that was deleted looks the same; the sample before the first create
//!   covers that case.)
//! - no file, or an empty one, beside a WAL that is not empty: a loss. The start refuses it.
//! - a rollback journal beside no file or an empty one: an unfinished first transaction of a
//!   program that created its file in place. A file in WAL mode never has one. The start removes it,
//!   because SQLite would otherwise roll the new file back with it.
//! - a file with our mark and no table, and no WAL or an empty one: such a transaction after its
//!   rollback. The start creates a new checkpoint here too.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::connection::{PAGE_BYTES, migrate, prepare, switch_to_wal};
use super::error::CheckpointError;
use super::lock::private;
use super::place::{one_name, sync_folder};

/// Files that SQLite keeps beside a database.
const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Creates a checkpoint without rows at `path`, where there is no file or an empty one.
pub(super) fn create(path: &Path) -> Result<(), CheckpointError> {
    let io = |source| CheckpointError::io(path, source);
    // This follows a link to a file that does not exist yet; a rename would replace the link.
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
        // Report the first error; the next start removes the leftovers too.
        let _they_may_stay = remove(&new);
    }
    made
}

/// Makes the database. `path` is the name that the user gave, for errors.
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

/// Removes a checkpoint from which nothing was sent. Its file goes last, because leftovers without
/// the file would look like a loss.
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

/// Syncs the names of the checkpoint's files to disk. SQLite syncs the folder too, but does not
/// report it if that fails.
pub(super) fn sync_folder_of(path: &Path) -> Result<(), CheckpointError> {
    sync_folder(path).map_err(|source| CheckpointError::io(path, source))
}

/// Returns the file whose name is `path` plus `end`.
fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}
