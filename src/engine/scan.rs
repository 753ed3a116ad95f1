//! From the CSV into the checkpoint, before anything is sent.

use super::error::EngineError;
use super::monitor::Monitor;
use super::reading::{Depth, absolute, hex, mapping_sha256, new_row, optional, read};
use tokio_util::sync::CancellationToken;

use super::{fixes, turnover};
use crate::checkpoint::{Checkpoint, CheckpointError, Fixed, Setting};
use crate::model::counts::Counts;
use crate::model::delta::Delta;
use crate::model::shown::shown_path;
use crate::model::ticket::BODY_FORMAT;
use crate::source::{Endpoint, Orphans, ScanEnd, Source, added_columns};

/// What a scan has brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScanOutcome {
    /// The file was read for the first time.
    First(Counts, PassedOver),
    /// The file has changed since, and was read again.
    Again(Delta, PassedOver),
    /// It is another file than the recorded one: rows of that one were fixed in it.
    Fixed(Fixed),
    /// The file is the one that was read before: nothing was done.
    Unchanged,
}

/// What a scan read and made no row of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PassedOver {
    /// Lines that hold nothing, between and after the rows.
    pub blank_lines: u64,
    /// Comments that belong to no row.
    pub orphans: Orphans,
}

/// What is done if the rows that were sent seem to be there under other ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewIds {
    /// Nothing of the scan is kept.
    Refuse,
    /// A person has said that they are other tickets.
    Accept,
}

/// Brings the rows of `source` into `checkpoint`, unless they are there already.
pub fn scan(
    source: &Source,
    checkpoint: &mut Checkpoint,
    new_ids: NewIds,
    monitor: &mut dyn Monitor,
    end: &CancellationToken,
) -> Result<ScanOutcome, EngineError> {
    if !checkpoint.is_loaded()? {
        return load(source, checkpoint, Depth::Bodies, monitor, end);
    }
    let same_bodies = checkpoint.setting(Setting::BodyFormat)? == Some(BODY_FORMAT.to_string());
    if same_bodies && is_unchanged(source, checkpoint)? {
        return Ok(ScanOutcome::Unchanged);
    }
    refuse_other_ids(source, checkpoint)?;
    if let Some(recorded) = fixes::another_file(source, checkpoint)? {
        return fixes::feed(source, checkpoint, &recorded, monitor, end).map(ScanOutcome::Fixed);
    }
    let mut rescan = checkpoint.rescan()?;
    let read = read(source, Depth::Bodies, monitor, end, |rows| {
        let mut rows = rows.iter();
        Ok(rows.try_for_each(|row| rescan.add(new_row(row)))?)
    })?;
    if new_ids == NewIds::Refuse {
        turnover::refuse_doubt(&mut rescan, source.csv_path())?;
    }
    let delta = rescan.finish(&settings(source, &read), same_bodies)?;
    let passed_over = passed_over(source, read, monitor);
    Ok(ScanOutcome::Again(delta, passed_over))
}

/// Does the same for a look ahead. Into an empty checkpoint the rows are brought without bodies:
/// nothing is sent from it.
pub fn look_ahead(
    source: &Source,
    scratch: &mut Checkpoint,
    new_ids: NewIds,
    monitor: &mut dyn Monitor,
) -> Result<ScanOutcome, EngineError> {
    let end = CancellationToken::new();
    if scratch.is_loaded()? {
        return scan(source, scratch, new_ids, monitor, &end);
    }
    load(source, scratch, Depth::Tickets, monitor, &end)
}

fn load(
    source: &Source,
    checkpoint: &mut Checkpoint,
    depth: Depth,
    monitor: &mut dyn Monitor,
    end: &CancellationToken,
) -> Result<ScanOutcome, EngineError> {
    let mut load = checkpoint.load()?;
    let read = read(source, depth, monitor, end, |rows| {
        Ok(load.add(rows.iter().map(new_row))?)
    })?;
    let counts = load.finish(&settings(source, &read))?;
    let passed_over = passed_over(source, read, monitor);
    Ok(ScanOutcome::First(counts, passed_over))
}

/// Says what became of no row, to the person who watches too.
fn passed_over(source: &Source, read: ScanEnd, monitor: &mut dyn Monitor) -> PassedOver {
    let csv = shown_path(source.csv_path());
    match read.blank_lines {
        0 => (),
        1 => monitor.tell(&format!("a blank line of {csv} was passed over")),
        some => monitor.tell(&format!("{some} blank lines of {csv} were passed over")),
    }
    if let Some(comments) = source.comments_path()
        && read.orphans.count > 0
    {
        let first = read.orphans.first.iter();
        let first = first.map(|orphan| format!("line {}: {:?}", orphan.line, orphan.ticket));
        monitor.tell(&format!(
            "{} of the comments in {} {} to no row of {csv}, and will not be imported; compare the \
             tickets named there with those in {csv} (first {})",
            read.orphans.count,
            shown_path(comments),
            if read.orphans.count == 1 {
                "belongs"
            } else {
                "belong"
            },
            first.collect::<Vec<_>>().join(", ")
        ));
    }
    PassedOver {
        blank_lines: read.blank_lines,
        orphans: read.orphans,
    }
}

fn settings(source: &Source, read: &ScanEnd) -> Vec<(Setting, String)> {
    let [.., row_column] = added_columns(source.columns());
    vec![
        (Setting::Csv, absolute(source.csv_path())),
        (
            Setting::Mapping,
            source.mapping_path().map(absolute).unwrap_or_default(),
        ),
        (Setting::MappingSha256, mapping_sha256(source)),
        (
            Setting::AccountFieldsSha256,
            optional(source.account_fields_sha256()),
        ),
        (Setting::ExternalIdMapping, source.external_id_mapping()),
        (Setting::BodyFormat, BODY_FORMAT.to_string()),
        (Setting::Endpoint, endpoint(source).to_owned()),
        (Setting::CommentsSha256, optional(read.comments_sha256)),
        (Setting::RowColumn, row_column),
        (Setting::CsvSha256, hex(&read.sha256)),
    ]
}

/// Says whether another scan would change nothing, whatever the account's ticket fields take.
pub fn is_settled(source: &Source, checkpoint: &Checkpoint) -> Result<bool, EngineError> {
    if !checkpoint.is_loaded()? {
        return Ok(false);
    }
    let counts = checkpoint.counts()?;
    Ok(counts.open() == 0 && counts.invalid == 0 && is_unchanged(source, checkpoint)?)
}

/// Says whether the files, the endpoint and, if they were asked for, the account's ticket fields are
/// those of the last scan.
fn is_unchanged(source: &Source, checkpoint: &Checkpoint) -> Result<bool, EngineError> {
    let is = |setting, now: String| -> Result<bool, CheckpointError> {
        Ok(checkpoint.setting(setting)?.unwrap_or_default() == now)
    };
    if !is(Setting::MappingSha256, mapping_sha256(source))?
        || !is(Setting::Endpoint, endpoint(source).to_owned())?
    {
        return Ok(false);
    }
    if let Some(sha256) = source.account_fields_sha256()
        && !is(Setting::AccountFieldsSha256, hex(&sha256))?
    {
        return Ok(false);
    }
    let identity = source.identity()?;
    Ok(is(Setting::CsvSha256, hex(&identity.csv_sha256))?
        && is(Setting::CommentsSha256, optional(identity.comments_sha256))?)
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

fn endpoint(source: &Source) -> &'static str {
    match source.endpoint() {
        Endpoint::Tickets => "tickets",
        Endpoint::Imports => "imports",
    }
}
