//! Opens a source: finds the mapping, reads the header, brings the two together.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use super::added::has_row_column;
use super::comments::Comments;
use super::dates::Dates;
use super::encoding::{Encoding, Guess};
use super::error::SourceError;
use super::header::{CsvFile, Named};
use super::identity::Ahead;
use super::mapping::{
    Fault, Mapping, MappingFile, Refusal, Section, builtin_entries, compile, suggestion,
};
use super::scan::Plan;
use super::told::told;
use super::{Endpoint, Source, Target, file};

use crate::model::shown::shown_path;

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
    let opened = open_csv(csv, named)?;
    let (mut file, path, sha256) = match found {
        Some(found) => (found.file, Some(found.path), Some(found.sha256)),
        None => (by_name(&opened), None, None),
    };
    let section = file.comments.take();
    let dates = (target.endpoint == Endpoint::Imports).then(|| Dates {
        zone: file.timezone.unwrap_or(TimeZone::UTC),
        latest: target.now,
    });
    let columns = &opened.header.columns;
    let compiled = compile(file.entries, file.null, columns, section.is_some());
    let mut mapping = compiled.map_err(|refusal| {
        let path = path.clone().unwrap_or(beside);
        match refusal {
            Refusal::Fault(fault) => wrong(path, fault),
            Refusal::Lacks(what) => SourceError::Unmapped {
                path,
                csv: csv.into(),
                what,
                lines: suggestion(columns),
            },
        }
    })?;
    let comments = match (section, &path) {
        (Some(section), Some(path)) => {
            let comments = comments(section, path, &mapping, dates.clone())?;
            Some(Arc::new(comments))
        }
        (Some(_) | None, _) => None,
    };
    let told = told(&opened, comments.as_deref(), &mapping, target.endpoint);
    mapping.dates = dates;
    Ok(Source {
        plan: Arc::new(Plan {
            file: Arc::new(opened),
            mapping,
            comments,
            again: Mutex::default(),
            added: OnceLock::new(),
        }),
        endpoint: target.endpoint,
        mapping: path,
        mapping_sha256: sha256,
        told,
        ahead: Ahead::default(),
    })
}

/// Opens the CSV as the mapping names it. An export was perhaps saved by a program that has a mind of
/// its own: of such a file, what the mapping says counts only where it can be so.
fn open_csv(csv: &Path, named: Named) -> Result<CsvFile, SourceError> {
    let as_named = CsvFile::open(csv, named);
    if named == Named::default() {
        return as_named;
    }
    for delimiter in [named.delimiter, None] {
        let encoding = None;
        let Ok(found) = CsvFile::open(
            csv,
            Named {
                delimiter,
                encoding,
            },
        ) else {
            continue;
        };
        if !has_row_column(&found.header.columns) {
            continue;
        }
        let is_no_utf8 = matches!(
            found.header.guess,
            Some(Guess::Legacy(_) | Guess::BrokenUtf8)
        );
        return match named.encoding {
            Some(encoding @ Encoding::Legacy(_)) if is_no_utf8 => {
                let encoding = Some(encoding);
                CsvFile::open(
                    csv,
                    Named {
                        delimiter,
                        encoding,
                    },
                )
            }
            Some(_) | None => Ok(found),
        };
    }
    as_named
}

fn wrong(path: PathBuf, fault: Fault) -> SourceError {
    SourceError::Mapping {
        path,
        line: fault.line,
        message: fault.message,
    }
}

/// Opens the comments file, whose name counts from the mapping's place.
fn comments(
    section: Section,
    mapping_path: &Path,
    mapping: &Mapping,
    dates: Option<Dates>,
) -> Result<Comments, SourceError> {
    let refused = |line, message: &str| {
        let message = message.to_owned();
        wrong(mapping_path.into(), Fault { line, message })
    };
    let dates = dates.ok_or_else(|| {
        refused(
            section.line,
            "[comments] needs the imports endpoint, which keeps conversations; add --endpoint imports, or take the section out",
        )
    })?;
    let key = mapping.external_id.column().ok_or_else(|| {
        refused(
            section.line,
            "[comments] joins on the column of external_id, which has several; write external_id = { column = …, prefix = … }, or take the section out",
        )
    })?;
    let beside = mapping_path.parent().unwrap_or(Path::new(""));
    let file = CsvFile::open(
        &beside.join(&section.file),
        Named {
            delimiter: section.delimiter,
            encoding: section.encoding,
        },
    )
    .map_err(|error| match error {
        SourceError::Missing { path } => refused(
            section.line,
            &format!(
                "{} does not exist, and [comments] names it; check its file, which is looked for beside the mapping",
                shown_path(&path)
            ),
        ),
        other => other,
    })?;
    let name = shown_path(&section.file);
    let rules = section
        .compile(&file.header.columns)
        .map_err(|fault| wrong(mapping_path.into(), fault))?;
    Ok(Comments {
        file: Arc::new(file),
        name,
        rules,
        key,
        null: mapping.null.clone(),
        dates,
        index: Mutex::default(),
    })
}

/// Maps columns that are named like Zendesk's fields to themselves.
fn by_name(csv: &CsvFile) -> MappingFile {
    MappingFile {
        entries: builtin_entries(&csv.header.columns),
        ..MappingFile::default()
    }
}

/// The second file that a mapping names, if it is a mapping and names one.
pub fn comments_file(mapping: &Path) -> Option<PathBuf> {
    let section = read_mapping(mapping).ok()?.file.comments?;
    let beside = mapping.parent().unwrap_or(Path::new(""));
    Some(beside.join(section.file))
}

struct Found {
    path: PathBuf,
    file: MappingFile,
    sha256: [u8; 32],
}

fn read_mapping(path: &Path) -> Result<Found, SourceError> {
    let bytes = file::read_mapping(path)?;
    let sha256 = Sha256::digest(&bytes).into();
    let text =
        String::from_utf8(bytes).map_err(|_| SourceError::MappingNotUtf8 { path: path.into() })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let file = MappingFile::parse(text).map_err(|fault| wrong(path.into(), fault))?;
    Ok(Found {
        path: path.into(),
        file,
        sha256,
    })
}
