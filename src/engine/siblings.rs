//! Other CSV files of the same account: what their checkpoints know of the rows this run will send.
//!
//! Exports overlap. A row that another file has brought to the account must not be sent a second time,
//! and a sample of twenty rows need not show it. So every start asks the checkpoints of the account that
//! lie in the same folder under the names that they are given by default.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::error::EngineError;
use crate::checkpoint::{AtWork, Checkpoint, CheckpointError, Reader};
use crate::model::shown::{shown, shown_path};

/// Where other checkpoints of an account are looked for.
#[derive(Debug, Clone, Copy)]
pub struct Search<'s> {
    /// The checkpoint beside which they lie.
    pub beside: &'s Path,
    /// How their names end.
    pub ending: &'s str,
    /// What they call the account.
    pub account: &'s str,
}

/// A checkpoint that has rows in common with ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sibling {
    /// Its path.
    pub path: PathBuf,
    /// Rows that wait to be sent here and that it has sent, or may have.
    pub sent: u64,
    /// Rows that wait to be sent here and there.
    open: u64,
    at_work: AtWork,
}

/// What the other checkpoints know.
#[derive(Debug, Default)]
pub struct Siblings {
    /// Those that have rows in common with ours.
    pub found: Vec<Sibling>,
    /// Those that cannot be read, and why.
    unreadable: Vec<CheckpointError>,
}

/// Asks the other checkpoints, and notes the rows that must be looked up.
///
/// Our lease must have been taken before, so that of two runs that start at the same time at least one
/// sees the other.
pub fn ask(checkpoint: &mut Checkpoint, search: Search<'_>) -> Result<Siblings, EngineError> {
    checkpoint.forget_shared()?;
    let mut siblings = Siblings::default();
    for path in files(search).map_err(|source| unlisted(search.beside, &source))? {
        let reader = match Reader::open_aside(&path, search.account) {
            Ok(Some(reader)) => reader,
            Ok(None) => continue,
            Err(error) => {
                siblings.unreadable.push(error);
                continue;
            }
        };
        // Asked first: what ends meanwhile has written all that it sent before it is read.
        let asked = reader
            .at_work()
            .and_then(|at_work| Ok((at_work, checkpoint.note_shared(&reader)?)));
        match asked {
            Ok((_, shared)) if shared.sent == 0 && shared.open == 0 => (),
            Ok((at_work, shared)) => siblings.found.push(Sibling {
                path,
                sent: shared.sent,
                open: shared.open,
                at_work,
            }),
            Err(error) => siblings.unreadable.push(error),
        }
    }
    Ok(siblings)
}

impl Siblings {
    /// Refuses to send rows that another run may be sending, or may have sent without our knowing.
    /// With `looks_all_up`, every row is looked up anyway, so that a checkpoint that cannot be read
    /// need not be.
    pub fn refuse_doubt(&self, looks_all_up: bool) -> Result<(), EngineError> {
        for sibling in &self.found {
            sibling.refuse_at_work()?;
        }
        match self.unreadable.first() {
            Some(error) if !looks_all_up => Err(EngineError::Refused(format!(
                "it cannot be told which of these rows another checkpoint of this account has sent, and \
                 nothing was sent: {}. Repair that file or move it out of the folder, then run the same \
                 command with --recover, which looks every row up before it is sent",
                why(error)
            ))),
            Some(_) | None => Ok(()),
        }
    }

    /// What a person should know, in sentences.
    pub fn told(&self) -> Vec<String> {
        let known = self.found.iter().filter(|sibling| sibling.sent > 0);
        let known = known.map(|Sibling { path, sent, .. }| {
            let path = shown_path(path);
            if *sent == 1 {
                format!("1 row is also in {path}; it is looked up before it is sent")
            } else {
                format!("{sent} rows are also in {path}; they are looked up before they are sent")
            }
        });
        let unreadable = self.unreadable.iter().map(|error| {
            format!(
                "another checkpoint of this account cannot be read: {}",
                why(error)
            )
        });
        known.chain(unreadable).collect()
    }
}

impl Sibling {
    fn refuse_at_work(&self) -> Result<(), EngineError> {
        if self.open == 0 {
            return Ok(());
        }
        match &self.at_work {
            AtWork::Nobody | AtWork::Gone(_) => Ok(()),
            AtWork::Runs(holder) => Err(CheckpointError::SentElsewhere {
                path: self.path.clone(),
                rows: self.open,
                holder: holder.clone(),
            }
            .into()),
            AtWork::Unknown(holder) => Err(EngineError::Refused(format!(
                "{} of the rows to be sent wait in {} too, and whether {}, which was at work on it, \
                 still runs cannot be seen from here; if it does not, run that file first with \
                 --take-over",
                self.open,
                shown_path(&self.path),
                shown(holder)
            ))),
        }
    }
}

/// What is wrong with a file that is named like a checkpoint.
fn why(error: &CheckpointError) -> String {
    match error {
        CheckpointError::Foreign { path } => {
            format!("{} is named like one and is none", shown_path(path))
        }
        other => other.to_string(),
    }
}

/// The other checkpoints of the account, in order; one with several names once.
fn files(search: Search<'_>) -> std::io::Result<Vec<PathBuf>> {
    let folder = match search.beside.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        Some(_) | None => Path::new("."),
    };
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        if name.to_string_lossy().ends_with(search.ending) {
            names.insert(name);
        }
    }
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut seen = BTreeSet::from([real(search.beside)]);
    let paths = names
        .into_iter()
        .map(|name| search.beside.with_file_name(name));
    Ok(paths.filter(|path| seen.insert(real(path))).collect())
}

fn unlisted(beside: &Path, source: &std::io::Error) -> EngineError {
    EngineError::Refused(format!(
        "the folder of {} cannot be listed ({source}), so it cannot be told which rows another \
         checkpoint in it has sent; check its permissions, then run the same command again",
        shown_path(beside)
    ))
}
