//! What a reply means: a pure function of status, headers and body.
//!
//! It decides on statuses and on Zendesk's error codes, never on text made for people, which comes
//! in the account's language.

use reqwest::header::{HeaderMap, LOCATION};

use super::envelope::Refusal;
use super::headers::retry_after;
use super::said::Said;
use super::secrets::Secrets;
use super::text::MESSAGE_CHARS_MAX;
use super::ticket_reply::named;
use crate::model::ids::TicketId;
use crate::model::problem::Problem;
use crate::model::reply::Verdict;

/// What is known of a reply that is judged: whose it is, and what must not be heard in it.
#[derive(Debug, Clone, Copy)]
pub struct Hearing<'h> {
    /// They are cut out of every text.
    pub secrets: &'h Secrets,
    /// The `external_id` that was sent, for a create. It is ours, whatever it holds, and is given back
    /// as it is.
    pub external_id: Option<&'h str>,
}

impl<'h> Hearing<'h> {
    /// For a reply to anything but a create.
    pub fn new(secrets: &'h Secrets) -> Self {
        Self {
            secrets,
            external_id: None,
        }
    }

    /// The `external_id` of a ticket: ours as it is, another one without secrets, and never mistaken
    /// for ours because of what was cut out.
    fn external_id(self, said: Option<Said>) -> Option<String> {
        let said = said?;
        match self.external_id {
            Some(ours) if said.is(ours) => Some(ours.to_owned()),
            ours => Some(said.without(self.secrets)).filter(|other| ours != Some(other)),
        }
    }
}

/// Says what a whole reply to a create means, or what a failed question has in common with one.
pub fn classify(status: u16, headers: &HeaderMap, body: &[u8], hearing: Hearing<'_>) -> Verdict {
    let secrets = hearing.secrets;
    match status {
        200..=299 => created(body, hearing),
        300..=399 => Verdict::WrongAccount(redirect(status, headers, secrets)),
        400 => bad_request(body, secrets),
        401 => Verdict::Unauthorized,
        403 => Verdict::Forbidden(Refusal::read(body, secrets).into_problem(status)),
        404 => not_found(body, secrets),
        // "Request timeout" and "too early" come from whatever stands before Zendesk; like a 5xx
        // they do not tell whether the request went through.
        408 | 425 | 500.. => Verdict::ServerError(retry_after(headers)),
        409 => Verdict::Conflict,
        429 => Verdict::Throttled(retry_after(headers)),
        402..=499 => Verdict::Refused(Refusal::read(body, secrets).into_problem(status)),
        0..=199 => Verdict::Lost(format!("status {status} is no final reply")),
    }
}

/// Says what a reply means whose body broke off.
///
/// A success whose body is lost is a success with an unknown ticket. A refusal whose
/// code is lost is no refusal yet: a 400 may have been the one about the key, which says that a
/// ticket exists. Where the status alone decides, it decides.
pub(super) fn classify_cut(
    status: u16,
    headers: &HeaderMap,
    body: &[u8],
    hearing: Hearing<'_>,
) -> Verdict {
    let is_without_code = || Refusal::read(body, hearing.secrets).code.is_none();
    match status {
        200..=299 => Verdict::Unreadable,
        400..=499 if !decided_by_status(status) && is_without_code() => {
            Verdict::Lost(format!("the reply with status {status} broke off"))
        }
        _ => classify(status, headers, body, hearing),
    }
}

fn decided_by_status(status: u16) -> bool {
    matches!(status, 401 | 408 | 409 | 425 | 429)
}

/// The documentation of ticket creation names 201. 202 is the answer to `?async=true`, which we
/// never ask for, and it names the ticket too; a remembered reply (`hit`) is documented as "the
/// same response", with no word on its status. So any 2xx that names a ticket is believed, and the
/// `external_id` it carries is compared by whoever reads the verdict.
fn created(body: &[u8], hearing: Hearing<'_>) -> Verdict {
    match named(body) {
        Some((id, external_id)) => Verdict::Created {
            ticket: TicketId(id),
            external_id: hearing.external_id(external_id),
        },
        None => Verdict::Unreadable,
    }
}

fn redirect(status: u16, headers: &HeaderMap, secrets: &Secrets) -> Problem {
    let target = headers
        .get(LOCATION)
        .and_then(|value| value.to_str().ok())
        .map_or_else(
            || "an unnamed place".to_owned(),
            |to| secrets.line(to, MESSAGE_CHARS_MAX / 2),
        );
    Problem::new(
        format!("Http{status}"),
        format!("the account sends us on to {target}: give its own address"),
    )
}

/// The pair of 400 and this code is documented under "Idempotency" and asserted by the live tests
/// of Zendesk clients.
fn bad_request(body: &[u8], secrets: &Secrets) -> Verdict {
    let refusal = Refusal::read(body, secrets);
    if refusal.code.as_deref() == Some("IdempotentRequestError") {
        Verdict::KeyMismatch
    } else {
        Verdict::Refused(refusal.into_problem(400))
    }
}

/// An unknown subdomain answers 404 with a page, an unknown path 404 with `InvalidEndpoint`; only
/// another code of Zendesk's (`RecordNotFound`) speaks of the row.
fn not_found(body: &[u8], secrets: &Secrets) -> Verdict {
    let refusal = Refusal::read(body, secrets);
    let is_about_the_row = refusal
        .code
        .as_deref()
        .is_some_and(|code| code != "InvalidEndpoint");
    let problem = refusal.into_problem(404);
    if is_about_the_row {
        Verdict::Refused(problem)
    } else {
        Verdict::WrongAccount(problem)
    }
}
