//! What comes from outside the files: arguments, variables, and what a server says.

use std::os::unix::process::CommandExt;
use std::process::Command;

use serde_json::json;

use super::{EVIL, GOOD, assert_harmless, harmless, is_obeyed, shown};
use crate::logs::server::{Reply, Server, number};
use crate::support::folder::Folder;
use crate::support::process::Ended;

#[test]
fn arguments_and_variables_are_shown() {
    let folder = Folder::new().with("two.csv", GOOD);
    for arguments in [
        vec![EVIL],
        vec!["run"],
        vec!["run", "two.csv", "--url"],
        vec!["run", "two.csv", "--subdomain"],
        vec!["run", "two.csv", "--progress"],
        vec!["run", "two.csv", "--limit"],
        vec!["run", "two.csv", "--max-outage"],
        vec!["run", "two.csv", "--format"],
        vec!["man"],
        vec!["sandbox", "--listen"],
        vec!["completions"],
        vec!["retry", "two.csv", "--line"],
        vec!["run", "two.csv", "two.csv"],
        vec!["help"],
    ] {
        for text in [
            EVIL.to_owned(),
            format!("--{EVIL}"),
            format!("--url={EVIL}"),
            format!("https://{EVIL}"),
        ] {
            let mut program = folder.command("");
            for argument in arguments.iter().filter(|argument| **argument != EVIL) {
                program = program.arg(argument);
            }
            harmless(&format!("{arguments:?}"), program.arg(&text));
        }
    }
    for name in [
        "URL",
        "SUBDOMAIN",
        "PROGRESS",
        "LIMIT",
        "MAX_OUTAGE",
        "CHECKPOINT",
        "MAPPING",
        "LOG_FILE",
        "CREDENTIALS",
        "ENDPOINT",
        "DRY_RUN",
        "FORMAT",
    ] {
        let program = folder
            .command("run two.csv")
            .env(&format!("ZENDESK_MIGRATE_{name}"), EVIL);
        harmless(name, program.env("ZENDESK_OAUTH_TOKEN", EVIL));
        let program = folder
            .command("run --help")
            .env(&format!("ZENDESK_MIGRATE_{name}"), EVIL);
        harmless(name, program);
    }
    shown(
        "a variable",
        folder.command("run two.csv").env("ZENDESK_SUBDOMAIN", EVIL),
    );
    let mut command = Command::new(env!("CARGO_BIN_EXE_zendesk-migrate"));
    for arguments in [&["--help"][..], &["run"], &["--no"]] {
        let ended = command.arg0(EVIL).args(arguments).output().unwrap();
        let ended = Ended {
            status: ended.status.code(),
            stdout: String::from_utf8(ended.stdout).unwrap(),
            stderr: String::from_utf8(ended.stderr).unwrap(),
        };
        assert_harmless("the name of the program", &ended);
    }
}

#[test]
fn what_a_server_says_is_shown() {
    // The replies to rows by their numbers, and then those to questions.
    let server = Server::start(Box::new(|asked| {
        let refusal = json!({"error": EVIL, "description": EVIL, "details": {EVIL: [{"description": EVIL, "error": EVIL}]}});
        let me = json!({"user": {"id": 5, "role": EVIL, "name": EVIL, "email": EVIL}});
        if asked.path.contains("/users/me") {
            return Some(Reply::new(200, me.to_string()));
        }
        if asked.path.contains("/ticket_fields/7") {
            let options = json!([{"value": EVIL}]);
            let field = json!({"title": EVIL, "active": true, "type": "tagger", "custom_field_options": options});
            return Some(Reply::new(200, json!({"ticket_field": field}).to_string()));
        }
        if asked.path.contains("/show_many") {
            let ticket = json!({"id": 1003, "external_id": EVIL, "subject": EVIL, "status": EVIL, "tags": [EVIL]});
            return Some(Reply::new(200, json!({"tickets": [ticket]}).to_string()));
        }
        if !asked.is_create() {
            return None;
        }
        let reply = match number(asked.external_id()) {
            1 => Reply::new(422, refusal.to_string()),
            2 => Reply::new(422, format!("<p>{EVIL}</p>")),
            3 => {
                let ticket = json!({"ticket": {"id": 1003, "external_id": "3"}});
                let reply =
                    Reply::new(201, ticket.to_string()).with("x-idempotency-lookup", "miss".into());
                reply.with("x-zendesk-api-warn", "a\tb".into())
            }
            4 => Reply::new(
                201,
                json!({"ticket": {"id": 7, "external_id": EVIL}}).to_string(),
            ),
            _ => return None,
        };
        Some(reply)
    }));
    let row = |n| format!("{n},S,T\n");
    let rows: String = (1..=4).map(row).collect();
    let folder = Folder::new().with("t.csv", format!("external_id,subject,comment.body\n{rows}"));
    let with = |arguments: &str| {
        let command = format!("{arguments} -c c.sqlite3 --url {}", server.url());
        folder
            .command(&command)
            .env("ZENDESK_OAUTH_TOKEN", "token-of-this-test")
    };
    let mapping = "[ticket]\nexternal_id = \"external_id\"\ncomment.body = \"comment.body\"\n\
        custom_fields.7 = { constant = \"one\" }\n";
    std::fs::write(folder.path("field.toml"), mapping).unwrap();
    shown("options", with("run t.csv -m field.toml"));
    shown(
        "a run",
        with("run t.csv -vv --log-file log.jsonl --concurrency 1"),
    );
    shown("a dry run that asks", with("run t.csv -n --online"));
    shown("imports", with("run t.csv --endpoint imports"));
    let ended = harmless("a verification", with("verify t.csv -vv"));
    assert!(ended.stdout.contains("\\u{1b}"), "{ended:?}");
    let log = folder.text("log.jsonl");
    assert!(log.chars().all(|c| !is_obeyed(c)), "{log:?}");
    for arguments in [
        "status",
        "report --format text",
        "report --format json",
        "report --format html",
        "verify --offline",
    ] {
        harmless(
            arguments,
            folder.command(&format!("{arguments} -c c.sqlite3")),
        );
    }
}
