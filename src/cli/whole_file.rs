//! A file that is there as a whole or not at all: it is written under another name, and gets its
//! own once every byte is on disk. Every output that a person names goes through here.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::exit::Failure;
use super::target::Target;
use crate::checkpoint::sync_folder;
use crate::model::shown::shown_path;

/// A file that is being written.
pub(super) struct WholeFile {
    target: Target,
    part: Option<PathBuf>,
    file: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
}

/// What a file holds.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Written {
    /// Its name.
    pub(super) name: String,
    /// How many rows, where it is a table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rows: Option<u64>,
    /// How many bytes.
    pub(super) bytes: u64,
    /// The SHA-256 of these.
    pub(super) sha256: String,
}

/// Names for a file that is being written, where the first ones are taken.
const PARTS_MAX: u32 = 100;

impl WholeFile {
    /// Begins a file that only its owner may read: it may hold personal data.
    pub(super) fn private(target: Target) -> Result<Self, Failure> {
        Self::begin(target, 0o600)
    }

    /// Begins a file that others may read as they may read most of this person's files.
    pub(super) fn shared(target: Target) -> Result<Self, Failure> {
        Self::begin(target, 0o666)
    }

    fn begin(target: Target, mode: u32) -> Result<Self, Failure> {
        let path = path_of(&target);
        let (file, part) = match &target {
            // What is there already stays: a log, say, to which the shell appends.
            Target::Stream(path) => (OpenOptions::new().append(true).open(path), None),
            Target::File(path) => match new_part(path, mode) {
                Ok((file, part)) => (Ok(file), Some(part)),
                Err(error) => (Err(error), None),
            },
        };
        let file = file.map_err(|error| failure(path, &error))?;
        Ok(Self {
            target,
            part,
            file: BufWriter::new(file),
            hash: Sha256::new(),
            bytes: 0,
        })
    }

    /// Adds bytes.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        self.file
            .write_all(bytes)
            .map_err(|error| failure(path_of(&self.target), &error))
    }

    /// Brings every byte to disk, still under the other name.
    pub(super) fn sync(&mut self, rows: Option<u64>) -> Result<Written, Failure> {
        let flushed = self.file.flush().and_then(|()| match &self.target {
            // A pipe has no disk.
            Target::Stream(_) => Ok(()),
            Target::File(_) => self.file.get_ref().sync_all(),
        });
        let path = path_of(&self.target);
        flushed.map_err(|error| failure(path, &error))?;
        let hash = self.hash.clone().finalize();
        Ok(Written {
            name: path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            rows,
            bytes: self.bytes,
            sha256: hex(&hash),
        })
    }

    /// Gives it its name; a file that has that name is replaced.
    pub(super) fn put_in_place(mut self) -> Result<(), Failure> {
        let (Target::File(path), Some(part)) = (&self.target, &self.part) else {
            return Ok(());
        };
        std::fs::rename(part, path)
            .and_then(|()| sync_folder(path))
            .map_err(|error| failure(path, &error))?;
        self.part = None;
        Ok(())
    }

    /// Writes a whole file at once.
    pub(super) fn write_all(mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.write(bytes)?;
        self.sync(None)?;
        self.put_in_place()
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        if let Some(part) = &self.part {
            // What is left of it keeps its name, and the next one takes another.
            let _left_behind = std::fs::remove_file(part);
        }
    }
}

fn path_of(target: &Target) -> &Path {
    match target {
        Target::File(path) | Target::Stream(path) => path,
    }
}

/// Makes the file under its other name. One that has this name may be anybody's, or a link to
/// anything, and is left alone.
fn new_part(path: &Path, mode: u32) -> std::io::Result<(File, PathBuf)> {
    let mut nth = 1;
    loop {
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        if nth > 1 {
            part.push(nth.to_string());
        }
        let part = PathBuf::from(part);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
        match options.open(&part) {
            Ok(file) => return Ok((file, part)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists && nth < PARTS_MAX => nth += 1,
            Err(error) => return Err(error),
        }
    }
}

/// Bytes in hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _writing_to_a_string_cannot_fail = write!(text, "{byte:02x}");
        text
    })
}

fn failure(path: &Path, error: &std::io::Error) -> Failure {
    Failure::refused(format!(
        "cannot write {} ({error}); check the path and the disk",
        shown_path(path)
    ))
}
