//! Refuses a newer version of a CSV in which the rows that were sent have other ids.

use std::path::Path;

use super::error::EngineError;
use crate::checkpoint::Rescan;
use crate::lifecycle::turnover::{Reshaped, alike};
use crate::model::shown::{one_line, shown_path};

/// Pairs of ids that are shown.
const PAIRS_SHOWN: usize = 5;

/// Ids among which pairs are looked for: comparing them takes the square of that.
const COMPARED_MAX: usize = 1_000;

/// Ids of rows that are gone with which new ids are compared; each takes some hundred bytes.
const MISSING_MAX: usize = 100_000;

/// The most characters of an id that are shown.
const ID_SHOWN: usize = 60;

/// Stops a scan, before anything of it is stored, if it would send rows again that have tickets: if
/// many rows are replaced by others, or if a single one has come back under an id that differs from its
/// own only in what a spreadsheet changes.
pub(super) fn refuse_doubt(rescan: &mut Rescan<'_>, csv: &Path) -> Result<(), EngineError> {
    let turnover = rescan.turnover()?;
    let id = |id: &str| one_line(id, ID_SHOWN);
    let is_now = |pairs: &[(&str, &str)]| {
        let pairs = pairs
            .iter()
            .map(|(old, new)| format!("{} is now {}?", id(old), id(new)));
        format!(" ({})", pairs.collect::<Vec<_>>().join(" "))
    };
    if !turnover.is_doubtful() {
        let reshaped = reshaped(rescan)?;
        let pairs: Vec<(&str, &str)> = reshaped
            .iter()
            .map(|(old, new)| (old.as_str(), new.as_str()))
            .collect();
        if pairs.is_empty() {
            return Ok(());
        }
        return Err(EngineError::Refused(format!(
            "rows with a ticket are no longer in {}, and rows whose ids differ only in zeros, case or \
             separators are new in it{}. {WHAT_TO_DO}",
            shown_path(csv),
            is_now(&pairs)
        )));
    }
    let replaced = rescan.replaced(COMPARED_MAX)?;
    let pairs = alike(&replaced.gone, &replaced.new, PAIRS_SHOWN);
    let shown = if pairs.is_empty() {
        let first = |ids: &[String]| {
            let ids: Vec<_> = ids.iter().take(PAIRS_SHOWN).map(|one| id(one)).collect();
            ids.join(", ")
        };
        format!(
            " (gone: {}; new: {})",
            first(&replaced.gone),
            first(&replaced.new)
        )
    } else {
        is_now(&pairs)
    };
    Err(EngineError::Refused(format!(
        "{} of {} rows with a ticket are no longer in {}, and {} rows are new in it{shown}. {WHAT_TO_DO}",
        turnover.gone,
        turnover.with_ticket,
        shown_path(csv),
        turnover.new,
    )))
}

const WHAT_TO_DO: &str = "If these are the same tickets under changed ids, as a spreadsheet writes them, \
     each would get a second ticket. Nothing was sent: put the old ids back (a spreadsheet keeps them in a \
     column that is formatted as text), then run the same command again. If they are other tickets, save \
     them under a name of their own, or add --accept-new-ids";

/// The first few new ids that a gone one may have become, with that one.
fn reshaped(rescan: &mut Rescan<'_>) -> Result<Vec<(String, String)>, EngineError> {
    let missing = rescan.missing(MISSING_MAX)?;
    let known = Reshaped::of(&missing);
    let mut pairs = Vec::new();
    if missing.is_empty() {
        return Ok(pairs);
    }
    rescan.each_new(|new| {
        pairs.extend(known.was(new).map(|old| (old.to_owned(), new.to_owned())));
        pairs.len() >= PAIRS_SHOWN
    })?;
    Ok(pairs)
}
