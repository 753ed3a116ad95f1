//! The report as text for a narrow terminal.

use std::path::Path;

use super::advice::advice;
use super::results::Report;
use super::text::{count, duration, elsewhere, fold, rows};
use crate::model::shown::shown;

/// Renders the report; no line is longer than 80 characters, except for a longer single word.
pub fn summary(report: &Report) -> String {
    let mut lines = vec![fold(&format!("{}.", report.outcome())), rows(&report.facts)];
    if let Some(tickets) = &report.no_requester {
        lines.extend(tickets.told().iter().map(|told| fold(told)));
    }
    for waiting in &report.waiting {
        let checkpoint = Path::new(&report.origins.checkpoint);
        lines.push(elsewhere(&waiting.file, waiting.rows, checkpoint));
    }
    causes(report, &mut lines);
    requests(report, &mut lines);
    runs(report, &mut lines);
    needs_person(report, &mut lines);
    lines.push(String::new());
    lines.push(fold(&format!("csv: {}", shown(&report.origins.csv.path))));
    lines.push(fold(&format!(
        "sha256: {}",
        shown(&report.origins.csv.sha256)
    )));
    lines.push(fold(&format!(
        "checkpoint: {}",
        shown(&report.origins.checkpoint)
    )));
    lines.push(fold(&format!(
        "account: {}; as of {} UTC; zendesk-migrate {}",
        shown(&report.origins.account),
        report.written_at,
        report.origins.version
    )));
    lines.join("\n")
}

fn causes(report: &Report, lines: &mut Vec<String>) {
    if report.causes.is_empty() {
        return;
    }
    lines.extend([String::new(), "why rows have no ticket:".to_owned()]);
    for cause in &report.causes {
        let head = format!(
            "{} {} with {}",
            count(cause.rows, "row"),
            cause.state,
            shown(&cause.code)
        );
        if cause.faults.is_empty() {
            let (line, message) = (cause.first.line, shown(&cause.first.message));
            lines.push(fold(&format!("{head}; for example line {line}: {message}")));
            continue;
        }
        lines.push(fold(&format!("{head}, of these:")));
        for fault in &cause.faults {
            lines.push(fold(&format!(
                "- {} with {}; for example line {}: {}",
                count(fault.rows, "row"),
                shown(&fault.kind),
                fault.line,
                shown(&fault.said)
            )));
        }
    }
}

fn requests(report: &Report, lines: &mut Vec<String>) {
    if report.replies.is_empty() {
        return;
    }
    lines.extend([String::new(), "requests for rows:".to_owned()]);
    for reply in &report.replies {
        let status = match reply.status {
            Some(status) => format!("status {status}"),
            None => "no reply".to_owned(),
        };
        let key = reply
            .key
            .map_or_else(String::new, |key| format!(", key {key}"));
        lines.push(format!(
            "{:>9}  {}: {status}{key}",
            reply.requests, reply.kind
        ));
    }
    if let Some(latency) = &report.latency {
        lines.push(fold(&format!(
            "{} took {} (median), {} (90 %), {} (99 %), {} at most",
            count(latency.creates, "answered create"),
            duration(latency.p50),
            duration(latency.p90),
            duration(latency.p99),
            duration(latency.max)
        )));
    }
}

fn runs(report: &Report, lines: &mut Vec<String>) {
    if report.runs.is_empty() {
        return;
    }
    lines.extend([String::new(), "runs:".to_owned()]);
    if report.runs_before > 0 {
        lines.push(format!("{} before these", count(report.runs_before, "run")));
    }
    for run in &report.runs {
        lines.push(fold(&format!(
            "{}: {}, {} created, {} in {}",
            run.began_at,
            shown(&run.stopped_because),
            run.done.created,
            count(run.done.requests, "request"),
            duration(run.done.elapsed_ms)
        )));
    }
}

fn needs_person(report: &Report, lines: &mut Vec<String>) {
    /// How many rows a text lists.
    const LISTED: usize = 20;
    if report.needs_person.is_empty() {
        return;
    }
    lines.extend([String::new(), "rows that need a person:".to_owned()]);
    for advice in advice(report) {
        let (is, text) = (if advice.rows == 1 { "is" } else { "are" }, &advice.text);
        let rows = count(advice.rows, "row");
        lines.push(fold(&format!("{rows} {is} {}: {text}", advice.state)));
    }
    for row in report.needs_person.iter().take(LISTED) {
        lines.push(fold(&format!(
            "line {} is {}: {} ({})",
            row.line,
            row.state,
            shown(&row.message),
            shown(&row.code)
        )));
    }
    let all = report.needs_person.len() as u64 + report.needs_person_more;
    let more = all.saturating_sub(LISTED as u64);
    if more > 0 {
        lines.push(format!("… and {more} more"));
    }
}
