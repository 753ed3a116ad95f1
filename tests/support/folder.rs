//! A folder of its own for a test, and the commands that run in it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::process::{Ended, Running};

/// A folder that goes with its test.
pub(crate) struct Folder {
    place: TempDir,
}

/// The files of a folder with their bytes.
pub(crate) type Files = BTreeMap<PathBuf, Vec<u8>>;

impl Folder {
    pub(crate) fn new() -> Self {
        let place = tempfile::tempdir().expect("a temporary folder");
        Self { place }
    }

    /// A folder with copies of these fixtures.
    pub(crate) fn with_fixtures(names: &[&str]) -> Self {
        let folder = Self::new();
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        for name in names {
            fs::copy(fixtures.join(name), folder.path(name)).expect("a fixture");
        }
        folder
    }

    /// The same folder with one file more.
    pub(crate) fn with(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        fs::write(self.path(name), bytes).expect("a file that can be written");
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect("a text")
    }

    /// All files with their bytes. Of a lock file only its being there counts: its text says who
    /// held it last and decides nothing.
    pub(crate) fn files(&self) -> Files {
        let mut files = Files::new();
        for entry in fs::read_dir(self.place.path()).expect("the folder") {
            let path = entry.expect("an entry").path();
            let is_lock = path.extension().is_some_and(|end| end == "lock");
            let bytes = if is_lock {
                Vec::new()
            } else {
                fs::read(&path).expect("a file")
            };
            files.insert(path, bytes);
        }
        files
    }

    /// The names of all files, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let files = self.files();
        let names = files.keys().filter_map(|path| path.file_name());
        names
            .map(|name| name.to_string_lossy().into_owned())
            .collect()
    }

    /// Who may do what with a file.
    pub(crate) fn mode(&self, name: &str) -> u32 {
        let metadata = fs::metadata(self.path(name)).expect("a file");
        metadata.permissions().mode() & 0o7777
    }

    pub(crate) fn set_mode(&self, name: &str, mode: u32) {
        let permissions = fs::Permissions::from_mode(mode);
        fs::set_permissions(self.path(name), permissions).expect("a file of ours");
    }

    /// The program with arguments that hold no spaces, in this folder and without the caller's
    /// environment.
    pub(crate) fn command(&self, arguments: &str) -> Program<'_> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zendesk-migrate"));
        command
            .args(arguments.split_whitespace())
            .current_dir(self.place.path())
            .env_clear();
        Program {
            folder: self,
            command,
            stdout: String::new(),
            stderr: String::new(),
            status: 0,
            before: None,
        }
    }

    /// A text with the folder's path replaced by `DIR`, and every time taken by `TIME`.
    pub(crate) fn neutral(&self, text: &str) -> String {
        let mut dir = self.place.path().display().to_string();
        if let Ok(real) = self.place.path().canonicalize() {
            dir = if text.contains(&dir) {
                dir
            } else {
                real.display().to_string()
            };
        }
        let text = text.replace(&dir, "DIR");
        let lines = text.split_inclusive('\n').map(|line| {
            let line = cut(line, "this run: ", " in ", '\n');
            cut(&line, "{", "\"elapsed_ms\":", '}')
        });
        lines.collect()
    }
}

/// Replaces what stands between `after` and `end` in a line that begins with `start`.
fn cut(line: &str, start: &str, after: &str, end: char) -> String {
    let found = line.starts_with(start).then(|| line.rfind(after)).flatten();
    let Some(at) = found.map(|at| at + after.len()) else {
        return line.to_owned();
    };
    let rest = line[at..].find(end).map_or("", |end| &line[at + end..]);
    format!("{}TIME{rest}", &line[..at])
}

/// The program before it runs, with what is expected of it: by default success and silence.
#[must_use = "nothing runs before `check` or `start`"]
pub(crate) struct Program<'f> {
    folder: &'f Folder,
    command: Command,
    stdout: String,
    stderr: String,
    status: i32,
    before: Option<Files>,
}

impl Program<'_> {
    /// An argument more, which may hold anything.
    pub(crate) fn arg(mut self, argument: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// All that is expected on stdout.
    pub(crate) fn stdout(mut self, text: impl Into<String>) -> Self {
        self.stdout = text.into();
        self
    }

    /// All that is expected on stderr.
    pub(crate) fn stderr(mut self, text: impl Into<String>) -> Self {
        self.stderr = text.into();
        self
    }

    pub(crate) fn status(mut self, status: i32) -> Self {
        self.status = status;
        self
    }

    /// Expects the folder to be afterwards what it is now, byte for byte.
    pub(crate) fn changes_nothing(mut self) -> Self {
        self.before = Some(self.folder.files());
        self
    }

    /// Starts it and leaves it running.
    pub(crate) fn start(mut self) -> Running {
        Running::start(&mut self.command)
    }

    /// The same program started by another one, which is told its path and arguments last.
    pub(crate) fn through(self, other: &mut Command) -> &mut Command {
        let folder = self.folder.place.path();
        let environment = self.command.get_envs();
        let environment = environment.filter_map(|(name, value)| Some((name, value?)));
        other
            .arg(self.command.get_program())
            .args(self.command.get_args())
            .current_dir(folder)
            .env_clear()
            .envs(environment)
    }

    /// Runs it to its end, whatever it says.
    #[track_caller]
    pub(crate) fn run(mut self) -> Ended {
        let ended = Running::start(&mut self.command).wait();
        if let Some(before) = &self.before {
            assert_same(before, &self.folder.files());
        }
        ended
    }

    /// Runs it and compares all that is expected.
    #[track_caller]
    pub(crate) fn check(self) -> Ended {
        let folder = self.folder;
        let shown_command = format!("{:?}", self.command);
        let expected = (Some(self.status), self.stdout.clone(), self.stderr.clone());
        let ended = self.run();
        let found = (
            ended.status,
            folder.neutral(&ended.stdout),
            folder.neutral(&ended.stderr),
        );
        assert!(
            found == expected,
            "{shown_command}\n{}\ninstead of\n{}",
            shown(&found),
            shown(&expected)
        );
        ended
    }
}

fn shown((status, stdout, stderr): &(Option<i32>, String, String)) -> String {
    format!("status {status:?}\n--- stdout\n{stdout}--- stderr\n{stderr}---")
}

#[track_caller]
fn assert_same(before: &Files, after: &Files) {
    let names = |files: &Files| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(before), names(after), "the folder's files");
    for (path, bytes) in before {
        assert!(after[path] == *bytes, "{} was changed", path.display());
    }
}

/// What a run of the shop's tickets says first, but for the embedded double.
#[allow(dead_code, reason = "not every test runs them")]
pub(crate) const CLOSED_TICKETS: &str = "the mapping makes closed tickets, and on the tickets \
    endpoint these fire triggers and mail customers; switch the triggers off for the \
    time of the migration\n";
