//! A file with mended rows, read into the checkpoint of the file that they come from.

use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::error::EngineError;
use super::monitor::Monitor;
use super::scan::{Depth, ScanOutcome, absolute, hex, mapping_sha256, new_row, read};
use crate::checkpoint::{Checkpoint, Left, Refusal, Setting, Stranger, Twice};
use crate::model::ids::Fingerprint;
use crate::model::shown::shown_path;
use crate::model::ticket::BODY_FORMAT;
use crate::source::{Place, Source, Target};

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
    let sha256 = checkpoint.setting(Setting::CsvSha256)?.unwrap_or_default();
    let mut scan = checkpoint.rescan()?;
    read(source, Depth::Bodies, monitor, end, |rows| {
        rows.iter().try_for_each(|scanned| {
            let origin = scanned.origin.as_deref().and_then(Fingerprint::from_hex);
            scan.add_from(new_row(scanned), origin)
        })
    })?;
    let mut as_scanned = None;
    let mended = scan.mend(&file, |line, offset| {
        let csv = match &mut as_scanned {
            Some(csv) => csv,
            none => none.insert(unchanged(recorded, source, &sha256)?),
        };
        sha256_of(csv, Place { line, offset })
    })?;
    let mended = mended.map_err(|refusal| {
        EngineError::Refused(match refusal {
            Refusal::Stranger(stranger) => strange(&stranger, &file, recorded),
            Refusal::Twice(twice) => ambiguous(&twice, &file),
            Refusal::Left(left) => missed(&left, &file),
        })
    })?;
    checkpoint.work_on(&file);
    Ok(ScanOutcome::Mended(mended))
}

/// The SHA-256 of a row as its file has it: the identity of a row that has no other.
pub fn sha256_of(source: &Source, at: Place) -> Result<Fingerprint, EngineError> {
    Ok(Fingerprint::of(&source.row_with(at, &[])?))
}

/// Opens the recorded CSV, whose rows are found by their places: it must be as it was scanned.
fn unchanged(recorded: &str, mended: &Source, sha256: &str) -> Result<Source, EngineError> {
    let target = Target {
        endpoint: mended.endpoint(),
        now: None,
    };
    let source = Source::open_for(Path::new(recorded), mended.mapping_path(), target)?;
    if hex(&source.identity()?.csv_sha256) == sha256 {
        return Ok(source);
    }
    // Emptied, it says nothing of the CSV: something else had it read again.
    let must_be_read = match sha256 {
        "" => "must be read again first: run it",
        _ => "has changed since it was read: run it first",
    };
    Err(EngineError::Refused(format!(
        "rows of {} had no external_id in {recorded} and are told by what they were there, but \
         {recorded} {must_be_read} (with --limit 0, if nothing is to be sent)",
        shown_path(mended.csv_path())
    )))
}

/// With another mapping every row of the file would read otherwise.
fn refuse_another_mapping(
    source: &Source,
    checkpoint: &Checkpoint,
    recorded: &str,
) -> Result<(), EngineError> {
    let here = shown_path(source.csv_path());
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

fn strange(stranger: &Stranger, file: &str, recorded: &str) -> String {
    let Stranger {
        line,
        external_id,
        had_none,
        given,
        rows,
    } = stranger;
    if let Some(given) = given {
        return format!(
            "the row on line {line} of {file} (external_id {external_id:?}) was mended before and \
             then given external_id {given:?}, by which it is known now; nothing was changed: give \
             it that external_id here, too"
        );
    }
    if *had_none {
        return format!(
            "the row on line {line} of {file} (external_id {external_id:?}) had no external_id when \
             it was exported, and {recorded} no longer has such a row without a ticket, so it may \
             have been mended already; nothing was changed: take that row out of the file, and export \
             error.csv again to see what is left"
        );
    }
    let rows = match rows {
        1 => "1 row is".to_owned(),
        n => format!("{n} rows are"),
    };
    format!(
        "this checkpoint was made from {recorded}, and in {file} {rows} not among its rows (the \
         first is on line {line}, with external_id {external_id:?}); if it is a newer version of \
         that file, give it the old name and place; if new rows are meant, add them there; a file \
         of its own needs a checkpoint of its own"
    )
}

fn ambiguous(twice: &Twice, file: &str) -> String {
    let Twice {
        lines: (first, other),
        external_id,
    } = twice;
    format!(
        "the rows on lines {first} and {other} of {file} both have external_id {external_id:?} and \
         nothing in _sha256, so it cannot be told which of them is meant; nothing was changed: take \
         one of them out, or put back what export wrote into its _sha256"
    )
}

fn missed(left: &Left, file: &str) -> String {
    let Left { external_ids, rows } = left;
    let (one, them) = match rows {
        1 => ("1 row was".to_owned(), "it"),
        n => (format!("{n} rows were"), "them"),
    };
    let named: Vec<String> = external_ids.iter().map(|id| format!("{id:?}")).collect();
    let more = if *rows > named.len() as u64 {
        ", …"
    } else {
        ""
    };
    format!(
        "{one} mended in {file} but not sent yet, and {file} no longer has {them} (external_id \
         {}{more}); nothing was changed: put {them} back, or write {them} into another file with the \
         same columns, the way it is to be sent, and run that file first",
        named.join(", ")
    )
}
