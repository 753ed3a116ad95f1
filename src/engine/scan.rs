//! From the CSV into the checkpoint, before anything is sent.

use std::fmt::Write;
use std::path::Path;

use super::driver::Rows;
use super::error::EngineError;
use super::monitor::Monitor;
use crate::checkpoint::{Checkpoint, NewRow, PendingRow, Setting};
use crate::model::ids::{Fingerprint, Key};
use crate::model::problem::Problem;
use crate::model::ticket::BODY_FORMAT;
use crate::source::{Place, Scanned, Source};

/// What a scan left in the checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScanOutcome {
    /// The file was read to its end.
    Read {
        /// Its rows, valid or not.
        rows: u64,
        /// Lines without anything on them.
        blank_lines: u64,
    },
    /// The file is the one that was read before: nothing was done.
    Unchanged,
}

/// Brings the rows of `source` into `checkpoint`, unless they are there already.
pub fn scan(
    source: &Source,
    checkpoint: &mut Checkpoint,
    monitor: &mut dyn Monitor,
) -> Result<ScanOutcome, EngineError> {
    if checkpoint.is_loaded()? {
        return recognise(source, checkpoint);
    }
    let mut load = checkpoint.load()?;
    let mut bytes = source.header_bytes();
    let mut rows = 0;
    let end = source.scan(|chunk| {
        for scanned in &chunk.rows {
            load.add(new_row(scanned))?;
        }
        bytes += chunk.bytes;
        rows += chunk.rows.len() as u64;
        monitor.scanned(bytes, rows);
        Ok::<(), EngineError>(())
    })?;
    load.finish(&[
        (Setting::Csv, &absolute(source.csv_path())),
        (
            Setting::Mapping,
            &source.mapping_path().map(absolute).unwrap_or_default(),
        ),
        (Setting::MappingSha256, &mapping_sha256(source)),
        (Setting::ExternalIdMapping, &source.external_id_mapping()),
        (Setting::BodyFormat, &BODY_FORMAT.to_string()),
        (Setting::CsvSha256, &hex(&end.sha256)),
    ])?;
    Ok(ScanOutcome::Read {
        rows: end.rows,
        blank_lines: end.blank_lines,
    })
}

/// Says whether the file and the mapping are those that the checkpoint was made from.
fn recognise(source: &Source, checkpoint: &Checkpoint) -> Result<ScanOutcome, EngineError> {
    let identity = source.identity()?;
    let is = |setting, value: &str| {
        Ok::<bool, EngineError>(checkpoint.setting(setting)?.as_deref() == Some(value))
    };
    if is(Setting::CsvSha256, &hex(&identity.csv_sha256))?
        && is(Setting::MappingSha256, &mapping_sha256(source))?
        && is(Setting::BodyFormat, &BODY_FORMAT.to_string())?
    {
        return Ok(ScanOutcome::Unchanged);
    }
    Err(EngineError::Refused(format!(
        "{} or its mapping is no longer what {} was made from; put the old file and mapping back, \
         or name another checkpoint with -c if this is another migration",
        source.csv_path().display(),
        checkpoint.path().display()
    )))
}

fn new_row(scanned: &Scanned) -> NewRow<'_> {
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

fn mapping_sha256(source: &Source) -> String {
    source
        .mapping_sha256()
        .map(|hash| hex(&hash))
        .unwrap_or_default()
}

fn absolute(path: &Path) -> String {
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
