//! Opens CSV and mapping files. Only regular files are accepted, because their size limits how much
//! can be read.
//!
//! The path may come from a checkpoint, so it may name anything: opening a pipe would block until a
//! writer appears, and a device has no end.

use std::fs::File;
use std::io::{Error, ErrorKind, Read};
use std::path::Path;

use super::error::SourceError;
use super::not_csv::refuse_folder;

/// The maximum size of a mapping: far larger than any real one.
const MAPPING_BYTES_MAX: u64 = 4 << 20;

/// The folders whose files the kernel generates when they are read.
const MADE_UP: [&str; 2] = ["/proc", "/sys"];

/// Opens a CSV, with separate errors for a path that does not exist or is not a file.
pub(super) fn open(path: &Path) -> Result<File, SourceError> {
    if path == Path::new("-") {
        return Err(SourceError::Stdin);
    }
    let failed = |source: Error| match source.kind() {
        ErrorKind::NotFound => SourceError::Missing { path: path.into() },
        _ => io("open", path, source),
    };
    // Checked before opening, because opening a pipe would wait for its writer.
    let regular = is_regular(path).map_err(failed)?;
    refuse_folder(path)?;
    if regular {
        File::open(path).map_err(failed)
    } else {
        Err(SourceError::NotAFile { path: path.into() })
    }
}

/// Reads a whole mapping.
pub(super) fn read_mapping(path: &Path) -> Result<Vec<u8>, SourceError> {
    let failed = |source: Error| match source.kind() {
        ErrorKind::NotFound => SourceError::MappingMissing { path: path.into() },
        _ => io("read", path, source),
    };
    let regular = is_regular(path).map_err(failed)?;
    refuse_folder(path)?;
    if !regular {
        return Err(SourceError::MappingNotAFile { path: path.into() });
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAPPING_BYTES_MAX + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    if bytes.len() as u64 > MAPPING_BYTES_MAX {
        return Err(SourceError::MappingTooLarge { path: path.into() });
    }
    Ok(bytes)
}

fn is_regular(path: &Path) -> Result<bool, Error> {
    let is_file = std::fs::metadata(path)?.is_file();
    let real = path.canonicalize()?;
    Ok(is_file && !MADE_UP.iter().any(|folder| real.starts_with(folder)))
}

fn io(doing: &'static str, path: &Path, source: Error) -> SourceError {
    SourceError::Io {
        path: path.into(),
        doing,
        source,
    }
}
