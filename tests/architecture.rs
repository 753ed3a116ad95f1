//! The house stays as it was drawn: reads the sources and fails where a room reaches up or sideways,
//! or where a promise that the compiler cannot check is broken. Each check is also shown a small
//! text in which it must find something.

#![allow(
    clippy::unwrap_used,
    reason = "what cannot be read cannot be checked: the test fails"
)]

mod arrows;
mod circles;
mod code;
mod rules;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use code::Code;

/// Every text of the repository below `folder`, by its path from the root.
fn texts(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap();
            if [".git", "target"].contains(&name) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                found.push((name.replace('\\', "/"), text));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "{folder} holds no text");
    found
}

fn sources() -> Vec<(String, String)> {
    let mut sources = texts("src");
    sources.retain(|(path, _)| Path::new(path).extension().is_some_and(|end| end == "rs"));
    sources
}

fn in_every_source(check: impl Fn(&Code) -> Vec<String>) {
    let sources = sources();
    let sources = sources.iter();
    nothing(sources.flat_map(|(path, text)| check(&Code::new(path, text))));
}

fn nothing(wrong: impl Iterator<Item = String>) {
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// The lines on which a check finds something in a text that is thought to lie at `path`.
fn lines(check: impl Fn(&Code) -> Vec<String>, path: &str, text: &str) -> Vec<usize> {
    let found = check(&Code::new(path, text));
    let line = |told: &String| told.split(':').nth(1).unwrap().parse().unwrap();
    found.iter().map(line).collect()
}

#[test]
fn every_arrow_points_to_a_lower_rank() {
    in_every_source(arrows::wrong);
}

#[test]
fn an_arrow_that_points_up_or_sideways_is_found() {
    let text = "use crate::model::ids::Key;
use crate::lifecycle::{State, retry};
use crate::{model, engine::run};
use crate::zendesk::Client;
use super::super::source;
use super::schema;
// use crate::cli;
const TEXT: &str = \"crate::cli\"; const QUOTE: char = '\"';
const RAW: &str = r#\"crate::\"cli\"#; type A<'a> = &'a crate::report::Facts;
fn f() -> u8 { crate::nowhere::f() }
mod inner { use super::super::open; use super::super::super::sandbox; }
use super::{super::cli};
";
    let found = lines(arrows::wrong, "src/checkpoint/open.rs", text);
    assert_eq!(found, [3, 4, 5, 9, 10, 11, 12]);
}

#[test]
fn no_file_uses_a_file_that_uses_it() {
    let sources = sources();
    let files: Vec<Code> = sources
        .iter()
        .map(|(path, text)| Code::new(path, text))
        .collect();
    nothing(circles::wrong(&files).into_iter());
}

#[test]
fn files_that_use_each_other_are_found() {
    let circles = |texts: &[(&'static str, &'static str)]| {
        let files: Vec<Code> = texts
            .iter()
            .map(|(path, text)| Code::new(path, text))
            .collect();
        circles::wrong(&files).len()
    };
    let door = ("src/a/mod.rs", "mod b; mod c; mod d; pub use c::C;");
    let b = ("src/a/b.rs", "use super::C; pub struct B;");
    let c = ("src/a/c.rs", "use super::d; pub struct C;");
    let d = ("src/a/d.rs", "fn d() -> crate::a::b::B { crate::a::b::B }");
    assert_eq!(circles(&[door, b, c, d]), 3);
    let tests = "#[cfg(test)] mod tests { use crate::a::b::B; }";
    assert_eq!(circles(&[door, b, c, ("src/a/d.rs", tests)]), 0);
    let up = ("src/a/b.rs", "use super::other; pub struct B;");
    assert_eq!(circles(&[door, up]), 0);
}

#[test]
fn the_double_that_uses_any_other_room_is_found() {
    let text = "use crate::model::ticket::Ticket;\nuse crate::sandbox::http::Request;\n";
    assert_eq!(lines(arrows::wrong, "src/sandbox/state/mod.rs", text), [1]);
    assert_eq!(lines(arrows::wrong, "src/report/text.rs", text), [2]);
}

#[test]
fn the_files_above_the_rooms_may_name_every_room_and_nothing_else() {
    let text = "use zendesk_migrate::cli;\nuse zendesk_migrate::helpers;\n";
    assert_eq!(lines(arrows::wrong, "src/main.rs", text), [2]);
}

#[test]
fn only_the_checkpoint_says_that_an_intent_is_on_disk() {
    in_every_source(rules::mints);
}

#[test]
fn a_proof_that_is_made_elsewhere_is_found() {
    let text =
        "// mint(\nfn mint() {}\nlet a = Durable::mint(intent);\nlet b = map(Durable::mint);\n";
    assert_eq!(lines(rules::mints, "src/engine/run.rs", text), [2, 3, 4]);
    assert_eq!(lines(rules::mints, "src/model/intent.rs", text), [3, 4]);
    assert!(lines(rules::mints, "src/checkpoint/batch.rs", text).is_empty());
    assert!(lines(rules::mints, "src/zendesk/wire_tests.rs", text).is_empty());
}

#[test]
fn no_import_hides_what_it_brings() {
    in_every_source(rules::globs);
}

#[test]
fn a_glob_import_is_found() {
    let text = "use std::io::*;
use super::{a, b::*};
use super::*;
fn f(a: u8) -> u8 { a * 2 }
#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::*;
}
use super::*;
";
    let found = lines(rules::globs, "src/source/open.rs", text);
    assert_eq!(found, [1, 2, 3, 8, 10]);
    let found = lines(rules::globs, "src/source/tests/files.rs", text);
    assert_eq!(found, [1, 2, 8]);
}

#[test]
fn the_lifecycle_names_every_case() {
    in_every_source(rules::catch_alls);
}

#[test]
fn a_catch_all_in_the_lifecycle_is_found() {
    let text = "fn f() { match a { 1 => 2, _ => 3 } }
// _ => is a comment
fn g() { match a { Some(_) => 1, None => 2 } }
mod tests { fn h() { match a { _ => 3 } } }
";
    let catch_alls = rules::catch_alls;
    assert_eq!(lines(catch_alls, "src/lifecycle/next.rs", text), [1]);
    assert!(lines(catch_alls, "src/lifecycle/next_tests.rs", text).is_empty());
    assert!(lines(catch_alls, "src/engine/run.rs", text).is_empty());
}

#[test]
fn no_reply_is_read_into_plain_texts() {
    in_every_source(rules::plain_replies);
}

#[test]
fn a_reply_that_is_read_into_a_plain_text_is_found() {
    let text = "use serde::Deserialize;
#[derive(Debug, Deserialize)]
struct A { id: u64, name: Option<String>, other: Said }
struct B { name: String }
#[derive(Deserialize)]
enum C { Text(String), Number(u64) }
#[derive(Serialize)]
struct D { name: String }
#[derive(Deserialize)]
struct E(SecretString);
fn f(name: String) {}
";
    let found = lines(rules::plain_replies, "src/zendesk/users.rs", text);
    assert_eq!(found, [3, 6]);
    let found = lines(rules::plain_replies, "src/engine/log.rs", text);
    assert!(found.is_empty());
}

#[test]
fn only_the_output_writes_to_a_stream_and_no_path_is_shown_as_it_is() {
    in_every_source(rules::writes);
    in_every_source(rules::raw_paths);
}

#[test]
fn what_is_written_past_the_output_is_found() {
    let text = "use std::io::{stderr, stdout};
fn f() { if stderr().is_terminal() || Term::stderr().size().0 > 1 { writeln!(stdout(), \"\"); } }
fn g(print: u8) { layer.with_writer(io::stderr); error.print(); }
// println!()
fn h(path: &Path) { eprintln!(\"{}\", path.display()); }
#[cfg(test)]
mod tests { fn i() { println!(); } }
";
    assert_eq!(lines(rules::writes, "src/cli/log.rs", text), [2, 3, 3, 5]);
    assert!(lines(rules::writes, "src/cli/output.rs", text).is_empty());
    assert_eq!(lines(rules::raw_paths, "src/cli/log.rs", text), [5]);
    assert!(lines(rules::raw_paths, "src/sandbox/mod.rs", text).is_empty());
}

#[test]
fn no_source_holds_two_ideas_by_its_length() {
    let sources = sources();
    let sources = sources.iter();
    nothing(sources.flat_map(|(path, text)| rules::length(path, text)));
}

#[test]
fn a_source_that_is_too_long_is_found() {
    let line = "//\n";
    assert_eq!(rules::length("src/a.rs", &line.repeat(400)).len(), 0);
    assert_eq!(rules::length("src/a.rs", &line.repeat(401)).len(), 1);
}

#[test]
fn every_file_of_tests_is_in_a_binary() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let suite = fs::read_to_string(root.join("tests/suite.rs")).unwrap();
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let wrong = fs::read_dir(root.join("tests"))
        .unwrap()
        .filter_map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let name = name.strip_suffix(".rs")?.to_owned();
            let is_run = suite.contains(&format!("\nmod {name};\n"))
                || manifest.contains(&format!("path = \"tests/{name}.rs\""));
            (!is_run).then(|| format!("tests/{name}.rs is not run: name it in tests/suite.rs"))
        });
    nothing(wrong);
}

/// What is tracked; `None` if git does not say. A user's folder may hold anything else.
fn tracked() -> Option<Vec<String>> {
    let git = std::process::Command::new("git")
        .arg("ls-files")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .ok()
        .filter(|git| git.status.success())?;
    let names = String::from_utf8(git.stdout).ok()?;
    Some(names.lines().map(str::to_owned).collect())
}

#[test]
fn no_text_names_a_folder_of_one_machine() {
    let Some(tracked) = tracked() else {
        println!("left out: git does not say what is tracked here");
        return;
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let wrong = tracked.iter().flat_map(|path| {
        let text = fs::read_to_string(root.join(path)).unwrap_or_default();
        rules::foreign_words(path, &text)
    });
    nothing(wrong);
}

#[test]
fn a_folder_of_one_machine_is_found() {
    let text = ["a: ", "work", "b: ", "work", "c: ../", "shared"].concat();
    assert_eq!(rules::foreign_words("a", &text).len(), 1);
    let text = format!("{}\nnetwork/a", ["/wo", "rk/a"].concat());
    assert_eq!(rules::foreign_words("a", &text).len(), 1);
    assert_eq!(rules::foreign_words("a", "network/a, shared/b").len(), 0);
}

#[test]
fn the_top_of_the_repository_holds_what_belongs_there() {
    let Some(tracked) = tracked() else {
        println!("left out: git does not say what is tracked here");
        return;
    };
    let top = |path: &String| path.split('/').next().unwrap().to_owned();
    let names: BTreeSet<String> = tracked.iter().map(top).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    nothing(rules::strangers(&names).into_iter());
}

#[test]
fn a_stranger_at_the_top_is_found() {
    let names = [
        "src",
        "README.md",
        ".github",
        "clippy.toml",
        "notes.txt",
        "scripts",
    ];
    assert_eq!(
        rules::strangers(&names),
        [
            "notes.txt does not belong at the top",
            "scripts does not belong at the top"
        ]
    );
}

/// `NotSent` is certain because of how these crates work inside, as the comment in
/// `zendesk/exchange.rs` says.
#[test]
fn the_crates_that_send_are_the_versions_that_were_read() {
    let read = include_str!("../src/zendesk/exchange.rs");
    let lock = include_str!("../Cargo.lock");
    nothing(rules::unread_versions(read, lock, &["reqwest", "hyper", "hyper-util"]).into_iter());
}

#[test]
fn a_version_that_was_not_read_is_found() {
    let lock = "[[package]]\nname = \"hyper\"\nversion = \"1.13.0\"\n\n\
                [[package]]\nname = \"reqwest\"\nversion = \"0.13.5\"\n";
    let read = "As read in reqwest 0.13.5, hyper-util 0.1.21 and hyper 1.12.0:";
    assert_eq!(
        rules::unread_versions(read, lock, &["hyper", "reqwest"]),
        [
            "Cargo.lock has hyper 1.13.0: read src/zendesk/exchange.rs again, then name that version there"
        ]
    );
}
