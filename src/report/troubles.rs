//! The sections of the page about rows without a ticket: the causes, the rows, and what to do.

use maud::{Markup, html};

use super::advice::{advice, inline};
use super::results::{Report, numbered, thousands};
use crate::model::results::{Cause, FaultRows, Troubled};

/// How many faults of one cause are shown, the most frequent first.
const FAULTS_SHOWN: usize = 12;

/// Renders why rows have no ticket.
pub(super) fn causes(report: &Report) -> Markup {
    let most = report.causes.iter().map(|cause| cause.rows).max();
    html! {
        h2 {
            @if report.is_dry_run() { "Why rows cannot be sent" } @else { "Why rows have no ticket" }
        }
        @for cause in &report.causes { (cause_bar(cause, most.unwrap_or(1).max(1))) }
    }
}

fn cause_bar(cause: &Cause, most: u64) -> Markup {
    let class = class_of(cause.state);
    html! {
        div class="cause" {
            div class="head" {
                span { b { (cause.code) } " " small { (cause.state) } }
                b { (numbered(cause.rows, "row", "rows")) }
            }
            (bar(class, cause.rows, most))
            @if cause.faults.is_empty() {
                (examples(cause))
            } @else {
                (faults(cause, class, most))
            }
        }
    }
}

/// Shows the problem of the first row, and of later rows if theirs differ.
fn examples(cause: &Cause) -> Markup {
    let others = cause.lines.iter().zip(&cause.messages).skip(1);
    let others = others.filter(|(_, said)| **said != cause.first.message);
    html! {
        p class="soft quote" {
            "For example " (place(&cause.first)) ": " (cause.first.message)
        }
        @for (line, said) in others {
            p class="soft quote" { "line " (line) ": " (said) }
        }
    }
}

fn faults(cause: &Cause, class: &str, most: u64) -> Markup {
    let more = cause.faults.len().saturating_sub(FAULTS_SHOWN) as u64;
    let several = cause.faults.iter().map(|fault| fault.rows).sum::<u64>() > cause.rows;
    html! {
        @for fault in cause.faults.iter().take(FAULTS_SHOWN) { (fault_bar(fault, class, most)) }
        @if more > 0 {
            p class="soft fault" { "and " (numbered(more, "rarer fault", "rarer faults")) }
        }
        @if several { p class="soft fault" { "A row may have several of these faults." } }
    }
}

fn fault_bar(fault: &FaultRows, class: &str, most: u64) -> Markup {
    html! {
        div class="fault" {
            div class="head" { span { (fault.kind) } span { (numbered(fault.rows, "row", "rows")) } }
            (bar(class, fault.rows, most))
            p class="soft quote" { "For example line " (fault.line) ": " (fault.said) }
        }
    }
}

fn bar(class: &str, rows: u64, most: u64) -> Markup {
    html! {
        div class="bar" { span class=(class) style={ "width:" (rows * 100 / most) "%" } {} }
    }
}

fn place(row: &Troubled) -> String {
    match &row.external_id {
        Some(id) => format!("line {} (external_id {id})", row.line),
        None => format!("line {}", row.line),
    }
}

fn class_of(state: &str) -> &'static str {
    match state {
        "rejected" => "bad",
        "invalid" => "slow",
        _ => "lost",
    }
}

/// Renders a command that wraps only between words: a line ending with one of two hyphens misleads.
fn typed(command: &str) -> Markup {
    html! {
        code {
            @for (at, word) in command.split(' ').enumerate() {
                @if at > 0 { " " }
                span { (word) }
            }
        }
    }
}

/// Renders the rows that need the operator, and what to do about them.
pub(super) fn needs_person(report: &Report) -> Markup {
    let listed = report.needs_person.len() as u64;
    html! {
        h2 { "Rows that need a person" }
        @for advice in advice(report) {
            p class={ "advice " (class_of(advice.state)) } {
                b { (numbered(advice.rows, "row is", "rows are")) " " (advice.state) ". " }
                @for (text, is_code) in inline(&advice.text) {
                    @if is_code { (typed(text)) } @else { (text) }
                }
            }
        }
        table class="people" {
            thead {
                tr { th class="n" { "Line" } th { "external_id" } th { "State" } th { "What is wrong" } }
            }
            tbody {
                @for row in &report.needs_person {
                    tr {
                        td class="n" { (row.line) }
                        td class="id" { code { (row.external_id.as_deref().unwrap_or("")) } }
                        td class="t" { (row.state) }
                        td class="words" { (row.message) " " small { (row.code) } }
                    }
                }
            }
        }
        @if report.needs_person_more > 0 {
            p class="soft" {
                "These are the first " (thousands(listed)) "; there "
                @if report.needs_person_more == 1 { "is 1 more" }
                @else { "are " (thousands(report.needs_person_more)) " more" }
                ". " code { "zendesk-migrate export" } " writes them all to error.csv and unknown.csv."
            }
        }
    }
}
