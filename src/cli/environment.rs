//! The environment and the credentials file: the only place that reads either.

use std::fs;
use std::path::Path;

use secrecy::SecretString;

use super::exit::{Exit, Failure};
use super::shared_args::AccountArguments;
use crate::model::shown::shown_path;
use crate::zendesk::{Account, Credentials};

/// Finds the account that the flags or the environment name.
pub(super) fn account(arguments: &AccountArguments) -> Result<Account, Failure> {
    let account = match (&arguments.url, &arguments.subdomain) {
        (Some(url), _) => Account::from_url(url),
        (None, Some(subdomain)) => Account::from_subdomain(subdomain),
        (None, None) => match (variable("URL"), variable("SUBDOMAIN")) {
            (Some(url), _) => Account::from_url(&url),
            (None, Some(subdomain)) => Account::from_subdomain(&subdomain),
            (None, None) => {
                return Err(Failure::usage(
                    "no account is named: add --subdomain NAME (or --url URL), or try it with \
                     --sandbox first",
                ));
            }
        },
    };
    account.map_err(|error| Failure::usage(error.to_string()))
}

/// Whether the flags or the environment name an account.
pub(super) fn names_account(arguments: &AccountArguments) -> bool {
    arguments.url.is_some()
        || arguments.subdomain.is_some()
        || variable("URL").is_some()
        || variable("SUBDOMAIN").is_some()
}

/// Finds the credentials in the file that the flags name, or in the environment.
pub(super) fn credentials(file: Option<&Path>) -> Result<Credentials, Failure> {
    match file {
        Some(path) => from_names(&from_file(path)?, &format!("{} holds", shown_path(path))),
        None => from_names(&variable, "the environment has").map_err(|failure| Failure {
            sentence: format!(
                "{}; or name a file that has them with --credentials",
                failure.sentence
            ),
            ..failure
        }),
    }
}

fn from_names(find: &dyn Fn(&str) -> Option<String>, place: &str) -> Result<Credentials, Failure> {
    if let (Some(id), Some(secret)) = (find("CLIENT_ID"), find("CLIENT_SECRET")) {
        return Ok(Credentials::Client {
            id,
            secret: SecretString::from(secret),
        });
    }
    if let Some(token) = find("OAUTH_TOKEN") {
        return Ok(Credentials::Bearer(SecretString::from(token)));
    }
    if let (Some(email), Some(token)) = (find("EMAIL"), find("API_TOKEN")) {
        return Ok(Credentials::ApiToken {
            email,
            token: SecretString::from(token),
        });
    }
    Err(Failure {
        exit: Exit::Credentials,
        sentence: format!(
            "{place} no credentials: set ZENDESK_CLIENT_ID and ZENDESK_CLIENT_SECRET, or \
             ZENDESK_OAUTH_TOKEN, or ZENDESK_EMAIL and ZENDESK_API_TOKEN, there (never on the \
             command line)"
        ),
    })
}

/// Reads a variable by its name without prefix; the longer prefix counts first. Empty is unset.
fn variable(name: &str) -> Option<String> {
    ["ZENDESK_MIGRATE_", "ZENDESK_"]
        .iter()
        .find_map(|prefix| read(&format!("{prefix}{name}")))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the environment"
)]
fn read(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

type Find = Box<dyn Fn(&str) -> Option<String>>;

fn from_file(path: &Path) -> Result<Find, Failure> {
    let cannot = |why: &dyn std::fmt::Display| {
        Failure::refused(format!(
            "the credentials file {} cannot be used: {why}",
            shown_path(path)
        ))
    };
    refuse_if_others_can_read(path)?;
    let text = fs::read_to_string(path).map_err(|error| cannot(&error))?;
    let mut pairs = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        // The line itself is not shown: it may be a secret.
        let Some((name, value)) = line.split_once('=') else {
            return Err(cannot(&format!("line {} is not NAME=value", index + 1)));
        };
        pairs.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    Ok(Box::new(move |wanted| {
        ["ZENDESK_MIGRATE_", "ZENDESK_"].iter().find_map(|prefix| {
            let name = format!("{prefix}{wanted}");
            pairs
                .iter()
                .find(|(n, v)| *n == name && !v.is_empty())
                .map(|(_, v)| v.clone())
        })
    }))
}

#[cfg(unix)]
fn refuse_if_others_can_read(path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::metadata(path).map_err(|error| {
        Failure::refused(format!(
            "the credentials file {} cannot be used: {error}",
            shown_path(path)
        ))
    })?;
    let others_may = metadata.mode() & 0o077;
    if others_may == 0 {
        return Ok(());
    }
    Err(Failure::refused(format!(
        "others can read {}; make it yours alone with: chmod 600 {0}",
        shown_path(path)
    )))
}

#[cfg(not(unix))]
fn refuse_if_others_can_read(_path: &Path) -> Result<(), Failure> {
    Ok(())
}
