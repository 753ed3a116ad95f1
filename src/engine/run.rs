//! The body of the loop: threads, sockets and the clock around the driver.
//!
//! The calling thread owns the driver and with it SQLite. Requests are tasks on a runtime of its own
//! thread; they share nothing and send what they learn back as messages.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use super::clock::monotonic;
use super::driver::{Driver, Message, Rows};
use super::error::EngineError;
use super::monitor::{Ended, Monitor, Picture};
use super::request::{Requests, perform};
use crate::checkpoint::CheckpointError;
use crate::lifecycle::Stop;
use crate::model::problem::Problem;
use crate::model::time::Monotonic;

/// Replies that are worth a COMMIT at once where nothing limits the rate, and how long fewer wait for
/// company.
const GROUP: usize = 32;
const GATHER: Duration = Duration::from_micros(500);

/// How long replies, and a person's Ctrl-C, may wait for the next request where the rate is limited, in
/// milliseconds.
const SHARE_MS: u64 = 100;

/// Starts the runtime for requests: one worker, because a second one takes the core that SQLite and
/// the other side need.
pub fn runtime() -> Result<Runtime, EngineError> {
    Ok(Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("requests")
        .enable_all()
        .build()?)
}

/// Runs a driver to its end.
///
/// `inbox` also takes [`Message::Interrupt`] from whoever holds another clone of `sender`.
pub fn run<R: Rows, Q: Requests>(
    mut driver: Driver<R>,
    requests: &Q,
    runtime: &Runtime,
    (sender, inbox): (&Sender<Message>, &Receiver<Message>),
    monitor: &mut dyn Monitor,
) -> Result<Ended, EngineError> {
    // Somebody may have asked for the end already.
    let mut messages: Vec<Message> = inbox.try_iter().collect();
    loop {
        let now = monotonic();
        let effects = match driver.turn(now, messages.drain(..)) {
            Ok(effects) => effects,
            Err(error) => return Ok(ended_by_disk(&driver.picture(now), &error)),
        };
        perform(effects, requests, runtime, sender);
        let picture = driver.picture(now);
        monitor.moved(&picture);
        for sentence in driver.news() {
            monitor.tell(&sentence);
        }
        if let Some(stop) = driver.finished() {
            let stop = stop.clone();
            if let Some(sentence) = driver.farewell() {
                monitor.tell(&sentence);
            }
            if let Err(error) = driver.end(&stop, now) {
                return Ok(ended_by_disk(&picture, &error));
            }
            return Ok(Ended {
                stop,
                counts: picture.counts,
                tally: picture.tally,
            });
        }
        if picture.allowed_rpm.is_some() {
            wait_for_permit(inbox, driver.wake_at(), &mut messages);
        } else {
            wait_for_company(inbox, driver.wake_at(), &mut messages);
        }
    }
}

/// A checkpoint that cannot be written ends the sending at once: what is still out is settled by
/// the next run.
fn ended_by_disk(picture: &Picture, error: &CheckpointError) -> Ended {
    let code = match error {
        CheckpointError::DiskFull { .. } => "DiskFull",
        CheckpointError::Disk { .. } => "DiskFailed",
        CheckpointError::LeaseLost { .. } => "TakenOver",
        CheckpointError::Moved { .. } => "CheckpointMoved",
        _ => "CheckpointFailed",
    };
    Ended {
        stop: Stop::Disk(Problem::new(code, error.to_string())),
        counts: picture.counts,
        tally: picture.tally,
    }
}

/// Waits for the first message or for the time, then takes all messages that are there: replies
/// that arrive during a COMMIT share the next one.
fn wait(inbox: &Receiver<Message>, until: Option<Monotonic>, messages: &mut Vec<Message>) {
    let first = match until {
        None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
        Some(time) => inbox.recv_timeout(Duration::from_millis(time.since(monotonic()))),
    };
    messages.extend(first.ok());
    messages.extend(inbox.try_iter());
}

/// Where the rate is limited, replies wait for the next request, so that they share its COMMIT; that
/// halves what a run costs. They do not if that request is far.
fn wait_for_permit(
    inbox: &Receiver<Message>,
    until: Option<Monotonic>,
    messages: &mut Vec<Message>,
) {
    let pause_ms = until.map(|time| time.since(monotonic()));
    match pause_ms.filter(|ms| *ms <= SHARE_MS) {
        Some(ms) => {
            std::thread::sleep(Duration::from_millis(ms));
            messages.extend(inbox.try_iter());
        }
        None => wait(inbox, until, messages),
    }
}

/// Where nothing limits the rate, the syncs do: replies that come right after the first ones get a
/// place in the same COMMIT.
fn wait_for_company(
    inbox: &Receiver<Message>,
    until: Option<Monotonic>,
    messages: &mut Vec<Message>,
) {
    wait(inbox, until, messages);
    if (1..GROUP).contains(&messages.len()) {
        std::thread::sleep(GATHER);
        messages.extend(inbox.try_iter());
    }
}
