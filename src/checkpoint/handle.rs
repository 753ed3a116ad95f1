//! The two kinds of handle for a checkpoint.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tempfile::TempDir;

use super::error::CheckpointError;
use super::lock::Lock;
use super::place::Place;

/// A checkpoint that only this process may write.
#[derive(Debug)]
pub struct Checkpoint {
    pub(super) db: Connection,
    pub(super) path: PathBuf,
    pub(super) poisoned: bool,
    /// The file whose rows are sent; `None` means the recorded CSV.
    pub(super) file: Option<String>,
    pub(super) lease: Option<LeaseId>,
    /// Where its file is; `None` if it has no name.
    pub(super) place: Option<Place>,
    pub(super) lock: Option<Lock>,
}

/// A checkpoint that is only read, even while a run writes it.
#[derive(Debug)]
pub struct Reader {
    pub(super) db: Connection,
    pub(super) path: PathBuf,
    /// The copy that is read instead of the file if its folder cannot be written.
    pub(super) _copy: Option<TempDir>,
}

/// The random number by which a process recognises its own lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LeaseId(pub(super) [u8; 16]);

impl Checkpoint {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds the checkpoint's name to an SQLite error.
    pub(super) fn wrap<T>(&self, result: rusqlite::Result<T>) -> Result<T, CheckpointError> {
        result.map_err(|source| CheckpointError::sqlite(&self.path, source))
    }
}

impl Drop for Checkpoint {
    /// Gives the lease back whenever a run ends cleanly; the lock is released after the database.
    fn drop(&mut self) {
        self.release_lease();
    }
}

impl Reader {
    /// Adds the checkpoint's name to an SQLite error.
    pub(super) fn wrap<T>(&self, result: rusqlite::Result<T>) -> Result<T, CheckpointError> {
        result.map_err(|source| CheckpointError::sqlite(&self.path, source))
    }
}
