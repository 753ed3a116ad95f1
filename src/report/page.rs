//! The report as one self-contained HTML page: no network, no script. The template escapes every
//! untrusted text, and a policy in the page blocks whatever escaping might miss.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::chart;
use super::facts::{Facts, KILLED, RUNNING, WAITING};
use super::requesters::NoRequester;
use super::results::{Report, RunTold, numbered, thousands};
use super::text::duration;
use super::troubles;
use super::words;
use crate::model::shown::shown_lines;

const STYLE: &str = include_str!("page.css");

/// Forbids everything but the page's own style.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// The generator of the page, by which the program recognises its own reports.
pub const GENERATOR: &str = "zendesk-migrate";

/// Renders the page.
pub fn page(report: &Report) -> String {
    let has_requests = !report.timeline.buckets.is_empty();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="generator" content=(GENERATOR);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="referrer" content="no-referrer";
                title { "Migration of " (report.origins.csv.path) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (head(report))
                (totals(report))
                @for told in report.no_requester.iter().flat_map(NoRequester::told) {
                    p { (told) "." }
                }
                @if has_requests { (over_time(report)) }
                @if !report.causes.is_empty() { (troubles::causes(report)) }
                @if !report.words.is_empty() { (words::section(&report.words)) }
                @if !report.samples.is_empty() { (samples(report)) }
                @if !report.needs_person.is_empty() { (troubles::needs_person(report)) }
                @if has_requests { (requests(report)) }
                                @if !report.runs.is_empty() { (runs(report)) }
                (origins(report))
            }
        }
    };
    // In a browser too, such a character would reverse the direction of the text after it.
    shown_lines(&page.into_string()).into_owned()
}

fn head(report: &Report) -> Markup {
    let what = if report.is_dry_run() {
        "Dry run"
    } else {
        "Migration"
    };
    html! {
        p class="soft" { (what) " of " b { (report.csv_name()) }
            @if !report.origins.account.is_empty() { " to " (report.origins.account) }
        }
        h1 { (report.outcome()) "." }
        p class="soft" {
            "As of " (report.written_at) " UTC"
            @if report.is_dry_run() { "; nothing was sent." } @else { (standing(report)) }
        }
    }
}

/// Says whether a run is active, or how the last one ended.
fn standing(report: &Report) -> Markup {
    let ended = match &*report.facts.stopped_because {
        RUNNING => "a run is going on",
        "done" => return html! { "." },
        WAITING => return waiting(report),
        KILLED => "the last run was killed; run the same command again",
        "interrupted" => "the last run was interrupted; run the same command again",
        "limit" => "the last run ended at its --limit",
        "max_errors" => "the last run ended at its --max-errors",
        "max_duration" => "the last run ended at its --max-duration",
        "outage" => "the last run ended since Zendesk gave no usable reply",
        _ => "the last run could not go on",
    };
    html! { "; " (ended) "." }
}

/// Names the files whose rows are waiting but were not part of the last run.
fn waiting(report: &Report) -> Markup {
    html! {
        @for waiting in &report.waiting {
            "; " (numbered(waiting.rows, "row is", "rows are")) " to go in " b { (waiting.file) }
        }
        ": run " (if report.waiting.len() == 1 { "that file." } else { "these files." })
    }
}

fn totals(report: &Report) -> Markup {
    let facts = &report.facts;
    let states = [
        (facts.created, "created", "good"),
        (facts.rejected, "rejected", "bad"),
        (facts.invalid, "invalid", "slow"),
        (facts.unknown, "unknown", "lost"),
        (facts.pending, "pending", "open"),
        (facts.sending, "sending", "look"),
        (facts.withdrawn, "withdrawn", "open"),
    ];
    html! {
        div class="share" role="img" aria-label="rows by state" {
            @for (n, _, class) in states {
                @if n > 0 { span class=(class) style={ "flex:" (n) } {} }
            }
        }
        div class="tiles" {
            div class="tile" { b { (thousands(facts.rows)) } "rows in all" }
            @for (n, name, class) in states {
                @if n > 0 { div class={ "tile " (class) } { b { (thousands(n)) } (name) } }
            }
        }
        @if let Some(told) = repeated(facts) { p class="soft" { (told) } }
        @if let Some(would) = &facts.would {
            p {
                "A run would create " (numbered(would.create, "ticket", "tickets"))
                @if would.resend > 0 { ", send " (numbered(would.resend, "row", "rows")) " again" }
                @if would.look_up > 0 { ", look " (numbered(would.look_up, "row", "rows")) " up" }
                ": " (numbered(would.requests, "request", "requests")) " at least"
                @if let Some(ms) = facts.estimate_ms { ", about " (duration(ms)) }
                @if would.authors > 0 {
                    ", if none of the " (numbered(would.authors, "author", "authors"))
                    " of comments is a user yet and users are made one by one"
                }
                "."
            }
        }
    }
}

/// Counts the rows whose ticket came from a request other than the first.
fn repeated(facts: &Facts) -> Option<String> {
    let hit = "answered from Zendesk's memory of their key";
    let found = "found by a lookup";
    let parts: Vec<String> = [(facts.created_hit, hit), (facts.created_found, found)]
        .into_iter()
        .filter(|(rows, _)| *rows > 0)
        .map(|(rows, how)| {
            format!(
                "{} {} {how}",
                thousands(rows),
                if rows == 1 { "was" } else { "were" }
            )
        })
        .collect();
    let told = format!(
        "Of the created rows, {}: a repeated request made no second ticket.",
        parts.join(", and ")
    );
    (!parts.is_empty()).then_some(told)
}

fn over_time(report: &Report) -> Markup {
    let bucket = duration(report.timeline.bucket_ms);
    html! {
        h2 { "Over time" }
        figure {
            figcaption { "Rows that have their ticket" }
            (chart::tickets(&report.timeline))
        }
        figure {
            figcaption { "Requests for rows, a minute (one bar is " (bucket) ")" }
            (chart::requests(report))
            (chart::legend(report))
        }
    }
}

fn samples(report: &Report) -> Markup {
    html! {
        h2 { "What would be sent" }
        @for sample in &report.samples {
            p { "Line " (sample.line) ", external_id " code { (sample.external_id) } }
            pre { (sample.body) }
        }
    }
}

fn requests(report: &Report) -> Markup {
    let all = &report.all_runs;
    let keys = report.replies.iter().any(|reply| reply.key.is_some());
    html! {
        h2 { "Requests" }
        @if let Some(latency) = &report.latency {
            p class="soft" { "How long the " (numbered(latency.creates, "answered create", "answered creates")) " took" }
            div class="tiles" {
                @for (ms, name) in [
                    (latency.p50, "median"), (latency.p90, "90 %"), (latency.p99, "99 %"),
                    (latency.max, "longest"),
                ] {
                    div class="tile look" { b { (duration(ms)) } (name) }
                }
            }
        }
        p {
            "All runs together made " (numbered(all.requests, "request", "requests")) ": "
            (thousands(all.retried)) " sent again under the same key, "
            (numbered(all.lookups, "lookup", "lookups")) ", " (thousands(all.throttled))
            " throttled."
        }
        div class="wide" {
            table {
                thead {
                    tr {
                        th { "Request" } th { "Reply" }
                        @if keys { th { "Key" } }
                        th class="n" { "Count" }
                    }
                }
                tbody {
                    @for reply in &report.replies {
                        tr {
                            td class="t" { (request_name(reply.kind)) }
                            td class="t" {
                                @match reply.status {
                                    Some(status) => (status),
                                    None => "no reply",
                                }
                            }
                            @if keys {
                                td class="t" {
                                    @match reply.key {
                                        Some("miss") => "new to Zendesk",
                                        Some(_) => "known to Zendesk",
                                        None => "",
                                    }
                                }
                            }
                            td class="n" { (thousands(reply.requests)) }
                        }
                    }
                }
            }
        }
    }
}

fn request_name(kind: &str) -> &'static str {
    match kind {
        "create" => "create",
        "list" => "lookup by the list",
        _ => "lookup by the search",
    }
}

fn runs(report: &Report) -> Markup {
    html! {
        h2 { "Runs" }
        @if report.runs_before > 0 {
            p class="soft" { (numbered(report.runs_before, "run", "runs")) " before these" }
        }
        div class="wide" {
            table {
                thead {
                    tr {
                        th { "Began (UTC)" } th { "Took" } th { "Ended because" }
                        th class="n" { "Created" } th class="n" { "Requests" }
                        th class="n" { "Allowed a minute" } th { "Version and settings" }
                    }
                }
                tbody { @for run in &report.runs { (run_line(run)) } }
            }
        }
    }
}

fn run_line(run: &RunTold) -> Markup {
    html! {
        tr {
            td class="t" { (run.began_at.replace('T', " ").replace('Z', "")) }
            td class="t" { (duration(run.done.elapsed_ms)) }
            td {
                (run.stopped_because)
                @if let Some(message) = &run.message { ": " (message) }
            }
            td class="n" { (thousands(run.done.created)) }
            td class="n" { (thousands(run.done.requests)) }
            td class="n" {
                @match run.allowed_rpm {
                    Some(rpm) => (thousands(rpm.into())),
                    None => "no limit",
                }
            }
            td class="words" { small { (run.version) " " (settings(run)) } }
        }
    }
}

/// Lists the settings of a run that are worth showing, as `name value`.
fn settings(run: &RunTold) -> String {
    let told = run.settings.as_object().into_iter().flatten();
    let told = told.filter(|(name, value)| {
        *name != "account" && !value.is_null() && *value != &serde_json::Value::Bool(false)
    });
    let told: Vec<String> = told
        .map(|(name, value)| match value.as_str() {
            Some(text) => format!("{name} {text}"),
            None => format!("{name} {value}"),
        })
        .collect();
    told.join(", ")
}

fn origins(report: &Report) -> Markup {
    let origins = &report.origins;
    html! {
        h2 { "Where this comes from" }
        dl {
            dt { "CSV" } dd { (origins.csv.path) }
            dt { "its SHA-256" } dd { code { (origins.csv.sha256) } }
            @if let Some(mapping) = &origins.mapping {
                dt { "Mapping" } dd { (mapping.path) }
                dt { "its SHA-256" } dd { code { (mapping.sha256) } }
            }
            dt { "Checkpoint" } dd { (origins.checkpoint) }
            @if !origins.account.is_empty() { dt { "Account" } dd { (origins.account) } }
            dt { "Written by" } dd { "zendesk-migrate " (origins.version) }
        }
        @if !report.runs.is_empty() {
            p class="soft" { "Times are in UTC, on Zendesk's clock." }
        }
    }
}
