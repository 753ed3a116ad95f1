//! What a run is asked to do, as the engine needs it.

use super::conversation::UnknownAuthor;
use crate::lifecycle::Rules;
use crate::model::intent::Route;
use crate::zendesk::pacer::Policy;

/// What is fixed for a run once it has started.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The lifecycle's rules.
    pub rules: Rules,
    /// Where creates go and as whom.
    pub route: Route,
    /// Who counts as the author of a comment whose author is no user.
    pub unknown_author: UnknownAuthor,
    /// Whether the user sees every ticket of the account (an admin does).
    pub sees_all: bool,
    /// The pace that the operator allows.
    pub pace: Policy,
    /// Requests in flight, at most.
    pub concurrency: usize,
    /// Rows that may leave `pending`, at most.
    pub limit: Option<u64>,
    /// Rejected rows at which the run stops.
    pub max_errors: u64,
    /// How long to go on without a usable reply, in milliseconds.
    pub max_outage_ms: u64,
    /// How long to go on at all, in milliseconds.
    pub max_duration_ms: Option<u64>,
    /// The seed of the retry delays.
    pub seed: u64,
}
