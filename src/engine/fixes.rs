//! A file with fixed rows, read into the checkpoint of the file that they come from.

use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::error::EngineError;
use super::monitor::Monitor;
use super::reading::{Depth, absolute, mapping_sha256, new_row, read};
use crate::checkpoint::{Checkpoint, Feed, Fixed, Left, NamedRow, Naming, Refusal, Setting};
use crate::model::shown::shown_path;
use crate::model::ticket::BODY_FORMAT;
use crate::source::{Invalid, Scanned, Source};

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

/// Brings fixed rows into the checkpoint, and has the run send these.
pub(super) fn feed(
    source: &Source,
    checkpoint: &mut Checkpoint,
    recorded: &str,
    monitor: &mut dyn Monitor,
    end: &CancellationToken,
) -> Result<Fixed, EngineError> {
    refuse_another_mapping(source, checkpoint, recorded)?;
    if let Some(column) = checkpoint.setting(Setting::RowColumn)? {
        source.holds_exported_rows(&column);
    }
    let file = absolute(source.csv_path());
    let mut feed = checkpoint.feed(&file)?;
    let files = Files {
        source,
        here: &file,
        recorded,
    };
    read(source, Depth::Bodies, monitor, end, |rows| {
        rows.iter()
            .try_for_each(|scanned| take(&mut feed, scanned, &files))
    })?;
    let fixed = feed.finish()?;
    let fixed = fixed.map_err(|left| EngineError::Refused(missed(&left, &file)))?;
    checkpoint.work_on(&file);
    Ok(fixed)
}

struct Files<'f> {
    source: &'f Source,
    here: &'f str,
    recorded: &'f str,
}

/// Takes a line for the row that it names.
fn take(feed: &mut Feed<'_>, scanned: &Scanned, files: &Files<'_>) -> Result<(), EngineError> {
    let external_id = match &scanned.row {
        Ok(valid) => Some(valid.external_id.as_str()),
        Err(invalid) => invalid.external_id.as_deref(),
    };
    let known = match feed.find(scanned.name.as_deref(), external_id)? {
        Naming::Row(known) => known,
        Naming::Gone => {
            feed.pass_gone(scanned.place.line);
            return Ok(());
        }
        Naming::Nothing => {
            feed.pass_unnamed();
            return Ok(());
        }
        Naming::NoSuchRow => return Err(no_such_row(scanned, files)),
        Naming::Stranger => {
            return Err(strange(scanned, external_id.unwrap_or_default(), files));
        }
    };
    let read_with_its_id = as_its_own(&known, external_id, scanned, files)?;
    let row = new_row(read_with_its_id.as_ref().unwrap_or(scanned));
    let added = feed.add(&known, external_id, row)?;
    added.map_err(|refusal| refused(&refusal, scanned, external_id, files))
}

/// Reads a line again whose cell does not say the `external_id` that its row has.
fn as_its_own(
    known: &NamedRow,
    external_id: Option<&str>,
    scanned: &Scanned,
    files: &Files<'_>,
) -> Result<Option<Scanned>, EngineError> {
    let Some(own) = known.known.id.own().filter(|own| Some(*own) != external_id) else {
        return Ok(None);
    };
    let read = files.source.read_again_as(scanned.place, own)?;
    let row = read.map(|ready| ready.valid).map_err(|invalid| Invalid {
        external_id: Some(own.to_owned()),
        ..invalid
    });
    Ok(Some(Scanned {
        row,
        ..scanned.clone()
    }))
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

fn no_such_row(scanned: &Scanned, files: &Files<'_>) -> EngineError {
    EngineError::Refused(format!(
        "the row on line {} of {} has {:?} in _row, which names no row of this checkpoint, or another \
         one; nothing was changed: put back what export wrote there, or export again if the file is \
         from another checkpoint",
        scanned.place.line,
        files.here,
        scanned.name.as_deref().unwrap_or_default()
    ))
}

fn strange(scanned: &Scanned, external_id: &str, files: &Files<'_>) -> EngineError {
    let Files { here, recorded, .. } = files;
    EngineError::Refused(format!(
        "the row on line {} of {here} (external_id {external_id:?}) is not among the rows of \
         {recorded}, from which this checkpoint was made; if {here} is a newer version of that file, \
         give it the old name and place; if new rows are meant, add them there; a file of its own \
         needs a checkpoint of its own",
        scanned.place.line
    ))
}

fn refused(
    refusal: &Refusal,
    scanned: &Scanned,
    external_id: Option<&str>,
    files: &Files<'_>,
) -> EngineError {
    let line = scanned.place.line;
    let Files { here, recorded, .. } = files;
    let id = external_id.unwrap_or_default();
    EngineError::Refused(match refusal {
        Refusal::Twice(earlier) => format!(
            "the rows on lines {earlier} and {line} of {here} are one row of {recorded}; nothing was \
             changed: take one of them out"
        ),
        Refusal::SentAs(sent_as) => format!(
            "the row on line {line} of {here} has external_id {id:?}, but was sent with external_id \
             {sent_as:?}; nothing was changed: give it that one here, too, or export again to see \
             what is left"
        ),
        Refusal::AnothersId(own) => format!(
            "the row on line {line} of {here} has external_id {own:?} in {recorded}, and here it has \
             {id:?}, which is another row's; nothing was changed: put {own:?} back if the rest of the \
             line is this row's, or export again"
        ),
    })
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
        "{one} fixed in {file} but not sent yet, and {file} no longer has {them} (external_id \
         {}{more}); nothing was changed: put {them} back, or write {them} into another file with the \
         same columns, as it should be sent, and run that file first",
        named.join(", ")
    )
}
