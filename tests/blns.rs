//! The big list of naughty strings, from a CSV into tickets and back: what arrives is what was sent,
//! byte for byte. The list comes from npm; where it cannot be had, the test says so and passes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a broken expectation is a failed test"
)]

use serde_json::Value;

use crate::support::folder::Folder;
use crate::support::sandbox::Sandbox;
use zendesk_migrate::source::{Source, SourceError};

const MAPPING: &str = "[ticket]\n\
    external_id = \"id\"\n\
    subject = \"naughty\"\n\
    comment.body = \"naughty\"\n\
    requester.name = \"naughty\"\n\
    requester.email = { constant = \"a@example.com\" }\n\
    custom_fields.1 = \"naughty\"\n\
    tags = \"naughty\"\n";

/// The list without what no ticket can have as its text: nothing, nothing but spaces, and NUL.
fn naughty() -> Option<Vec<String>> {
    let package = crate::support::npm::package("blns", "2.0.4")?;
    let text = std::fs::read(package.join("resources/blns.json")).unwrap();
    let all: Vec<String> = serde_json::from_slice(&text).unwrap();
    assert!(all.len() > 400);
    let count = all.len();
    let usable = |text: &String| !text.trim().is_empty() && !text.contains('\0');
    let usable: Vec<String> = all.into_iter().filter(usable).collect();
    assert!(
        count - usable.len() <= 5,
        "{} are left out",
        count - usable.len()
    );
    Some(usable)
}

fn csv(strings: &[String]) -> String {
    let rows = strings.iter().enumerate();
    let rows = rows.map(|(id, text)| format!("{id},\"{}\"\n", text.replace('"', "\"\"")));
    format!("id,naughty\n{}", rows.collect::<String>())
}

#[test]
fn naughty_strings_become_bodies_unchanged() {
    let Some(strings) = naughty() else { return };
    let folder = Folder::new()
        .with("t.csv", csv(&strings))
        .with("t.toml", MAPPING);
    let source = Source::open(&folder.path("t.csv"), None).unwrap();
    let mut places = Vec::new();
    source
        .scan::<SourceError>(|chunk| {
            places.extend(chunk.rows.into_iter().map(|row| row.place));
            Ok(())
        })
        .unwrap();
    assert_eq!(places.len(), strings.len());
    for (place, text) in places.into_iter().zip(&strings) {
        let ready = source.read_again(place).unwrap().unwrap();
        let body: Value = serde_json::from_slice(&ready.body).unwrap();
        let ticket = &body["ticket"];
        assert_eq!(ticket["subject"], **text);
        assert_eq!(ticket["comment"]["body"], **text);
        assert_eq!(ticket["custom_fields"][0]["value"], **text);
        // Names lose the spaces around them.
        assert_eq!(ticket["requester"]["name"], *text.trim());
        // Tags may not hold all of it, and hold as much as before.
        let tag = ticket["tags"][0].as_str().unwrap();
        assert_eq!(
            tag.chars().count(),
            text.trim().to_lowercase().chars().count()
        );
    }
}

#[test]
fn naughty_strings_arrive_in_the_sandbox_unchanged() {
    let Some(strings) = naughty() else { return };
    let folder = Folder::new()
        .with("t.csv", csv(&strings))
        .with("t.toml", MAPPING);
    let sandbox = Sandbox::start(&folder, "--rpm 0");
    let ended = folder
        .command(&format!("run t.csv --url {}", sandbox.url()))
        .env("ZENDESK_OAUTH_TOKEN", "token")
        .run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    for (id, text) in strings.iter().enumerate() {
        let found = sandbox.get(&format!("/api/v2/tickets?external_id={id}"));
        let [ticket] = &found["tickets"].as_array().unwrap()[..] else {
            panic!("{id}: {found}");
        };
        assert_eq!(ticket["raw_subject"], **text);
        assert_eq!(ticket["description"], **text);
    }
    sandbox.terminate();
}
