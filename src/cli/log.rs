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

use super::exit::Failure;
use super::output;
use super::shared_args::LogArguments;

use crate::model::shown::{shown_json, shown_path};

/// Starts to log. A file that cannot be opened is an error; one that cannot be written later is told
/// once, and ends nothing.
pub(super) fn start(arguments: &LogArguments) -> Result<(), Failure> {
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
    let file = arguments.log_file.as_deref().map(LogFile::open);
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

/// A file to which whole lines are appended, each at once.
struct LogFile {
    file: File,
    path: PathBuf,
    has_failed: AtomicBool,
}

impl LogFile {
    fn open(path: &Path) -> Result<Self, Failure> {
        let cannot = |why: &dyn std::fmt::Display| {
            Failure::refused(format!(
                "the log file {} cannot be used: {why}",
                shown_path(path)
            ))
        };
        let mut options = OpenOptions::new();
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options
            .read(true)
            .append(true)
            .create(true)
            .open(path)
            .map_err(|error| cannot(&error))?;
        // A name that was mistaken for another must not cost the tickets.
        let is_regular = file.metadata().map_err(|error| cannot(&error))?.is_file();
        let mut first = Vec::new();
        if is_regular {
            let mut start = Read::by_ref(&mut file).take(1);
            start
                .read_to_end(&mut first)
                .map_err(|error| cannot(&error))?;
        }
        if first.first().is_some_and(|byte| *byte != b'{') {
            return Err(cannot(&"there is something else in it"));
        }
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
                "the log file {} cannot be written ({error}); the run goes on, and the log is not \
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
