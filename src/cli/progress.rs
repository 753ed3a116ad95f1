//! What is shown while a run goes on: a bar on a terminal, else a line every ten seconds.
//!
//! The run only leaves its latest picture here; a thread of its own draws it, so that a countdown
//! moves while the run sleeps, and a slow terminal holds nobody up.

use std::io::{IsTerminal, stderr};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::args::Progress;
use super::output;
use crate::engine::clock::monotonic;
use crate::engine::monitor::{Monitor, Picture, Waiting};
use crate::model::time::Monotonic;
use crate::report::text;

const REDRAW_MS: u64 = 100;
const LINE_EVERY_MS: u64 = 10_000;

/// Shows a run, and stops when it is dropped.
pub(super) struct Display {
    shared: Arc<Mutex<Shared>>,
    bar: Option<ProgressBar>,
    drawer: Option<(Sender<()>, JoinHandle<()>)>,
}

/// The latest picture.
#[derive(Clone, Copy)]
struct Shared {
    began: Monotonic,
    scanned_bytes: u64,
    scanned_rows: u64,
    total_bytes: u64,
    picture: Option<(Picture, Monotonic)>,
}

/// How the picture is shown.
#[derive(Clone)]
enum Form {
    Bar(ProgressBar),
    Lines,
    Json,
}

impl Display {
    /// Starts to show a run of a file with so many bytes.
    pub(super) fn start(wanted: Progress, quiet: bool, total_bytes: u64) -> Self {
        let shared = Arc::new(Mutex::new(Shared {
            began: monotonic(),
            scanned_bytes: 0,
            scanned_rows: 0,
            total_bytes,
            picture: None,
        }));
        let form = match wanted {
            _ if quiet => None,
            Progress::Never => None,
            Progress::Json => Some(Form::Json),
            Progress::Auto if stderr().is_terminal() => Some(Form::Bar(bar())),
            Progress::Auto | Progress::Always => Some(Form::Lines),
        };
        let bar = match &form {
            Some(Form::Bar(bar)) => Some(bar.clone()),
            Some(Form::Lines | Form::Json) | None => None,
        };
        let drawer = form.map(|form| draw_until_told(Arc::clone(&shared), form));
        Self {
            shared,
            bar,
            drawer,
        }
    }

    fn update(&self, change: impl FnOnce(&mut Shared)) {
        change(&mut self.shared.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Monitor for Display {
    fn scanned(&mut self, bytes: u64, rows: u64) {
        self.update(|shared| {
            shared.scanned_bytes = bytes;
            shared.scanned_rows = rows;
        });
    }

    fn moved(&mut self, picture: &Picture) {
        let now = monotonic();
        self.update(|shared| shared.picture = Some((*picture, now)));
    }

    fn tell(&mut self, sentence: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| output::say(sentence)),
            None => output::say(sentence),
        }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        if let Some((stop, drawer)) = self.drawer.take() {
            drop(stop);
            let _drawer_never_panics = drawer.join();
        }
    }
}

fn draw_until_told(shared: Arc<Mutex<Shared>>, form: Form) -> (Sender<()>, JoinHandle<()>) {
    let (stop, told) = channel();
    let every = Duration::from_millis(match form {
        Form::Bar(_) => REDRAW_MS,
        Form::Lines | Form::Json => LINE_EVERY_MS,
    });
    let drawer = std::thread::spawn(move || {
        while told.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
            let shared = *shared.lock().unwrap_or_else(PoisonError::into_inner);
            draw(&form, &shared, monotonic());
        }
        if let Form::Bar(bar) = &form {
            bar.finish_and_clear();
        }
    });
    (stop, drawer)
}

fn draw(form: &Form, shared: &Shared, now: Monotonic) {
    match form {
        Form::Bar(bar) => {
            let (done, all) = position(shared);
            bar.set_length(all.max(1));
            bar.set_position(done);
            bar.set_message(message(shared, now));
            bar.tick();
        }
        Form::Lines => output::say(&format!("{}{}", head(shared), message(shared, now))),
        Form::Json => output::say(&json(shared, now)),
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {percent:>3}% {msg}") {
        bar.set_style(style);
    }
    bar
}

/// Bytes while the file is scanned, rows afterwards.
fn position(shared: &Shared) -> (u64, u64) {
    match &shared.picture {
        None => (shared.scanned_bytes, shared.total_bytes),
        Some((picture, _)) => (settled(picture), picture.counts.rows()),
    }
}

fn settled(picture: &Picture) -> u64 {
    picture.counts.rows() - picture.counts.open()
}

fn head(shared: &Shared) -> String {
    match &shared.picture {
        None => String::new(),
        Some((picture, _)) => format!("{}/{} rows, ", settled(picture), picture.counts.rows()),
    }
}

fn message(shared: &Shared, now: Monotonic) -> String {
    let Some((picture, seen)) = &shared.picture else {
        return match shared.scanned_rows {
            0 => "waiting for Zendesk".to_owned(),
            rows => format!("{rows} rows read"),
        };
    };
    let elapsed_ms = now.since(shared.began).max(1);
    let rpm = picture.tally.created.saturating_mul(60_000) / elapsed_ms;
    let created = format!("{} created", picture.counts.created);
    let rejected = Some(picture.counts.rejected)
        .filter(|n| *n > 0)
        .map(|n| format!("{n} rejected"));
    let rate = match picture.allowed_rpm {
        Some(allowed) => format!("{rpm} of {allowed}/min"),
        None => format!("{rpm}/min"),
    };
    let waiting = picture
        .waiting
        .map(|waiting| why(waiting, now.since(*seen)));
    [Some(created), rejected, Some(rate), waiting]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ")
}

/// Why nothing is sent, as a countdown.
fn why(waiting: Waiting, passed_ms: u64) -> String {
    let left = |ms: u64| text::duration(ms.saturating_sub(passed_ms));
    match waiting {
        Waiting::Throttled(ms) => format!("429, {}", left(ms)),
        Waiting::Others(ms) => format!("paused for others, {}", left(ms)),
        Waiting::Reserve(ms) => format!("paused for the reserve, {}", left(ms)),
        Waiting::Outage(ms) => format!("outage, next probe in {}", left(ms)),
        Waiting::Settling(ms) => format!("settling, next request in {}", left(ms)),
    }
}

fn json(shared: &Shared, now: Monotonic) -> String {
    let waiting = shared.picture.as_ref().and_then(|(picture, seen)| {
        picture
            .waiting
            .map(|waiting| why(waiting, now.since(*seen)))
    });
    let picture = shared.picture.as_ref().map(|(picture, _)| picture);
    serde_json::json!({
        "scanned_rows": shared.scanned_rows,
        "counts": picture.map(|picture| picture.counts),
        "this_run": picture.map(|picture| picture.tally),
        "allowed_rpm": picture.and_then(|picture| picture.allowed_rpm),
        "waiting": waiting,
    })
    .to_string()
}
