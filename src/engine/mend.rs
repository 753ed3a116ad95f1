//! A file with mended rows, read into the checkpoint of the file that they come from.

use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::error::EngineError;
use super::monitor::Monitor;
use super::scan::{Depth, ScanOutcome, absolute, mapping_sha256, new_row, read};
use crate::checkpoint::{Checkpoint, Setting, Stranger};
use crate::model::ticket::BODY_FORMAT;
use crate::source::Source;

/// The path of the recorded CSV, if `source` is another file.
pub(super) fn another_file(
    source: &Source,
    checkpoint: &Checkpoint,
) -> Result<Option<String>, EngineError> {
    let here = source.csv_path();
    let recorded = checkpoint.setting(Setting::Csv)?;
    Ok(recorded.filter(|recorded| {
        let one_name = |path: &Path| path.canonicalize().ok();
        let is_same_file =
            one_name(here).is_some_and(|name| Some(name) == one_name(Path::new(recorded)));
        *recorded != absolute(here) && !is_same_file
    }))
}

/// Brings mended rows into the checkpoint, and has the run send these.
pub(super) fn mend(
    source: &Source,
    checkpoint: &mut Checkpoint,
    recorded: &str,
    monitor: &mut dyn Monitor,
    end: &CancellationToken,
) -> Result<ScanOutcome, EngineError> {
    refuse_another_mapping(source, checkpoint, recorded)?;
    let file = absolute(source.csv_path());
    let mut scan = checkpoint.rescan()?;
    read(source, Depth::Bodies, monitor, end, |rows| {
        rows.iter().try_for_each(|scanned| {
            let origin = scanned.origin.as_ref();
            let origin = origin.map(|from| (from.line, &*from.code));
            scan.add_from(new_row(scanned), origin)
        })
    })?;
    let mended = scan
        .mend(&file)?
        .map_err(|stranger| refused(&stranger, &file, recorded))?;
    checkpoint.work_on(&file);
    Ok(ScanOutcome::Mended(mended))
}

/// With another mapping every row of the file would read otherwise.
fn refuse_another_mapping(
    source: &Source,
    checkpoint: &Checkpoint,
    recorded: &str,
) -> Result<(), EngineError> {
    let here = source.csv_path().display();
    let same_bodies = checkpoint.setting(Setting::BodyFormat)? == Some(BODY_FORMAT.to_string());
    if same_bodies && checkpoint.setting(Setting::MappingSha256)? == Some(mapping_sha256(source)) {
        return Ok(());
    }
    let name_it = match checkpoint.setting(Setting::Mapping)?.as_deref() {
        None | Some("") => String::new(),
        Some(mapping) => format!(" name its mapping with -m {mapping}, or,"),
    };
    Err(EngineError::Refused(format!(
        "{here} holds rows of {recorded} and must be read in the same way:{name_it} if the mapping \
         or this program has changed, run {recorded} first"
    )))
}

fn refused(stranger: &Stranger, file: &str, recorded: &str) -> EngineError {
    let Stranger {
        line,
        external_id,
        rows,
    } = stranger;
    let rows = match rows {
        1 => "1 row is".to_owned(),
        n => format!("{n} rows are"),
    };
    EngineError::Refused(format!(
        "this checkpoint was made from {recorded}, and in {file} {rows} not among its rows (the \
         first is on line {line}, with external_id {external_id:?}); if it is a newer version of \
         that file, give it the old name and place; if new rows are meant, add them there; a file \
         of its own needs a checkpoint of its own"
    ))
}
