//! What a checkpoint says about where it comes from.

use std::path::Path;

use super::exit::Failure;
use crate::checkpoint::{Checkpoint, CheckpointError, Reader, Setting};
use crate::report::origins::{FileMark, Origins};
use crate::source::{Endpoint, Target};

pub(super) fn origins(reader: &Reader, checkpoint: &Path) -> Result<Origins, Failure> {
    of(
        |setting| reader.setting(setting),
        &checkpoint.display().to_string(),
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
