//! Ctrl-C and SIGTERM: once to stop cleanly, twice to stop at once.

use std::sync::mpsc::Sender;

use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::exit::{Exit, Failure};
use super::output;
use crate::engine::driver::Message;

/// The signals that ask for an end. They are caught from the moment this exists.
pub(super) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    /// Starts to catch the signals.
    pub(super) fn catch(runtime: &Runtime) -> Result<Self, Failure> {
        let _inside_the_runtime = runtime.enter();
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let caught = |kind| {
                signal(kind).map_err(|error| {
                    Failure::refused(format!("the signals cannot be caught: {error}"))
                })
            };
            Ok(Self {
                interrupt: caught(SignalKind::interrupt())?,
                terminate: caught(SignalKind::terminate())?,
            })
        }
        #[cfg(not(unix))]
        Ok(Self {})
    }

    /// Returns when somebody asks for the end.
    pub(super) async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(not(unix))]
        let _cannot_listen = tokio::signal::ctrl_c().await;
    }
}

/// Tells a run to end when somebody asks for it: by a message once it sends, by the token before.
pub(super) fn listen(
    runtime: &Runtime,
    run: Sender<Message>,
) -> Result<CancellationToken, Failure> {
    let end = CancellationToken::new();
    let token = end.clone();
    let mut signals = Signals::catch(runtime)?;
    runtime.spawn(async move {
        signals.next().await;
        output::say("stopping: rows in flight are finished; once more to stop at once");
        token.cancel();
        let _run_has_ended = run.send(Message::Interrupt);
        signals.next().await;
        at_once();
    });
    Ok(end)
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
