//! The two streams: stdout for machines, stderr for people.

use std::io::{ErrorKind, Write, stderr, stdout};
use std::sync::OnceLock;

use serde::Serialize;

use super::exit::Exit;

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
    bytes(format!("{text}\n").as_bytes());
}

/// Prints what ends its lines itself.
pub(super) fn bytes(bytes: &[u8]) {
    let mut out = stdout();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => {}
        // Whoever closes a pipe has read enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        Err(error) => {
            // Only the first is told.
            let _told = LOST.set(error.to_string());
        }
    }
}

/// Why something that was printed did not arrive.
static LOST: OnceLock<String> = OnceLock::new();

/// The exit code, once it is known whether all that was printed has arrived.
pub(super) fn judged(exit: Exit) -> Exit {
    let Some(why) = LOST.get() else {
        return exit;
    };
    error(&format!(
        "cannot write to stdout ({why}); what was to be printed is not complete"
    ));
    match exit {
        Exit::Interrupted | Exit::Held | Exit::Credentials => exit,
        _ => Exit::Failed,
    }
}
