//! What the log tells of requests: what was asked, how it was answered, how long it took. Never a
//! body, a subject, an address or a secret.
//!
//! What is as usual has the level `DEBUG`, what is out of the ordinary `INFO`. Without a log these
//! events cost a comparison each.

use tracing::{debug, info};

use crate::model::ids::Key;
use crate::model::reply::{Found, KeyLookup, Meta, Reply, Verdict};

/// The create of a row is answered, or will not be.
pub(super) fn created(line: u64, key: Key, attempt: u32, reply: &Reply, duration_ms: u64) {
    let Reply { verdict, meta } = reply;
    let lookup = meta.key_lookup.map(KeyLookup::word);
    let request_id = meta.request_id.as_deref();
    let (word, code) = (verdict.word(), code(verdict));
    let ticket = match verdict {
        Verdict::Created { ticket, .. } => Some(ticket.0),
        _ => None,
    };
    let is_usual = ticket.is_some() && meta.key_lookup == Some(KeyLookup::Miss);
    if is_usual {
        debug!(
            line, %key, attempt, status = meta.status, x_idempotency_lookup = lookup, request_id,
            duration_ms, verdict = word, ticket, "create"
        );
    } else {
        info!(
            line, %key, attempt, status = meta.status, x_idempotency_lookup = lookup, request_id,
            duration_ms, verdict = word, code, ticket, "create"
        );
    }
}

/// The lookup of a row is answered, or will not be.
pub(super) fn looked_up(
    line: Option<u64>,
    way: &'static str,
    answer: &Result<Found, Verdict>,
    meta: &Meta,
    duration_ms: u64,
) {
    let request_id = meta.request_id.as_deref();
    match answer {
        Ok(Found { exact, near }) if exact.is_empty() && near.is_empty() => debug!(
            line,
            way,
            status = meta.status,
            request_id,
            duration_ms,
            found = 0,
            "lookup"
        ),
        Ok(found) => info!(
            line,
            way,
            status = meta.status,
            request_id,
            duration_ms,
            found = found.exact.len(),
            near = found.near.len(),
            tickets = ?ids(found),
            "lookup"
        ),
        Err(verdict) => info!(
            line,
            way,
            status = meta.status,
            request_id,
            duration_ms,
            verdict = verdict.word(),
            code = code(verdict),
            "lookup"
        ),
    }
}

/// A question about the account, its tickets or its users is answered, or will not be.
pub(super) fn asked<T>(
    what: &str,
    attempt: u32,
    answer: &Result<T, Verdict>,
    meta: &Meta,
    duration_ms: u64,
) {
    let request_id = meta.request_id.as_deref();
    match answer {
        Ok(_) => debug!(
            what,
            attempt,
            status = meta.status,
            request_id,
            duration_ms,
            verdict = "answered",
            "question"
        ),
        Err(verdict) => info!(
            what,
            attempt,
            status = meta.status,
            request_id,
            duration_ms,
            verdict = verdict.word(),
            code = code(verdict),
            "question"
        ),
    }
}

fn ids(found: &Found) -> Vec<u64> {
    let exact = found.exact.iter().map(|candidate| candidate.ticket.0);
    let near = found.near.iter().map(|near| near.ticket.0);
    exact.chain(near).collect()
}

/// Zendesk's own name of what is wrong, if it is a name: a sentence may repeat what is in the ticket.
fn code(verdict: &Verdict) -> Option<&str> {
    match verdict {
        Verdict::Refused(problem)
        | Verdict::Forbidden(problem)
        | Verdict::WrongAccount(problem) => Some(&*problem.code).filter(|code| is_name(code)),
        _ => None,
    }
}

fn is_name(code: &str) -> bool {
    code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::problem::Problem;

    #[test]
    fn a_code_is_logged_only_if_it_is_a_name() {
        let code_of = |text: &str| {
            let verdict = Verdict::Refused(Problem::new(text.to_owned(), "Ada is suspended"));
            code(&verdict).map(str::to_owned)
        };
        assert_eq!(code_of("RecordInvalid").as_deref(), Some("RecordInvalid"));
        for text in [
            "Couldn't authenticate you",
            "ada@example.com",
            &"x".repeat(65),
        ] {
            assert_eq!(code_of(text), None, "{text}");
        }
    }
}
