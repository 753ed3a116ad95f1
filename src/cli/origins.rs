//! What a checkpoint says about where it comes from.

use std::path::Path;

use super::exit::Failure;
use crate::checkpoint::{Reader, Setting};
use crate::report::origins::{FileMark, Origins};

pub(super) fn origins(reader: &Reader, checkpoint: &Path) -> Result<Origins, Failure> {
    let text = |setting| Ok::<_, Failure>(reader.setting(setting)?.unwrap_or_default());
    let mapping = FileMark {
        path: text(Setting::Mapping)?,
        sha256: text(Setting::MappingSha256)?,
    };
    Ok(Origins {
        version: env!("CARGO_PKG_VERSION"),
        account: text(Setting::Account)?,
        checkpoint: checkpoint.display().to_string(),
        csv: FileMark {
            path: text(Setting::Csv)?,
            sha256: text(Setting::CsvSha256)?,
        },
        mapping: (!mapping.path.is_empty()).then_some(mapping),
    })
}
