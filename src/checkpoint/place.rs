//! The location of a checkpoint: its canonical name, and whether the opened file is still there.

use std::fs::Metadata;
use std::path::{Path, PathBuf};

use super::error::CheckpointError;

/// How many symbolic links a name may lead through, as on Linux.
const LINKS_MAX: usize = 40;

/// The file found at a path.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    file: Option<(u64, u64)>,
}

impl Place {
    /// Returns the file that is at `path` now.
    pub(super) fn of(path: &Path) -> Self {
        let found = std::fs::metadata(path).ok();
        Self {
            path: path.to_owned(),
            file: found.as_ref().map(identity),
        }
    }

    /// Refuses to continue if the path now holds another file or none, because a process that
    /// starts there would not find what is written here.
    pub(super) fn refuse_moved(&self) -> Result<(), CheckpointError> {
        if Self::of(&self.path).file == self.file {
            return Ok(());
        }
        Err(CheckpointError::Moved {
            path: self.path.clone(),
        })
    }
}

/// Refuses a file with several names: SQLite keeps the WAL beside the name, so two processes would
/// each have their own.
pub(super) fn refuse_hard_links(path: &Path) -> Result<(), CheckpointError> {
    match std::fs::metadata(path).as_ref().map(names) {
        Ok(names @ 2..) => Err(CheckpointError::HardLinks {
            path: path.to_owned(),
            names,
        }),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Suffixes of the files that are kept beside a checkpoint, permanently or during a write.
const COMPANIONS: [&str; 6] = ["-wal", "-shm", "-journal", ".lock", ".new", ".new-wal"];

/// Returns a checkpoint with all files that may be beside it, under their canonical names.
pub fn files_of(path: &Path) -> Vec<PathBuf> {
    let file = one_name(path);
    let companions = COMPANIONS.iter().map(|end| {
        let mut name = file.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    });
    std::iter::once(file.clone()).chain(companions).collect()
}

/// Returns the file whose companion a file with this name would be.
pub fn companion_of(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let base = COMPANIONS.iter().find_map(|end| name.strip_suffix(end))?;
    (!base.is_empty()).then(|| path.with_file_name(base))
}

/// Resolves the links in a path. A dangling link counts as the file that it will point to.
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

/// Syncs the name of a file to disk, if the file system and the permissions allow syncing a folder.
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

/// A folder cannot be opened as a file here.
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

/// An open file cannot be moved here.
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
