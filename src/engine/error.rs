//! Why the engine cannot go on.

use crate::checkpoint::CheckpointError;
use crate::model::shown::shown;
use crate::source::SourceError;
use crate::zendesk::ClientError;

/// An error that ends a run, or keeps it from starting.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The CSV or its mapping.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The client could not be set up.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The run must not start as things are; the sentence says what to do.
    #[error("{}", shown(.0))]
    Refused(String),
    /// Zendesk refuses the credentials.
    #[error("{}", shown(.0))]
    Credentials(String),
    /// Zendesk cannot be reached.
    #[error("{}", shown(.0))]
    Unreachable(String),
    /// Somebody asked for the end before anything was sent.
    #[error("interrupted before anything was sent; the same command starts again")]
    Interrupted,
    /// The threads of the network could not be started.
    #[error("the network threads cannot be started: {0}")]
    Threads(#[from] std::io::Error),
}
