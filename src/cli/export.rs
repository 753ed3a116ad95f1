//! `export`: the result files, made anew from the checkpoint whenever they are wanted.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::args::ExportArguments;
use super::beside::Beside;
use super::exit::{Exit, Failure};
use super::kept::Kept;
use super::target::{Rules, Target};
use super::whole_file::{WholeFile, Written, hex};
use super::{find, origins, output, own, paths, status};
use crate::checkpoint::{CreatedRow, LeftRow, Reader, Setting, Without};
use crate::model::results::Troubled;
use crate::model::shown::{shown, shown_json, shown_path};
use crate::report::origins::Origins;
use crate::report::{Facts, cells, text};
use crate::source::{Place, Source, added_columns, is_export, more_column};

const SUCCESS: &str = "success.csv";
const ERROR: &str = "error.csv";
const UNKNOWN: &str = "unknown.csv";
const MAPPING: &str = "error.toml";
const SUMMARY: &str = "summary.json";

/// Rows without a ticket that are no longer in the CSV and are named; the rest is only counted.
const GONE_SHOWN: usize = 20;

pub(super) fn export(arguments: &ExportArguments) -> Result<Exit, Failure> {
    let path = find::the_checkpoint(arguments.csv.as_deref(), arguments.checkpoint.as_deref())?;
    let reader = Reader::open(&path)?;
    reader.freeze()?;
    let origins = origins::origins(&reader, &path)?;
    if origins.csv.path.is_empty() {
        return Err(Failure::refused(
            "the CSV has not been read to its end yet, so there is nothing to export; run it first",
        ));
    }
    refuse_exported(arguments, &path, &origins)?;
    let source = source(arguments, &reader, &origins)?;
    let facts = status::facts(&reader)?;
    if facts.rejected + facts.invalid + facts.unknown > 0 {
        refuse_changed(&source, &origins)?;
    }
    let folder = folder(arguments, &source);
    let mut kept = Kept::of_checkpoint(&path, &reader, &origins, arguments.csv.as_deref())?;
    kept.and_csv(source.csv_path());
    let targets = targets(&folder, arguments.force, &kept, &origins)?;
    std::fs::create_dir_all(&folder).map_err(|error| {
        Failure::refused(format!(
            "cannot make the folder {} ({error}); name another one with --out",
            shown_path(&folder)
        ))
    })?;
    write((&folder, targets), &reader, &source, facts, origins)
}

/// The result files, all on disk before the first of them gets its name. The summary comes last: it
/// knows the others by their hashes.
fn write(
    (folder, targets): (&Path, [Target; 5]),
    reader: &Reader,
    source: &Source,
    facts: Facts,
    origins: Origins,
) -> Result<Exit, Failure> {
    let mut whole = Vec::new();
    let mut written = Vec::new();
    let [
        success_csv,
        error_csv,
        unknown_csv,
        error_toml,
        summary_json,
    ] = targets;
    let mut keep = |mut file: WholeFile, rows| -> Result<(), Failure> {
        written.push(file.sync(rows)?);
        whole.push(file);
        Ok(())
    };
    let mut file = WholeFile::private(success_csv)?;
    let rows = success(&mut file, reader)?;
    keep(file, Some(rows))?;
    for (target, which) in [
        (error_csv, Without::Fixable),
        (unknown_csv, Without::Unknown),
    ] {
        let mut file = WholeFile::private(target)?;
        let rows = without(&mut file, reader, source, which)?;
        keep(file, Some(rows))?;
    }
    let endpoint = reader.setting(Setting::Endpoint)?;
    let beside = Beside {
        folder,
        checkpoint: Path::new(&origins.checkpoint),
        account: &origins.account,
        endpoint: endpoint.as_deref(),
    };
    let mut file = WholeFile::private(error_toml)?;
    file.write(&beside.text(source)?)?;
    keep(file, None)?;
    let (gone_first, gone) = reader.gone_without(GONE_SHOWN)?;
    let summary = Summary {
        facts,
        origins,
        codes: codes(reader)?,
        gone,
        files: &written,
    };
    let text = serde_json::to_string_pretty(&summary)
        .map_err(|error| Failure::refused(format!("cannot write the summary ({error})")))?;
    let mut file = WholeFile::private(summary_json)?;
    file.write(shown_json(&text).as_bytes())?;
    file.write(b"\n")?;
    file.sync(None)?;
    whole.push(file);
    for file in whole {
        file.put_in_place()?;
    }
    tell(folder, &written);
    tell_gone(&gone_first, gone, source);
    for (file, rows) in reader.fixed_in_vain()? {
        let (were, them) = if rows == 1 {
            ("was", "it")
        } else {
            ("were", "them")
        };
        output::say(&text::fold(&format!(
            "{} {were} fixed in {} and still cannot be sent: fix {them} further there; \
             {ERROR} has {them} as {} does",
            text::count(rows, "row"),
            shown(&file),
            shown_path(source.csv_path())
        )));
    }
    Ok(Exit::Done)
}

fn tell(folder: &Path, written: &[Written]) {
    for file in written {
        let rows = file
            .rows
            .map(|rows| format!(" ({})", text::count(rows, "row")));
        output::say(&format!(
            "wrote {}{}",
            shown_path(&folder.join(&file.name)),
            rows.unwrap_or_default()
        ));
    }
    output::say(&format!("wrote {}", shown_path(&folder.join(SUMMARY))));
}

/// Rows that cannot be given out, since the CSV no longer has them.
fn tell_gone(first: &[Troubled], all: u64, source: &Source) {
    for row in first {
        output::say(&text::gone(row, source.csv_path()));
    }
    super::tell::more(all, first.len());
}

/// `summary.json`: what `status --json` tells, and what it is told about.
#[derive(Serialize)]
struct Summary<'a> {
    #[serde(flatten)]
    facts: Facts,
    #[serde(flatten)]
    origins: Origins,
    codes: Vec<CodeRows>,
    /// Rows without a ticket that are no longer in the CSV, and so in none of the files.
    gone: u64,
    files: &'a [Written],
}

/// Rows without a ticket for one reason.
#[derive(Serialize)]
struct CodeRows {
    state: &'static str,
    code: String,
    rows: u64,
}

fn codes(reader: &Reader) -> Result<Vec<CodeRows>, Failure> {
    let causes = reader.causes()?.into_iter();
    Ok(causes
        .map(|cause| CodeRows {
            state: cause.state,
            code: cause.code,
            rows: cause.rows,
        })
        .collect())
}

/// Results of a file of results would be taken for those of the CSV.
fn refuse_exported(
    arguments: &ExportArguments,
    checkpoint: &Path,
    origins: &Origins,
) -> Result<(), Failure> {
    let recorded = Path::new(&origins.csv.path);
    let is_exported = |csv: &&Path| {
        arguments.checkpoint.is_none() && !origins::is_one_file(csv, recorded) && is_export(csv)
    };
    let Some(csv) = arguments.csv.as_deref().filter(is_exported) else {
        return Ok(());
    };
    Err(Failure::refused(format!(
        "{} holds rows of {}; export that one: zendesk-migrate export {} -c {}",
        shown_path(csv),
        shown_path(recorded),
        paths::typed(&paths::from_here(recorded)),
        paths::typed(checkpoint)
    )))
}

fn source(
    arguments: &ExportArguments,
    reader: &Reader,
    origins: &Origins,
) -> Result<Source, Failure> {
    let csv = origins::recorded_csv(arguments.csv.as_deref(), &origins.csv)?;
    let mapping = origins.mapping.as_ref().map(|file| Path::new(&file.path));
    let target = origins::target(reader.setting(Setting::Endpoint)?.as_deref());
    Ok(Source::open_for(&csv, mapping, target)?)
}

/// Rows are found by their places, which are those of the file that was read.
fn refuse_changed(source: &Source, origins: &Origins) -> Result<(), Failure> {
    if origins.csv.sha256.is_empty() {
        return Err(Failure::refused(format!(
            "since rows were put back, {} must be read again before the rows without a ticket can \
             be found in it: run it first (with --limit 0 to send nothing)",
            shown_path(source.csv_path())
        )));
    }
    let found = source.identity()?.csv_sha256;
    if hex(&found) == origins.csv.sha256 {
        return Ok(());
    }
    let csv = shown_path(source.csv_path());
    Err(Failure::refused(format!(
        "{csv} is not as it was when its rows were read, so the rows without a ticket cannot be \
         found in it; run it again (with --limit 0 to send nothing), or put the old file \
         back"
    )))
}

fn folder(arguments: &ExportArguments, source: &Source) -> PathBuf {
    let beside = match source.csv_path().parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    arguments.out.clone().unwrap_or_else(|| beside.to_owned())
}

/// Where the result files go. What an export has written is replaced if it is as it was written, and
/// nothing else unless it is asked for.
fn targets(
    folder: &Path,
    force: bool,
    kept: &Kept,
    origins: &Origins,
) -> Result<[Target; 5], Failure> {
    let written = own::Exported::read(&folder.join(SUMMARY), origins);
    let rules = Rules {
        kept,
        force,
        is_own: &|path| written.is_as_written(path, SUMMARY),
        elsewhere: "name another folder with --out",
    };
    let target = |name| Target::find(&folder.join(name), &rules);
    Ok([
        target(SUCCESS)?,
        target(ERROR)?,
        target(UNKNOWN)?,
        target(MAPPING)?,
        target(SUMMARY)?,
    ])
}

fn success(file: &mut WholeFile, reader: &Reader) -> Result<u64, Failure> {
    file.write(b"external_id,ticket_id,how,key,created_at\n")?;
    let mut rows = 0;
    reader.each_created(|row| {
        rows += 1;
        file.write(&success_line(&row))
    })?;
    Ok(rows)
}

fn success_line(row: &CreatedRow) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let cells = [
        cells::guarded(&row.external_id).into_owned(),
        row.ticket.to_string(),
        row.how.to_owned(),
        row.key.to_string(),
        row.created_at.map(cells::time).unwrap_or_default(),
    ];
    // Writing to memory cannot fail.
    let _written = writer.write_record(&cells);
    writer.into_inner().unwrap_or_default()
}

/// Rows without a ticket, as the CSV has them, to the byte.
fn without(
    file: &mut WholeFile,
    reader: &Reader,
    source: &Source,
    which: Without,
) -> Result<u64, Failure> {
    let with_more = has_more_cells(reader, source, which)?;
    let more = with_more.then(|| more_column(source.columns()));
    let added = added_columns(source.columns());
    let names: Vec<&str> = more.iter().chain(&added).map(String::as_str).collect();
    file.write(&source.header_with(&names))?;
    let mut rows = 0;
    reader.each_without(which, |LeftRow { row, cells, name }| {
        rows += 1;
        let (line, name) = (row.line.to_string(), name.to_string());
        let added = [line.as_str(), &row.code, &row.message, &name];
        let exported = source.row_with(place(&row), &added, with_more)?;
        // What is said of one row must not stand beside another.
        if exported.cells != cells {
            return Err(another_row(source, &row));
        }
        file.write(&exported.bytes)
    })?;
    Ok(rows)
}

/// Whether a row has more cells than the CSV has columns.
fn has_more_cells(reader: &Reader, source: &Source, which: Without) -> Result<bool, Failure> {
    let mut has_more = false;
    reader.each_without(which, |LeftRow { row, .. }| {
        let may_have_slipped = matches!(&*row.code, "FieldCount" | "TextAfterQuote");
        has_more = has_more || (may_have_slipped && source.has_more_cells(place(&row))?);
        Ok::<(), Failure>(())
    })?;
    Ok(has_more)
}

fn place(row: &Troubled) -> Place {
    Place {
        line: row.line,
        offset: row.offset,
    }
}

fn another_row(source: &Source, row: &Troubled) -> Failure {
    Failure::refused(format!(
        "line {} of {} holds another row than the checkpoint says ({}): run the CSV again (with \
         --limit 0 to send nothing), and if that does not help, please report it",
        row.line,
        shown_path(source.csv_path()),
        row.external_id.as_deref().unwrap_or_default()
    ))
}
