//! The arguments of `verify`.

use std::path::PathBuf;

use clap::Args;

use super::shared_args::{AccountArguments, LogArguments};

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  zendesk-migrate verify tickets.csv --subdomain acme
  zendesk-migrate verify tickets.csv --subdomain acme --sample 100
  zendesk-migrate verify tickets.csv --offline")]
pub(super) struct VerifyArguments {
    /// The CSV file with the tickets
    #[arg(value_name = "FILE.csv", required_unless_present = "checkpoint")]
    pub(super) csv: Option<PathBuf>,
    /// The mapping file [default: the one that was used]
    #[arg(short, long, value_name = "FILE", env = "ZENDESK_MIGRATE_MAPPING")]
    pub(super) mapping: Option<PathBuf>,
    /// The checkpoint [default: FILE.ACCOUNT.checkpoint.sqlite3]
    #[arg(short, long, value_name = "FILE", env = "ZENDESK_MIGRATE_CHECKPOINT")]
    pub(super) checkpoint: Option<PathBuf>,
    #[command(flatten)]
    pub(super) account: AccountArguments,
    /// Ask nobody: only look whether the checkpoint agrees with itself
    #[arg(long, env = "ZENDESK_MIGRATE_OFFLINE", conflicts_with = "sample")]
    pub(super) offline: bool,
    /// Only N tickets, chosen at random
    #[arg(long, value_name = "N", env = "ZENDESK_MIGRATE_SAMPLE",
          value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) sample: Option<u64>,
    /// Choose the same tickets as the sample that was told to have this seed
    #[arg(
        long,
        value_name = "N",
        env = "ZENDESK_MIGRATE_SAMPLE_SEED",
        requires = "sample",
        hide_short_help = true
    )]
    pub(super) seed: Option<u64>,
    /// Print one JSON object on stdout instead of a line for each difference
    #[arg(long, env = "ZENDESK_MIGRATE_JSON")]
    pub(super) json: bool,
    /// Show no progress
    #[arg(short, long, env = "ZENDESK_MIGRATE_QUIET")]
    pub(super) quiet: bool,
    #[command(flatten)]
    pub(super) log: LogArguments,
}
