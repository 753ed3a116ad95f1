//! The codes that the sources name.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Every code of a problem: what `Problem::new` is given, and every literal of the shape `TwoWords`.
/// The sandbox is left out: it speaks for Zendesk.
pub(crate) fn of_the_sources() -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let name = path.display().to_string();
        if name.contains("/sandbox/") || name.contains("tests") || name.contains("/propose/") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        codes.extend(literals(text).filter(|word| is_two_words(word)));
        let made = text.split("Problem::new(").skip(1);
        codes.extend(made.filter_map(|after| {
            let word = after.trim_start().strip_prefix('"')?.split('"').next()?;
            Some(word.to_owned())
        }));
    }
    codes
}

/// The numbers of the exit codes.
pub(crate) fn exits() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/cli/exit.rs");
    let text = fs::read_to_string(path).unwrap();
    let (_, after) = text.split_once("pub enum Exit {").unwrap();
    let (body, _) = after.split_once("\n}").unwrap();
    let numbers = body.lines().filter_map(|line| line.split_once(" = "));
    let numbers: Vec<u8> = numbers
        .filter_map(|(_, number)| number.trim_end_matches(',').parse().ok())
        .collect();
    assert!(numbers.len() >= 9, "{numbers:?}");
    numbers
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                sources(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

/// What stands between quotes and is one word. Quotes of a comment or inside of a text only add
/// words that are no codes by their shape.
fn literals(text: &str) -> impl Iterator<Item = String> {
    text.split('"')
        .filter(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric()))
        .map(str::to_owned)
}

/// `MissingText`, but neither `Missing` nor `CSV`.
fn is_two_words(word: &str) -> bool {
    let humps = word
        .as_bytes()
        .windows(2)
        .filter(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
        .count();
    word.starts_with(|c: char| c.is_ascii_uppercase()) && humps >= 1
}
