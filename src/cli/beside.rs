//! The migration file that an export writes beside `error.csv`: the mapping, and a section `[run]` with
//! the checkpoint, the account and the endpoint, so that the file can be run by its name alone.

use std::path::{Component, Path, PathBuf};

use super::exit::Failure;
use super::paths;
use super::place::SANDBOX;
use crate::source::{Source, quoted, without_run};
use crate::zendesk::Account;

/// Folders that a relative path may go up: results that lie further away are more likely to be moved
/// without the rest.
const UPS_MAX: usize = 2;

/// What a file with rows of a checkpoint is run with.
pub(super) struct Beside<'b> {
    /// The folder to which it is written.
    pub(super) folder: &'b Path,
    /// The checkpoint.
    pub(super) checkpoint: &'b Path,
    /// The account, as the checkpoint calls it.
    pub(super) account: &'b str,
    /// The endpoint, as the checkpoint calls it.
    pub(super) endpoint: Option<&'b str>,
}

impl Beside<'_> {
    /// The bytes of the file.
    pub(super) fn text(&self, source: &Source) -> Result<Vec<u8>, Failure> {
        let mut lines = vec![
            "[run]".to_owned(),
            "# Written by export, for `zendesk-migrate run error.csv`. Paths count from this file."
                .to_owned(),
        ];
        let mut say = |key: &str, value: &str| lines.push(format!("{key} = {}", quoted(value)));
        if let Some(path) = self.path(self.checkpoint) {
            say("checkpoint", &path);
        }
        let mut bytes = Vec::new();
        if let Some(mapping) = source.mapping_path() {
            let files_in;
            (bytes, files_in) = without_run(mapping)?;
            if let Some(path) = self.path(&files_in).filter(|path| path != ".") {
                say("files_in", &path);
            }
        }
        if let Some(path) = self.path(source.csv_path()) {
            say("rows_of", &path);
        }
        if source.encoding_is_guessed() {
            say("encoding", &source.encoding().to_lowercase());
        }
        if let Some(endpoint) = self.endpoint {
            say("endpoint", endpoint);
        }
        lines.extend(self.account());
        if !bytes.is_empty() {
            bytes.push(b'\n');
        }
        bytes.extend(lines.join("\n").into_bytes());
        bytes.push(b'\n');
        Ok(bytes)
    }

    fn account(&self) -> Option<String> {
        if self.account == SANDBOX {
            return Some("sandbox = true".to_owned());
        }
        if let Some(name) = self.account.strip_suffix(".zendesk.com") {
            return Some(format!("subdomain = {}", quoted(name)));
        }
        // Any other host has to be named by a person each time.
        let url = format!("http://{}", self.account);
        let is_here = Account::from_url(&url).is_ok_and(|account| account.is_loopback());
        is_here.then(|| format!("url = {}", quoted(&url)))
    }

    /// A path as it is named from the folder, whether or not the command is given there. What is no
    /// text has to be named by a person.
    fn path(&self, to: &Path) -> Option<String> {
        let here = Path::new(".");
        let to = if to.as_os_str().is_empty() { here } else { to };
        let to = paths::whole(to)?;
        let from = self.folder.canonicalize().ok()?;
        relative(&from, &to)
            .unwrap_or(to)
            .to_str()
            .map(str::to_owned)
    }
}

/// The way from a folder to a path, if it is short.
fn relative(from: &Path, to: &Path) -> Option<PathBuf> {
    let same = from.components().zip(to.components());
    let same = same.take_while(|(one, other)| one == other).count();
    let ups = from.components().count() - same;
    if ups > UPS_MAX || same < 2 && ups > 0 {
        return None;
    }
    let up = std::iter::repeat_n(Component::ParentDir, ups);
    let way: PathBuf = up.chain(to.components().skip(same)).collect();
    Some(if way.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        way
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_way_is_relative_and_a_long_one_is_not() {
        let way = |from, to| relative(Path::new(from), Path::new(to));
        for (from, to, expected) in [
            ("/a/b", "/a/b/c.toml", Some("c.toml")),
            ("/a/b", "/a/b", Some(".")),
            ("/a/b/results", "/a/b/c.sqlite3", Some("../c.sqlite3")),
            ("/a/b/results", "/a/d/c.sqlite3", Some("../../d/c.sqlite3")),
            ("/a/b/c/d", "/a/c.sqlite3", None),
            ("/tmp", "/a/c.sqlite3", None),
        ] {
            assert_eq!(way(from, to), expected.map(PathBuf::from), "{from} {to}");
        }
    }
}
