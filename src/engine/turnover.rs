//! Refuses a newer version of a CSV in which the rows that were sent have other ids.

use std::path::Path;

use super::error::EngineError;
use crate::checkpoint::Rescan;
use crate::lifecycle::turnover::alike;
use crate::model::shown::{one_line, shown_path};

/// Pairs of ids that are shown.
const PAIRS_SHOWN: usize = 5;

/// Ids among which pairs are looked for: comparing them takes the square of that.
const COMPARED_MAX: usize = 1_000;

/// The most characters of an id that are shown.
const ID_SHOWN: usize = 60;

/// Stops a scan, before anything of it is stored, if it would send rows again that have tickets.
pub(super) fn refuse_doubt(rescan: &mut Rescan<'_>, csv: &Path) -> Result<(), EngineError> {
    let turnover = rescan.turnover()?;
    if !turnover.is_doubtful() {
        return Ok(());
    }
    let replaced = rescan.replaced(COMPARED_MAX)?;
    let pairs = alike(&replaced.gone, &replaced.new, PAIRS_SHOWN);
    let id = |id: &str| one_line(id, ID_SHOWN);
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
        let pairs = pairs
            .iter()
            .map(|(old, new)| format!("{} is now {}?", id(old), id(new)));
        format!(" ({})", pairs.collect::<Vec<_>>().join(" "))
    };
    Err(EngineError::Refused(format!(
        "{} of {} rows with a ticket are no longer in {}, and {} rows are new in it{shown}. If these are \
         the same tickets under changed ids, as a spreadsheet writes them, each would get a second \
         ticket. Nothing was sent: put the old ids back (a spreadsheet keeps them in a column that is \
         formatted as text), then run the same command again. If they are other tickets, save them \
         under a name of their own, or add --accept-new-ids",
        turnover.gone,
        turnover.with_ticket,
        shown_path(csv),
        turnover.new,
    )))
}
