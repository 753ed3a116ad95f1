//! The errors of a checkpoint, with sentences that say what to do.

use super::doubt::why_unreadable;
use std::io;
use std::path::{Path, PathBuf};

use crate::model::shown::{shown, shown_path};

/// An error of the checkpoint file.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// Another process holds the lock.
    #[error(
        "another run holds {} ({}); wait for it to end, or stop it",
        shown_path(path),
        shown(holder)
    )]
    Held {
        /// The checkpoint.
        path: PathBuf,
        /// The process that holds it, as far as the lock file says.
        holder: String,
    },
    /// It was last used on another machine.
    #[error(
        "{} was last used on {}; if that run is over and this is its only copy, \
         add --take-over",
        shown_path(path),
        shown(machine)
    )]
    OtherMachine {
        /// The checkpoint.
        path: PathBuf,
        /// The name of the other machine.
        machine: String,
    },
    /// A process on this machine sends from it, or from the file that it was copied from.
    #[error(
        "{path} is in use by {holder}, under this name or another, or it is a copy that was made while \
         that process was at work; wait for it to end, or stop it"
    )]
    InUse {
        /// The checkpoint.
        path: PathBuf,
        /// The process.
        holder: String,
    },
    /// A run of another CSV file sends rows that this run would send too.
    #[error(
        "{rows} that this run would send {wait} in {} too, from which {} sends at the moment; wait for \
         it to end, or stop it, then run the same command again",
        shown_path(path),
        shown(holder),
        rows = count(*rows),
        wait = if *rows == 1 { "waits" } else { "wait" }
    )]
    SentElsewhere {
        /// The other checkpoint.
        path: PathBuf,
        /// How many rows.
        rows: u64,
        /// The process.
        holder: String,
    },
    /// A process that cannot be seen from here may be sending from it.
    #[error(
        "{path} is in use by {holder}, and whether that process still runs cannot be seen from here; \
         if it does not and this is the only copy, add --take-over to the run"
    )]
    LeasedElsewhere {
        /// The checkpoint.
        path: PathBuf,
        /// The process.
        holder: String,
    },
    /// Another process has taken it over from this one.
    #[error(
        "{path} was taken over by {holder}; nothing more was sent by this process: wait for the other \
         one to end, then look at status"
    )]
    LeaseLost {
        /// The checkpoint.
        path: PathBuf,
        /// The other process.
        holder: String,
    },
    /// The file is no longer where it was opened.
    #[error(
        "{path} was moved, deleted or replaced while it was in use, so nothing more was sent; put it \
         back, then run the same command again, with --recover if it is not the same file"
    )]
    Moved {
        /// Where the file was.
        path: PathBuf,
    },
    /// The file has several names.
    #[error(
        "{path} is one of {names} names of the same file (hard links), and a checkpoint must have one \
         name only; remove the others (find . -samefile FILE lists them)"
    )]
    HardLinks {
        /// The checkpoint.
        path: PathBuf,
        /// How many names it has.
        names: u64,
    },
    /// The file belongs to another program.
    #[error(
        "{} is not a checkpoint of zendesk-migrate; name another file with -c",
        shown_path(path)
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a later version.
    #[error(
        "{} was written by a newer version of zendesk-migrate (format {found}, this one knows \
         {known}); update the program",
        shown_path(path)
    )]
    Newer {
        /// The checkpoint.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The highest format this program knows.
        known: i64,
    },
    /// SQLite's integrity check found damage.
    #[error(
        "{} is damaged ({}); it was left as it is: restore a copy, or move it away and \
         start with run --recover, which looks every row up before it is sent",
        shown_path(path),
        shown(detail)
    )]
    Damaged {
        /// The checkpoint.
        path: PathBuf,
        /// The output of the check.
        detail: String,
    },
    /// There is no such checkpoint.
    #[error(
        "there is no checkpoint at {}; name it with -c, or start a run first",
        shown_path(path)
    )]
    Missing {
        /// Where it was expected.
        path: PathBuf,
    },
    /// The journal mode could not be set, as on some network file systems.
    #[error(
        "{} cannot be kept safely here (journal mode {}); put it on a local disk",
        shown_path(path),
        shown(found)
    )]
    NoWal {
        /// The checkpoint.
        path: PathBuf,
        /// The mode that SQLite fell back to.
        found: String,
    },
    /// The disk is full.
    #[error(
        "the disk that holds {} is full; make room, then run the same command again",
        shown_path(path)
    )]
    DiskFull {
        /// The checkpoint.
        path: PathBuf,
    },
    /// The disk fails, or is full in a way that the operating system does not report as such.
    #[error(
        "{path} could not be read or written ({detail}): check its disk, make room if it is full, \
         then run the same command again"
    )]
    Disk {
        /// The checkpoint.
        path: PathBuf,
        /// What failed.
        detail: String,
    },
    /// An earlier write failed, so this process writes nothing more.
    #[error(
        "{} could not be written before; nothing more is sent by this process",
        shown_path(path)
    )]
    Poisoned {
        /// The checkpoint.
        path: PathBuf,
    },
    /// Its content is not what this program writes.
    #[error(
        "{} holds what this program never writes ({}): restore a copy, or move it away \
         and start with run --recover, which looks every row up before it is sent",
        shown_path(path),
        shown(detail)
    )]
    Inconsistent {
        /// The checkpoint.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
    /// A file beside the checkpoint could not be used.
    #[error("{} cannot be opened: {}", shown_path(path), shown(&source.to_string()))]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// SQLite failed in another way.
    #[error("{} cannot be used: {}", shown_path(path), shown(&source.to_string()))]
    Sqlite {
        /// The checkpoint.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
}

fn count(rows: u64) -> String {
    format!("{rows} row{}", if rows == 1 { "" } else { "s" })
}

const SQLITE_IOERR_SHMSIZE: i32 = 4_874;

/// Reports an error of the device itself: `EIO`.
#[cfg(unix)]
const INPUT_OUTPUT_ERROR: i32 = 5;

/// Windows: `ERROR_IO_DEVICE`.
#[cfg(not(unix))]
const INPUT_OUTPUT_ERROR: i32 = 1_117;

fn extended(error: &rusqlite::Error) -> Option<i32> {
    error.sqlite_error().map(|error| error.extended_code)
}

impl CheckpointError {
    /// Wraps a file error, with separate variants for full and failing disks.
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            _ if source.raw_os_error() == Some(INPUT_OUTPUT_ERROR) => Self::Disk {
                path,
                detail: source.to_string(),
            },
            _ => Self::Io { path, source },
        }
    }

    /// Wraps an SQLite error, with separate variants for full disks and damage.
    pub(super) fn sqlite(path: &Path, source: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        let path = path.to_owned();
        let detail = source.to_string();
        match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull { path },
            // There was no room for the shared memory of the WAL.
            _ if extended(&source) == Some(SQLITE_IOERR_SHMSIZE) => Self::DiskFull { path },
            Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) => Self::Disk { path, detail },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                match why_unreadable(&path) {
                    Some(detail) => Self::Disk { path, detail },
                    None => Self::Damaged { path, detail },
                }
            }
            _ => Self::Sqlite { path, source },
        }
    }
}
