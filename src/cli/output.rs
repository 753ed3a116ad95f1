//! The two streams: stdout for machines, stderr for people.

use std::io::{Write, stderr, stdout};

use serde::Serialize;

/// Says a sentence to the person at the terminal.
pub(super) fn say(sentence: &str) {
    // Nobody is left to be told if stderr is closed.
    let _closed = writeln!(stderr(), "{sentence}");
}

/// Says what went wrong.
pub(super) fn error(sentence: &str) {
    say(&format!("error: {sentence}"));
}

/// Prints one JSON object on one line.
pub(super) fn json(value: &impl Serialize) {
    if let Ok(text) = serde_json::to_string(value) {
        line(&text);
    }
}

/// Prints one line for machines.
pub(super) fn line(text: &str) {
    let mut out = stdout();
    let _closed_pipe = writeln!(out, "{text}").and_then(|()| out.flush());
}
