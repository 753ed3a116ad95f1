//! The arguments, as they are typed.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::SignedDuration;

pub(super) use super::choices::{Endpoint, OnInvalid, Plan, Progress, UnknownAuthor};
use super::shared_args::{AccountArguments, LogArguments};
use super::verify_args::VerifyArguments;

/// Moves legacy tickets from a CSV file into Zendesk: one create per row, and never two tickets of
/// one row, whatever dies when.
#[derive(Debug, Parser)]
#[command(name = "zendesk-migrate", version, propagate_version = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Import tickets, or resume: the same command again is the resume
    Run(Box<RunArguments>),
    /// Propose a mapping file from the header and the first rows of a CSV file
    Init(InitArguments),
    /// Show how many rows are where, at any time, also while a run is going on
    Status(StatusArguments),
    /// Show the facts as a page with charts, as text or as JSON
    Report(ReportArguments),
    /// Write success.csv, error.csv, unknown.csv and summary.json from the checkpoint
    Export(ExportArguments),
    /// Put rejected or unknown rows back to pending, or note which ticket is theirs
    Retry(RetryArguments),
    /// Read the tickets back and compare them with what was sent
    Verify(Box<VerifyArguments>),
    /// Serve the local Zendesk double
    Sandbox(SandboxArguments),
}

impl Command {
    /// What is to be logged, where the command has something to log.
    pub(super) fn log(&self) -> LogArguments {
        match self {
            Self::Run(run) => run.log.clone(),
            Self::Verify(verify) => verify.log.clone(),
            Self::Init(_)
            | Self::Status(_)
            | Self::Report(_)
            | Self::Export(_)
            | Self::Retry(_)
            | Self::Sandbox(_) => LogArguments::default(),
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  zendesk-migrate run tickets.csv --sandbox           try it on the embedded double
  zendesk-migrate run tickets.csv -n                  look before you leap
  zendesk-migrate run tickets.csv --subdomain acme --limit 10
  zendesk-migrate run tickets.csv --subdomain acme    again after a crash: it goes on")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(super) struct RunArguments {
    /// The CSV file with the tickets
    #[arg(value_name = "FILE.csv")]
    pub(super) csv: PathBuf,
    /// Read, map, validate, compare with the checkpoint; no network, no file left behind
    #[arg(short = 'n', long, env = "ZENDESK_MIGRATE_DRY_RUN")]
    pub(super) dry_run: bool,
    /// The mapping file [default: FILE.toml if it exists, else columns named like Zendesk fields]
    #[arg(short, long, value_name = "FILE", env = "ZENDESK_MIGRATE_MAPPING")]
    pub(super) mapping: Option<PathBuf>,
    /// The checkpoint [default: FILE.ACCOUNT.checkpoint.sqlite3]
    #[arg(short, long, value_name = "FILE", env = "ZENDESK_MIGRATE_CHECKPOINT")]
    pub(super) checkpoint: Option<PathBuf>,
    #[command(flatten)]
    pub(super) account: AccountArguments,
    /// Which create to use
    #[arg(
        long,
        value_enum,
        default_value = "tickets",
        env = "ZENDESK_MIGRATE_ENDPOINT"
    )]
    pub(super) endpoint: Endpoint,
    /// Put closed tickets straight into the archive (only with --endpoint imports)
    #[arg(long, env = "ZENDESK_MIGRATE_ARCHIVE_IMMEDIATELY")]
    pub(super) archive_immediately: bool,
    /// Who wrote a comment whose author cannot be made a user (only with --endpoint imports)
    #[arg(
        long,
        value_enum,
        default_value = "fail",
        env = "ZENDESK_MIGRATE_UNKNOWN_AUTHOR"
    )]
    pub(super) unknown_author: UnknownAuthor,
    /// What to do about rows that are invalid
    #[arg(
        long,
        value_enum,
        default_value = "skip",
        env = "ZENDESK_MIGRATE_ON_INVALID"
    )]
    pub(super) on_invalid: OnInvalid,
    /// Send nothing if any row is invalid: the same as --on-invalid stop
    #[arg(long, env = "ZENDESK_MIGRATE_STRICT", conflicts_with = "on_invalid")]
    pub(super) strict: bool,
    /// In a dry run: the account's plan, to estimate the time
    #[arg(long, value_enum, env = "ZENDESK_MIGRATE_PLAN", requires = "dry_run")]
    pub(super) plan: Option<Plan>,
    /// In a dry run: how to show what was found
    #[arg(
        long,
        value_enum,
        env = "ZENDESK_MIGRATE_FORMAT",
        requires = "dry_run",
        conflicts_with = "json"
    )]
    pub(super) format: Option<Format>,
    /// In a dry run: ask the account what a run would ask before its first create (GETs only)
    #[arg(long, env = "ZENDESK_MIGRATE_ONLINE", requires = "dry_run")]
    pub(super) online: bool,
    /// Requests in flight, at most
    #[arg(long, value_name = "N", default_value_t = 20, env = "ZENDESK_MIGRATE_CONCURRENCY",
          value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(super) concurrency: u16,
    /// Go on with a checkpoint that another machine used last
    #[arg(long, env = "ZENDESK_MIGRATE_TAKE_OVER")]
    pub(super) take_over: bool,
    /// Look every row up before it is sent: the checkpoint was lost, restored or copied
    #[arg(long, env = "ZENDESK_MIGRATE_RECOVER")]
    pub(super) recover: bool,
    /// Send at most N new rows this time; rows in flight are still settled
    #[arg(long, value_name = "N", env = "ZENDESK_MIGRATE_LIMIT")]
    pub(super) limit: Option<u64>,
    /// Stop after N rejected rows in this run
    #[arg(long, value_name = "N", default_value_t = 100, env = "ZENDESK_MIGRATE_MAX_ERRORS",
          value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) max_errors: u64,
    /// Stop after this long without a usable reply
    #[arg(long, value_name = "D", default_value = "15m", env = "ZENDESK_MIGRATE_MAX_OUTAGE",
          value_parser = duration)]
    pub(super) max_outage: u64,
    /// How long after a row's last send a ticket that is not found counts as not made
    #[arg(long, value_name = "D", default_value = "5m", env = "ZENDESK_MIGRATE_LOOKUP_SETTLE",
          value_parser = duration)]
    pub(super) lookup_settle: u64,
    /// Stop cleanly after this long (90m, 8h)
    #[arg(long, value_name = "D", env = "ZENDESK_MIGRATE_MAX_DURATION", value_parser = duration)]
    pub(super) max_duration: Option<u64>,
    /// Go without asking although the account's active triggers may mail customers
    #[arg(long, env = "ZENDESK_MIGRATE_ALLOW_TRIGGERS")]
    pub(super) allow_triggers: bool,
    /// Print one JSON object on stdout at the end
    #[arg(long, env = "ZENDESK_MIGRATE_JSON")]
    pub(super) json: bool,
    /// Show no progress
    #[arg(short, long, env = "ZENDESK_MIGRATE_QUIET")]
    pub(super) quiet: bool,
    /// How to show progress: a bar on a terminal, else a line every ten seconds
    #[arg(
        long,
        value_enum,
        default_value = "auto",
        env = "ZENDESK_MIGRATE_PROGRESS"
    )]
    pub(super) progress: Progress,
    #[command(flatten)]
    pub(super) log: LogArguments,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  zendesk-migrate init tickets.csv                    writes tickets.toml beside it
  zendesk-migrate init tickets.csv -o -               shows it")]
pub(super) struct InitArguments {
    /// The CSV file with the tickets
    #[arg(value_name = "FILE.csv")]
    pub(super) csv: PathBuf,
    /// Where to write the mapping; - is stdout [default: FILE.toml]
    #[arg(short, long, value_name = "FILE", env = "ZENDESK_MIGRATE_OUTPUT")]
    pub(super) output: Option<PathBuf>,
    /// Overwrite a mapping file that is there already
    #[arg(long, env = "ZENDESK_MIGRATE_FORCE")]
    pub(super) force: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  zendesk-migrate status tickets.csv
  zendesk-migrate status -c tickets.acme.checkpoint.sqlite3 --json")]
pub(super) struct StatusArguments {
    /// The CSV file beside which the checkpoint is
    #[arg(value_name = "FILE.csv", required_unless_present = "checkpoint")]
    pub(super) csv: Option<PathBuf>,
    /// The checkpoint
    #[arg(short, long, value_name = "FILE", env = "ZENDESK_MIGRATE_CHECKPOINT")]
    pub(super) checkpoint: Option<PathBuf>,
    /// Print one JSON object on stdout
    #[arg(long, env = "ZENDESK_MIGRATE_JSON")]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  zendesk-migrate report tickets.csv                  writes tickets.report.html beside it
  zendesk-migrate report tickets.csv --format text")]
pub(super) struct ReportArguments {
    /// The CSV file beside which the checkpoint is
    #[arg(value_name = "FILE.csv", required_unless_present = "checkpoint")]
    pub(super) csv: Option<PathBuf>,
    /// The checkpoint
    #[arg(short, long, value_name = "FILE", env = "ZENDESK_MIGRATE_CHECKPOINT")]
    pub(super) checkpoint: Option<PathBuf>,
    /// How to show it
    #[arg(
        long,
        value_enum,
        default_value = "html",
        env = "ZENDESK_MIGRATE_FORMAT"
    )]
    pub(super) format: Format,
    /// Where to write it [default: stdout; an HTML page on a terminal goes to FILE.report.html]
    #[arg(short, long, value_name = "FILE", env = "ZENDESK_MIGRATE_OUTPUT")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// A self-contained page with charts
    Html,
    /// Text for a terminal
    Text,
    /// One JSON object
    Json,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  zendesk-migrate export tickets.csv
  zendesk-migrate export tickets.csv --out results --force
  zendesk-migrate run error.csv -m tickets.toml -c tickets.acme.checkpoint.sqlite3
                                                      after mending error.csv")]
pub(super) struct ExportArguments {
    /// The CSV file beside which the checkpoint is
    #[arg(value_name = "FILE.csv", required_unless_present = "checkpoint")]
    pub(super) csv: Option<PathBuf>,
    /// The checkpoint
    #[arg(short, long, value_name = "FILE", env = "ZENDESK_MIGRATE_CHECKPOINT")]
    pub(super) checkpoint: Option<PathBuf>,
    /// The folder to write to [default: that of the CSV]
    #[arg(long, value_name = "DIR", env = "ZENDESK_MIGRATE_OUT")]
    pub(super) out: Option<PathBuf>,
    /// Overwrite result files that are there already
    #[arg(long, env = "ZENDESK_MIGRATE_FORCE")]
    pub(super) force: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  zendesk-migrate retry tickets.csv --code RecordInvalid
  zendesk-migrate retry tickets.csv --unknown --line 17 --as-ticket 4711")]
pub(super) struct RetryArguments {
    /// The CSV file beside which the checkpoint is
    #[arg(value_name = "FILE.csv", required_unless_present = "checkpoint")]
    pub(super) csv: Option<PathBuf>,
    /// The checkpoint
    #[arg(short, long, value_name = "FILE", env = "ZENDESK_MIGRATE_CHECKPOINT")]
    pub(super) checkpoint: Option<PathBuf>,
    /// Only rows with this problem code
    #[arg(long, value_name = "CODE", env = "ZENDESK_MIGRATE_CODE")]
    pub(super) code: Option<String>,
    /// Only the row that starts on this line of the CSV
    #[arg(long, value_name = "N", env = "ZENDESK_MIGRATE_LINE")]
    pub(super) line: Option<u64>,
    /// The unknown rows instead of the rejected ones, after a person has looked at them
    #[arg(long, env = "ZENDESK_MIGRATE_UNKNOWN")]
    pub(super) unknown: bool,
    /// Send nothing: this ticket is the row's
    #[arg(long, value_name = "ID", env = "ZENDESK_MIGRATE_AS_TICKET")]
    pub(super) as_ticket: Option<u64>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  zendesk-migrate sandbox --data double.sqlite3
  zendesk-migrate sandbox --listen 127.0.0.1:0 --rpm 600 --faults faults.toml")]
pub(super) struct SandboxArguments {
    /// Where to listen; port 0 takes any free one. The address is the first line on stdout
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:8787",
        env = "ZENDESK_MIGRATE_LISTEN"
    )]
    pub(super) listen: SocketAddr,
    /// The file that keeps the tickets [default: they live in memory]
    #[arg(long, value_name = "FILE", env = "ZENDESK_MIGRATE_DATA")]
    pub(super) data: Option<PathBuf>,
    /// A TOML or JSON file that says what kind of account it is
    #[arg(long, value_name = "FILE", env = "ZENDESK_MIGRATE_SETTINGS")]
    pub(super) settings: Option<PathBuf>,
    /// Requests a minute that the account allows; 0 is no limit [default: 0, or of the settings]
    #[arg(long, value_name = "N", env = "ZENDESK_MIGRATE_RPM")]
    pub(super) rpm: Option<u32>,
    /// Accept only access tokens that the double itself gave out at /oauth/tokens
    #[arg(long, env = "ZENDESK_MIGRATE_STRICT_AUTH")]
    pub(super) strict_auth: bool,
    /// The delay of every reply, in milliseconds
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        env = "ZENDESK_MIGRATE_LATENCY_MS"
    )]
    pub(super) latency_ms: u64,
    /// The seed of the faults
    #[arg(long, value_name = "N", env = "ZENDESK_MIGRATE_SEED")]
    pub(super) seed: Option<u64>,
    /// A TOML or JSON file that says what goes wrong, and how often
    #[arg(long, value_name = "FILE", env = "ZENDESK_MIGRATE_FAULTS")]
    pub(super) faults: Option<PathBuf>,
}

/// Reads a duration such as `90s`, `15m` or `8h` as milliseconds.
fn duration(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is not a duration; write it like 90s, 15m or 8h");
    let duration: SignedDuration = text.parse().map_err(|_| wrong())?;
    u64::try_from(duration.as_millis()).map_err(|_| wrong())
}
