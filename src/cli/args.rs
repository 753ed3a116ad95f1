//! The arguments, as they are typed.

mod run;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(super) use super::choices::{Endpoint, OnInvalid, Plan, Progress, UnknownAuthor};
use super::retry_args::RetryArguments;
use super::shared_args::LogArguments;
use super::verify_args::VerifyArguments;
pub(super) use run::RunArguments;

macro_rules! first_steps {
    () => {
        "\
Examples:
  zendesk-migrate run tickets.csv -n                check every row, send nothing
  zendesk-migrate run tickets.csv --sandbox         the whole job, on a double
  zendesk-migrate run tickets.csv --subdomain acme  import, or go on"
    };
}

/// Moves legacy tickets from a CSV file into Zendesk, each exactly once
#[derive(Debug, Parser)]
#[command(
    name = "zendesk-migrate",
    version,
    propagate_version = true,
    help_template = "{about}\n{usage-heading} {usage}\n\n{all-args}{after-help}",
    after_help = first_steps!(),
    after_long_help = concat!(
        first_steps!(),
        "

`zendesk-migrate COMMAND -h` lists the flags that most people need, `--help` all of them. Every flag
can also be set in the environment: --max-rpm is ZENDESK_MIGRATE_MAX_RPM. `zendesk-migrate man` has
the exit codes, the files and the names of the credentials."
    )
)]
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
    /// Show progress and counts, also during a run
    Status(StatusArguments),
    /// Show the facts as a page with charts, as text or as JSON
    Report(ReportArguments),
    /// Write success.csv, error.csv, unknown.csv and a summary from the checkpoint
    Export(ExportArguments),
    /// Put rejected, unknown or deleted rows back to pending, or say which ticket is theirs
    Retry(Box<RetryArguments>),
    /// Read the tickets back and compare them with what was sent
    Verify(Box<VerifyArguments>),
    /// Run a local fake Zendesk
    Sandbox(SandboxArguments),
    /// Print a shell's completions
    Completions(CompletionsArguments),
    /// Print the manual page, of the program or of one command
    Man(ManArguments),
}

impl Command {
    /// Returns the log arguments, if the command has a log.
    pub(super) fn log(&self) -> LogArguments {
        match self {
            Self::Run(run) => run.log.clone(),
            Self::Verify(verify) => verify.log.clone(),
            Self::Retry(retry) => retry.log.clone(),
            Self::Init(_)
            | Self::Status(_)
            | Self::Report(_)
            | Self::Export(_)
            | Self::Sandbox(_)
            | Self::Completions(_)
            | Self::Man(_) => LogArguments::default(),
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  zendesk-migrate init tickets.csv       writes tickets.toml beside it
  zendesk-migrate init tickets.csv -o -  shows it")]
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
  zendesk-migrate report tickets.csv     writes tickets.report.html beside it
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
    /// Overwrite a file that is there already and no report
    #[arg(long, env = "ZENDESK_MIGRATE_FORCE")]
    pub(super) force: bool,
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
  zendesk-migrate run error.csv                 with rows fixed")]
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
    /// Overwrite files that are there already and are not as an export has written them
    #[arg(long, env = "ZENDESK_MIGRATE_FORCE")]
    pub(super) force: bool,
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
    /// What goes wrong, as lost_after = 0.1 (docs/TESTING.md)
    #[arg(long, value_name = "FILE", env = "ZENDESK_MIGRATE_FAULTS")]
    pub(super) faults: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  source <(zendesk-migrate completions bash)  in ~/.bashrc
  source <(zendesk-migrate completions zsh)   in ~/.zshrc, after compinit
  zendesk-migrate completions fish | source   in ~/.config/fish/config.fish")]
pub(super) struct CompletionsArguments {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub(super) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  zendesk-migrate man | man -l -                   read it
  zendesk-migrate man run > zendesk-migrate-run.1  one command's, with all flags")]
pub(super) struct ManArguments {
    /// The command [default: the program, with its exit codes and files]
    #[arg(value_name = "COMMAND")]
    pub(super) of: Option<String>,
}
