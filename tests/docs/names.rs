//! What the documents name: tests, functions, files and commands for tests exist in the sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Folders of the repository that a path in a document begins with.
const FOLDERS: [&str; 6] = ["src/", "tests/", "docs/", "fixtures/", ".ci/", ".github/"];

/// The binaries that `--test` may name.
const BINARIES: [&str; 3] = ["suite", "simulation", "memory"];

/// The names and paths that exist.
pub(crate) struct Sources {
    paths: BTreeSet<String>,
    words: BTreeSet<String>,
    /// Functions and modules.
    items: BTreeSet<String>,
}

impl Sources {
    /// Those of the repository.
    pub(crate) fn of_the_repository() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut texts = Vec::new();
        for folder in FOLDERS {
            collect(root, folder.trim_end_matches('/'), &mut texts);
        }
        Self::of(texts)
    }

    /// Those of some files, each with its path from the root and its text.
    pub(crate) fn of(texts: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut sources = Self {
            paths: BTreeSet::new(),
            words: BTreeSet::new(),
            items: BTreeSet::new(),
        };
        for (path, text) in texts {
            if is_rust(&path) {
                let mut before = "";
                for word in text.split(|c: char| !is_of_a_name(c)) {
                    if matches!(before, "fn" | "mod") {
                        sources.items.insert(word.to_owned());
                    }
                    sources.words.insert(word.to_owned());
                    before = word;
                }
            }
            for (at, _) in path.match_indices('/') {
                sources.paths.insert(path[..at].to_owned());
            }
            sources.paths.insert(path);
        }
        sources
    }

    /// Names in a document that do not exist.
    pub(crate) fn missing(&self, document: &str) -> Vec<String> {
        let (mut spans, mut lines) = (Vec::new(), Vec::new());
        for (index, part) in document.split("```").enumerate() {
            if index % 2 == 1 {
                lines.extend(part.lines().map(str::to_owned));
                continue;
            }
            for paragraph in part.split("\n\n") {
                let pieces = paragraph.split('`').skip(1).step_by(2);
                spans.extend(pieces.map(|span| span.replace('\n', " ")));
            }
        }
        let mut missing: Vec<String> = spans
            .iter()
            .filter(|span| !self.has(span))
            .cloned()
            .collect();
        lines.extend(spans);
        missing.extend(lines.iter().flat_map(|line| self.unknown_filters(line)));
        missing
    }

    /// Whether a code span names something that exists, or nothing that could be checked: a word
    /// with fewer than two underscores may be anybody's.
    fn has(&self, span: &str) -> bool {
        let name = span.strip_suffix("()").unwrap_or(span);
        if name.contains("::") {
            let mut segments = name.split("::");
            let is_path = segments
                .clone()
                .all(|word| !word.is_empty() && word.chars().all(is_of_a_name));
            return !is_path || segments.all(|word| self.words.contains(word));
        }
        // `NAME` stands for any name.
        if span.contains([' ', '…', '<', '{']) || span.contains("NAME") {
            return true;
        }
        if FOLDERS.iter().any(|folder| span.starts_with(folder)) {
            return self.has_path(span);
        }
        if is_rust(span) {
            let tail = format!("/{span}");
            return self.paths.iter().any(|path| path.ends_with(&tail));
        }
        let is_snake = !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        let underscores = name.matches('_').count();
        match (is_snake, underscores) {
            (true, 4..) => self.items.contains(name),
            (true, _) if name != span => self.items.contains(name),
            (true, 2..) => self.words.contains(name),
            (true | false, _) => true,
        }
    }

    fn has_path(&self, path: &str) -> bool {
        let Some((before, after)) = path.split_once('*') else {
            return self.paths.contains(path.trim_end_matches('/'));
        };
        let mut paths = self.paths.iter();
        paths.any(|path| path.starts_with(before) && path.ends_with(after))
    }

    /// Filters of a `cargo test` that no test has in its name, and binaries that do not exist.
    fn unknown_filters(&self, line: &str) -> Vec<String> {
        let Some((_, arguments)) = line.split_once("cargo test ") else {
            return Vec::new();
        };
        let mut unknown = Vec::new();
        let mut words = arguments
            .split_whitespace()
            .take_while(|word| !["--", "#", "&&", "|"].contains(word));
        while let Some(word) = words.next() {
            let is_known = match word {
                "--test" => words.next().is_some_and(|name| BINARIES.contains(&name)),
                word if word.starts_with('-') => true,
                // A placeholder.
                word if word.chars().any(|c| c.is_ascii_uppercase()) => true,
                filter => filter
                    .split("::")
                    .all(|part| self.items.iter().any(|name| name.contains(part))),
            };
            if !is_known {
                unknown.push(line.trim().to_owned());
            }
        }
        unknown
    }
}

/// The documents for people who read or change the sources, and for those who run the program.
pub(crate) fn documents() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = vec!["README.md".to_owned(), "CONTRIBUTING.md".to_owned()];
    for entry in fs::read_dir(root.join("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if Path::new(&name).extension().is_some_and(|end| end == "md") {
            names.push(format!("docs/{name}"));
        }
    }
    names
}

fn collect(root: &Path, folder: &str, texts: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(root.join(folder)).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let path = format!("{folder}/{name}");
        if root.join(&path).is_dir() {
            collect(root, &path, texts);
        } else {
            let text = if is_rust(&path) {
                fs::read_to_string(root.join(&path)).unwrap()
            } else {
                String::new()
            };
            texts.push((path, text));
        }
    }
}

fn is_rust(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|end| end == "rs")
}

fn is_of_a_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
