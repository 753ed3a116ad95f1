//! Determines whether a CSV and its mapping are those of an earlier run.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use sha2::{Digest, Sha256};

use super::error::{SourceError, unreadable};
use super::file::open;

/// Identifies a CSV and its mapping by their bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The SHA-256 of the CSV, as `sha256sum` prints it.
    pub csv_sha256: [u8; 32],
    /// The bytes of the CSV.
    pub csv_bytes: u64,
    /// The SHA-256 of the comments file; `None` without one.
    pub comments_sha256: Option<[u8; 32]>,
    /// The SHA-256 of the mapping file when the source was opened; `None` without one.
    pub mapping_sha256: Option<[u8; 32]>,
}

/// The files that are hashed.
#[derive(Debug, Clone)]
pub(super) struct Files {
    pub(super) csv: PathBuf,
    pub(super) comments: Option<PathBuf>,
    pub(super) mapping_sha256: Option<[u8; 32]>,
}

impl Files {
    fn identity(&self) -> Result<Identity, SourceError> {
        let (csv_sha256, csv_bytes) = hash_file(&self.csv)?;
        let comments = self.comments.as_deref().map(hash_file).transpose()?;
        Ok(Identity {
            csv_sha256,
            csv_bytes,
            comments_sha256: comments.map(|(sha256, _)| sha256),
            mapping_sha256: self.mapping_sha256,
        })
    }
}

/// An identity that a separate thread may compute in advance.
#[derive(Debug, Default)]
pub(super) struct Ahead(Mutex<Option<JoinHandle<Result<Identity, SourceError>>>>);

impl Ahead {
    pub(super) fn begin(&self, files: Files) {
        let thread = std::thread::spawn(move || files.identity());
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
    }

    /// Waits for the computation in progress; if none was begun since the last call, hashes the
    /// files now.
    pub(super) fn get(&self, files: &Files) -> Result<Identity, SourceError> {
        let mut begun = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match begun.take().map(JoinHandle::join) {
            Some(Ok(identity)) => identity,
            Some(Err(_)) | None => files.identity(),
        }
    }
}

/// Returns the SHA-256 and the size of a file without holding it in memory.
pub fn hash_file(path: &Path) -> Result<([u8; 32], u64), SourceError> {
    let mut file = open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 18];
    let mut bytes = 0;
    loop {
        let read = match file.read(&mut buffer) {
            Ok(0) => return Ok((hash.finalize().into(), bytes)),
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(unreadable(path, error)),
        };
        hash.update(&buffer[..read]);
        bytes += read as u64;
    }
}
