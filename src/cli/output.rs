//! The two streams: stdout for machines, stderr for people.
//!
//! Nothing else in the program writes to them (`tests/architecture.rs`), but for the bar. So this is
//! where it is certain that no terminal obeys what somebody wrote into a file name, a cell or a reply.

use std::io::{ErrorKind, IsTerminal, Write, stderr, stdout};
use std::sync::{Mutex, OnceLock, PoisonError};

use indicatif::ProgressBar;
use serde::Serialize;

use super::exit::Exit;
use crate::model::shown::{shown_json, shown_lines};
use crate::report::text::fold_to;

/// The bar on the terminal, if there is one: what is said goes above it, whoever says it.
static BAR: Mutex<Option<ProgressBar>> = Mutex::new(None);

/// Puts a bar on the terminal, or takes it away; returns the one that was there.
pub(super) fn set_bar(bar: Option<ProgressBar>) -> Option<ProgressBar> {
    std::mem::replace(
        &mut *BAR.lock().unwrap_or_else(PoisonError::into_inner),
        bar,
    )
}

/// Does something that needs the terminal for itself; a bar is hidden until it is done.
pub(super) fn without_bar<R>(act: impl FnOnce() -> R) -> R {
    let Some(bar) = set_bar(None) else {
        return act();
    };
    let result = bar.suspend(act);
    set_bar(Some(bar));
    result
}

/// Says a sentence to the person at the terminal.
///
/// A terminal would break a long line in the middle of a word; elsewhere a line stays one, so that it
/// can be searched for.
pub(super) fn say(sentence: &str) {
    let bar = BAR.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match bar {
        Some(bar) => bar.suspend(|| write(sentence)),
        None => write(sentence),
    }
}

fn write(sentence: &str) {
    let columns = console::Term::stderr()
        .size_checked()
        .map(|(_rows, columns)| usize::from(columns))
        .filter(|columns| *columns > 0 && stderr().is_terminal());
    for line in shown_lines(sentence).split('\n') {
        let shown = match columns {
            Some(columns) if line.chars().count() > columns => fold_to(line, columns),
            _ => line.to_owned(),
        };
        // Nobody is left to be told if stderr is closed.
        let _closed = writeln!(stderr(), "{shown}");
    }
}

/// Says what went wrong.
pub(super) fn error(sentence: &str) {
    say(&format!("error: {sentence}"));
}

/// Prints one JSON object on one line.
pub(super) fn json(value: &impl Serialize) {
    if let Ok(text) = serde_json::to_string(value) {
        line(&shown_json(&text));
    }
}

/// Prints one line for machines. Whoever has text of others in it has escaped it in the way of its
/// format; this makes sure that none is obeyed by a terminal.
pub(super) fn line(text: &str) {
    print(format!("{}\n", shown_lines(text)).as_bytes());
}

/// Prints what ends its lines itself and has no word of others in it.
pub(super) fn ours(bytes: &[u8]) {
    print(bytes);
}

fn print(bytes: &[u8]) {
    let mut out = stdout();
    printed(out.write_all(bytes).and_then(|()| out.flush()));
}

/// Takes what came of printing something on stdout.
pub(super) fn printed(result: std::io::Result<()>) {
    match result {
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
