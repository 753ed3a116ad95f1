//! `report`: the facts as a page, as text or as JSON.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use super::args::{Format, ReportArguments};
use super::exit::{Exit, Failure};
use super::kept::Kept;
use super::target::{Rules, Target};
use super::whole_file::WholeFile;
use super::{find, origins, output, own, requesters, status};
use crate::checkpoint::Reader;
use crate::engine::clock::wall;
use crate::model::shown::{shown_json, shown_lines, shown_path};
use crate::report::facts::RUNNING;
use crate::report::results::{BUCKETS_MAX, LISTED_MAX, RUNS_MAX, Report, RunTold};
use crate::report::{page, summary};

pub(super) fn report(arguments: &ReportArguments) -> Result<Exit, Failure> {
    let path = find::the_checkpoint(arguments.csv.as_deref(), arguments.checkpoint.as_deref())?;
    let report = read(&path)?;
    let shown = match arguments.format {
        Format::Html => page::page(&report),
        // A file is looked at in a terminal, too.
        Format::Text => shown_lines(&summary::summary(&report)).into_owned(),
        Format::Json => serde_json::to_string(&report)
            .map(|json| shown_json(&json).into_owned())
            .map_err(|error| Failure::refused(format!("cannot write the report ({error})")))?,
    };
    match output_file(arguments, &report) {
        None => output::line(&shown),
        Some(file) => {
            let target = target(arguments, &file, &path)?;
            WholeFile::private(target)?.write_all(format!("{shown}\n").as_bytes())?;
            output::say(&format!("wrote {}", shown_path(&file)));
        }
    }
    Ok(Exit::Done)
}

/// A report that was written before is replaced, and nothing else unless it is asked for.
fn target(arguments: &ReportArguments, file: &Path, checkpoint: &Path) -> Result<Target, Failure> {
    let reader = Reader::open(checkpoint)?;
    let origins = origins::origins(&reader, checkpoint)?;
    let rules = Rules {
        kept: &Kept::of_checkpoint(checkpoint, &reader, &origins, arguments.csv.as_deref())?,
        force: arguments.force,
        is_own: &own::is_report,
        elsewhere: "name another file with -o",
    };
    Target::find(file, &rules)
}

/// Nobody wants to see HTML in a terminal.
fn output_file(arguments: &ReportArguments, report: &Report) -> Option<PathBuf> {
    match arguments.output.as_deref() {
        Some(path) if path == Path::new("-") => None,
        Some(path) => Some(path.to_owned()),
        None if arguments.format == Format::Html && std::io::stdout().is_terminal() => {
            let recorded = Path::new(&report.origins.csv.path);
            let csv = arguments.csv.as_deref().unwrap_or(recorded);
            Some(csv.with_extension("report.html"))
        }
        None => None,
    }
}

fn read(path: &Path) -> Result<Report, Failure> {
    let reader = Reader::open(path)?;
    reader.freeze()?;
    let facts = status::facts(&reader)?;
    let needs_person = reader.first_without(LISTED_MAX)?;
    let problems = facts.rejected + facts.invalid + facts.unknown;
    let (runs, all) = reader.runs(RUNS_MAX)?;
    let listed = runs.len();
    let goes_on = facts.stopped_because == RUNNING;
    let runs: Vec<RunTold> = runs
        .into_iter()
        .enumerate()
        .map(|(at, run)| RunTold::new(run, goes_on && at + 1 == listed))
        .collect();
    Ok(Report {
        origins: origins::origins(&reader, path)?,
        written_at: wall().strftime("%Y-%m-%d %H:%M:%S").to_string(),
        all_runs: reader.all_runs()?,
        causes: reader.causes()?,
        replies: reader.replies()?,
        latency: reader.latency()?,
        timeline: reader.timeline(BUCKETS_MAX)?,
        needs_person_more: problems.saturating_sub(needs_person.len() as u64),
        needs_person,
        runs_before: all.saturating_sub(listed as u64),
        runs,
        waiting: status::waiting(&reader, &facts)?,
        words: Vec::new(),
        no_requester: requesters::of_report(&reader)?,
        samples: Vec::new(),
        facts,
    })
}
