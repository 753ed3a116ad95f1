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
mod shell;

use std::fs;
use std::path::Path;

use blocks::{Block, blocks};
use shell::Scene;
use zendesk_migrate::sandbox::faults::Faults;

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
    for (document, _) in DOCUMENTS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(document);
        let folder = folder.parent().unwrap();
        for target in blocks::links(&read(document)) {
            let (file, heading) = target.split_once('#').unwrap_or((&target, ""));
            let path = if file.is_empty() {
                Path::new(env!("CARGO_MANIFEST_DIR")).join(document)
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
