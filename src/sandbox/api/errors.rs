//! The envelopes of the service's error replies; there is more than one.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::sandbox::api::complaints::Complaint;
use crate::sandbox::http::Response;
use crate::sandbox::settings::Locale;

#[derive(Serialize)]
struct Plain {
    error: &'static str,
    description: &'static str,
}

pub(super) fn invalid_endpoint() -> Response {
    plain(404, "InvalidEndpoint", "Not found")
}

pub(super) fn record_not_found() -> Response {
    plain(404, "RecordNotFound", "Not found")
}

pub(super) fn key_mismatch() -> Response {
    let description = "Request parameters don't match the given idempotency key";
    plain(400, "IdempotentRequestError", description)
}

pub(super) fn bad_query(description: &'static str) -> Response {
    plain(400, "InvalidValue", description)
}

pub(super) fn unauthorized() -> Response {
    #[derive(Serialize)]
    struct Envelope {
        error: &'static str,
    }
    Response::json(
        401,
        &Envelope {
            error: "Couldn't authenticate you",
        },
    )
}

/// An object where others have a string: that is how a 403 was seen.
pub(super) fn forbidden() -> Response {
    #[derive(Serialize)]
    struct Envelope {
        error: Told,
    }
    #[derive(Serialize)]
    struct Told {
        title: &'static str,
        message: &'static str,
    }
    let error = Told {
        title: "Forbidden",
        message: "You do not have access to this page. Please contact the account owner of this \
                  help desk for further help.",
    };
    Response::json(403, &Envelope { error })
}

pub(super) fn malformed_json() -> Response {
    #[derive(Serialize)]
    struct Envelope {
        error: &'static str,
        message: &'static str,
    }
    let message = "Server could not parse JSON";
    Response::json(
        400,
        &Envelope {
            error: "Unprocessable Entity",
            message,
        },
    )
}

pub(super) fn too_large() -> Response {
    let page = "<html><head><title>413 Request Entity Too Large</title></head></html>";
    Response::with_type(413, "text/html", page.into())
}

pub(super) fn too_many_values() -> Response {
    #[derive(Serialize)]
    struct Envelope {
        error: &'static str,
        description: &'static str,
        max_count: u32,
    }
    let description = "Parameter  cannot specify more than 100 values";
    Response::json(
        400,
        &Envelope {
            error: "TooManyValues",
            description,
            max_count: 100,
        },
    )
}

pub(super) fn requester_collision() -> Response {
    let text = "Requester creation collision - please try again";
    Response::with_type(409, "text/plain; charset=UTF-8", text.into())
}

/// A 422, with its objections by field.
pub(super) fn record_invalid(locale: Locale, complaints: &[Complaint]) -> Response {
    #[derive(Serialize)]
    struct Envelope {
        error: &'static str,
        description: &'static str,
        details: BTreeMap<&'static str, Vec<Objection>>,
    }
    #[derive(Serialize)]
    struct Objection {
        description: String,
        error: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        ticket_field_id: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        ticket_field_type: Option<String>,
    }
    let mut details: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for complaint in complaints {
        let (ticket_field_id, ticket_field_type) = complaint.ticket_field().unzip();
        details
            .entry(complaint.field())
            .or_default()
            .push(Objection {
                description: complaint.description(locale),
                error: complaint.error(),
                ticket_field_id,
                ticket_field_type,
            });
    }
    let description = match locale {
        Locale::EnUs => "Record validation errors",
        Locale::PtBr => "Erros de validação do registro",
    };
    Response::json(
        422,
        &Envelope {
            error: "RecordInvalid",
            description,
            details,
        },
    )
}

/// No more jobs for now.
pub(super) fn too_many_jobs(status: u16, kind: &str, current_job_ids: Vec<String>) -> Response {
    #[derive(Serialize)]
    struct Envelope {
        error: &'static str,
        description: String,
        current_job_ids: Vec<String>,
    }
    let description =
        format!("Too many {kind} jobs are currently queued or running. Try again later.");
    Response::json(
        status,
        &Envelope {
            error: "TooManyJobs",
            description,
            current_job_ids,
        },
    )
}

/// The 429 of one user's record, which is no JSON.
pub(super) fn too_many_updates(email: &str, external_id: &str) -> Response {
    let text = format!(
        "You have exceeded the rate limit for updating a single unique user. \
         user email: {email} id:  external_id: {external_id}"
    );
    Response::with_type(429, "text/plain; charset=utf-8", text.into_bytes())
}

/// The three bodies that 429s have been seen with, in turn; only the status can be relied on.
pub(in crate::sandbox) fn too_many_requests(nth: u64) -> Response {
    const TEXT: &str = "Number of allowed API requests per minute exceeded";
    match nth % 3 {
        0 => Response::with_type(429, "text/plain; charset=utf-8", TEXT.into()),
        1 => plain(429, "APIRateLimitExceeded", TEXT),
        _ => {
            let page = format!("<html><body><h1>429 Too Many Requests</h1>{TEXT}</body></html>");
            Response::with_type(429, "text/html; charset=utf-8", page.into_bytes())
        }
    }
}

fn plain(status: u16, error: &'static str, description: &'static str) -> Response {
    Response::json(status, &Plain { error, description })
}
