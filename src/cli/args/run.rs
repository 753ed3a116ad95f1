//! The arguments of `run`, under the headings of its help.

use std::path::PathBuf;

use clap::Args;
use jiff::SignedDuration;

use crate::cli::shared_args::{AccountArguments, LogArguments};
use crate::engine::scan::NewIds;

use super::{Endpoint, Format, OnInvalid, Plan, Progress, UnknownAuthor};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  zendesk-migrate run tickets.csv -n                check every row, send nothing
  zendesk-migrate run tickets.csv --sandbox         try it on a built-in fake Zendesk
  zendesk-migrate run tickets.csv --subdomain acme --limit 10
  zendesk-migrate run tickets.csv --subdomain acme  again after a crash: go on")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(in crate::cli) struct RunArguments {
    /// The CSV file with the tickets
    #[arg(value_name = "FILE.csv")]
    pub(in crate::cli) csv: PathBuf,

    /// Check every row and show what a run would do; send and write nothing
    #[arg(short = 'n', long, env = "ZENDESK_MIGRATE_DRY_RUN")]
    pub(in crate::cli) dry_run: bool,
    /// Send at most N new rows in this run
    #[arg(long, value_name = "N", env = "ZENDESK_MIGRATE_LIMIT")]
    pub(in crate::cli) limit: Option<u64>,
    /// With -n: how to show what was found
    #[arg(
        long,
        value_enum,
        env = "ZENDESK_MIGRATE_FORMAT",
        requires = "dry_run",
        conflicts_with = "json",
        hide_short_help = true
    )]
    pub(in crate::cli) format: Option<Format>,
    /// With -n: ask the account what a run asks it first (GETs only)
    #[arg(
        long,
        env = "ZENDESK_MIGRATE_ONLINE",
        requires = "dry_run",
        hide_short_help = true
    )]
    pub(in crate::cli) online: bool,
    /// With -n: your plan
    #[arg(
        long,
        value_enum,
        env = "ZENDESK_MIGRATE_PLAN",
        requires = "dry_run",
        hide_short_help = true
    )]
    pub(in crate::cli) plan: Option<Plan>,

    #[command(flatten)]
    pub(in crate::cli) account: AccountArguments,
    /// Go without asking although active triggers may mail customers
    #[arg(long, env = "ZENDESK_MIGRATE_ALLOW_TRIGGERS", help_heading = "Account")]
    pub(in crate::cli) allow_triggers: bool,

    /// The mapping file [default: FILE.toml, if it is there]
    #[arg(
        short,
        long,
        value_name = "FILE",
        env = "ZENDESK_MIGRATE_MAPPING",
        help_heading = "Tickets"
    )]
    pub(in crate::cli) mapping: Option<PathBuf>,
    /// The create to use [default: tickets]
    ///
    /// `imports` keeps dates and conversations, runs no triggers, needs an admin.
    #[arg(
        long,
        value_enum,
        value_name = "WHICH",
        env = "ZENDESK_MIGRATE_ENDPOINT",
        help_heading = "Tickets"
    )]
    pub(in crate::cli) endpoint: Option<Endpoint>,
    /// Imports: put closed tickets straight into the archive
    #[arg(
        long,
        env = "ZENDESK_MIGRATE_ARCHIVE_IMMEDIATELY",
        help_heading = "Tickets",
        hide_short_help = true
    )]
    pub(in crate::cli) archive_immediately: bool,
    /// Imports: who wrote a comment whose author Zendesk does not take
    #[arg(
        long,
        value_name = "WHO",
        value_enum,
        default_value = "fail",
        env = "ZENDESK_MIGRATE_UNKNOWN_AUTHOR",
        help_heading = "Tickets",
        hide_short_help = true
    )]
    pub(in crate::cli) unknown_author: UnknownAuthor,
    /// Leave invalid rows out, or send nothing
    #[arg(
        long,
        value_name = "WHAT",
        value_enum,
        default_value = "skip",
        env = "ZENDESK_MIGRATE_ON_INVALID",
        help_heading = "Tickets",
        hide_short_help = true
    )]
    pub(in crate::cli) on_invalid: OnInvalid,
    /// The same as --on-invalid stop
    #[arg(
        long,
        env = "ZENDESK_MIGRATE_STRICT",
        conflicts_with = "on_invalid",
        help_heading = "Tickets",
        hide_short_help = true
    )]
    pub(in crate::cli) strict: bool,

    /// The checkpoint [default: FILE.ACCOUNT.checkpoint.sqlite3]
    #[arg(
        short,
        long,
        value_name = "FILE",
        env = "ZENDESK_MIGRATE_CHECKPOINT",
        help_heading = "Checkpoint"
    )]
    pub(in crate::cli) checkpoint: Option<PathBuf>,
    /// Look every row up before it is sent: the checkpoint was lost or restored
    #[arg(
        long,
        env = "ZENDESK_MIGRATE_RECOVER",
        help_heading = "Checkpoint",
        hide_short_help = true
    )]
    pub(in crate::cli) recover: bool,
    /// Send rows although the ids of rows that have tickets seem to have changed
    #[arg(
        long,
        env = "ZENDESK_MIGRATE_ACCEPT_NEW_IDS",
        help_heading = "Checkpoint",
        hide_short_help = true
    )]
    pub(in crate::cli) accept_new_ids: bool,
    /// Go on with a checkpoint that another machine used last
    #[arg(
        long,
        env = "ZENDESK_MIGRATE_TAKE_OVER",
        help_heading = "Checkpoint",
        hide_short_help = true
    )]
    pub(in crate::cli) take_over: bool,
    /// How long until a ticket not found counts as not made [default: 5m]
    #[arg(long, value_name = "D", env = "ZENDESK_MIGRATE_LOOKUP_SETTLE",
          value_parser = duration, help_heading = "Checkpoint", hide_short_help = true)]
    lookup_settle: Option<u64>,

    /// Requests in flight, at most
    #[arg(long, value_name = "N", default_value_t = 20, env = "ZENDESK_MIGRATE_CONCURRENCY",
          value_parser = clap::value_parser!(u16).range(1..=1000), help_heading = "Pace and end", hide_short_help = true)]
    pub(in crate::cli) concurrency: u16,

    /// Stop after N rejected rows in this run
    #[arg(long, value_name = "N", default_value_t = 100, env = "ZENDESK_MIGRATE_MAX_ERRORS",
          value_parser = clap::value_parser!(u64).range(1..), help_heading = "Pace and end")]
    pub(in crate::cli) max_errors: u64,
    /// Stop after this long without a usable reply
    #[arg(long, value_name = "D", default_value = "15m", env = "ZENDESK_MIGRATE_MAX_OUTAGE",
          value_parser = duration, help_heading = "Pace and end", hide_short_help = true)]
    pub(in crate::cli) max_outage: u64,
    /// Stop cleanly after this long (90m, 8h)
    #[arg(long, value_name = "D", env = "ZENDESK_MIGRATE_MAX_DURATION", value_parser = duration,
          help_heading = "Pace and end", hide_short_help = true)]
    pub(in crate::cli) max_duration: Option<u64>,

    /// Print one JSON object on stdout at the end
    #[arg(long, env = "ZENDESK_MIGRATE_JSON", help_heading = "Output")]
    pub(in crate::cli) json: bool,
    /// Show no progress
    #[arg(short, long, env = "ZENDESK_MIGRATE_QUIET", help_heading = "Output")]
    pub(in crate::cli) quiet: bool,
    /// How to show progress
    #[arg(
        long,
        value_name = "HOW",
        value_enum,
        default_value = "auto",
        env = "ZENDESK_MIGRATE_PROGRESS",
        hide_default_value = true,
        help_heading = "Output",
        hide_short_help = true
    )]
    pub(in crate::cli) progress: Progress,
    #[command(flatten)]
    pub(in crate::cli) log: LogArguments,
}

impl RunArguments {
    /// `--accept-new-ids`, as the scan knows it.
    pub(in crate::cli) fn new_ids(&self) -> NewIds {
        if self.accept_new_ids {
            NewIds::Accept
        } else {
            NewIds::Refuse
        }
    }

    /// The create to use.
    pub(in crate::cli) fn endpoint(&self) -> Endpoint {
        self.endpoint.unwrap_or(Endpoint::Tickets)
    }

    /// `--lookup-settle` in milliseconds. In the embedded sandbox nothing lags behind.
    pub(in crate::cli) fn lookup_settle(&self) -> u64 {
        let default = if self.account.sandbox {
            LOOKUP_SETTLE_MS_SANDBOX
        } else {
            LOOKUP_SETTLE_MS
        };
        self.lookup_settle.unwrap_or(default)
    }
}

/// The default of `--lookup-settle`, for a real account and for the embedded sandbox.
const LOOKUP_SETTLE_MS: u64 = 5 * 60 * 1_000;
const LOOKUP_SETTLE_MS_SANDBOX: u64 = 1_000;

/// Reads a duration such as `90s`, `15m` or `8h` as milliseconds.
fn duration(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is not a duration; write it like 90s, 15m or 8h");
    let duration: SignedDuration = text.parse().map_err(|_| wrong())?;
    u64::try_from(duration.as_millis()).map_err(|_| wrong())
}
