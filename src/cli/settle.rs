//! What the section `[run]` of a migration file says instead of flags. A flag counts before the
//! environment, and that before the section.
//!
//! A file with rows of another CSV (`error.csv`) belongs to one checkpoint and is read in one way. Its
//! section says which, and there a flag may only agree: with another checkpoint, its rows would be new
//! ones.

use std::path::{Path, PathBuf};

use super::args::{Command, Endpoint, RunArguments};
use super::exit::Failure;
use super::shared_args::AccountArguments;
use super::{environment, paths};
use crate::checkpoint::one_name;
use crate::model::shown::shown_path;
use crate::source::{self, RunSettings};
use crate::zendesk::Account;

/// Fills in what the section says and nobody has typed.
pub(super) fn settle(command: &mut Command) -> Result<(), Failure> {
    match command {
        Command::Run(run) => settle_run(run),
        Command::Init(_)
        | Command::Status(_)
        | Command::Report(_)
        | Command::Export(_)
        | Command::Retry(_)
        | Command::Verify(_)
        | Command::Sandbox(_)
        | Command::Completions(_)
        | Command::Man(_) => Ok(()),
    }
}

/// The checkpoint that the section beside a CSV names.
pub(super) fn checkpoint_of(csv: &Path) -> Result<Option<PathBuf>, Failure> {
    let beside = csv.with_extension("toml");
    let Some(path) = settings_in(&beside).and_then(|run| run.checkpoint) else {
        return Ok(None);
    };
    if path.exists() {
        return Ok(Some(path));
    }
    Err(Failure::refused(format!(
        "{} names the checkpoint {}, which is not there; put it back, or name the checkpoint with -c",
        shown_path(&beside),
        shown_path(&path)
    )))
}

/// Refuses another checkpoint for rows that were exported from the one that the section names.
pub(super) fn refuse_another(csv: &Path, named: &Path) -> Result<(), Failure> {
    let beside = csv.with_extension("toml");
    match settings_in(&beside).and_then(|run| run.checkpoint) {
        Some(said) if one_name(&said) != one_name(named) && source::is_export(csv) => {
            let (named, said) = (shown_path(named), shown_path(&said));
            Err(contradicted("the checkpoint", &named, &said, &beside))
        }
        Some(_) | None => Ok(()),
    }
}

/// What a faulty file says is told by whoever needs it.
fn settings_in(mapping: &Path) -> Option<RunSettings> {
    let said = mapping
        .is_file()
        .then(|| source::run_settings(mapping).ok());
    let mut said = said.flatten().flatten()?;
    said.checkpoint = said.checkpoint.map(|path| paths::short(&path));
    Some(said)
}

fn settle_run(run: &mut RunArguments) -> Result<(), Failure> {
    let beside = run.csv.with_extension("toml");
    let is_export = source::is_export(&run.csv);
    let named = run.mapping.as_deref().map(|path| (path, settings_in(path)));
    // A mapping that is named need not be the one that an export has written.
    let found = match named {
        Some((path, Some(said))) => Some((path.to_owned(), said)),
        Some((_, None)) if !is_export => None,
        Some((_, None)) | None => settings_in(&beside).map(|said| (beside, said)),
    };
    let Some((file, said)) = found else {
        return if is_export {
            refuse_without_checkpoint(run)
        } else {
            Ok(())
        };
    };
    // Somebody may have taken the added columns out.
    let is_export = is_export || said.rows_of.is_some();
    if is_export {
        refuse_contradictions(run, &said, &file)?;
    }
    let endpoint = said.endpoint.map(|endpoint| match endpoint {
        source::Endpoint::Tickets => Endpoint::Tickets,
        source::Endpoint::Imports => Endpoint::Imports,
    });
    run.endpoint = run.endpoint.or(endpoint);
    run.account.reserve_rpm = run.account.reserve_rpm.or(said.reserve_rpm);
    if !names_account(&run.account) {
        refuse_unsafe(&said, &file)?;
        run.account.sandbox = said.sandbox;
        run.account.url = said.url.filter(|_| !said.sandbox);
        run.account.subdomain = said.subdomain.filter(|_| run.account.url.is_none());
        if said.sandbox {
            run.account.subdomain = None;
        }
    }
    if let (None, Some(path)) = (&run.checkpoint, said.checkpoint) {
        if is_export && !path.exists() {
            return Err(Failure::refused(format!(
                "{} names the checkpoint {}, which is not there; put it back, or name the \
                 checkpoint with -c",
                shown_path(&file),
                shown_path(&path)
            )));
        }
        run.checkpoint = Some(path);
    }
    if is_export {
        refuse_without_checkpoint(run)?;
    }
    Ok(())
}

fn names_account(arguments: &AccountArguments) -> bool {
    arguments.sandbox || environment::names_account(arguments)
}

/// Rows of another file are never taken for new ones: a checkpoint must know them already.
fn refuse_without_checkpoint(run: &RunArguments) -> Result<(), Failure> {
    let is_there = match &run.checkpoint {
        Some(path) => path.exists(),
        // One that was made from this very file.
        None => !paths::existing(&run.csv).is_empty(),
    };
    if is_there {
        return Ok(());
    }
    let csv = shown_path(&run.csv);
    Err(Failure::refused(match &run.checkpoint {
        Some(path) => format!(
            "{csv} has the columns of an export, so its rows belong to a checkpoint, and {} is not \
             there; name the one that it was exported from with -c",
            shown_path(path)
        ),
        None => format!(
            "{csv} has the columns of an export, so its rows belong to a checkpoint; put error.toml, \
             which export has written, beside it under the same name, or name the checkpoint with \
             -c and the mapping with -m (if its rows are new, rename the columns _line, _code, \
             _message and _row)"
        ),
    }))
}

/// What was typed and what the export has written must be the same.
fn refuse_contradictions(
    run: &RunArguments,
    said: &RunSettings,
    file: &Path,
) -> Result<(), Failure> {
    let refused = |what, typed: &str, said: &str| contradicted(what, typed, said, file);
    if let (Some(typed), Some(path)) = (&run.checkpoint, &said.checkpoint)
        && one_name(typed) != one_name(path)
    {
        let (typed, path) = (shown_path(typed), shown_path(path));
        return Err(refused("the checkpoint", &typed, &path));
    }
    if let (Some(typed), Some(endpoint)) = (run.endpoint, said.endpoint) {
        let endpoint = match endpoint {
            source::Endpoint::Tickets => Endpoint::Tickets,
            source::Endpoint::Imports => Endpoint::Imports,
        };
        if typed != endpoint {
            let names = (super::meet::name(typed), super::meet::name(endpoint));
            return Err(refused("the endpoint", names.0, names.1));
        }
    }
    if names_account(&run.account)
        && let Some(account) = account_said(said)
    {
        let typed = if run.account.sandbox {
            "the sandbox".to_owned()
        } else {
            environment::account(&run.account)?.host().to_owned()
        };
        if typed != account {
            return Err(refused("the account", &typed, &account));
        }
    }
    Ok(())
}

fn contradicted(what: &str, typed: &str, said: &str, file: &Path) -> Failure {
    Failure::usage(format!(
        "{what} is {typed} here, and {said} in {}, which was written with these rows; leave it out, \
         or export again from the checkpoint that is meant",
        shown_path(file)
    ))
}

fn account_said(said: &RunSettings) -> Option<String> {
    if said.sandbox {
        return Some("the sandbox".to_owned());
    }
    let account = match (&said.url, &said.subdomain) {
        (Some(url), _) => Account::from_url(url),
        (None, Some(name)) => Account::from_subdomain(name),
        (None, None) => return None,
    };
    account.ok().map(|account| account.host().to_owned())
}

/// Credentials go nowhere but to Zendesk or this machine because a file says so.
fn refuse_unsafe(said: &RunSettings, file: &Path) -> Result<(), Failure> {
    let Some(url) = &said.url else {
        return Ok(());
    };
    let account = Account::from_url(url)
        .map_err(|error| Failure::refused(format!("url in {}: {error}", shown_path(file))))?;
    if account.is_loopback() || account.host().ends_with(".zendesk.com") {
        return Ok(());
    }
    Err(Failure::refused(format!(
        "{} names an account that is neither at zendesk.com nor on this machine; if it is meant, \
         name it with --url",
        shown_path(file)
    )))
}
