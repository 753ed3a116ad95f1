//! What a checkpoint says about where it comes from.

use std::path::{Path, PathBuf};

use super::exit::Failure;
use super::output;
use super::whole_file::hex;
use crate::checkpoint::{Checkpoint, CheckpointError, Reader, Setting};
use crate::model::shown::shown_path;
use crate::report::origins::{FileMark, Origins};
use crate::source::{Endpoint, Target, hash_file};

pub(super) fn origins(reader: &Reader, checkpoint: &Path) -> Result<Origins, Failure> {
    of(
        |setting| reader.setting(setting),
        &checkpoint.to_string_lossy(),
    )
}

/// The same of the checkpoint of a dry run, which has no file.
pub(super) fn of_dry_run(scratch: &Checkpoint) -> Result<Origins, Failure> {
    of(|setting| scratch.setting(setting), "none: a dry run")
}

fn of(
    read: impl Fn(Setting) -> Result<Option<String>, CheckpointError>,
    checkpoint: &str,
) -> Result<Origins, Failure> {
    let text = |setting| Ok::<_, Failure>(read(setting)?.unwrap_or_default());
    let mapping = FileMark {
        path: text(Setting::Mapping)?,
        sha256: text(Setting::MappingSha256)?,
    };
    Ok(Origins {
        version: env!("CARGO_PKG_VERSION"),
        account: text(Setting::Account)?,
        checkpoint: checkpoint.to_owned(),
        csv: FileMark {
            path: text(Setting::Csv)?,
            sha256: text(Setting::CsvSha256)?,
        },
        mapping: (!mapping.path.is_empty()).then_some(mapping),
    })
}

/// The CSV whose rows the checkpoint holds. A file that a person names besides the checkpoint is that
/// one only if it has its path or its bytes: fixed rows, say, are read from their own file.
pub(super) fn recorded_csv(named: Option<&Path>, recorded: &FileMark) -> Result<PathBuf, Failure> {
    let path = PathBuf::from(&recorded.path);
    let Some(named) = named else {
        return Ok(path);
    };
    if path.as_os_str().is_empty() || is_one_file(named, &path) {
        return Ok(named.to_owned());
    }
    if hex(&hash_file(named)?.0) == recorded.sha256 {
        return Ok(named.to_owned());
    }
    let (shown, recorded) = (shown_path(named), shown_path(&path));
    if path.exists() {
        output::say(&format!(
            "{shown} is not the CSV that the checkpoint was made from; the rows are read in {recorded}"
        ));
        return Ok(path);
    }
    output::say(&format!(
        "{recorded}, from which the checkpoint was made, is not there; the rows are looked for in \
         {shown}"
    ));
    Ok(named.to_owned())
}

/// Whether two paths lead to one file.
pub(super) fn is_one_file(one: &Path, other: &Path) -> bool {
    let same_path = std::path::absolute(one).is_ok_and(|one| one == other);
    same_path || matches!((one.canonicalize(), other.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// What the bodies were made for, by the endpoint that a checkpoint has recorded.
pub(super) fn target(endpoint: Option<&str>) -> Target {
    Target {
        endpoint: match endpoint {
            Some("imports") => Endpoint::Imports,
            Some(_) | None => Endpoint::Tickets,
        },
        now: None,
    }
}
