//! Ctrl-C, SIGTERM and SIGHUP: once to stop cleanly, twice to stop at once.

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
    /// `None` where the program was started to outlive its terminal.
    #[cfg(unix)]
    hangup: Option<tokio::signal::unix::Signal>,
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
                hangup: may_catch_hangup()
                    .then(|| caught(SignalKind::hangup()))
                    .transpose()?,
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
            Some(()) = async { self.hangup.as_mut()?.recv().await } => {}
        }
        #[cfg(not(unix))]
        let _cannot_listen = tokio::signal::ctrl_c().await;
    }
}

/// Whether SIGHUP may be caught: `nohup` starts programs that ignore it, and they must keep ignoring it.
/// Only Linux lets a program ask; elsewhere a SIGHUP ends it at once.
#[cfg(unix)]
fn may_catch_hangup() -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| !ignores_hangup(&status))
}

/// Whether the mask of ignored signals in `/proc/self/status` has the first bit, SIGHUP's.
#[cfg(unix)]
fn ignores_hangup(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok());
    mask.is_none_or(|mask| mask & 1 == 1)
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
        output::say("stopping: waiting for open requests (Ctrl-C again to quit now)");
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

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_hangup_that_the_program_was_started_to_ignore_is_not_caught() {
        assert!(!ignores_hangup("Name:\tx\nSigIgn:\t0000000000001000\n"));
        assert!(ignores_hangup("Name:\tx\nSigIgn:\t0000000000001001\n"));
        assert!(ignores_hangup("Name:\tx\n"));
    }
}
