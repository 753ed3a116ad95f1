//! `run -n`: the same road as an import with the sending half missing. Unless it is asked for
//! (`--online`), no client is ever made, and the checkpoint is a temporary one: a copy of what a run
//! would take up, if there is something.

use std::path::PathBuf;

use super::args::{Endpoint, Format, RunArguments};
use super::exit::{Exit, Failure};
use super::place::{Beside, Place};
use super::progress::Display;
use super::{environment, find, meet, origins, output, paths, requesters, tell};
use crate::checkpoint::{Checkpoint, FirstRow, Outlook, Reader};
use crate::engine::authors;
use crate::engine::clock::{monotonic, wall};
use crate::engine::driver::SAMPLE_ROWS;
use crate::engine::run::runtime;
use crate::engine::scan;
use crate::engine::siblings;
use crate::engine::start;
use crate::engine::{EngineError, fields};
use crate::lifecycle::Stop;
use crate::model::counts::Counts;
use crate::model::ids::RowNumber;
use crate::model::results::Cause;
use crate::model::shown::{shown_json, shown_path};
use crate::model::time::ServerTime;
use crate::report::preview::{self, Estimate, Preview};
use crate::report::results::{Report, Sample};
use crate::report::{self, Facts, ThisRun, Would};
use crate::source::{self, Source};
use crate::zendesk::{Client, RECORDED_CREATE_RPM, Timeouts, Work};

/// Tickets that are shown as they would be sent.
const SAMPLES: usize = 3;

/// Rows with a problem that the page lists; the rest is only counted.
const LISTED_MAX: usize = 200;

pub(super) fn dry_run(arguments: &RunArguments, source: &Source) -> Result<Exit, Failure> {
    let began = monotonic();
    let existing = existing_checkpoint(arguments);
    let mut scratch = match &existing {
        Some(path) => Checkpoint::scratch_copy(&Reader::open(path)?)?,
        None => Checkpoint::scratch()?,
    };
    let mut display = Display::of_run(arguments);
    // What the account's ticket fields take decides which rows are valid.
    let known = if arguments.online {
        Some(ask(arguments, source, &mut display)?)
    } else {
        None
    };
    if known.is_none() && meet::has_account_fields(arguments, source) {
        output::say(
            "the values of custom fields were not checked; add --online to check them against the \
             account's ticket fields",
        );
    }
    let outcome = scan::look_ahead(source, &mut scratch, arguments.new_ids(), &mut display)?;
    let siblings = ask_siblings(arguments, &mut scratch)?;
    for told in &siblings {
        output::say(told);
    }
    drop(display);
    tell::changes(&outcome, &scratch, source.csv_path())?;
    authors::take_up(source, &mut scratch)?;
    let counts = tell::counts(&outcome, &scratch)?;
    let authors = authors::count(source, &mut scratch, arguments.limit)?;
    let outlook = limited(scratch.outlook()?, arguments.limit);
    let would = would(&outlook, first_questions(arguments, source), authors);
    let shown = usize::try_from(outlook.create + outlook.look_up + outlook.resend);
    let first = scratch.first_pending(RowNumber(0), SAMPLES.min(shown.unwrap_or(SAMPLES)))?;
    let estimates = estimates(arguments, known.as_ref(), &would);
    let this_run = ThisRun {
        elapsed_ms: monotonic().since(began),
        ..ThisRun::default()
    };
    let preview = Preview {
        facts: Facts {
            would: Some(would),
            estimate_ms: estimates.first().map(|estimate| estimate.ms),
            ..Facts::new(&counts, this_run, &Stop::Done)
        },
        causes: causes(&scratch, &counts)?,
        words: source.words()?,
        no_requester: requesters::coming(&scratch, source, known.as_ref(), None)?,
        estimates,
        warnings: source.told(),
        samples: samples(&first, source)?,
        checkpoint: existing,
    };
    match arguments.format {
        Some(Format::Html) => output::line(&page(&preview, &first, &scratch)?),
        Some(Format::Json) => output::json(&preview),
        None if arguments.json => output::json(&preview),
        Some(Format::Text) | None => output::say(&preview::text(&preview)),
    }
    Ok(if counts.invalid > 0 {
        Exit::Problems
    } else {
        Exit::Done
    })
}

/// The page for whoever signs the migration off.
fn page(preview: &Preview, first: &[FirstRow], scratch: &Checkpoint) -> Result<String, Failure> {
    let samples = first.iter().zip(&preview.samples);
    let samples = samples.map(|(row, body)| Sample {
        line: row.line,
        external_id: row.external_id.clone(),
        body: shown_json(&serde_json::to_string_pretty(body).unwrap_or_default()).into_owned(),
    });
    let report = Report::of_dry_run(
        preview.facts.clone(),
        origins::of_dry_run(scratch)?,
        wall().strftime("%Y-%m-%d %H:%M:%S").to_string(),
        preview.causes.clone(),
        scratch.first_without(LISTED_MAX)?,
        samples.collect(),
    );
    let report = Report {
        words: preview.words.clone(),
        no_requester: Some(preview.no_requester.clone()),
        ..report
    };
    Ok(report::page::page(&report))
}

/// Requests at a start: who we are, which triggers are active, which ticket is the newest, and
/// whether the account has what the mapping names.
fn first_questions(arguments: &RunArguments, source: &Source) -> u64 {
    let newest = u64::from(arguments.endpoint() == Endpoint::Imports);
    let references = source.references().count() as u64;
    2 + newest
        + if arguments.account.sandbox {
            0
        } else {
            references
        }
}

/// What a run would do that sends so many rows at most.
fn limited(outlook: Outlook, limit: Option<u64>) -> Outlook {
    Outlook {
        create: limit.map_or(outlook.create, |limit| outlook.create.min(limit)),
        ..outlook
    }
}

/// A row that is looked up takes two requests if it is not found, and then a create. A run first
/// asks who it is and looks a sample of the rows up.
fn would(outlook: &Outlook, first_questions: u64, authors: u64) -> Would {
    let rows = outlook.create + outlook.resend + 3 * outlook.look_up;
    let sample = 2 * outlook.create.min(SAMPLE_ROWS as u64);
    let at_start = if rows == 0 {
        0
    } else {
        first_questions + sample
    };
    Would {
        create: outlook.create,
        resend: outlook.resend,
        look_up: outlook.look_up,
        authors,
        requests: at_start + rows + 2 * authors,
        at_start,
    }
}

/// The time at the rate that the operator or the account allows, and at the one that was recorded.
fn estimates(
    arguments: &RunArguments,
    known: Option<&start::Account>,
    would: &Would,
) -> Vec<Estimate> {
    if would.requests == 0 {
        return Vec::new();
    }
    let work = Work {
        requests: would.requests - 2 * would.authors,
        authors: would.authors,
    };
    let reserved = |total: u32| {
        let reserve = arguments.account.reserve_rpm.unwrap_or(total / 5);
        total.saturating_sub(reserve).max(1)
    };
    let plan = arguments.plan.map(|plan| {
        let name = clap::ValueEnum::to_possible_value(&plan);
        let name = name.map_or_else(String::new, |value| value.get_name().to_owned());
        (
            reserved(plan.rpm()),
            format!("the plan {name}, less the reserve"),
        )
    });
    let account = known.and_then(|account| account.limit).map(|limit| {
        (
            reserved(limit.total),
            "the account's limit, less the reserve".to_owned(),
        )
    });
    let operator = arguments
        .account
        .max_rpm
        .map(|rpm| (rpm, "--max-rpm".to_owned()));
    let slowest = [operator, account, plan].into_iter().flatten().min();
    let recorded = (
        RECORDED_CREATE_RPM,
        "a limit on creates that some accounts have".to_owned(),
    );
    let recorded = Some(recorded).filter(|(rpm, _)| slowest.as_ref().is_none_or(|(r, _)| r > rpm));
    [slowest, recorded]
        .into_iter()
        .flatten()
        .map(|(rpm, by)| Estimate {
            ms: work.one_by_one(rpm),
            bulk_users_ms: (work.authors > 0).then(|| work.in_jobs(rpm)),
            by,
            rpm,
        })
        .collect()
}

/// Why rows have no ticket; not asked for if none is known to have a problem, since that takes a look
/// at all rows.
fn causes(scratch: &Checkpoint, counts: &Counts) -> Result<Vec<Cause>, Failure> {
    if counts.problems() == 0 {
        return Ok(Vec::new());
    }
    Ok(scratch.causes()?)
}

/// The first tickets, as they would be sent.
fn samples(first: &[FirstRow], source: &Source) -> Result<Vec<serde_json::Value>, Failure> {
    first.iter().map(|row| sample(row, source)).collect()
}

fn sample(row: &FirstRow, source: &Source) -> Result<serde_json::Value, Failure> {
    let place = source::Place {
        line: row.line,
        offset: row.offset,
    };
    let read = if row.is_fixed {
        source.read_again_as(place, &row.external_id)?
    } else {
        source.read_again(place)?
    };
    match read {
        Ok(ready) if ready.valid.external_id == row.external_id => {
            serde_json::from_slice(&ready.body).map_err(|error| Failure::refused(error.to_string()))
        }
        Ok(_) | Err(_) => Err(Failure::refused(format!(
            "line {} of {} has changed while it was read; run the same command again",
            row.line,
            shown_path(source.csv_path())
        ))),
    }
}

/// `--online`: what a run would ask before its first create.
fn ask(
    arguments: &RunArguments,
    source: &Source,
    display: &mut Display,
) -> Result<start::Account, Failure> {
    let place = Place::of_run(arguments)?;
    let (account, credentials, _server) = place.connect()?;
    let client = Client::new(account, credentials, Timeouts::default(), monotonic)
        .map_err(|error| Failure::refused(error.to_string()))?;
    let runtime = runtime()?;
    let mut so_far = meet::so_far(arguments);
    let known = runtime.block_on(async {
        let known = meet::meet(arguments, &client, source, &mut so_far, display).await?;
        if meet::has_account_fields(arguments, source) {
            fields::learn(&client, source, &mut so_far, display).await?;
        }
        Ok::<_, EngineError>(known)
    })?;
    output::say(&format!(
        "the account answers as user {} ({}); {} active triggers would run on each create{}",
        known.user,
        known.role,
        known.triggers.count,
        known.limit.map_or_else(String::new, |limit| format!(
            "; {} requests a minute",
            limit.total
        ))
    ));
    Ok(known)
}

/// What a run would say of other checkpoints of the account; nobody may have named one.
fn ask_siblings(
    arguments: &RunArguments,
    scratch: &mut Checkpoint,
) -> Result<Vec<String>, Failure> {
    let Some(place) = Beside::of(arguments) else {
        return Ok(Vec::new());
    };
    let siblings = siblings::ask(scratch, place.search())?;
    // Nothing is sent, so that it does not matter which time it is there.
    scratch.look_up_shared(ServerTime(0))?;
    Ok(siblings.told())
}

/// The checkpoint that a run with these arguments would take up, if there is one.
fn existing_checkpoint(arguments: &RunArguments) -> Option<PathBuf> {
    let path = match &arguments.checkpoint {
        Some(path) => path.clone(),
        None if arguments.account.sandbox => paths::checkpoint(&arguments.csv, "sandbox"),
        None => match environment::account(&arguments.account) {
            Ok(account) => paths::checkpoint(&arguments.csv, account.name()),
            // Nobody has said which account: if there is one checkpoint, it is the one.
            Err(_) => find::the_checkpoint(Some(&arguments.csv), None).ok()?,
        },
    };
    path.exists().then_some(path)
}
