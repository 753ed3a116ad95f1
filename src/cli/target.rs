//! Where an output goes: to a file of its own, or into something that is no file.

use std::fs::{FileType, Metadata};
use std::path::{Path, PathBuf};

use super::exit::Failure;
use super::kept::Kept;
use crate::checkpoint::one_name;
use crate::model::shown::shown_path;

/// How many symbolic links one name may lead through, as on Linux.
const LINKS_MAX: usize = 40;

/// Where the open files of a process have names.
const OPEN_FILES: [&str; 2] = ["/proc", "/dev/fd"];

/// Where an output goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// To a file, which has no links in its name: a rename would replace the link.
    File(PathBuf),
    /// Into a terminal, a pipe or a stream of this process, which is written to and never replaced.
    Stream(PathBuf),
}

/// What a person can do instead, and whether a file that is there is replaced.
pub(super) struct Rules<'r> {
    /// The files that stay, whatever is forced.
    pub(super) kept: &'r Kept,
    /// `--force`.
    pub(super) force: bool,
    /// Whether a file is what this program has written there itself, and as it has written it.
    pub(super) is_own: &'r dyn Fn(&Path) -> bool,
    /// What helps: the end of a sentence.
    pub(super) elsewhere: &'r str,
}

impl Target {
    /// Decides where an output to `path` goes, or why it goes nowhere.
    pub(super) fn find(path: &Path, rules: &Rules<'_>) -> Result<Self, Failure> {
        let elsewhere = rules.elsewhere;
        rules.kept.refuse(path, elsewhere)?;
        let refused =
            |what: &str| Failure::refused(format!("{} {what}; {elsewhere}", shown_path(path)));
        let Ok(found) = std::fs::metadata(path) else {
            return Ok(Self::File(one_name(path)));
        };
        if found.is_dir() {
            return Err(refused("is a folder"));
        }
        if is_stream(&found) || leads_to_open_file(path) {
            return Ok(Self::Stream(path.to_owned()));
        }
        if !found.is_file() {
            return Err(refused("is no file that can be replaced"));
        }
        if !rules.force && !(rules.is_own)(path) {
            return Err(Failure::refused(format!(
                "{} is there already; {elsewhere}, or overwrite it with --force",
                shown_path(path)
            )));
        }
        Ok(Self::File(one_name(path)))
    }
}

/// Whether something takes what is written to it one after the other, and has no end.
#[cfg(unix)]
pub(super) fn is_stream(found: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;
    let kind: FileType = found.file_type();
    kind.is_char_device() || kind.is_fifo()
}

#[cfg(not(unix))]
pub(super) fn is_stream(_found: &Metadata) -> bool {
    false
}

/// Whether a name is that of a stream of this process, as `/dev/stdout` is: the file behind it was
/// opened by another process, which still writes to it.
fn leads_to_open_file(path: &Path) -> bool {
    let mut name = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    for _ in 0..LINKS_MAX {
        if OPEN_FILES.iter().any(|folder| name.starts_with(folder)) {
            return true;
        }
        let Ok(target) = std::fs::read_link(&name) else {
            return false;
        };
        name = name.parent().unwrap_or(Path::new("/")).join(target);
    }
    false
}
