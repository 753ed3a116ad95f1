//! `run`: import, resume, or look ahead.

use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;

use super::args::{Endpoint, RunArguments};
use super::exit::{Exit, Failure};
use super::progress::Display;
use super::{confirm, environment, interrupt, output, paths};
use crate::checkpoint::Checkpoint;
use crate::engine::clock::monotonic;
use crate::engine::monitor::Tally;
use crate::engine::run::{Ended, runtime};
use crate::engine::scan::{self, CsvRows};
use crate::engine::{belongs, driver, plan, start};
use crate::lifecycle::{Rules, Stop};
use crate::model::ids::Key;
use crate::model::intent::{Route, Trust};
use crate::model::limits::REQUEST_TIMEOUT_MS;
use crate::model::time::Monotonic;
use crate::report::{Facts, ThisRun, Would, text};
use crate::sandbox::server::{self, Server};
use crate::source::Source;
use crate::zendesk::pacer::Policy;
use crate::zendesk::{Account, Client, Credentials, Timeouts};

/// Where creates go.
const TICKETS_PATH: &str = "/api/v2/tickets";

pub(super) fn run(arguments: &RunArguments) -> Result<Exit, Failure> {
    if arguments.endpoint == Endpoint::Imports {
        return Err(Failure::refused(
            "the imports endpoint is not built yet; --endpoint tickets is the one that works",
        ));
    }
    let source = Source::open(&arguments.csv, arguments.mapping.as_deref())?;
    if arguments.dry_run {
        dry_run(arguments, &source)
    } else {
        import(arguments, source)
    }
}

/// The same road as an import, with the sending half missing: no client is ever made.
fn dry_run(arguments: &RunArguments, source: &Source) -> Result<Exit, Failure> {
    let began = monotonic();
    let mut display = display(arguments);
    let mut scratch = Checkpoint::scratch()?;
    scan::scan(source, &mut scratch, &mut display)?;
    drop(display);
    let counts = scratch.counts()?;
    for (line, problem) in scratch.invalid(20)? {
        output::say(&format!(
            "line {line}: {}: {}",
            problem.code, problem.message
        ));
    }
    if counts.invalid > 20 {
        output::say(&format!("… and {} more invalid rows", counts.invalid - 20));
    }
    let existing = existing_checkpoint(arguments);
    let would = match &existing {
        Some(path) => would_go_on(path)?,
        None => Would {
            create: counts.pending,
            requests: counts.pending,
            ..Would::default()
        },
    };
    let this_run = ThisRun {
        elapsed_ms: monotonic().since(began),
        ..ThisRun::default()
    };
    let facts = Facts {
        would: Some(would),
        estimate_ms: arguments
            .max_rpm
            .map(|rpm| would.requests * 60_000 / u64::from(rpm)),
        ..Facts::new(&counts, this_run, &Stop::Done)
    };
    if arguments.json {
        output::json(&facts);
    } else {
        output::say(&text::dry_run(&facts, existing.as_deref()));
    }
    Ok(if counts.invalid > 0 {
        Exit::Problems
    } else {
        Exit::Done
    })
}

/// What a run would do with what the checkpoint holds.
fn would_go_on(path: &Path) -> Result<Would, Failure> {
    let counts = crate::checkpoint::Reader::open(path)?.counts()?;
    Ok(Would {
        create: counts.pending,
        resend: counts.sending,
        look_up: 0,
        requests: counts.open(),
    })
}

/// The checkpoint that a run with these arguments would take up, if there is one.
fn existing_checkpoint(arguments: &RunArguments) -> Option<PathBuf> {
    let path = match &arguments.checkpoint {
        Some(path) => path.clone(),
        None if arguments.sandbox => paths::checkpoint(&arguments.csv, "sandbox"),
        None => {
            let account = environment::account(arguments).ok()?;
            paths::checkpoint(&arguments.csv, account.name())
        }
    };
    path.exists().then_some(path)
}

fn import(arguments: &RunArguments, source: Source) -> Result<Exit, Failure> {
    let began = monotonic();
    let place = Place::find(arguments)?;
    let mut checkpoint =
        belongs::open(&place.checkpoint, &place.account_name, arguments.take_over)?;
    let mut display = display(arguments);
    if let Err(error) = scan::scan(&source, &mut checkpoint, &mut display) {
        checkpoint.discard_if_new()?;
        return Err(error.into());
    }
    let before = checkpoint.counts()?;
    let ended = if before.open() == 0 {
        Ended {
            stop: Stop::Done,
            counts: before,
            tally: Tally::default(),
        }
    } else {
        send(arguments, &place, source, checkpoint, &mut display)?
    };
    drop(display);
    let facts = facts(&ended, began);
    if arguments.json {
        output::json(&facts);
    }
    output::say(&text::rows(&facts));
    if facts.this_run.requests > 0 {
        output::say(&text::this_run(&facts.this_run));
    }
    output::say(&text::ending(&ended.stop, &facts));
    Ok(Exit::of_run(&ended.stop, &ended.counts))
}

fn send(
    arguments: &RunArguments,
    place: &Place,
    source: Source,
    mut checkpoint: Checkpoint,
    display: &mut Display,
) -> Result<Ended, Failure> {
    let (account, credentials, _server) = place.connect()?;
    let client = Client::new(account, credentials, Timeouts::default())
        .map_err(|error| Failure::refused(error.to_string()))?;
    let runtime = runtime()?;
    let (sender, inbox) = channel();
    interrupt::listen(&runtime, sender.clone());
    let known = runtime.block_on(start::ask(&client, display))?;
    if !arguments.sandbox {
        confirm::triggers(&known.triggers, arguments.allow_triggers)?;
    }
    belongs::to_user(&mut checkpoint, known.user)?;
    if arguments.recover {
        checkpoint.recover(known.clock.at(monotonic()))?;
    }
    let plan = make_plan(arguments, client.account().host(), &known);
    let now = monotonic();
    let rows = CsvRows(source);
    let make_key = Box::new(Key::random);
    let mut driver = driver::Driver::new(plan, checkpoint, rows, make_key, known.clock, now)
        .map_err(Failure::from)?;
    driver.already_asked(known.limit, known.requests, now);
    let channel = (&sender, &inbox);
    let ended = crate::engine::run::run(driver, &client, &runtime, channel, display)?;
    runtime.shutdown_background();
    Ok(ended)
}

fn make_plan(arguments: &RunArguments, host: &str, known: &start::Account) -> plan::Plan {
    plan::Plan {
        rules: Rules {
            trust: Trust::Key,
            lookup_settle_ms: arguments.lookup_settle,
            request_timeout_ms: REQUEST_TIMEOUT_MS,
        },
        route: Route {
            method: "POST".to_owned(),
            path: TICKETS_PATH.to_owned(),
            host: host.to_owned(),
            user: known.user,
        },
        sees_all: known.role == "admin",
        pace: Policy {
            max_rpm: arguments.max_rpm,
            reserve_rpm: arguments.reserve_rpm,
        },
        concurrency: usize::from(arguments.concurrency),
        limit: arguments.limit,
        max_errors: arguments.max_errors,
        max_outage_ms: arguments.max_outage,
        max_duration_ms: arguments.max_duration,
        seed: u64::from_ne_bytes(first_half(Key::random().as_bytes())),
    }
}

fn first_half(bytes: &[u8; 16]) -> [u8; 8] {
    let mut half = [0; 8];
    half.copy_from_slice(&bytes[..8]);
    half
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

fn display(arguments: &RunArguments) -> Display {
    let bytes = std::fs::metadata(&arguments.csv).map_or(0, |file| file.len());
    Display::start(arguments.progress, arguments.quiet, bytes)
}

/// Where a run works, known before anything is opened.
struct Place {
    account: Option<(Account, Credentials)>,
    account_name: String,
    checkpoint: PathBuf,
}

impl Place {
    fn find(arguments: &RunArguments) -> Result<Self, Failure> {
        let (account, file_name, account_name) = if arguments.sandbox {
            (None, "sandbox".to_owned(), "sandbox".to_owned())
        } else {
            let account = environment::account(arguments)?;
            let credentials = environment::credentials(arguments.credentials.as_deref())?;
            let (file_name, host) = (account.name().to_owned(), account.host().to_owned());
            (Some((account, credentials)), file_name, host)
        };
        let checkpoint = match &arguments.checkpoint {
            Some(path) => path.clone(),
            None => paths::checkpoint(&arguments.csv, &file_name),
        };
        Ok(Self {
            account,
            account_name,
            checkpoint,
        })
    }

    /// The account to send to; the embedded double is started here, and stops with its handle.
    fn connect(&self) -> Result<(Account, Credentials, Option<Server>), Failure> {
        if let Some((account, credentials)) = &self.account {
            return Ok((account.clone(), credentials.clone(), None));
        }
        let refused = |error: &dyn std::fmt::Display| Failure::refused(error.to_string());
        let config = server::Config {
            listen: ([127, 0, 0, 1], 0).into(),
            data: Some(paths::sandbox_data(&self.checkpoint)),
            ..server::Config::default()
        };
        let server = server::start(config).map_err(|error| refused(&error))?;
        let account = Account::sandbox(server.address()).map_err(|error| refused(&error))?;
        let credentials = Credentials::Bearer("sandbox".to_owned().into());
        Ok((account, credentials, Some(server)))
    }
}
