//! `run`: import, resume, or look ahead.

use std::path::Path;
use std::sync::mpsc::channel;

use tokio_util::sync::CancellationToken;

use super::args::{Endpoint, OnInvalid, RunArguments};
use super::exit::{Exit, Failure};
use super::link::{Link, connect, learn_fields};
use super::place::{Beside, Place};
use super::progress::Display;
use super::session::Session;
use super::{claims, confirm, dry_run, interrupt, meet, output, paths, plan, requesters, tell};
use crate::checkpoint::{Checkpoint, Reader, Setting};
use crate::engine::clock::monotonic;
use crate::engine::csv_rows::CsvRows;
use crate::engine::monitor::{Ended, Monitor, Tally};
use crate::engine::run::runtime;
use crate::engine::scan::{self, ScanOutcome};
use crate::engine::start::SoFar;
use crate::engine::{EngineError, authors, belongs, driver, recover, siblings};
use crate::lifecycle::Stop;
use crate::model::counts::Counts;
use crate::model::ids::Key;
use crate::model::time::Monotonic;
use crate::report::{Facts, ThisRun, text};
use crate::source::Source;

pub(super) fn run(arguments: &RunArguments) -> Result<Exit, Failure> {
    if arguments.archive_immediately && arguments.endpoint() == Endpoint::Tickets {
        return Err(Failure::usage(
            "--archive-immediately is for --endpoint imports: only imported tickets can go straight \
             into the archive",
        ));
    }
    if arguments.max_outage <= arguments.lookup_settle() {
        return Err(Failure::usage(
            "--max-outage must be longer than --lookup-settle, or rows that have to settle never do",
        ));
    }
    let target = meet::target(arguments.endpoint());
    let source = Source::open_for(&arguments.csv, arguments.mapping.as_deref(), target)?;
    // The embedded double mails nobody: what is told of a real account would only alarm.
    if !arguments.account.sandbox {
        source
            .told()
            .iter()
            .for_each(|sentence| output::say(sentence));
    }
    if arguments.dry_run {
        dry_run::dry_run(arguments, &source)
    } else {
        import(arguments, source)
    }
}

fn import(arguments: &RunArguments, source: Source) -> Result<Exit, Failure> {
    let began = monotonic();
    let place = Place::of_run(arguments)?;
    let runtime = runtime()?;
    let (sender, inbox) = channel();
    let end = interrupt::listen(&runtime, sender.clone())?;
    if place.checkpoint.exists() {
        // As a rule the file has not changed; to know that takes as long as checking the checkpoint.
        source.begin_identity();
    }
    let mut checkpoint =
        belongs::open(&place.checkpoint, &place.account_name, arguments.take_over)?;
    let mut display = Display::of_run(arguments);
    let mut so_far = meet::so_far(arguments);
    let link = match learn_fields(
        arguments,
        (&place, &source, &checkpoint),
        (&runtime, &end),
        &mut so_far,
        &mut display,
    ) {
        Ok(link) => link,
        Err(failure) => {
            drop(display);
            checkpoint.discard_if_new()?;
            return Err(failure);
        }
    };
    let outcome = match scan::scan(
        &source,
        &mut checkpoint,
        arguments.new_ids(),
        &mut display,
        &end,
    ) {
        Ok(outcome) => outcome,
        Err(error) => {
            drop(display);
            checkpoint.discard_if_new()?;
            return Err(error.into());
        }
    };
    tell::changes(&outcome, &checkpoint, source.csv_path())?;
    authors::take_up(&source, &mut checkpoint)?;
    let before = tell::counts(&outcome, &checkpoint)?;
    refuse_invalid(arguments, &before, &checkpoint)?;
    let csv = source.csv_path().to_owned();
    let is_done = before.open() == 0 || checkpoint.open_here()? == 0;
    let ended = if is_done && before.claimed == 0 {
        Ended {
            stop: Stop::Done,
            counts: before,
            tally: Tally::default(),
        }
    } else {
        let body = Session {
            began,
            runtime: &runtime,
            sender,
            inbox,
            end,
        };
        let is_first = matches!(outcome, ScanOutcome::First(..));
        let checkpoint = (checkpoint, is_first);
        let link = match link {
            Some(link) => Ok(link),
            None => connect(&place),
        };
        let link = (link, so_far);
        send(
            arguments,
            &place,
            source,
            checkpoint,
            link,
            &body,
            &mut display,
        )?
    };
    drop(display);
    runtime.shutdown_background();
    tell_end(
        arguments,
        (&csv, &place.checkpoint),
        &outcome,
        &ended,
        began,
    )
}

/// Says what became of the rows, and what comes next.
fn tell_end(
    arguments: &RunArguments,
    (csv, checkpoint): (&Path, &Path),
    outcome: &ScanOutcome,
    ended: &Ended,
    began: Monotonic,
) -> Result<Exit, Failure> {
    let facts = facts(ended, began);
    if arguments.json {
        output::json(&facts);
    }
    let reader = match Reader::open(checkpoint) {
        // Its file may be what was lost.
        Err(_) if matches!(ended.stop, Stop::Disk(_)) => {
            output::say(&text::ending(&ended.stop, &facts));
            return Ok(Exit::of_run(&ended.stop, &ended.counts));
        }
        reader => reader?,
    };
    let recorded = match outcome {
        ScanOutcome::Fixed(_) => reader.setting(Setting::Csv)?,
        ScanOutcome::First(..) | ScanOutcome::Again(..) | ScanOutcome::Unchanged => None,
    };
    let recorded = recorded.map_or(csv.to_owned(), |path| paths::from_here(Path::new(&path)));
    if ended.counts.problems() > 0 {
        tell::problems(&reader.problems(tell::PROBLEMS_SHOWN)?, &ended.counts);
    }
    output::say(&text::rows(&facts));
    if facts.this_run.requests > 0 {
        output::say(&text::this_run(&facts.this_run));
    }
    output::say(&text::ending(&ended.stop, &facts));
    if let Some(next) = next(arguments, (&recorded, checkpoint), &ended.stop, &facts) {
        output::say(&next);
    }
    if ended.stop == Stop::Done && ended.counts.pending > 0 {
        tell::elsewhere(&reader, csv, checkpoint)?;
    }
    Ok(Exit::of_run(&ended.stop, &ended.counts))
}

/// The command that comes next, with the recorded CSV and the other files that this one was given.
fn next(
    arguments: &RunArguments,
    (csv, checkpoint): (&Path, &Path),
    stop: &Stop,
    facts: &Facts,
) -> Option<String> {
    let flag = |flag, path: Option<&Path>| {
        path.map(|path| format!(" {flag} {}", paths::typed(path)))
            .unwrap_or_default()
    };
    let is_to_be_named = arguments.checkpoint.is_some() || paths::existing(csv).len() > 1;
    let files = paths::typed(csv) + &flag("-c", is_to_be_named.then_some(checkpoint));
    let credentials = flag("--credentials", arguments.account.credentials.as_deref());
    text::next(stop, facts, &files, &credentials)
}

/// `--on-invalid stop`: nothing is sent as long as one row is invalid.
fn refuse_invalid(
    arguments: &RunArguments,
    counts: &Counts,
    checkpoint: &Checkpoint,
) -> Result<(), Failure> {
    let stop = arguments.strict || arguments.on_invalid == OnInvalid::Stop;
    if !stop || counts.invalid == 0 {
        return Ok(());
    }
    tell::problems(&checkpoint.problems(tell::PROBLEMS_SHOWN)?, counts);
    Err(Failure::refused(format!(
        "{} of {} {} invalid, so nothing was sent: fix the CSV or the mapping, or leave invalid \
         rows out with --on-invalid skip",
        counts.invalid,
        text::count(counts.rows(), "row"),
        if counts.invalid == 1 { "is" } else { "are" }
    )))
}

fn send(
    arguments: &RunArguments,
    place: &Place,
    source: Source,
    (mut checkpoint, is_first): (Checkpoint, bool),
    (link, mut so_far): (Result<Link, Failure>, SoFar),
    body: &Session<'_>,
    display: &mut Display,
) -> Result<Ended, Failure> {
    checkpoint.take_lease(arguments.take_over)?;
    if let Some(beside) = Beside::of(arguments) {
        let siblings = siblings::ask(&mut checkpoint, beside.search())?;
        siblings.refuse_doubt(arguments.recover)?;
        for told in siblings.told() {
            display.tell(&told);
        }
    }
    let end = body.end_of_preparing(arguments.max_duration);
    let settings = plan::settings(arguments, &place.account_name);
    let met = link.and_then(|Link { client, server }| {
        let known = body.runtime.block_on(async {
            tokio::select! {
                known = meet::meet(arguments, &client, &source, &mut so_far, display) => known,
                () = end.cancelled() => Err(EngineError::Interrupted),
            }
        });
        Ok((known?, client, server))
    });
    let (known, client, _server) = match met {
        // The next command may be meant for another account, or another mapping.
        Err(failure) if is_first && !so_far.answered => {
            checkpoint.discard()?;
            return Err(body.over(failure));
        }
        Err(failure) if failure.exit == Exit::Interrupted => {
            return body.cut_off(&mut checkpoint, &so_far, &settings);
        }
        met => met?,
    };
    let account = (&client, &known);
    let asking = (body.runtime, &end);
    match claims::check(
        arguments,
        account,
        &mut checkpoint,
        asking,
        &mut so_far,
        display,
    ) {
        Err(EngineError::Interrupted) => return body.cut_off(&mut checkpoint, &so_far, &settings),
        checked => checked?,
    }
    if checkpoint.open_here()? == 0 {
        return body.ended(Stop::Done, &mut checkpoint, &so_far, &settings);
    }
    // Triggers do not run on imported tickets.
    if !arguments.account.sandbox && arguments.endpoint() == Endpoint::Tickets {
        output::without_bar(|| confirm::triggers(&known.triggers, arguments.allow_triggers))?;
    }
    belongs::to_user(&mut checkpoint, known.user)?;
    let now = known.clock.at(monotonic());
    checkpoint.start_at(now)?;
    checkpoint.look_up_shared(now)?;
    let tickets = requesters::coming(&checkpoint, &source, Some(&known), arguments.limit)?;
    requesters::say(&tickets, display);
    let mut plan = plan::of_run(arguments, client.account().host(), &known);
    let rows = CsvRows(source);
    if arguments.recover {
        let watchers: (&CancellationToken, &mut dyn Monitor) = (&end, display);
        let (clock, requests) = (known.clock, &mut so_far.requests);
        let recover = recover::recover(&client, &mut checkpoint, &plan, clock, watchers, requests);
        match body.runtime.block_on(recover) {
            Err(EngineError::Interrupted) => {
                return body.cut_off(&mut checkpoint, &so_far, &settings);
            }
            recovered => recovered?,
        }
    }
    let now = monotonic();
    let spent = now.since(body.began);
    plan.max_duration_ms = plan.max_duration_ms.map(|most| most.saturating_sub(spent));
    let make_key = Box::new(Key::random);
    let mut driver = driver::Driver::new(plan, checkpoint, rows, make_key, known.clock, now)
        .map_err(Failure::from)?;
    driver.begin(body.began, &settings, now)?;
    driver.already_asked(known.limit, known.highest_ticket, so_far.requests, now);
    let mailbox = (&body.sender, &body.inbox);
    let ended = crate::engine::run::run(driver, &client, body.runtime, mailbox, display)?;
    Ok(ended)
}

fn facts(ended: &Ended, began: Monotonic) -> Facts {
    let tally = ended.tally;
    let this_run = ThisRun {
        created: tally.created,
        requests: tally.requests,
        throttled: tally.throttled,
        retried: tally.retried,
        lookups: tally.lookups,
        elapsed_ms: monotonic().since(began),
    };
    Facts::new(&ended.counts, this_run, &ended.stop)
}
