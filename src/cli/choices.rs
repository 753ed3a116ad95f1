//! The words that some flags take.

use clap::ValueEnum;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Endpoint {
    /// POST /api/v2/tickets: triggers run, the past is not kept
    Tickets,
    /// POST /api/v2/imports/tickets
    Imports,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum UnknownAuthor {
    /// Send nothing
    Fail,
    /// The ticket's requester
    Requester,
    /// The user whose credentials are used
    Me,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum OnInvalid {
    /// List them and leave them out
    Skip,
    /// List them and send nothing
    Stop,
}

/// Plans by what they allow, as Zendesk's page of its rate limits has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Plan {
    /// 200 requests a minute
    Team,
    /// 400
    Growth,
    /// 400
    Professional,
    /// 700
    Enterprise,
    /// 2500, with the add-on or Enterprise Plus
    HighVolume,
}

impl Plan {
    /// Requests a minute.
    pub(super) fn rpm(self) -> u32 {
        match self {
            Self::Team => 200,
            Self::Growth | Self::Professional => 400,
            Self::Enterprise => 700,
            Self::HighVolume => 2_500,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Progress {
    /// A bar on a terminal, else a line every ten seconds
    Auto,
    /// A line every ten seconds, also on a terminal
    Always,
    /// Nothing
    Never,
    /// A JSON object a line
    Json,
}
