//! Opens a source: finds the mapping, reads the header, brings the two together.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use super::dates::Dates;
use super::error::SourceError;
use super::header::{Header, Named};
use super::mapping::{MappingFile, Refusal, builtin_entries, compile, suggestion};
use super::scan::Plan;
use super::told::told;
use super::{Endpoint, Source, Target};

pub(super) fn open(
    csv: &Path,
    mapping: Option<&Path>,
    target: Target,
) -> Result<Source, SourceError> {
    let beside = csv.with_extension("toml");
    let found = match mapping {
        Some(path) => Some(read_mapping(path)?),
        None if beside.is_file() => Some(read_mapping(&beside)?),
        None => None,
    };
    let named = found.as_ref().map_or_else(Named::default, |found| Named {
        delimiter: found.file.delimiter,
        encoding: found.file.encoding,
    });
    let header = Header::read(csv, named)?;
    let (file, path, sha256) = match found {
        Some(found) => (found.file, Some(found.path), Some(found.sha256)),
        None => (by_name(&header), None, None),
    };
    let timezone = file.timezone;
    let mut mapping = compile(file.entries, file.null, &header.columns).map_err(|refusal| {
        let path = path.clone().unwrap_or(beside);
        match refusal {
            Refusal::Fault(fault) => SourceError::Mapping {
                path,
                line: fault.line,
                message: fault.message,
            },
            Refusal::Lacks(what) => SourceError::Unmapped {
                path,
                csv: csv.into(),
                what,
                lines: suggestion(&header.columns),
            },
        }
    })?;
    let told = told(csv, &header, &mapping, target.endpoint);
    mapping.dates = (target.endpoint == Endpoint::Imports).then(|| Dates {
        zone: timezone.unwrap_or(TimeZone::UTC),
        latest: target.now,
    });
    Ok(Source {
        plan: Arc::new(Plan {
            path: csv.into(),
            header,
            mapping,
        }),
        mapping: path,
        mapping_sha256: sha256,
        told,
    })
}

/// Maps columns that are named like Zendesk's fields to themselves.
fn by_name(header: &Header) -> MappingFile {
    MappingFile {
        entries: builtin_entries(&header.columns),
        ..MappingFile::default()
    }
}

struct Found {
    path: PathBuf,
    file: MappingFile,
    sha256: [u8; 32],
}

fn read_mapping(path: &Path) -> Result<Found, SourceError> {
    let bytes = std::fs::read(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => SourceError::MappingMissing { path: path.into() },
        _ => SourceError::Io {
            path: path.into(),
            doing: "read",
            source,
        },
    })?;
    let sha256 = Sha256::digest(&bytes).into();
    let text =
        String::from_utf8(bytes).map_err(|_| SourceError::MappingNotUtf8 { path: path.into() })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let file = MappingFile::parse(text).map_err(|fault| SourceError::Mapping {
        path: path.into(),
        line: fault.line,
        message: fault.message,
    })?;
    Ok(Found {
        path: path.into(),
        file,
        sha256,
    })
}
