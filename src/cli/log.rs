//! Where events go: warnings to stderr, more of them with `-v`, and every request as a line of JSON to
//! the file that `--log-file` names.
//!
//! Only this program's own events are taken: what libraries tell of their connections could show
//! what they carry.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::args::Command;
use super::exit::Failure;
use super::kept::Kept;
use super::target::is_stream;
use super::{output, own};

use crate::model::shown::{shown_json, shown_path};

/// Starts to log. A file that cannot be opened is an error; one that cannot be written later is told
/// once, and ends nothing.
pub(super) fn start(command: &Command) -> Result<(), Failure> {
    let arguments = command.log();
    let level = match arguments.verbose {
        0 => LevelFilter::WARN,
        1 => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    let to_stderr = tracing_subscriber::fmt::layer()
        .with_writer(|| ToStderr)
        .with_ansi(false)
        .with_target(false)
        .without_time()
        .with_filter(ours(level));
    let file = arguments.log_file.as_deref();
    let file = file.map(|path| LogFile::open(path, &Kept::of_command(command)));
    let to_file = file.transpose()?.map(|file| {
        tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .with_target(false)
            .with_writer(Arc::new(file))
            .with_filter(ours(LevelFilter::DEBUG))
    });
    tracing_subscriber::registry()
        .with(to_stderr)
        .with(to_file)
        .init();
    Ok(())
}

fn ours(level: LevelFilter) -> Targets {
    Targets::new().with_target(env!("CARGO_CRATE_NAME"), level)
}

/// Lines for people, said like everything else. Colours would be escapes among those of others.
struct ToStderr;

impl Write for ToStderr {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        output::say(String::from_utf8_lossy(line).trim_end_matches('\n'));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What helps where a log cannot go.
const ELSEWHERE: &str = "name another file with --log-file";

/// More than the first line of a log ever has.
const FIRST_BYTES: u64 = 64 << 10;

fn first_of(path: &Path) -> io::Result<Vec<u8>> {
    let mut first = Vec::new();
    File::open(path)?
        .take(FIRST_BYTES)
        .read_to_end(&mut first)?;
    Ok(first)
}

/// A file to which whole lines are appended, each at once.
struct LogFile {
    file: File,
    path: PathBuf,
    has_failed: AtomicBool,
}

impl LogFile {
    /// A name that was mistaken for another must not cost the tickets: it is looked at before a byte is
    /// written, and before a file is made.
    fn open(path: &Path, kept: &Kept) -> Result<Self, Failure> {
        let cannot = |why: &dyn std::fmt::Display| {
            Failure::refused(format!(
                "the log file {} cannot be used: {why}",
                shown_path(path)
            ))
        };
        kept.refuse(path, ELSEWHERE)?;
        if let Ok(found) = std::fs::metadata(path) {
            if found.is_dir() {
                return Err(cannot(&format!("it is a folder; {ELSEWHERE}")));
            }
            let is_log = || first_of(path).map(|first| first.is_empty() || own::is_log(&first));
            let is_fit = if found.is_file() {
                is_log().map_err(|error| cannot(&error))?
            } else {
                is_stream(&found)
            };
            if !is_fit {
                return Err(cannot(&format!(
                    "there is something else in it; {ELSEWHERE}"
                )));
            }
        }
        let mut options = OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options
            .append(true)
            .create(true)
            .open(path)
            .map_err(|error| cannot(&error))?;
        Ok(Self {
            file,
            path: path.to_owned(),
            has_failed: AtomicBool::new(false),
        })
    }
}

impl Write for &LogFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        if let Err(error) = (&self.file).write_all(shown_json(&text).as_bytes())
            && !self.has_failed.swap(true, Ordering::Relaxed)
        {
            output::say(&format!(
                "the log file {} cannot be written ({error}); the run continues, and the log is not \
                 complete",
                shown_path(&self.path)
            ));
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
