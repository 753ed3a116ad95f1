//! A file that is there as a whole or not at all: it is written under another name, and gets its
//! own once every byte is on disk.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::exit::Failure;

use crate::model::shown::shown_path;

/// A file that is being written.
pub(super) struct WholeFile {
    path: PathBuf,
    part: PathBuf,
    file: BufWriter<File>,
    hash: Sha256,
    bytes: u64,
    in_place: bool,
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

impl WholeFile {
    /// Begins a file that only its owner may read: it may hold personal data.
    pub(super) fn create(path: &Path) -> Result<Self, Failure> {
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&part).map_err(|error| failure(path, &error))?;
        Ok(Self {
            path: path.to_owned(),
            part,
            file: BufWriter::new(file),
            hash: Sha256::new(),
            bytes: 0,
            in_place: false,
        })
    }

    /// Adds bytes.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        self.file
            .write_all(bytes)
            .map_err(|error| failure(&self.path, &error))
    }

    /// Brings every byte to disk, still under the other name.
    pub(super) fn sync(&mut self, rows: Option<u64>) -> Result<Written, Failure> {
        self.file
            .flush()
            .and_then(|()| self.file.get_ref().sync_all())
            .map_err(|error| failure(&self.path, &error))?;
        let hash = self.hash.clone().finalize();
        Ok(Written {
            name: self
                .path
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
        std::fs::rename(&self.part, &self.path).map_err(|error| failure(&self.path, &error))?;
        self.in_place = true;
        Ok(())
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        if !self.in_place {
            // What is left of it is overwritten the next time.
            let _left_behind = std::fs::remove_file(&self.part);
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
