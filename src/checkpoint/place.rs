//! The place of a checkpoint: its one name, and whether the file that was opened is still there.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

use super::error::CheckpointError;

/// How many symbolic links one name may lead through, as on Linux.
const LINKS_MAX: usize = 40;

/// A file that was found at a path.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    file: Option<(u64, u64)>,
}

impl Place {
    /// The file that is at `path` now.
    pub(super) fn of(path: &Path) -> Self {
        let found = std::fs::metadata(path).ok();
        Self {
            path: path.to_owned(),
            file: found.as_ref().map(identity),
        }
    }

    /// Refuses to go on if another file, or none, is at the path by now: whoever starts there does not
    /// find what is written here.
    pub(super) fn refuse_moved(&self) -> Result<(), CheckpointError> {
        if Self::of(&self.path).file == self.file {
            return Ok(());
        }
        Err(CheckpointError::Moved {
            path: self.path.clone(),
        })
    }
}

/// Refuses a file with several names: SQLite keeps its WAL beside the name, so two processes would
/// each have one of their own.
pub(super) fn refuse_hard_links(path: &Path) -> Result<(), CheckpointError> {
    match std::fs::metadata(path).as_ref().map(names) {
        Ok(names @ 2..) => Err(CheckpointError::HardLinks {
            path: path.to_owned(),
            names,
        }),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// What is kept beside a checkpoint, or was for the time of a write, by what its name ends with.
const COMPANIONS: [&str; 6] = ["-wal", "-shm", "-journal", ".lock", ".new", ".new-wal"];

/// A checkpoint with all the files that may be beside it, under their one name.
pub fn files_of(path: &Path) -> Vec<PathBuf> {
    let file = one_name(path);
    let companions = COMPANIONS.iter().map(|end| {
        let mut name = file.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    });
    std::iter::once(file.clone()).chain(companions).collect()
}

/// The file whose companion a file with this name would be.
pub fn companion_of(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let base = COMPANIONS.iter().find_map(|end| name.strip_suffix(end))?;
    (!base.is_empty()).then(|| path.with_file_name(base))
}

/// The path without links. A link that leads nowhere yet counts as the file that it will be.
pub fn one_name(path: &Path) -> PathBuf {
    let mut name = path.to_owned();
    for _ in 0..LINKS_MAX {
        let Ok(target) = std::fs::read_link(&name) else {
            break;
        };
        name = folder(&name).join(target);
    }
    if let Ok(whole) = name.canonicalize() {
        return whole;
    }
    match (folder(&name).canonicalize(), name.file_name()) {
        (Ok(folder), Some(last)) => folder.join(last),
        (Ok(_) | Err(_), None) | (Err(_), Some(_)) => name,
    }
}

fn folder(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Takes the name of a file to disk, where the file system and its rights let a folder be synced.
pub fn sync_folder(path: &Path) -> std::io::Result<()> {
    match sync(folder(&one_name(path))) {
        Err(error) if cannot_be_synced(&error) => Ok(()),
        result => result,
    }
}

#[cfg(unix)]
fn sync(folder: &Path) -> std::io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

/// A folder is no file here.
#[cfg(not(unix))]
fn sync(_folder: &Path) -> std::io::Result<()> {
    Ok(())
}

fn cannot_be_synced(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(
        error.kind(),
        ErrorKind::InvalidInput | ErrorKind::Unsupported | ErrorKind::PermissionDenied
    )
}

#[cfg(unix)]
fn identity(file: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (file.dev(), file.ino())
}

/// A file that is open cannot be moved here.
#[cfg(not(unix))]
fn identity(_file: &Metadata) -> (u64, u64) {
    (0, 0)
}

#[cfg(unix)]
fn names(file: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(file)
}

#[cfg(not(unix))]
fn names(_file: &Metadata) -> u64 {
    1
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_link_that_leads_nowhere_yet_has_the_name_of_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::create_dir(root.join("deep")).unwrap();
        symlink("deep/second", root.join("first")).unwrap();
        symlink("../file", root.join("deep/second")).unwrap();
        assert_eq!(one_name(&root.join("first")), root.join("file"));
        std::fs::write(root.join("file"), "").unwrap();
        assert_eq!(one_name(&root.join("first")), root.join("file"));
    }

    #[test]
    fn links_that_lead_in_a_circle_end() {
        let folder = tempfile::tempdir().unwrap();
        symlink("b", folder.path().join("a")).unwrap();
        symlink("a", folder.path().join("b")).unwrap();
        let name = one_name(&folder.path().join("a"));
        assert!(name.ends_with("a") || name.ends_with("b"), "{name:?}");
    }

    #[test]
    fn a_file_that_was_replaced_is_noticed_whatever_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "one").unwrap();
        let place = Place::of(&path);
        std::fs::write(&path, "another").unwrap();
        assert!(place.refuse_moved().is_ok());
        std::fs::rename(&path, folder.path().join("away")).unwrap();
        assert!(place.refuse_moved().is_err());
        std::fs::write(&path, "another").unwrap();
        assert!(place.refuse_moved().is_err());
        std::fs::rename(folder.path().join("away"), &path).unwrap();
        assert!(place.refuse_moved().is_ok());
    }
}
