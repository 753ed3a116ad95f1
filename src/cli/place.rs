//! Where a command works: the account, and the checkpoint that is kept for it.

use std::path::{Path, PathBuf};

use super::args::RunArguments;
use super::exit::Failure;
use super::shared_args::AccountArguments;
use super::{environment, find, output, paths, settle};
use crate::checkpoint::{Reader, Setting};
use crate::engine::siblings::Search;
use crate::model::limits::REQUEST_TIMEOUT_MS;
use crate::model::shown::{one_line, shown_path};
use crate::sandbox::server::{self, Server};
use crate::zendesk::{Account, Credentials};

/// What the embedded double is called.
pub(super) const SANDBOX: &str = "sandbox";

/// Where a command works, known before anything is opened.
pub(super) struct Place {
    account: Option<(Account, Credentials)>,
    /// What the checkpoint calls the account.
    pub(super) account_name: String,
    pub(super) checkpoint: PathBuf,
}

/// Where the other checkpoints of an account lie; credentials are not needed to know it.
pub(super) struct Beside {
    checkpoint: PathBuf,
    account_name: String,
    ending: String,
}

impl Beside {
    /// The place of a run; `None` if no account is named.
    pub(super) fn of(arguments: &RunArguments) -> Option<Self> {
        let (name, account_name) = if arguments.account.sandbox {
            (SANDBOX.to_owned(), SANDBOX.to_owned())
        } else {
            let account = environment::account(&arguments.account).ok()?;
            (account.name().to_owned(), account.host().to_owned())
        };
        let checkpoint = arguments.checkpoint.clone();
        Some(Self {
            checkpoint: checkpoint.unwrap_or_else(|| paths::checkpoint(&arguments.csv, &name)),
            account_name,
            ending: paths::ending(&name),
        })
    }

    /// Where they are looked for.
    pub(super) fn search(&self) -> Search<'_> {
        Search {
            beside: &self.checkpoint,
            ending: &self.ending,
            account: &self.account_name,
        }
    }
}

impl Place {
    /// Where a run works.
    pub(super) fn of_run(arguments: &RunArguments) -> Result<Self, Failure> {
        if !arguments.account.sandbox {
            refuse_haste(arguments, &environment::account(&arguments.account)?)?;
        }
        let checkpoint = arguments.checkpoint.as_deref();
        Self::find(&arguments.account, Some(&arguments.csv), checkpoint)
    }

    /// Finds the account, and the checkpoint that is named or lies beside the CSV.
    pub(super) fn find(
        arguments: &AccountArguments,
        csv: Option<&Path>,
        checkpoint: Option<&Path>,
    ) -> Result<Self, Failure> {
        let (account, checkpoint) = named(arguments, csv, checkpoint)?;
        Self::at(account, arguments, checkpoint)
    }

    /// Finds a checkpoint that is there already, and the account that is named; if none is, the
    /// checkpoint's own.
    pub(super) fn of_checkpoint(
        arguments: &AccountArguments,
        csv: Option<&Path>,
        checkpoint: Option<&Path>,
    ) -> Result<Self, Failure> {
        if arguments.sandbox || environment::names_account(arguments) {
            return Self::find(arguments, csv, checkpoint);
        }
        let path = find::the_checkpoint(csv, checkpoint)?;
        let host = Reader::open(&path)?.setting(Setting::Account)?;
        let account = match host.as_deref() {
            Some(SANDBOX) => None,
            Some(host) => Some(account_at(host, &path)?),
            None => return Err(unnamed(&path)),
        };
        Self::at(account, arguments, path)
    }

    fn at(
        account: Option<Account>,
        arguments: &AccountArguments,
        checkpoint: PathBuf,
    ) -> Result<Self, Failure> {
        let Some(account) = account else {
            return Ok(Self {
                account: None,
                account_name: SANDBOX.to_owned(),
                checkpoint,
            });
        };
        let credentials = environment::credentials(arguments.credentials.as_deref())?;
        warn_of_api_token(&credentials);
        Ok(Self {
            account_name: account.host().to_owned(),
            account: Some((account, credentials)),
            checkpoint,
        })
    }

    /// Whether the account is the embedded sandbox.
    pub(super) fn is_embedded(&self) -> bool {
        self.account.is_none()
    }

    /// The account to talk to; the embedded double is started here, and stops with its handle.
    pub(super) fn connect(&self) -> Result<(Account, Credentials, Option<Server>), Failure> {
        if let Some((account, credentials)) = &self.account {
            return Ok((account.clone(), credentials.clone(), None));
        }
        let refused = |error: &dyn std::fmt::Display| {
            Failure::refused(one_line(&error.to_string(), usize::MAX))
        };
        let config = server::Config {
            listen: ([127, 0, 0, 1], 0).into(),
            data: Some(paths::sandbox_data(&self.checkpoint)),
            ..server::Config::default()
        };
        let server = server::start(config).map_err(|error| refused(&error))?;
        let account = Account::sandbox(server.address()).map_err(|error| refused(&error))?;
        // Cut out of what it says like any token, so that it must not look like anything else.
        let credentials = Credentials::Bearer("no-secret-at-all".to_owned().into());
        Ok((account, credentials, Some(server)))
    }
}

/// The checkpoint of the account that is named, or the only one that there is.
pub(super) fn checkpoint_of(
    arguments: &AccountArguments,
    csv: Option<&Path>,
    checkpoint: Option<&Path>,
) -> Result<PathBuf, Failure> {
    if checkpoint.is_none() && (arguments.sandbox || environment::names_account(arguments)) {
        return named(arguments, csv, checkpoint).map(|(_, checkpoint)| checkpoint);
    }
    find::the_checkpoint(csv, checkpoint)
}

/// The account that is named, and the checkpoint that is named or lies beside the CSV.
fn named(
    arguments: &AccountArguments,
    csv: Option<&Path>,
    checkpoint: Option<&Path>,
) -> Result<(Option<Account>, PathBuf), Failure> {
    let (account, file_name) = if arguments.sandbox {
        (None, SANDBOX.to_owned())
    } else {
        let account = environment::account(arguments)?;
        let file_name = account.name().to_owned();
        (Some(account), file_name)
    };
    let checkpoint = match (checkpoint, csv) {
        (Some(path), _) => path.to_owned(),
        (None, Some(csv)) => match settle::checkpoint_of(csv)? {
            Some(said) => said,
            None => paths::checkpoint(csv, &file_name),
        },
        (None, None) => {
            return Err(Failure::usage("name a CSV file, or a checkpoint with -c"));
        }
    };
    Ok((account, checkpoint))
}

/// The account that a checkpoint names. Credentials go nowhere but to Zendesk or this machine because
/// a file says so.
fn account_at(host: &str, checkpoint: &Path) -> Result<Account, Failure> {
    if host.ends_with(".zendesk.com") {
        return Account::from_url(&format!("https://{host}")).map_err(|_| unnamed(checkpoint));
    }
    // No other host than a loopback one can be reached by http.
    Account::from_url(&format!("http://{host}")).map_err(|_| unnamed(checkpoint))
}

fn unnamed(checkpoint: &Path) -> Failure {
    Failure::usage(format!(
        "name the account of {} with --subdomain or --url",
        shown_path(checkpoint)
    ))
}

fn warn_of_api_token(credentials: &Credentials) {
    if let Credentials::ApiToken { .. } = credentials {
        output::say(
            "API tokens stop working on 2027-04-30, and no new ones are given out: plan to use an \
             OAuth client (ZENDESK_CLIENT_ID and ZENDESK_CLIENT_SECRET)",
        );
    }
}

/// A search index is minutes behind: against a real account, absence is not believed at once.
fn refuse_haste(arguments: &RunArguments, account: &Account) -> Result<(), Failure> {
    if account.is_loopback() || arguments.lookup_settle() >= REQUEST_TIMEOUT_MS {
        return Ok(());
    }
    Err(Failure::usage(
        "--lookup-settle must be at least a minute: Zendesk's search is minutes behind, and a ticket \
         that is not found yet would be made again",
    ))
}
