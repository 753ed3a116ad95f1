//! The results of a dry run: the facts, and what a run would do.

use std::fmt::Write;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::Value;

use super::facts::{Facts, Would};
use super::requesters::NoRequester;
use super::text::{count, duration, in_a_row};
use super::words;
use crate::model::results::Cause;
use crate::model::shown::{shown, shown_json, shown_path};
use crate::model::words::FieldWords;

/// How many lines of a ticket's JSON are shown, so that the text does not scroll away.
const SAMPLE_LINES_MAX: usize = 40;

/// Everything that a dry run reports.
#[derive(Debug, Clone, Serialize)]
pub struct Preview {
    /// The facts, as every command has them.
    #[serde(flatten)]
    pub facts: Facts,
    /// Why rows are invalid, the most frequent reason first.
    pub causes: Vec<Cause>,
    /// What the words for status, priority and type become.
    pub words: Vec<FieldWords>,
    /// Tickets without a requester.
    pub no_requester: NoRequester,
    /// How long a run would take, at each rate that is known.
    pub estimates: Vec<Estimate>,
    /// What the user should know before it becomes costly.
    pub warnings: Vec<String>,
    /// The first tickets as they would be sent.
    pub samples: Vec<Value>,
    /// The checkpoint that a run would resume, if there is one.
    pub checkpoint: Option<PathBuf>,
}

/// How long a run would take at a rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// The source of the rate.
    pub by: String,
    /// Requests a minute.
    pub rpm: u32,
    /// Milliseconds.
    pub ms: u64,
    /// The duration if the account creates users in bulk jobs; only if there are authors of
    /// comments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bulk_users_ms: Option<u64>,
}

/// Renders the preview as text.
pub fn text(preview: &Preview) -> String {
    let facts = &preview.facts;
    let valid = facts.rows - facts.invalid - facts.withdrawn;
    let mut text = samples(&preview.samples);
    put(
        &mut text,
        &format!(
            "{}: {valid} valid, {} invalid",
            count(facts.rows, "row"),
            facts.invalid
        ),
    );
    if facts.withdrawn > 0 {
        put(&mut text, &format!(", {} withdrawn", facts.withdrawn));
    }
    for cause in &preview.causes {
        put(&mut text, &reason(cause));
    }
    put(&mut text, &words::text(&preview.words));
    let would = facts.would.unwrap_or_default();
    let standing = preview.checkpoint.as_ref().map_or_else(
        || "as there is no checkpoint yet".to_owned(),
        |path| format!("as {} stands", shown_path(path)),
    );
    put(
        &mut text,
        &format!("\n{standing}, a run would {}", deeds(&would)),
    );
    for sentence in preview.no_requester.told() {
        put(&mut text, &format!("\n{sentence}"));
    }
    if would.requests > 0 {
        put(
            &mut text,
            &format!(
                "\nthat takes {} at least, {} of them before the first create (questions to the \
                 account, lookups of a sample):",
                count(would.requests, "request"),
                would.at_start
            ),
        );
    }
    for estimate in &preview.estimates {
        let Estimate {
            by,
            rpm,
            ms,
            bulk_users_ms,
        } = estimate;
        let in_bulk = bulk_users_ms.map_or(String::new(), |ms| {
            format!("; {} if the account makes users in bulk", duration(ms))
        });
        put(
            &mut text,
            &format!("\n  {} at {rpm} a minute ({by}){in_bulk}", duration(*ms)),
        );
    }
    if would.authors > 0 {
        put(&mut text, &authors(&would));
    }
    put(
        &mut text,
        "\nthis was a dry run: nothing was sent, nothing was written",
    );
    text
}

fn put(text: &mut String, more: &str) {
    let _writing_to_a_string_cannot_fail = text.write_str(more);
}

/// Describes the assumptions about authors behind the numbers.
fn authors(would: &Would) -> String {
    format!(
        "\n{} of comments would be looked up. This assumes that none of them is a user yet: users are \
         made one a second, while tickets are created. It takes less time for those who are users",
        count(would.authors, "author")
    )
}

/// Describes what a run would do with the rows.
fn deeds(would: &Would) -> String {
    let deeds = [
        (
            would.create,
            format!("create {}", count(would.create, "ticket")),
        ),
        (would.resend, format!("send {} again", would.resend)),
        (would.look_up, format!("look {} up", would.look_up)),
    ];
    let deeds: Vec<String> = deeds
        .into_iter()
        .filter_map(|(n, deed)| (n > 0).then_some(deed))
        .collect();
    if deeds.is_empty() {
        "send nothing".to_owned()
    } else {
        in_a_row(&deeds)
    }
}

/// Formats a reason with its lines; one line for each if their messages differ.
fn reason(cause: &Cause) -> String {
    let head = format!("\n  {}: {}", shown(&cause.code), count(cause.rows, "row"));
    if cause
        .messages
        .iter()
        .any(|said| *said != cause.first.message)
    {
        let said = cause.lines.iter().zip(&cause.messages);
        let said: Vec<String> = said
            .map(|(line, said)| format!("\n    line {line}: {}", shown(said)))
            .collect();
        let more = cause.rows.saturating_sub(cause.lines.len() as u64);
        let more = if more > 0 {
            format!("\n    … and {more} more")
        } else {
            String::new()
        };
        return head + &said.concat() + &more;
    }
    let lines: Vec<String> = cause.lines.iter().map(u64::to_string).collect();
    let more = if cause.rows > cause.lines.len() as u64 {
        ", …"
    } else {
        ""
    };
    let on = if lines.len() == 1 { "line" } else { "lines" };
    format!(
        "{head} ({on} {}{more}): {}",
        lines.join(", "),
        shown(&cause.first.message)
    )
}

fn samples(samples: &[Value]) -> String {
    if samples.is_empty() {
        return String::new();
    }
    let mut text = format!(
        "the first {} would be:",
        count(samples.len() as u64, "ticket")
    );
    for sample in samples {
        let json = serde_json::to_string_pretty(sample).unwrap_or_default();
        let json = shown_json(&json);
        let mut lines = json.lines();
        for line in lines.by_ref().take(SAMPLE_LINES_MAX) {
            put(&mut text, &format!("\n  {line}"));
        }
        let left = lines.count() as u64;
        if left > 0 {
            put(
                &mut text,
                &format!("\n  … and {}", count(left, "more line")),
            );
        }
    }
    text.push_str("\n\n");
    text
}
