//! From the CSV into the checkpoint, before anything is sent.

use std::fmt::Write;
use std::path::Path;

use super::driver::Rows;
use super::error::EngineError;
use super::monitor::Monitor;
use tokio_util::sync::CancellationToken;

use super::mend;
use crate::checkpoint::{Checkpoint, CheckpointError, Mended, NewRow, PendingRow, Setting};
use crate::model::delta::Delta;
use crate::model::ids::{Fingerprint, Key};
use crate::model::problem::Problem;
use crate::model::ticket::BODY_FORMAT;
use crate::source::{Place, Scanned, Source};

/// What a scan has brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScanOutcome {
    /// The file was read for the first time.
    First,
    /// The file has changed since, and was read again.
    Again(Delta),
    /// It is another file than the recorded one: rows of that one were mended in it.
    Mended(Mended),
    /// The file is the one that was read before: nothing was done.
    Unchanged,
}

/// Brings the rows of `source` into `checkpoint`, unless they are there already.
pub fn scan(
    source: &Source,
    checkpoint: &mut Checkpoint,
    monitor: &mut dyn Monitor,
    end: &CancellationToken,
) -> Result<ScanOutcome, EngineError> {
    if !checkpoint.is_loaded()? {
        let mut load = checkpoint.load()?;
        let sha256 = read(source, monitor, end, |row| load.add(new_row(row)))?;
        load.finish(&settings(source, &sha256))?;
        return Ok(ScanOutcome::First);
    }
    let same_bodies = checkpoint.setting(Setting::BodyFormat)? == Some(BODY_FORMAT.to_string());
    if same_bodies && is_unchanged(source, checkpoint)? {
        return Ok(ScanOutcome::Unchanged);
    }
    refuse_other_ids(source, checkpoint)?;
    if let Some(recorded) = mend::another_file(source, checkpoint)? {
        return mend::mend(source, checkpoint, &recorded, monitor, end);
    }
    let mut rescan = checkpoint.rescan()?;
    let sha256 = read(source, monitor, end, |row| rescan.add(new_row(row)))?;
    let delta = rescan.finish(&settings(source, &sha256), same_bodies)?;
    Ok(ScanOutcome::Again(delta))
}

/// Hands every row to `add` and returns the SHA-256 of what was read.
pub(super) fn read(
    source: &Source,
    monitor: &mut dyn Monitor,
    end: &CancellationToken,
    mut add: impl FnMut(&Scanned) -> Result<(), CheckpointError>,
) -> Result<String, EngineError> {
    let mut bytes = source.header_bytes();
    let mut rows = 0;
    let read = source.scan(|chunk| {
        if end.is_cancelled() {
            return Err(EngineError::Interrupted);
        }
        for scanned in &chunk.rows {
            add(scanned)?;
        }
        bytes += chunk.bytes;
        rows += chunk.rows.len() as u64;
        monitor.scanned(bytes, rows);
        Ok(())
    })?;
    Ok(hex(&read.sha256))
}

fn settings(source: &Source, csv_sha256: &str) -> Vec<(Setting, String)> {
    vec![
        (Setting::Csv, absolute(source.csv_path())),
        (
            Setting::Mapping,
            source.mapping_path().map(absolute).unwrap_or_default(),
        ),
        (Setting::MappingSha256, mapping_sha256(source)),
        (Setting::ExternalIdMapping, source.external_id_mapping()),
        (Setting::BodyFormat, BODY_FORMAT.to_string()),
        (Setting::CsvSha256, csv_sha256.to_owned()),
    ]
}

/// Says whether the file and the mapping are those of the last scan.
fn is_unchanged(source: &Source, checkpoint: &Checkpoint) -> Result<bool, EngineError> {
    Ok(
        checkpoint.setting(Setting::MappingSha256)? == Some(mapping_sha256(source))
            && checkpoint.setting(Setting::CsvSha256)? == Some(hex(&source.identity()?.csv_sha256)),
    )
}

/// Other ids for rows that were sent would make every ticket twice.
fn refuse_other_ids(source: &Source, checkpoint: &Checkpoint) -> Result<(), EngineError> {
    let recorded = checkpoint.setting(Setting::ExternalIdMapping)?;
    if recorded == Some(source.external_id_mapping()) || !checkpoint.was_anything_sent()? {
        return Ok(());
    }
    Err(EngineError::Refused(
        "the mapping of external_id has changed although rows were sent under the old one, so every \
         row would be taken for a new one; put the old mapping of external_id back"
            .to_owned(),
    ))
}

pub(super) fn new_row(scanned: &Scanned) -> NewRow<'_> {
    let Place { line, offset } = scanned.place;
    match &scanned.row {
        Ok(valid) => NewRow {
            line,
            offset,
            external_id: Some(&valid.external_id),
            body: Ok((Fingerprint::from_bytes(valid.fingerprint), Key::random())),
        },
        Err(invalid) => NewRow {
            line,
            offset,
            external_id: invalid.external_id.as_deref(),
            body: Err(&invalid.problem),
        },
    }
}

pub(super) fn mapping_sha256(source: &Source) -> String {
    source
        .mapping_sha256()
        .map(|hash| hex(&hash))
        .unwrap_or_default()
}

pub(super) fn absolute(path: &Path) -> String {
    std::path::absolute(path)
        .unwrap_or_else(|_| path.to_owned())
        .display()
        .to_string()
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _writing_to_a_string_cannot_fail = write!(text, "{byte:02x}");
            text
        })
}

/// The rows of a CSV, read again at their places.
#[derive(Debug)]
pub struct CsvRows(pub Source);

impl Rows for CsvRows {
    fn has_comments(&self) -> bool {
        self.0.comments_path().is_some()
    }

    fn read_again(&mut self, row: &PendingRow) -> Result<Vec<u8>, Problem> {
        let place = Place {
            line: row.line,
            offset: row.offset,
        };
        let changed = || {
            Problem::new(
                "FileChanged",
                format!(
                    "line {} of {} is no longer what it was when it was scanned; nothing more was \
                     sent: leave the file alone during a run, then run the same command again",
                    row.line,
                    self.0.csv_path().display()
                ),
            )
        };
        let scanned = self
            .0
            .read_again(place)
            .map_err(|error| Problem::new("Unreadable", error.to_string()))?;
        match scanned.row {
            Ok(valid)
                if valid.fingerprint == *row.fingerprint.as_bytes()
                    && *valid.external_id == *row.external_id =>
            {
                Ok(valid.body)
            }
            Ok(_) | Err(_) => Err(changed()),
        }
    }
}
