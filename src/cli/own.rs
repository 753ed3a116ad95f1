//! What this program has written before, known again by what stands in it and never by its name: that
//! may be replaced without asking.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::whole_file::hex;
use crate::report::origins::Origins;
use crate::report::page::GENERATOR;
use crate::source::hash_file;

/// As much of a page, and of the end of a text, as says what made it.
const GLANCE_BYTES: u64 = 2 << 10;

/// More than a report or a summary in JSON ever has.
const JSON_BYTES_MAX: u64 = 16 << 20;

/// Keys that a report in JSON has.
const REPORT_KEYS: [&str; 4] = ["written_at", "checkpoint", "timeline", "needs_person"];

/// Keys that a line of a log has.
const LOG_KEYS: [&str; 2] = ["timestamp", "level"];

/// Whether a file is a report: a page, a text or JSON. Nobody writes into those.
pub(super) fn is_report(path: &Path) -> bool {
    let is_page = first(path, GLANCE_BYTES).is_some_and(|text| {
        let mark = format!("<meta name=\"generator\" content=\"{GENERATOR}\"");
        text.starts_with("<!DOCTYPE html>") && text.contains(&mark)
    });
    is_page || is_text_report(path) || has_keys(json(path).as_ref(), &REPORT_KEYS)
}

/// The last line of a text names who made it, and is folded for a narrow terminal.
fn is_text_report(path: &Path) -> bool {
    let Some(end) = last(path, GLANCE_BYTES) else {
        return false;
    };
    let words: Vec<&str> = end.split_whitespace().collect();
    let line = words.join(" ");
    let marks = [" sha256: ", " checkpoint: ", " account: ", " as of "];
    let made_by = format!("UTC; {GENERATOR} {}", env!("CARGO_PKG_VERSION"));
    marks.iter().all(|mark| line.contains(mark)) && line.ends_with(&made_by)
}

/// Whether a log can be appended to what begins like this.
pub(super) fn is_log(first: &[u8]) -> bool {
    let line = first.split(|byte| *byte == b'\n').next();
    let line: Option<Value> = line.and_then(|line| serde_json::from_slice(line).ok());
    has_keys(line.as_ref(), &LOG_KEYS)
}

fn has_keys(found: Option<&Value>, keys: &[&str]) -> bool {
    let found = found.and_then(Value::as_object);
    found.is_some_and(|found| keys.iter().all(|key| found.contains_key(*key)))
}

/// What the last export into a folder has written there, as its `summary.json` tells.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Exported {
    account: String,
    csv: Csv,
    files: Vec<Part>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Csv {
    path: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Part {
    name: String,
    sha256: String,
}

impl Exported {
    /// Reads a summary; one of another migration has nothing to say.
    pub(super) fn read(summary: &Path, origins: &Origins) -> Self {
        let found: Option<Self> = json(summary).and_then(|json| serde_json::from_value(json).ok());
        found
            .filter(|found| found.account == origins.account && found.csv.path == origins.csv.path)
            .unwrap_or_default()
    }

    /// Whether a file is as the export has written it. The summary does not tell its own hash.
    pub(super) fn is_as_written(&self, path: &Path, summary: &str) -> bool {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name == summary {
            return !self.files.is_empty();
        }
        let told = self.files.iter().find(|part| part.name == name);
        told.is_some_and(|part| {
            hash_file(path).is_ok_and(|(sha256, _)| hex(&sha256) == part.sha256)
        })
    }
}

fn json(path: &Path) -> Option<Value> {
    let is_small =
        std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() <= JSON_BYTES_MAX);
    let bytes = is_small.then(|| std::fs::read(path).ok()).flatten()?;
    serde_json::from_slice(&bytes).ok()
}

fn first(path: &Path, bytes: u64) -> Option<String> {
    let mut found = Vec::new();
    let file = File::open(path).ok()?;
    file.take(bytes).read_to_end(&mut found).ok()?;
    Some(String::from_utf8_lossy(&found).into_owned())
}

fn last(path: &Path, bytes: u64) -> Option<String> {
    let mut file = File::open(path).ok()?;
    let all = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(all.saturating_sub(bytes))).ok()?;
    let mut found = Vec::new();
    file.take(bytes).read_to_end(&mut found).ok()?;
    Some(String::from_utf8_lossy(&found).into_owned())
}
