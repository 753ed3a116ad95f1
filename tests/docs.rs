//! What the documents tell people to type is typed here. No code block is left out in silence: one
//! that cannot be run has a comment before it, `<!-- not run: why -->`, and these are counted.
//!
//! The account of the documents is `acme`. Here it is a sandbox: `--subdomain acme` becomes `--url` with
//! its address, and `acme` in the name of a checkpoint becomes its host. A line ends with exit
//! code 0, unless a comment on it says `# exit 3`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a broken expectation is a failed test"
)]

mod blocks;
mod codes;
mod mappings;
mod names;
mod shell;
mod tables;

use std::fs;
use std::path::Path;

use blocks::{Block, blocks};
use names::Sources;
use shell::Scene;
use zendesk_migrate::sandbox::faults::Faults;
use zendesk_migrate::sandbox::settings::Settings;

/// The documents with the number of blocks that are not run.
const DOCUMENTS: [(&str, usize); 6] = [
    ("README.md", 0),
    ("docs/GUIDE.md", 0),
    ("docs/UNATTENDED.md", 1),
    ("docs/MESSAGES.md", 0),
    ("docs/CHECKPOINT.md", 1),
    ("docs/MAPPING.md", 0),
];

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect(name)
}

/// Runs every block of a document, in order and in one folder.
fn run(document: &str) {
    let text = read(document);
    let scene = Scene::new(document);
    let mut shown = String::new();
    for block in blocks(&text) {
        if let Some(why) = &block.not_run {
            eprintln!("{document}:{} is not run: {why}", block.line);
            continue;
        }
        let place = format!("{document}:{}", block.line);
        match block.language.as_str() {
            "sh" => shown = scene.shell(&place, &block.text),
            "text" => shell::compare(&place, &block.text, &shown),
            "toml" => {
                mappings::check(&place, &block.text);
                scene.keep_mapping(&block.text);
            }
            "sql" => scene.sql(&place, &block.text),
            "ini" | "crontab" | "dockerfile" => scene.supervised(&place, &block),
            other => panic!("{place}: nobody knows how to run a block of {other:?}"),
        }
    }
}

#[test]
fn the_readme_does_what_it_says() {
    run("README.md");
}

#[test]
fn the_guide_leads_from_export_to_sign_off() {
    run("docs/GUIDE.md");
}

#[test]
fn every_way_to_run_unattended_is_a_command_that_is_understood() {
    run("docs/UNATTENDED.md");
}

#[test]
fn every_query_of_the_checkpoints_document_runs() {
    run("docs/CHECKPOINT.md");
}

#[test]
fn every_mapping_of_the_reference_is_accepted() {
    run("docs/MAPPING.md");
}

#[test]
fn a_block_that_is_not_run_says_why_and_is_counted() {
    for (document, expected) in DOCUMENTS {
        let not_run = blocks(&read(document))
            .into_iter()
            .filter_map(|block| block.not_run)
            .inspect(|why| assert!(!why.is_empty(), "{document}"))
            .count();
        assert_eq!(not_run, expected, "{document}");
    }
}

#[test]
fn a_marker_without_a_block_is_no_marker() {
    let text = "<!-- not run: why -->\n```sh\na\n```\n\n```toml\nb\n```\n";
    let found: Vec<Block> = blocks(text);
    assert_eq!(found[0].not_run.as_deref(), Some("why"));
    assert_eq!((found[1].line, found[1].not_run.as_deref()), (6, None));
    assert_eq!(found[1].text, "b\n");
}

#[test]
fn every_code_of_the_sources_is_in_the_list_of_messages() {
    let messages = read("docs/MESSAGES.md");
    let codes = codes::of_the_sources();
    let missing: Vec<&String> = codes
        .iter()
        .filter(|code| !messages.contains(&format!("`{code}`")))
        .collect();
    assert!(missing.is_empty(), "docs/MESSAGES.md lacks {missing:?}");
    assert!(codes.len() > 40, "{codes:?}");
}

#[test]
fn every_key_of_the_sandboxs_faults_is_in_its_document() {
    let keys = serde_json::to_value(Faults::default()).unwrap();
    let keys = keys.as_object().unwrap();
    let text = read("docs/TESTING.md");
    let (_, after) = text.split_once("**Faults** say").unwrap();
    let (table, _) = after.split_once("**Control paths**").unwrap();
    for key in keys.keys() {
        assert!(table.contains(&format!("`{key}`")), "{key}");
    }
    assert!(keys.len() > 10, "{keys:?}");
}

#[test]
fn every_setting_of_the_sandbox_is_in_its_document() {
    let settings = serde_json::to_value(Settings::default()).unwrap();
    let settings = settings.as_object().unwrap();
    let text = read("docs/TESTING.md");
    let (_, after) = text.split_once("**Settings** say").unwrap();
    let (table, _) = after.split_once("**Faults** say").unwrap();
    for name in settings.keys() {
        assert!(table.contains(&format!("`{name}`")), "{name}");
    }
    assert!(settings.len() > 30, "{settings:?}");
}

#[test]
fn every_field_of_a_mapping_is_in_its_reference() {
    lists("docs/MAPPING.md", &tables::mapping_fields(), 20);
}

#[test]
fn every_column_of_the_checkpoint_is_in_its_document() {
    lists("docs/CHECKPOINT.md", &tables::columns(), 60);
}

#[test]
fn the_settings_in_the_checkpoints_document_are_those_that_it_has() {
    let text = read("docs/CHECKPOINT.md");
    let (_, after) = text.split_once("`setting` holds").unwrap();
    let (table, _) = after.split_once("`PRAGMA application_id`").unwrap();
    let cells = table.lines().filter_map(|line| line.split(" | ").next());
    let names = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    let mut listed: Vec<&str> = names
        .filter(|name| !["value", "name"].contains(name))
        .collect();
    let mut known = tables::checkpoint_settings();
    listed.sort_unstable();
    known.sort_unstable();
    assert_eq!(listed, known);
}

#[test]
fn every_state_is_in_the_documents() {
    lists("docs/ARCHITECTURE.md", &tables::states(), 7);
    lists("docs/CHECKPOINT.md", &tables::states(), 7);
}

#[track_caller]
fn lists(document: &str, names: &[String], least: usize) {
    let text = read(document);
    for name in names {
        assert!(text.contains(&format!("`{name}`")), "{document}: {name}");
    }
    assert!(names.len() >= least, "{names:?}");
}

#[test]
fn every_name_in_the_documents_is_in_the_sources() {
    let sources = Sources::of_the_repository();
    let mut missing = Vec::new();
    for document in names::documents() {
        let found = sources.missing(&read(&document)).into_iter();
        missing.extend(found.map(|name| format!("{document}: {name}")));
    }
    assert!(
        missing.is_empty(),
        "not in the sources:\n{}",
        missing.join("\n")
    );
}

#[test]
fn a_name_that_is_not_in_the_sources_is_found() {
    let text = "mod shop; fn a_cup_is_made_of_tea() { let cups_of_tea = Cup::new(); }";
    let sources = Sources::of([
        ("src/shop/cup.rs".to_owned(), text.to_owned()),
        ("tests/cups/empty.csv".to_owned(), String::new()),
    ]);
    let good = "`a_cup_is_made_of_tea`, `cups_of_tea`, `Cup::new()`, `shop::a_cup_is_made_of_tea`, \
                `src/shop/cup.rs`, `src/shop/*.rs`, `shop/cup.rs`, `cup.rs`, `tests/cups/`, \
                `due_at`, `a b`, `cargo test --test suite shop::`\n\
                ```sh\nKEY=1 cargo test --release --test memory cup_is -- --nocapture\n```\n";
    assert_eq!(sources.missing(good), [""; 0]);
    for bad in [
        "`a_cup_is_made_of_milk`",
        "`a_pot_of`",
        "`pot()`",
        "`Cup::empty`",
        "`src/shop/pot.rs`",
        "`src/pot/*.rs`",
        "`shop/pot.rs`",
        "`pot.rs`",
        "`tests/pots/`",
        "`cargo test --test pots`",
        "`cargo test --lib shop::pot`",
        "```sh\ncargo test --test suite pots::\n```",
        "one\n`cups_of\ntea` and `cups_of_milk`",
    ] {
        assert_eq!(sources.missing(bad).len(), 1, "{bad}");
    }
}

#[test]
fn every_exit_code_of_the_sources_is_in_the_readme() {
    let readme = read("README.md");
    for code in codes::exits() {
        assert!(
            readme.contains(&format!("\n| {code} | ")),
            "exit code {code}"
        );
    }
}

#[test]
fn every_link_between_the_documents_leads_somewhere() {
    for document in names::documents() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(&document);
        let folder = folder.parent().unwrap();
        for target in blocks::links(&read(&document)) {
            let (file, heading) = target.split_once('#').unwrap_or((&target, ""));
            let path = if file.is_empty() {
                Path::new(env!("CARGO_MANIFEST_DIR")).join(&document)
            } else {
                folder.join(file)
            };
            assert!(path.exists(), "{document} links to {target}");
            let text = fs::read_to_string(&path).unwrap_or_default();
            assert!(
                heading.is_empty() || blocks::headings(&text).iter().any(|h| h == heading),
                "{document} links to {target}, and there is no such heading"
            );
        }
    }
}
