//! The lock: one writer for a checkpoint, decided by the operating system alone.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::error::CheckpointError;

/// Holds the lock of a checkpoint until it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of the checkpoint at `path`, or says who holds it.
    ///
    /// The text in the lock file is only for that sentence; it decides nothing.
    pub(super) fn take(path: &Path, holder: &str) -> Result<Self, CheckpointError> {
        let lock_path = lock_path(path);
        let io = |source| CheckpointError::Io {
            path: lock_path.clone(),
            source,
        };
        let mut file = private()
            .read(true)
            .write(true)
            .create(true)
            .open(&lock_path)
            .map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let _unreadable_is_unknown = (&file).take(200).read_to_string(&mut text);
                let text = text.trim();
                let holder = if text.is_empty() {
                    "it does not say who it is"
                } else {
                    text
                };
                return Err(CheckpointError::Held {
                    path: path.to_owned(),
                    holder: holder.to_owned(),
                });
            }
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
        file.set_len(0).map_err(io)?;
        file.rewind().map_err(io)?;
        file.write_all(holder.as_bytes()).map_err(io)?;
        Ok(Self { _file: file })
    }
}

fn lock_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

/// Options for files that only their owner may read.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
