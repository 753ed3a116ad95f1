//! Finds the checkpoint that a command is about.

use std::path::{Path, PathBuf};

use super::exit::Failure;
use super::{output, paths, settle};
use crate::model::shown::shown_path;
use crate::source;

/// The one checkpoint that is meant, for the commands that only need a checkpoint.
pub(super) fn the_checkpoint(csv: Option<&Path>, named: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(named) = named {
        csv.map_or(Ok(()), |csv| settle::refuse_another(csv, named))?;
        return Ok(named.to_owned());
    }
    let Some(csv) = csv else {
        return Err(Failure::usage("name a CSV file, or a checkpoint with -c"));
    };
    if let Some(said) = settle::checkpoint_of(csv)? {
        output::say(&format!(
            "{} belongs to the checkpoint {}",
            shown_path(csv),
            shown_path(&said)
        ));
        return Ok(said);
    }
    let found = paths::existing(csv);
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] if !csv.exists() => Err(Failure::refused(format!(
            "{} does not exist, and no checkpoint is beside it; check the path, or name the \
             checkpoint with -c",
            shown_path(csv)
        ))),
        [] if source::is_export(csv) => Err(Failure::refused(format!(
            "{} has the columns of an export, so it has no checkpoint of its own; name the one that \
             it was exported from with -c",
            shown_path(csv)
        ))),
        [] => Err(Failure::refused(format!(
            "there is no checkpoint beside {}; name it with -c, or start a run first: \
             zendesk-migrate run {} --sandbox (a trial without an account), or with --subdomain NAME",
            shown_path(csv),
            paths::typed(csv)
        ))),
        several => {
            let list: Vec<String> = several
                .iter()
                .map(|path| format!("\n  {}", shown_path(path)))
                .collect();
            Err(Failure::usage(format!(
                "there are {} checkpoints beside {}; name one with -c:{}",
                several.len(),
                shown_path(csv),
                list.concat()
            )))
        }
    }
}
