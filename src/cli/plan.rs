//! What the arguments of a run ask for, for the driver and for the history.

use serde_json::json;

use super::args::{RunArguments, UnknownAuthor as OnUnknownAuthor};
use super::meet;
use crate::engine::conversation::UnknownAuthor;
use crate::engine::plan::Plan;
use crate::engine::start::Account;
use crate::lifecycle::Rules;
use crate::model::ids::Key;
use crate::model::limits::{REQUEST_TIMEOUT_MS, RESEND_AFTER_MS_MAX};
use crate::zendesk::pacer::Policy;

/// The settings of a run as its history keeps them.
pub(super) fn settings(arguments: &RunArguments, account: &str) -> String {
    json!({
        "account": account,
        "csv": arguments.csv.to_string_lossy(),
        "endpoint": meet::name(arguments.endpoint()),
        "concurrency": arguments.concurrency,
        "max_rpm": arguments.account.max_rpm,
        "reserve_rpm": arguments.account.reserve_rpm,
        "limit": arguments.limit,
        "max_errors": arguments.max_errors,
        "max_outage_ms": arguments.max_outage,
        "max_duration_ms": arguments.max_duration,
        "lookup_settle_ms": arguments.lookup_settle(),
        "recover": arguments.recover,
        "accept_new_ids": arguments.accept_new_ids,
        "take_over": arguments.take_over,
        "allow_triggers": arguments.allow_triggers,
    })
    .to_string()
}

/// What the driver is to do, and within which limits.
pub(super) fn of_run(arguments: &RunArguments, host: &str, known: &Account) -> Plan {
    Plan {
        rules: Rules {
            trust: meet::trust(arguments.endpoint()),
            lookup_settle_ms: arguments.lookup_settle(),
            request_timeout_ms: REQUEST_TIMEOUT_MS,
            resend_after_ms: arguments.lookup_settle().min(RESEND_AFTER_MS_MAX),
            keys_max: meet::keys_max(arguments),
        },
        route: meet::route(arguments, host, known.user),
        unknown_author: match arguments.unknown_author {
            OnUnknownAuthor::Fail => UnknownAuthor::Fail,
            OnUnknownAuthor::Requester => UnknownAuthor::Requester,
            OnUnknownAuthor::Me => UnknownAuthor::Me,
        },
        sees_all: known.role == "admin",
        pace: Policy {
            max_rpm: arguments.account.max_rpm,
            reserve_rpm: arguments.account.reserve_rpm,
        },
        concurrency: usize::from(arguments.concurrency),
        limit: arguments.limit,
        max_errors: arguments.max_errors,
        max_outage_ms: arguments.max_outage,
        max_duration_ms: arguments.max_duration,
        seed: u64::from_ne_bytes(first_half(Key::random().as_bytes())),
    }
}

fn first_half(bytes: &[u8; 16]) -> [u8; 8] {
    let mut half = [0; 8];
    half.copy_from_slice(&bytes[..8]);
    half
}
