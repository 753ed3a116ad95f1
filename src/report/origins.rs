//! The origin of the facts: the files and versions that belong to a checkpoint.

use serde::Serialize;

/// A file as it was when its rows were read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct FileMark {
    /// Its path.
    pub path: String,
    /// The SHA-256 of its bytes, in hex.
    pub sha256: String,
}

/// The files and the account that a checkpoint belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Origins {
    /// The version of the program that wrote the report.
    pub version: &'static str,
    /// The account's host.
    pub account: String,
    /// The checkpoint's path.
    pub checkpoint: String,
    /// The CSV.
    pub csv: FileMark,
    /// The mapping; `None` if columns map by name.
    pub mapping: Option<FileMark>,
}
