//! The lock: at most one writer per checkpoint, enforced by the operating system alone.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::error::CheckpointError;
use super::place::one_name;

/// How often taking a held lock is retried: `status` holds it for an instant while it checks
/// whether a run does.
const TRIES: u32 = 5;

/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(10);

/// Holds the lock of a checkpoint until it is dropped or the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock of the checkpoint at `path`, or reports who holds it.
    ///
    /// `file` is the checkpoint's canonical name, whatever the user called it. The text in the lock
    /// file is only used in the error message; it decides nothing.
    pub(super) fn take(path: &Path, file: &Path, holder: &str) -> Result<Self, CheckpointError> {
        let (lock_path, name) = (lock_path(file), lock_path(path));
        let io = |source| CheckpointError::io(&name, source);
        let mut tries = 1;
        let mut file = loop {
            let file = private()
                .read(true)
                .write(true)
                .create(true)
                .truncate(false)
                .open(&lock_path)
                .map_err(io)?;
            match file.try_lock() {
                Ok(()) if is_still_there(&file, &lock_path) => break file,
                // The last holder removed it after we opened it and before we locked it.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) if tries < TRIES => {
                    tries += 1;
                    std::thread::sleep(PAUSE);
                }
                Err(TryLockError::WouldBlock) => {
                    return Err(CheckpointError::Held {
                        path: path.to_owned(),
                        holder: read_holder(&file),
                    });
                }
                Err(TryLockError::Error(source)) => return Err(io(source)),
            }
        };
        file.set_len(0).map_err(io)?;
        file.rewind().map_err(io)?;
        file.write_all(holder.as_bytes()).map_err(io)?;
        Ok(Self {
            file,
            path: lock_path,
        })
    }

    /// Removes the lock file and releases the lock.
    pub(super) fn remove(self) -> Result<(), CheckpointError> {
        std::fs::remove_file(&self.path)
            .map_err(|source| CheckpointError::io(&self.path, source))?;
        drop(self.file);
        Ok(())
    }
}

/// Reports whether a process holds the lock of the checkpoint at `path`.
pub(super) fn is_held(path: &Path) -> bool {
    let path = lock_path(&one_name(path));
    // Opening a pipe would wait for its writer.
    path.is_file()
        && File::open(path)
            .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

fn read_holder(mut file: &File) -> String {
    let mut text = String::new();
    let _unreadable_is_unknown = Read::take(&mut file, 200).read_to_string(&mut text);
    let text = text.trim();
    if text.is_empty() {
        "it does not say who it is".to_owned()
    } else {
        text.to_owned()
    }
}

/// Reports whether the locked file is the one that the next process will find.
#[cfg(unix)]
fn is_still_there(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(ours), Ok(theirs)) => (ours.dev(), ours.ino()) == (theirs.dev(), theirs.ino()),
        (Ok(_) | Err(_), Err(_)) | (Err(_), Ok(_)) => false,
    }
}

/// An open file cannot be removed here.
#[cfg(not(unix))]
fn is_still_there(_file: &File, _path: &Path) -> bool {
    true
}

fn lock_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    PathBuf::from(name)
}

/// Returns options for files that only their owner may read.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
