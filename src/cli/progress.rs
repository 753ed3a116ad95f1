//! What a run shows while it is active: a bar on a terminal, else a line every ten seconds.
//!
//! The run only leaves its latest picture here; a thread of its own draws it, so that a countdown
//! moves while the run sleeps, and a slow terminal holds nobody up.

mod face;
mod rate;
mod terminal;

use std::io::{IsTerminal, stderr};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use console::Term;
use indicatif::{ProgressBar, ProgressStyle};

use super::args::{Progress, RunArguments};
use super::output;
use crate::engine::clock::monotonic;
use crate::engine::monitor::{Monitor, Picture};
use crate::model::shown::shown_lines;
use face::View;

const REDRAW_MS: u64 = 200;
const LINE_EVERY_MS: u64 = 10_000;

/// Shows a run, and stops when it is dropped.
pub(super) struct Display {
    shared: Arc<Mutex<View>>,
    drawer: Option<(Sender<()>, JoinHandle<()>)>,
}

/// How the picture is shown.
#[derive(Clone)]
enum Form {
    Bar(ProgressBar),
    Lines,
    Json,
}

impl Display {
    /// Starts to show a run.
    pub(super) fn of_run(arguments: &RunArguments) -> Self {
        let bytes = std::fs::metadata(&arguments.csv).map_or(0, |file| file.len());
        // A bar and the lines of `-v` would write over each other.
        let progress = match arguments.progress {
            Progress::Auto if arguments.log.verbose > 0 => Progress::Always,
            wanted => wanted,
        };
        Self::start(progress, arguments.quiet, bytes)
    }

    /// Starts to show what is done with a file of so many bytes.
    fn start(wanted: Progress, quiet: bool, total_bytes: u64) -> Self {
        let shared = Arc::new(Mutex::new(View {
            began: monotonic(),
            total_bytes,
            ..View::default()
        }));
        let form = match wanted {
            _ if quiet => None,
            Progress::Never => None,
            Progress::Json => Some(Form::Json),
            Progress::Auto if stderr().is_terminal() => Some(Form::Bar(bar())),
            Progress::Auto | Progress::Always => Some(Form::Lines),
        };
        if let Some(Form::Bar(bar)) = &form {
            output::set_bar(Some(bar.clone()));
        }
        let drawer = form.map(|form| draw_until_told(Arc::clone(&shared), form));
        Self { shared, drawer }
    }

    fn update(&self, change: impl FnOnce(&mut View)) {
        change(&mut self.shared.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Monitor for Display {
    fn scanned(&mut self, bytes: u64, rows: u64) {
        self.update(|view| {
            view.scanned_bytes = bytes;
            view.scanned_rows = rows;
        });
    }

    fn moved(&mut self, picture: &Picture) {
        let now = monotonic();
        self.update(|view| view.picture(picture, now));
    }

    fn tell(&mut self, sentence: &str) {
        output::say(sentence);
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

fn draw_until_told(shared: Arc<Mutex<View>>, form: Form) -> (Sender<()>, JoinHandle<()>) {
    let (stop, told) = channel();
    let every = Duration::from_millis(match form {
        Form::Bar(_) => REDRAW_MS,
        Form::Lines | Form::Json => LINE_EVERY_MS,
    });
    let drawer = std::thread::spawn(move || {
        while told.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
            draw(&form, &shared);
        }
        match &form {
            Form::Bar(bar) => {
                output::set_bar(None);
                bar.finish_and_clear();
            }
            // Whoever reads objects gets the last state too.
            Form::Json => draw(&form, &shared),
            Form::Lines => {}
        }
    });
    (stop, drawer)
}

fn draw(form: &Form, shared: &Mutex<View>) {
    let view = shared
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let now = face::now(monotonic());
    match form {
        Form::Bar(bar) => {
            let (_rows, columns) = Term::stderr().size();
            let lines = face::lines(&view, &now, usize::from(columns)).join("\n");
            bar.set_message(shown_lines(&lines).into_owned());
            bar.tick();
        }
        Form::Lines => output::say(&face::line(&view, &now)),
        Form::Json => output::say(&face::object(&view, &now).to_string()),
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, terminal::target());
    if let Ok(style) = ProgressStyle::with_template("{msg}") {
        bar.set_style(style);
    }
    bar
}
