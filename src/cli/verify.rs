//! `verify`: are the tickets what was sent, and does the checkpoint agree with itself?

use std::path::PathBuf;

use serde::Serialize;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::exit::{Exit, Failure};
use super::interrupt::Signals;
use super::place::Place;
use super::verify_args::VerifyArguments;
use super::{find, origins, output};
use crate::checkpoint::{
    Checkpoint, CheckpointError, Reader, Scope, Setting, Verification, VerifiedRow,
};
use crate::engine::clock::monotonic;
use crate::engine::monitor::{Monitor, Picture};
use crate::engine::run::runtime;
use crate::engine::verify::{self, Files};
use crate::engine::{EngineError, belongs, start};
use crate::model::ids::Key;
use crate::model::shown::shown_path;
use crate::report::origins::FileMark;
use crate::report::text;
use crate::source::Source;
use crate::zendesk::pacer::Policy;
use crate::zendesk::{Client, Timeouts};

/// Rows with a difference that a JSON object lists; the rest is only counted.
const LISTED_MAX: usize = 100;

pub(super) fn verify(arguments: &VerifyArguments) -> Result<Exit, Failure> {
    if arguments.offline {
        return offline(arguments);
    }
    let place = Place::of_checkpoint(
        &arguments.account,
        arguments.csv.as_deref(),
        arguments.checkpoint.as_deref(),
    )?;
    let mut checkpoint = belongs::open_to_verify(&place.checkpoint, &place.account_name)?;
    let counts = checkpoint.counts()?;
    if counts.created == 0 {
        output::say("no row has a ticket yet, so there is nothing to compare");
        return Ok(Exit::Done);
    }
    let mut files = files(arguments, &checkpoint)?;
    let scope = scope(arguments, &checkpoint)?;
    let requests = read_back(arguments, &place, &mut checkpoint, &mut files, scope)?;
    let exit = tell(arguments, &checkpoint, scope, requests)?;
    checkpoint.verify_ends()?;
    let without = counts.rows() - counts.created;
    if without > 0 {
        output::say(&format!(
            "{} left out; `status` shows why",
            text::counted(
                without,
                "row",
                ["has no ticket and was", "have no ticket and were"]
            )
        ));
    }
    Ok(exit)
}

/// A sample that was cut off keeps its seed.
fn scope(arguments: &VerifyArguments, checkpoint: &Checkpoint) -> Result<Scope, Failure> {
    let Some(rows) = arguments.sample else {
        return Ok(Scope::All);
    };
    let seed = match (arguments.seed, checkpoint.verifying()?) {
        (Some(seed), _) => seed,
        (None, Some(Scope::Sample { rows: before, seed })) if before == rows => seed,
        (None, _) => random_seed(),
    };
    output::say(&format!(
        "a sample of {rows} tickets with the seed {seed}; --sample {rows} --seed {seed} chooses them \
         again"
    ));
    Ok(Scope::Sample { rows, seed })
}

fn random_seed() -> u64 {
    let [a, b, c, d, ..] = *Key::random().as_bytes();
    u64::from(u32::from_ne_bytes([a, b, c, d]))
}

/// The files that the rows were read from, to be read in the same way.
fn files(arguments: &VerifyArguments, checkpoint: &Checkpoint) -> Result<Files, Failure> {
    let recorded = |setting| {
        let text = checkpoint.setting(setting)?.filter(|text| !text.is_empty());
        Ok::<_, CheckpointError>(text)
    };
    let csv = FileMark {
        path: recorded(Setting::Csv)?.unwrap_or_default(),
        sha256: recorded(Setting::CsvSha256)?.unwrap_or_default(),
    };
    if arguments.csv.is_none() && csv.path.is_empty() {
        return Err(Failure::usage("name the CSV file that was imported"));
    }
    let csv = origins::recorded_csv(arguments.csv.as_deref(), &csv)?;
    let mapping = match &arguments.mapping {
        Some(mapping) => Some(mapping.clone()),
        None => recorded(Setting::Mapping)?.map(PathBuf::from),
    };
    let target = origins::target(recorded(Setting::Endpoint)?.as_deref());
    let source = Source::open_for(&csv, mapping.as_deref(), target)?;
    Ok(Files::new(source, mapping, target))
}

fn read_back(
    arguments: &VerifyArguments,
    place: &Place,
    checkpoint: &mut Checkpoint,
    files: &mut Files,
    scope: Scope,
) -> Result<u32, Failure> {
    let (account, credentials, _server) = place.connect()?;
    let client = Client::new(account, credentials, Timeouts::default(), monotonic)
        .map_err(|error| Failure::refused(error.to_string()))?;
    let runtime = runtime()?;
    let end = listen(&runtime)?;
    let mut monitor = Teller {
        quiet: arguments.quiet,
    };
    let policy = Policy {
        max_rpm: arguments.account.max_rpm,
        reserve_rpm: arguments.account.reserve_rpm,
    };
    let mut so_far = start::SoFar::default();
    let asked = runtime.block_on(async {
        let account = tokio::select! {
            known = start::who(&client, &mut so_far, &mut monitor) => known?,
            () = end.cancelled() => return Err(EngineError::Interrupted),
        };
        let reading = verify::Reading {
            scope,
            pace: policy,
            account: &account,
            is_embedded: place.is_embedded(),
        };
        let requests = verify::verify(&client, checkpoint, files, reading, (&end, &mut monitor));
        Ok(requests.await? + so_far.requests)
    });
    match asked {
        Ok(requests) => Ok(requests),
        Err(EngineError::Interrupted) => Err(Failure {
            exit: Exit::Interrupted,
            sentence: "interrupted; run the same command to continue".to_owned(),
        }),
        Err(error) => Err(error.into()),
    }
}

/// Every request is a GET: none of them has to be finished.
pub(super) fn listen(runtime: &Runtime) -> Result<CancellationToken, Failure> {
    let end = CancellationToken::new();
    let token = end.clone();
    let mut signals = Signals::catch(runtime)?;
    runtime.spawn(async move {
        signals.next().await;
        token.cancel();
    });
    Ok(end)
}

/// What `--json` prints.
#[derive(Serialize)]
struct Told<'t> {
    #[serde(flatten)]
    verification: Verification,
    sample: Option<SampleTold>,
    requests: u32,
    first_differences: &'t [VerifiedRow],
}

#[derive(Serialize)]
struct SampleTold {
    rows: u64,
    seed: u64,
}

fn tell(
    arguments: &VerifyArguments,
    checkpoint: &Checkpoint,
    scope: Scope,
    requests: u32,
) -> Result<Exit, Failure> {
    let far = checkpoint.verification()?;
    let mut first = Vec::new();
    checkpoint.each_difference(|row| {
        if !arguments.json {
            for line in lines(&row) {
                output::line(&line);
            }
        } else if first.len() < LISTED_MAX {
            first.push(row);
        }
    })?;
    if arguments.json {
        output::json(&Told {
            verification: far,
            sample: match scope {
                Scope::All => None,
                Scope::Sample { rows, seed } => Some(SampleTold { rows, seed }),
            },
            requests,
            first_differences: &first,
        });
    }
    output::say(&summary(&far, requests));
    if far.only_there > 0 {
        output::say(&format!(
            "{} sent, because the CSV or the mapping has changed: there only the external_id was \
             compared",
            text::counted(
                far.only_there,
                "row",
                ["no longer reads as it was", "no longer read as they were"]
            )
        ));
    }
    if far.missing > 0 {
        output::say(
            "if tickets were deleted by mistake, restore them in Zendesk, or have their rows sent again \
             with `zendesk-migrate retry --deleted`",
        );
    }
    if far.second_tickets > 0 {
        output::say(
            "several tickets carry one row's external_id: another import made them, or a proxy on the \
             way repeats requests; delete those that are not the row's, and switch such repetitions \
             off before you run the import again",
        );
    }
    Ok(if far.differing + far.missing + far.second_tickets > 0 {
        Exit::Different
    } else {
        Exit::Done
    })
}

/// A row as lines: one for each difference, and one for each second ticket.
fn lines(row: &VerifiedRow) -> Vec<String> {
    let VerifiedRow {
        line,
        external_id,
        ticket,
        ..
    } = row;
    let head = format!("line {line}, external_id {external_id:?}, ticket {ticket}");
    let gone = row.missing.then(|| "the ticket is gone".to_owned());
    let differences = row.differences.iter().map(ToString::to_string);
    let second = row.second_tickets.iter();
    let second = second.map(|other| format!("ticket {other} has the same external_id"));
    gone.into_iter()
        .chain(differences)
        .chain(second)
        .map(|what| format!("{head}: {what}"))
        .collect()
}

fn summary(far: &Verification, requests: u32) -> String {
    format!(
        "{} compared: {} agree, {} differ, {} gone; second tickets: {}; requests: {requests}",
        text::count(far.compared, "ticket"),
        far.agreeing + far.only_there,
        far.differing,
        far.missing,
        far.second_tickets
    )
}

/// Says what there is to say, and shows no picture.
pub(super) struct Teller {
    pub(super) quiet: bool,
}

impl Monitor for Teller {
    fn scanned(&mut self, _bytes: u64, _rows: u64) {}

    fn moved(&mut self, _picture: &Picture) {}

    fn tell(&mut self, sentence: &str) {
        if !self.quiet {
            output::say(sentence);
        }
    }
}

fn offline(arguments: &VerifyArguments) -> Result<Exit, Failure> {
    let named = arguments.checkpoint.as_deref();
    let path = find::the_checkpoint(arguments.csv.as_deref(), named)?;
    let reader = Reader::open(&path)?;
    let findings = reader.audit()?;
    for finding in &findings {
        output::line(finding);
    }
    if findings.is_empty() {
        output::say(&format!("{} agrees with itself", shown_path(&path)));
        return Ok(Exit::Done);
    }
    output::say(&format!(
        "{} findings: this should never happen, please report it",
        findings.len()
    ));
    Ok(Exit::Different)
}
