//! What a run and a dry run say of rows.

use std::path::Path;

use super::exit::Failure;
use super::output;
use crate::checkpoint::{Checkpoint, ProblemRow, Reader, Setting, Since};
use crate::engine::scan::ScanOutcome;
use crate::model::counts::Counts;
use crate::model::delta::Delta;
use crate::report::text;

/// Rows with a problem that are shown; the rest is only counted.
pub(super) const PROBLEMS_SHOWN: usize = 10;

/// Rows of each kind that were sent and are not what they were; the rest is only counted.
const SINCE_SHOWN: usize = 20;

/// How many rows are where after a scan; a first one has counted them.
pub(super) fn counts(outcome: &ScanOutcome, checkpoint: &Checkpoint) -> Result<Counts, Failure> {
    match outcome {
        ScanOutcome::First(counts, _) => Ok(*counts),
        ScanOutcome::Again(..) | ScanOutcome::Fixed(_) | ScanOutcome::Unchanged => {
            Ok(checkpoint.counts()?)
        }
    }
}

/// Says what a changed CSV, or another one with fixed rows, has brought.
pub(super) fn changes(
    outcome: &ScanOutcome,
    checkpoint: &Checkpoint,
    csv: &Path,
) -> Result<(), Failure> {
    let delta = match outcome {
        ScanOutcome::Again(delta, _) => delta,
        ScanOutcome::Fixed(fixed) => {
            let csv = csv.to_string_lossy();
            let passed = (fixed.unchanged, fixed.gone, fixed.unnamed);
            output::say(&text::fixed(&csv, &fixed.delta, passed, &fixed.gone_lines));
            return Ok(());
        }
        ScanOutcome::First(..) | ScanOutcome::Unchanged => return Ok(()),
    };
    if *delta != Delta::default() {
        output::say(&text::changes(delta));
    }
    let kinds = [
        (Since::Changed, delta.changed_since),
        (Since::Gone, delta.gone_since),
    ];
    for (kind, count) in kinds {
        let rows = checkpoint.since(kind, SINCE_SHOWN)?;
        for row in &rows {
            let is_gone = kind == Since::Gone;
            let sentence = text::since(&row.external_id, row.line, row.ticket, is_gone);
            output::say(&sentence);
        }
        more(count, rows.len());
    }
    Ok(())
}

/// How many more there are than were shown.
pub(super) fn more(all: u64, shown: usize) {
    let more = all.saturating_sub(shown as u64);
    if more > 0 {
        output::say(&format!("… and {more} more"));
    }
}

/// Names the files in which rows wait that a run of `csv` could not send.
pub(super) fn elsewhere(reader: &Reader, csv: &Path, checkpoint: &Path) -> Result<(), Failure> {
    let recorded = reader.setting(Setting::Csv)?.unwrap_or_default();
    for (file, rows) in reader.pending_files()? {
        let file = file.unwrap_or_else(|| recorded.clone());
        if csv.canonicalize().ok() != Path::new(&file).canonicalize().ok() {
            output::say(&text::elsewhere(&file, rows, checkpoint));
        }
    }
    Ok(())
}

/// Lists the first rows that have a problem, with their lines.
pub(super) fn problems(rows: &[ProblemRow], counts: &Counts) {
    for problem in rows {
        output::say(&text::problem(
            problem.line,
            problem.state,
            &problem.problem,
        ));
    }
    more(counts.problems(), rows.len());
}
