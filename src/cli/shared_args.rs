//! The arguments that several commands take.

use std::path::PathBuf;

use clap::{ArgAction, Args};

/// Which account, as whom, and how fast.
#[derive(Debug, Args)]
pub(super) struct AccountArguments {
    /// Use the built-in fake Zendesk; its tickets live beside the checkpoint
    #[arg(long, env = "ZENDESK_MIGRATE_SANDBOX", conflicts_with_all = ["subdomain", "url"],
          help_heading = "Account")]
    pub(super) sandbox: bool,
    /// The account: NAME of NAME.zendesk.com
    #[arg(
        long,
        value_name = "NAME",
        env = "ZENDESK_MIGRATE_SUBDOMAIN",
        help_heading = "Account"
    )]
    pub(super) subdomain: Option<String>,
    /// The account's whole address; http only for a loopback address
    #[arg(
        long,
        value_name = "URL",
        env = "ZENDESK_MIGRATE_URL",
        conflicts_with = "subdomain",
        help_heading = "Account",
        hide_short_help = true
    )]
    pub(super) url: Option<String>,
    /// A file with the credentials [default: the environment]
    ///
    /// NAME=value a line, readable only by you; the names are in `zendesk-migrate man`.
    #[arg(
        long,
        value_name = "FILE",
        env = "ZENDESK_MIGRATE_CREDENTIALS",
        help_heading = "Account"
    )]
    pub(super) credentials: Option<PathBuf>,
    /// Requests a minute, at most [default: what the account allows]
    #[arg(long, value_name = "N", env = "ZENDESK_MIGRATE_MAX_RPM",
          value_parser = clap::value_parser!(u32).range(1..), help_heading = "Pace and end")]
    pub(super) max_rpm: Option<u32>,
    /// Requests a minute left free for others [default: a fifth of the limit]
    #[arg(
        long,
        value_name = "N",
        env = "ZENDESK_MIGRATE_RESERVE_RPM",
        help_heading = "Pace and end",
        hide_short_help = true
    )]
    pub(super) reserve_rpm: Option<u32>,
}

/// What is told of each request.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct LogArguments {
    /// Say more on stderr: -v what is out of the ordinary, -vv every request
    #[arg(short, long, action = ArgAction::Count, help_heading = "Output")]
    pub(super) verbose: u8,
    /// Append a JSON line for every request, without texts or secrets
    #[arg(
        long,
        value_name = "FILE",
        env = "ZENDESK_MIGRATE_LOG_FILE",
        help_heading = "Output"
    )]
    pub(super) log_file: Option<PathBuf>,
}
