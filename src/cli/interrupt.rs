//! Ctrl-C and SIGTERM: once to stop cleanly, twice to stop at once.

use std::sync::mpsc::Sender;

use tokio::runtime::Runtime;

use super::exit::Exit;
use super::output;
use crate::engine::driver::Message;

/// Tells the run to end when somebody asks for it.
pub(super) fn listen(runtime: &Runtime, run: Sender<Message>) {
    runtime.spawn(async move {
        asked_to_end().await;
        output::say("stopping: rows in flight are finished; once more to stop at once");
        let _run_has_ended = run.send(Message::Interrupt);
        asked_to_end().await;
        at_once();
    });
}

/// Returns when somebody asks the program to end.
pub(super) async fn asked_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _cannot_listen = tokio::signal::ctrl_c().await;
}

/// Nothing is lost by this: every intent is on disk.
#[expect(
    clippy::exit,
    clippy::disallowed_methods,
    reason = "asked for twice: at once means now"
)]
fn at_once() {
    std::process::exit(Exit::Interrupted as i32);
}
