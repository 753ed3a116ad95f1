//! The exit codes, which scripts rely on, and the errors that lead to them.

use std::process::ExitCode;

use crate::checkpoint::CheckpointError;
use crate::engine::EngineError;
use crate::lifecycle::Stop;
use crate::model::counts::Counts;
use crate::source::SourceError;

/// Why the program ends, as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Every row has its ticket; in a dry run, every row is valid.
    Done = 0,
    /// It could not run.
    Failed = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// It finished, but some rows are rejected, invalid or unknown.
    Problems = 3,
    /// It stopped early; the same command continues it.
    Early = 4,
    /// `verify` found a difference.
    Different = 5,
    /// Another run holds the checkpoint, has taken it over, or sends rows of this one.
    Held = 6,
    /// The credentials are refused.
    Credentials = 7,
    /// It was interrupted; the checkpoint is kept.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// The code for a run that ended by `stop` with its rows as in `counts`.
    pub fn of_run(stop: &Stop, counts: &Counts) -> Self {
        match stop {
            Stop::Interrupted => Self::Interrupted,
            Stop::Credentials(_) => Self::Credentials,
            Stop::Disk(problem) if ["DiskFull", "DiskFailed"].contains(&&*problem.code) => {
                Self::Early
            }
            Stop::Disk(problem) if problem.code == "TakenOver" => Self::Held,
            Stop::Account(_) | Stop::Input(_) | Stop::Disk(_) => Self::Failed,
            Stop::Limit | Stop::MaxErrors | Stop::MaxDuration | Stop::Outage => Self::Early,
            // Rows of another file, which a run of that one sends.
            Stop::Done if counts.open() > 0 => Self::Early,
            // Tickets that a person has named, and that could not be checked.
            Stop::Done if counts.claimed > 0 => Self::Early,
            Stop::Done if counts.problems() > 0 => Self::Problems,
            Stop::Done => Self::Done,
        }
    }
}

/// An error for a person, with its exit code.
#[derive(Debug)]
pub struct Failure {
    /// The code.
    pub exit: Exit,
    /// One sentence that says what to do.
    pub sentence: String,
}

impl Failure {
    /// The command line makes no sense.
    pub fn usage(sentence: impl Into<String>) -> Self {
        Self {
            exit: Exit::Usage,
            sentence: sentence.into(),
        }
    }

    /// It cannot run as things are.
    pub fn refused(sentence: impl Into<String>) -> Self {
        Self {
            exit: Exit::Failed,
            sentence: sentence.into(),
        }
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        let exit = match &error {
            EngineError::Checkpoint(error) => exit_of(error),
            EngineError::Credentials(_) => Exit::Credentials,
            EngineError::Unreachable(_) => Exit::Early,
            EngineError::Interrupted => Exit::Interrupted,
            EngineError::Source(_)
            | EngineError::Client(_)
            | EngineError::Refused(_)
            | EngineError::Threads(_) => Exit::Failed,
        };
        Self {
            exit,
            sentence: with_reasons(&error),
        }
    }
}

impl From<CheckpointError> for Failure {
    fn from(error: CheckpointError) -> Self {
        Self {
            exit: exit_of(&error),
            sentence: error.to_string(),
        }
    }
}

impl From<SourceError> for Failure {
    fn from(error: SourceError) -> Self {
        Self::refused(with_reasons(&error))
    }
}

/// The sentence of an error, followed by the reasons that it does not tell itself.
fn with_reasons(error: &dyn std::error::Error) -> String {
    let mut sentence = error.to_string();
    let mut source = error.source();
    while let Some(reason) = source {
        let text = reason.to_string();
        if !sentence.contains(&text) {
            sentence = format!("{sentence}: {text}");
        }
        source = reason.source();
    }
    sentence
}

fn exit_of(error: &CheckpointError) -> Exit {
    match error {
        CheckpointError::Held { .. }
        | CheckpointError::InUse { .. }
        | CheckpointError::SentElsewhere { .. }
        | CheckpointError::LeaseLost { .. } => Exit::Held,
        CheckpointError::DiskFull { .. } | CheckpointError::Disk { .. } => Exit::Early,
        CheckpointError::OtherMachine { .. }
        | CheckpointError::LeasedElsewhere { .. }
        | CheckpointError::Moved { .. }
        | CheckpointError::HardLinks { .. }
        | CheckpointError::Foreign { .. }
        | CheckpointError::Newer { .. }
        | CheckpointError::Damaged { .. }
        | CheckpointError::Missing { .. }
        | CheckpointError::NoWal { .. }
        | CheckpointError::Poisoned { .. }
        | CheckpointError::Inconsistent { .. }
        | CheckpointError::Io { .. }
        | CheckpointError::Sqlite { .. } => Exit::Failed,
    }
}
