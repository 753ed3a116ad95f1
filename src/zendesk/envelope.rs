//! Reads what a refusal says, in any of the envelopes that Zendesk has been seen to use.
//!
//! - `{"error": "X", "description": "…", "details": {"field": [{"description", "error"}]}}`
//! - `{"error": {"title": "X", "message": "…"}}`
//! - `{"errors": [{"code": "X", "title": "…", "detail": "…"}]}`
//! - plain text, or the HTML of something that stands before Zendesk
//!
//! Descriptions come in the account's language: they are shown and never matched. The body is
//! read as a free JSON value rather than into a struct, because one field of an unexpected type
//! must not cost the code that stands beside it.

use serde_json::Value;

use super::secrets::Secrets;
use super::text::{MESSAGE_CHARS_MAX, excerpt};
use crate::model::fault::{SEPARATOR, worded};
use crate::model::problem::Problem;

/// Longest code that is kept, in characters.
const CODE_CHARS_MAX: usize = 100;

/// The codes that this room decides by.
const DECISIVE: [&str; 3] = [
    "IdempotentRequestError",
    "InvalidEndpoint",
    "RecordNotFound",
];

/// What a refusal says.
pub(super) struct Refusal {
    /// Zendesk's own code; `None` if the body is not one of Zendesk's envelopes.
    pub(super) code: Option<String>,
    message: String,
}

impl Refusal {
    /// Reads a body.
    pub(super) fn read(body: &[u8], secrets: &Secrets) -> Self {
        match serde_json::from_slice::<Value>(body) {
            Ok(json) => Self {
                code: code(&json).map(|code| kept(code, secrets)),
                message: message(&json, secrets),
            },
            Err(_) => Self {
                code: None,
                message: excerpt(body, secrets),
            },
        }
    }

    /// Makes it a problem; without a code of Zendesk's own the code is `Http<status>`.
    pub(super) fn into_problem(self, status: u16) -> Problem {
        let message = if self.message.is_empty() {
            format!("the reply with status {status} gives no reason")
        } else {
            self.message
        };
        match self.code {
            Some(code) => Problem::new(code, message),
            None => Problem::new(format!("Http{status}"), message),
        }
    }
}

/// A code without secrets; what is decided by is never taken for one.
fn kept(code: &str, secrets: &Secrets) -> String {
    if DECISIVE.contains(&code) {
        code.to_owned()
    } else {
        secrets.line(code, CODE_CHARS_MAX)
    }
}

fn code(json: &Value) -> Option<&str> {
    let error = &json["error"];
    let first = &json["errors"][0];
    [
        error,
        &error["title"],
        &error["code"],
        &first["code"],
        &first["title"],
        first,
    ]
    .into_iter()
    .find_map(Value::as_str)
    .filter(|code| !code.trim().is_empty())
}

fn message(json: &Value, secrets: &Secrets) -> String {
    let error = &json["error"];
    let first = &json["errors"][0];
    let said = [
        &json["description"],
        &error["message"],
        &first["detail"],
        &first["title"],
        &json["message"],
        first,
        error,
    ]
    .into_iter()
    .find_map(Value::as_str);
    let mut parts: Vec<String> = said.map(str::to_owned).into_iter().collect();
    details(&json["details"], &mut parts);
    secrets.line_or_cut(&parts.join(SEPARATOR), MESSAGE_CHARS_MAX)
}

/// `details` maps a field to its faults. The inner `error` may be null or absent.
fn details(details: &Value, parts: &mut Vec<String>) {
    match details {
        Value::String(text) => parts.push(text.clone()),
        Value::Object(fields) => {
            for (field, faults) in fields {
                match faults {
                    Value::Array(faults) => {
                        parts.extend(faults.iter().filter_map(|one| fault(field, one)));
                    }
                    one => parts.extend(fault(field, one)),
                }
            }
        }
        _ => {}
    }
}

fn fault(field: &str, fault: &Value) -> Option<String> {
    let said = fault.as_str().or_else(|| fault["description"].as_str());
    worded(field, said, fault["error"].as_str())
}
