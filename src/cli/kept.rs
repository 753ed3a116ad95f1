//! The files that no output may take the place of, by whatever name it is called: what a command
//! reads, what it keeps, and every database.

use std::fs::{File, Metadata};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::args::{Command, RunArguments};
use super::exit::Failure;
use super::shared_args::AccountArguments;
use super::{environment, paths};
use crate::checkpoint::{Reader, companion_of, files_of, one_name};
use crate::model::shown::shown_path;
use crate::report::origins::Origins;
use crate::source::comments_file;

/// What a file of SQLite begins with, and the two that its WAL begins with.
const DATABASE: &[u8] = b"SQLite format 3\0";
const WALS: [&[u8]; 2] = [b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83"];

/// Files that must stay as they are, with what they are.
#[derive(Debug, Default)]
pub(super) struct Kept {
    files: Vec<KeptFile>,
}

#[derive(Debug)]
struct KeptFile {
    name: PathBuf,
    /// What it is, under whatever name; none if it is not there.
    identity: Option<(u64, u64)>,
    what: &'static str,
}

impl Kept {
    /// What `init` reads, and the checkpoints of its CSV.
    pub(super) fn of_init(csv: &Path) -> Self {
        let mut kept = Self::default();
        kept.csv(csv);
        // The mapping itself is what `init --force` is to replace.
        if let Some(comments) = comments_file(&csv.with_extension("toml")) {
            kept.add(&comments, "the comments file");
        }
        kept
    }

    /// What a command reads and keeps whose log begins before anything is opened.
    pub(super) fn of_command(command: &Command) -> Self {
        let mut kept = Self::default();
        match command {
            Command::Run(run) => kept.run(run),
            Command::Verify(verify) => {
                kept.named(verify.csv.as_deref(), verify.mapping.as_deref());
                kept.credentials(&verify.account);
                if let Some(checkpoint) = &verify.checkpoint {
                    kept.checkpoint(checkpoint);
                }
            }
            Command::Retry(retry) => {
                kept.named(retry.csv.as_deref(), None);
                kept.credentials(&retry.account);
                if let Some(checkpoint) = &retry.checkpoint {
                    kept.checkpoint(checkpoint);
                }
            }
            Command::Init(_)
            | Command::Status(_)
            | Command::Report(_)
            | Command::Export(_)
            | Command::Sandbox(_)
            | Command::Completions(_)
            | Command::Man(_) => {}
        }
        kept
    }

    /// What a checkpoint consists of, what it was made from, and what a person names beside it.
    pub(super) fn of_checkpoint(
        checkpoint: &Path,
        reader: &Reader,
        origins: &Origins,
        csv: Option<&Path>,
    ) -> Result<Self, Failure> {
        let mut kept = Self::default();
        kept.checkpoint(checkpoint);
        let recorded = [&origins.csv.path]
            .into_iter()
            .filter(|path| !path.is_empty());
        for csv in recorded.map(Path::new).chain(csv) {
            kept.add(csv, "the CSV itself");
        }
        if let Some(mapping) = &origins.mapping {
            kept.mapping(Path::new(&mapping.path));
        }
        for file in reader.files_in_use()? {
            kept.add(Path::new(&file), FIXED);
        }
        Ok(kept)
    }

    /// Adds a CSV.
    pub(super) fn and_csv(&mut self, csv: &Path) {
        self.csv(csv);
    }

    /// Refuses a path that leads to one of the files, or to any database or what belongs to one.
    pub(super) fn refuse(&self, path: &Path, elsewhere: &str) -> Result<(), Failure> {
        let name = one_name(path);
        let found = std::fs::metadata(path).ok().as_ref().and_then(identity);
        let is_it =
            |kept: &&KeptFile| kept.name == name || (found.is_some() && kept.identity == found);
        let refused = |what: &str| {
            Failure::refused(if what == FIXED {
                format!(
                    "rows that have no ticket yet were fixed in {}; fix it further and run it \
                     again, or {elsewhere}",
                    shown_path(path)
                )
            } else {
                format!("{} is {what}; {elsewhere}", shown_path(path))
            })
        };
        // A path that is the CSV and a fixed file, too, is a fixed file.
        let all = self.files.iter().filter(is_it).map(|kept| kept.what);
        if let Some(what) = all.max_by_key(|what| *what == FIXED) {
            return Err(refused(what));
        }
        if is_database(&name) {
            return Err(refused("a database"));
        }
        if companion_of(&name).is_some_and(|base| is_database(&base)) {
            return Err(refused("a part of the database beside it"));
        }
        Ok(())
    }

    fn run(&mut self, run: &RunArguments) {
        self.named(Some(&run.csv), run.mapping.as_deref());
        self.credentials(&run.account);
        if let Some(checkpoint) = &run.checkpoint {
            self.checkpoint(checkpoint);
        } else if run.account.sandbox {
            self.checkpoint(&paths::checkpoint(&run.csv, "sandbox"));
        } else if let Ok(account) = environment::account(&run.account) {
            self.checkpoint(&paths::checkpoint(&run.csv, account.name()));
        }
    }

    fn named(&mut self, csv: Option<&Path>, mapping: Option<&Path>) {
        if let Some(csv) = csv {
            self.csv(csv);
            self.mapping(mapping.unwrap_or(&csv.with_extension("toml")));
        } else if let Some(mapping) = mapping {
            self.mapping(mapping);
        }
    }

    fn csv(&mut self, csv: &Path) {
        self.add(csv, "the CSV itself");
        for checkpoint in paths::existing(csv) {
            self.checkpoint(&checkpoint);
        }
    }

    fn mapping(&mut self, mapping: &Path) {
        self.add(mapping, "the mapping");
        if let Some(comments) = comments_file(mapping) {
            self.add(&comments, "the comments file");
        }
    }

    fn credentials(&mut self, account: &AccountArguments) {
        if let Some(credentials) = &account.credentials {
            self.add(credentials, "the credentials file");
        }
    }

    fn checkpoint(&mut self, checkpoint: &Path) {
        for file in files_of(checkpoint) {
            self.add(&file, "the checkpoint, or a part of it");
        }
        for file in files_of(&paths::sandbox_data(checkpoint)) {
            self.add(&file, "where the sandbox keeps its tickets");
        }
    }

    fn add(&mut self, path: &Path, what: &'static str) {
        let found = std::fs::metadata(path).ok();
        self.files.push(KeptFile {
            name: one_name(path),
            identity: found.as_ref().and_then(identity),
            what,
        });
    }
}

/// A file in which rows were fixed that have no ticket yet.
const FIXED: &str = "a file with fixed rows";

fn is_database(path: &Path) -> bool {
    // Opening a pipe would wait for its writer.
    if !path.is_file() {
        return false;
    }
    let mut first = Vec::new();
    let read = File::open(path).and_then(|file| {
        file.take(DATABASE.len() as u64)
            .read_to_end(&mut first)
            .map(drop)
    });
    read.is_ok() && (first == DATABASE || WALS.iter().any(|wal| first.starts_with(wal)))
}

#[cfg(unix)]
#[expect(
    clippy::unnecessary_wraps,
    reason = "elsewhere a file has no identity that can be asked for"
)]
fn identity(file: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((file.dev(), file.ino()))
}

#[cfg(not(unix))]
fn identity(_file: &Metadata) -> Option<(u64, u64)> {
    None
}
