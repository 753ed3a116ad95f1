//! The limits of single endpoints, each reported in a header of its own.

use crate::sandbox::http::{Method, Request};
use crate::sandbox::settings::Settings;
use crate::sandbox::state::limit::MINUTE_MS;

/// An endpoint, or a family of them, that has its own limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bucket {
    /// New tickets.
    Create,
    /// The list of tickets.
    TicketsIndex,
    /// Changes of tickets.
    TicketsUpdate,
    /// The incremental export.
    Incremental,
    /// Users that are created or updated one by one.
    Users,
}

impl Bucket {
    pub(super) const ALL: [Self; 5] = [
        Self::Create,
        Self::TicketsIndex,
        Self::TicketsUpdate,
        Self::Incremental,
        Self::Users,
    ];

    /// The bucket that a request is counted in, if it is in any.
    pub(super) fn of(request: &Request) -> Option<Self> {
        let path = request.endpoint().strip_prefix("/api/v2/")?;
        match (request.method, path) {
            (Method::Post, "tickets") => Some(Self::Create),
            (Method::Get, "tickets") => Some(Self::TicketsIndex),
            (Method::Post, "users/create_or_update") => Some(Self::Users),
            (Method::Put, path) if path.starts_with("tickets/") => Some(Self::TicketsUpdate),
            (Method::Get, path) if path.starts_with("incremental/") => Some(Self::Incremental),
            _ => None,
        }
    }

    /// How many requests it holds; 0 is no limit.
    pub(super) fn total(self, settings: &Settings) -> u32 {
        match self {
            Self::Create => settings.create_rpm,
            Self::TicketsIndex => settings.tickets_index_rpm,
            Self::TicketsUpdate => settings.tickets_update_rpm,
            Self::Incremental => settings.incremental_rpm,
            Self::Users => settings.users_per_s,
        }
    }

    /// The span it counts, in milliseconds.
    pub(super) fn span_ms(self) -> i64 {
        if self == Self::Users {
            1_000
        } else {
            MINUTE_MS
        }
    }

    /// Its name in the header. That of the export is not on record.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Create => "ticket-request-create-by-user-and-ip",
            Self::TicketsIndex => "tickets-index",
            Self::TicketsUpdate => "tickets-update",
            Self::Incremental => "incremental-exports",
            Self::Users => "create-update-user",
        }
    }
}
