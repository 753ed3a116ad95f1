//! The two kinds of handle of a checkpoint.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use tempfile::TempDir;

use super::error::CheckpointError;
use super::lock::Lock;
use super::place::Place;

/// A checkpoint that this process alone may write.
#[derive(Debug)]
pub struct Checkpoint {
    pub(super) db: Connection,
    pub(super) path: PathBuf,
    pub(super) poisoned: bool,
    /// The file whose rows are sent; `None` is the recorded CSV.
    pub(super) file: Option<String>,
    pub(super) lease: Option<LeaseId>,
    /// Where its file is; `None` if it has no name.
    pub(super) place: Option<Place>,
    pub(super) lock: Option<Lock>,
}

/// A checkpoint that is only read, also while a run writes it.
#[derive(Debug)]
pub struct Reader {
    pub(super) db: Connection,
    pub(super) path: PathBuf,
    /// What is read in place of the file, where its folder cannot be written.
    pub(super) _copy: Option<TempDir>,
}

/// The random number by which a process knows its own lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LeaseId(pub(super) [u8; 16]);

impl Checkpoint {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives an error of SQLite the checkpoint's name.
    pub(super) fn wrap<T>(&self, result: rusqlite::Result<T>) -> Result<T, CheckpointError> {
        result.map_err(|source| CheckpointError::sqlite(&self.path, source))
    }
}

impl Drop for Checkpoint {
    /// However a run ends in peace, it gives its lease back; the lock goes after the database.
    fn drop(&mut self) {
        self.release_lease();
    }
}

impl Reader {
    /// Gives an error of SQLite the checkpoint's name.
    pub(super) fn wrap<T>(&self, result: rusqlite::Result<T>) -> Result<T, CheckpointError> {
        result.map_err(|source| CheckpointError::sqlite(&self.path, source))
    }
}
