//! Where files are when nobody says.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::model::shown;

const ENDING: &str = ".checkpoint.sqlite3";

/// The checkpoint of a CSV for an account: `tickets.ACCOUNT.checkpoint.sqlite3` beside it.
pub(super) fn checkpoint(csv: &Path, account: &str) -> PathBuf {
    let mut name = stem(csv);
    name.push(ending(account));
    csv.with_file_name(name)
}

/// How the names of all checkpoints of an account end.
pub(super) fn ending(account: &str) -> String {
    format!(".{account}{ENDING}")
}

/// Where the embedded double keeps its tickets: beside the checkpoint.
pub(super) fn sandbox_data(checkpoint: &Path) -> PathBuf {
    let name = checkpoint
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let base = name.strip_suffix(ENDING).unwrap_or(&name);
    checkpoint.with_file_name(format!("{base}.tickets.sqlite3"))
}

/// A path as it is typed in a shell of Unix.
pub(super) fn typed(path: &Path) -> String {
    shown::typed(&path.to_string_lossy())
}

/// A path as it is named from the folder in which the command was given.
pub(super) fn from_here(path: &Path) -> PathBuf {
    let here = std::env::current_dir().ok();
    let below = here.and_then(|here| path.strip_prefix(here).ok());
    below.unwrap_or(path).to_owned()
}

/// The same path by the shortest name that it has here; links of its last part stay.
pub(super) fn short(path: &Path) -> PathBuf {
    whole(path).map_or_else(|| path.to_owned(), |whole| from_here(&whole))
}

/// A path that is there, from the root and without links on the way to its last part.
pub(super) fn whole(path: &Path) -> Option<PathBuf> {
    let Some(name) = path.file_name() else {
        return path.canonicalize().ok();
    };
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    Some(folder.canonicalize().ok()?.join(name))
}

/// All checkpoints of a CSV that lie beside it.
pub(super) fn existing(csv: &Path) -> Vec<PathBuf> {
    let folder = match csv.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    let mut prefix = stem(csv).to_string_lossy().into_owned();
    prefix.push('.');
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .filter(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            name.strip_prefix(&prefix)
                .and_then(|rest| rest.strip_suffix(ENDING))
                .is_some_and(|account| !account.is_empty())
        })
        .map(|entry| csv.with_file_name(entry.file_name()))
        .collect();
    found.sort();
    found
}

fn stem(csv: &Path) -> OsString {
    csv.file_stem().unwrap_or_default().to_owned()
}
