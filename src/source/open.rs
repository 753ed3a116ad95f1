//! Opens a source: finds the mapping, reads the header, and compiles one for the other.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use super::added::{has_added_columns, has_row_column};
use super::comments::Comments;
use super::dates::Dates;
use super::encoding::{Encoding, Guess};
use super::error::SourceError;
use super::header::{CsvFile, Named};
use super::identity::Ahead;
use super::mapping::{
    Fault, Mapping, MappingFile, Refusal, RunSettings, Section, builtin_entries, compile,
    suggestion,
};
use super::misread::explained;
use super::plan::Plan;
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
    let run = found.as_ref().and_then(|found| found.file.run.as_ref());
    let exported = run.and_then(|run| run.encoding);
    let found = found.filter(|found| !found.file.is_only_run);
    let named = found.as_ref().map_or_else(Named::default, |found| Named {
        delimiter: found.file.delimiter,
        encoding: found.file.encoding,
    });
    let mut opened = open_csv(csv, named, exported)?;
    let any_line_end = found.as_ref().is_some_and(|found| found.file.any_line_end);
    if any_line_end {
        opened.header.records_end = None;
    }
    let (mut file, path, sha256) = match found {
        Some(found) => (found.file, Some(found.path), Some(found.sha256)),
        None => (by_name(&opened), None, None),
    };
    let section = file.comments.take();
    let files_in = path.as_deref().map(|path| files_in(path, file.run.take()));
    let dates = (target.endpoint == Endpoint::Imports).then(|| Dates {
        zone: file.timezone.unwrap_or(TimeZone::UTC),
        latest: target.now,
    });
    let columns = &opened.header.columns;
    let compiled = compile(file.entries, file.null, columns, section.is_some());
    let mut mapping = compiled.map_err(|refusal| {
        let path = path.clone().unwrap_or(beside);
        let error = match refusal {
            Refusal::Fault(fault) => wrong(path, fault),
            Refusal::Lacks(what) => SourceError::Unmapped {
                path,
                csv: csv.into(),
                what,
                lines: suggestion(columns),
            },
        };
        explained(&opened, named, error)
    })?;
    let comments = match (section, path.as_deref().zip(files_in.as_deref())) {
        (Some(section), Some(places)) => {
            let mut comments = comments(section, places, &mapping, dates.clone())?;
            if any_line_end {
                comments.take_any_line_end();
            }
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
            account_fields: OnceLock::new(),
            words: Mutex::default(),
        }),
        endpoint: target.endpoint,
        mapping: path,
        mapping_sha256: sha256,
        told,
        ahead: Ahead::default(),
    })
}

/// Opens the CSV as the mapping describes it. An export may have been saved by a program that chose
/// its own format, so for an export the mapping's settings, and the encoding in which it was
/// exported, apply only if they can be right.
fn open_csv(csv: &Path, named: Named, exported: Option<Encoding>) -> Result<CsvFile, SourceError> {
    let as_named = CsvFile::open(csv, named);
    if named == Named::default() && exported.is_none() {
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
        return match named.encoding.or(exported) {
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

/// Opens the comments file, whose path is relative to the mapping's.
fn comments(
    section: Section,
    (mapping_path, beside): (&Path, &Path),
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
    let named = Named {
        delimiter: section.delimiter,
        encoding: section.encoding,
    };
    let file = CsvFile::open(&beside.join(&section.file), named).map_err(|error| match error {
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
        .map_err(|fault| explained(&file, named, wrong(mapping_path.into(), fault)))?;
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

/// Maps columns with the names of Zendesk's fields to themselves.
fn by_name(csv: &CsvFile) -> MappingFile {
    MappingFile {
        entries: builtin_entries(&csv.header.columns),
        ..MappingFile::default()
    }
}

/// Returns the folder to which the file names in a mapping are relative: the mapping's own, unless
/// `[run]` names another one.
fn files_in(mapping: &Path, run: Option<RunSettings>) -> PathBuf {
    let named = run.and_then(|run| run.beside(mapping).files_in);
    named.unwrap_or_else(|| mapping.parent().unwrap_or(Path::new("")).to_owned())
}

/// Returns the second file that a mapping names, if it is a mapping and names one.
pub fn comments_file(mapping: &Path) -> Option<PathBuf> {
    let Found { file, .. } = read_mapping(mapping).ok()?;
    Some(files_in(mapping, file.run).join(file.comments?.file))
}

/// Returns the section `[run]` of a mapping, with paths resolved from the current folder.
pub fn run_settings(mapping: &Path) -> Result<Option<RunSettings>, SourceError> {
    let run = read_mapping(mapping)?.file.run;
    Ok(run.map(|run| run.beside(mapping)))
}

/// Returns the bytes of a mapping file without its section `[run]`, and the folder to which the
/// file names in it are relative.
pub fn without_run(mapping: &Path) -> Result<(Vec<u8>, PathBuf), SourceError> {
    let found = read_mapping(mapping)?;
    Ok((found.without_run, files_in(mapping, found.file.run)))
}

/// Reports whether a file has the columns that an export adds, so that its rows belong to another
/// file.
pub fn is_export(csv: &Path) -> bool {
    CsvFile::open(csv, Named::default()).is_ok_and(|file| has_added_columns(&file.header.columns))
}

struct Found {
    path: PathBuf,
    file: MappingFile,
    /// Its bytes without `[run]`, which affects no ticket.
    without_run: Vec<u8>,
    /// The SHA-256 of those bytes.
    sha256: [u8; 32],
}

fn read_mapping(path: &Path) -> Result<Found, SourceError> {
    let bytes = file::read_mapping(path)?;
    let whole =
        String::from_utf8(bytes).map_err(|_| SourceError::MappingNotUtf8 { path: path.into() })?;
    let text = whole.strip_prefix(MARK).unwrap_or(&whole);
    let file = MappingFile::parse(text).map_err(|fault| wrong(path.into(), fault))?;
    let without_run = match file.run_extent.clone() {
        None => whole.into_bytes(),
        Some(extent) => {
            let mark = &whole[..whole.len() - text.len()];
            [mark, &text[..extent.start], &text[extent.end..]]
                .concat()
                .into_bytes()
        }
    };
    Ok(Found {
        path: path.into(),
        file,
        sha256: Sha256::digest(&without_run).into(),
        without_run,
    })
}

/// The byte order mark.
const MARK: char = '\u{feff}';
