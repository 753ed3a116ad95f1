//! A terminal obeys nothing that was not written by this program: whatever stands in the names of
//! columns and files, in cells, mappings, checkpoints, variables and replies is shown and not done.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a broken expectation is a failed test"
)]

use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::logs::server::{Reply, Server, number};
use crate::support::folder::{Folder, Program};
use crate::support::process::Ended;
use serde_json::{Value, json};

/// Escape sequences in both forms, characters that turn the reading direction or are not seen, and a
/// line that looks like one of ours.
const EVIL: &str =
    "x\u{1b}[2J\u{1b}]0;T\u{7}\u{9b}31m\u{7f}\u{85}\u{202e}\u{2066}\u{200b}\u{2028}\r\nFORGED";

/// The same without what a column of a CSV file or a cell cannot hold unquoted.
const EVIL_NAME: &str = "x\u{1b}[2J\u{9b}31m\u{7f}\u{202e}\u{2066}y";

const GOOD: &str = "external_id,subject,comment.body\n1,One,First\n2,Two,Second\n";

/// What a terminal would do something about.
fn is_obeyed(character: char) -> bool {
    let is_ours = character == '\n';
    !is_ours
        && (character.is_control()
            || matches!(character,
                '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}' | '\u{feff}'))
}

/// Nothing of what was said is obeyed, or looks like a line of its own.
#[track_caller]
fn assert_harmless(what: &str, ended: &Ended) {
    for (stream, text) in [("stdout", &ended.stdout), ("stderr", &ended.stderr)] {
        let obeyed: Vec<char> = text.chars().filter(|c| is_obeyed(*c)).collect();
        assert!(
            obeyed.is_empty(),
            "{what}: {stream} holds {obeyed:?}: {text:?}"
        );
        // In a page, a line end is as good as a space.
        let mut lines = text
            .lines()
            .take_while(|line| !line.starts_with("<!DOCTYPE"));
        let forged = lines.any(|line| line.trim_start().starts_with("FORGED"));
        assert!(
            !forged,
            "{what}: {stream} has a line that is not ours:\n{text}"
        );
    }
}

#[track_caller]
fn harmless(what: &str, program: Program<'_>) -> Ended {
    let ended = program.run();
    assert_harmless(what, &ended);
    ended
}

/// The same, where the text is repeated.
#[track_caller]
fn shown(what: &str, program: Program<'_>) -> Ended {
    let ended = harmless(what, program);
    let said = format!("{}{}", ended.stdout, ended.stderr);
    let is_shown = said.contains("\\u{1b}[2J")
        || said.contains("\\x1b[2J")
        || said.contains("\\u001b[2J")
        || said.contains("U0000001B[2J");
    assert!(is_shown, "{what}: it is not shown: {ended:?}");
    ended
}

/// Every command on what is there by now.
#[track_caller]
fn all_commands(folder: &Folder, csv: &str, checkpoint: &str) {
    for arguments in [
        "run -n",
        "run -n --json",
        "run -n --format html",
        "run --sandbox",
        "status",
        "status --json",
        "report --format text",
        "report --format json",
        "report --format html -o -",
        "export --force",
        "retry --rejected",
        "verify --sandbox",
        "verify --offline",
        "init -o -",
        "init --force",
    ] {
        let mut words = arguments.split(' ');
        let command = words.next().unwrap();
        let mut program = folder.command(command).arg(csv);
        for word in words {
            program = program.arg(word);
        }
        if command != "init" {
            program = program.arg("-c").arg(checkpoint);
        }
        harmless(arguments, program);
    }
}

fn quoted(cell: &str) -> String {
    format!("\"{}\"", cell.replace('"', "\"\""))
}

#[test]
fn names_of_columns_are_shown() {
    for name in [EVIL, EVIL_NAME] {
        let name = quoted(name);
        let folder = Folder::new()
            .with("mapped.csv", format!("external_id,{name},comment.body\n1,One,First\n"))
            .with("unknown.toml", "[ticket]\nexternal_id = \"external_id\"\nsubject = \"no\"\ncomment.body = \"comment.body\"\n")
            .with("twice.csv", format!("{name},{name}\n1,2\n"))
            .with("quote.csv", format!("external_id,{name},comment.body\n1,\"open,b\n"))
            .with("id.csv", format!("{name},subject,text\n1,One,First\n2,Two,Second\n"))
            .with("quoted.csv", format!("external_id,{name}x,comment.body\n1,2,3\n"));
        shown(
            "an unknown column",
            folder.command("run mapped.csv -n -m unknown.toml"),
        );
        shown("two columns", folder.command("run twice.csv -n"));
        shown("an open quote", folder.command("run quote.csv -n"));
        harmless(
            "a column that is left out",
            folder.command("init mapped.csv"),
        );
        harmless("a proposal", folder.command("init id.csv"));
        harmless("a proposed mapping", folder.command("run id.csv -n"));
        let ended = shown("a proposal on stdout", folder.command("init id.csv -o -"));
        let proposal = folder.text("id.toml");
        let mapping = |text: &str| text[text.find("[source]").unwrap()..].to_owned();
        assert_eq!(mapping(&ended.stdout), mapping(&proposal));
        assert!(proposal.chars().all(|c| !is_obeyed(c)), "{proposal:?}");
        harmless("a quote too many", folder.command("run quoted.csv -n"));
        all_commands(&folder, "mapped.csv", "c.sqlite3");
    }
}

#[test]
fn cells_are_shown() {
    let evil = quoted(EVIL);
    let mapping = "[ticket]\nexternal_id = \"id\"\nsubject = \"subject\"\ncomment.body = \"text\"\n\
        status = \"status\"\nrequester = { email = \"email\", name = \"name\" }\ntags = \"tags\"\n\
        created_at = \"at\"\n";
    let header = "id,subject,text,status,email,name,tags,at\n";
    let rows = [
        format!("1,{evil},{evil},open,a@example.com,{evil},{evil},\n"),
        format!("{evil},S,T,open,a@example.com,N,t,\n"),
        format!("3,S,T,{evil},a@example.com,N,t,\n"),
        format!("4,S,T,open,{evil},N,t,\n"),
        format!("5,S,T,open,a@example.com,N,t,{evil}\n"),
        "6\u{202e}\u{2066}\u{200b},S,T,open,a@example.com,N,t,\n".to_owned(),
        "6\u{202e}\u{2066}\u{200b},S,T,open,a@example.com,N,t,\n".to_owned(),
        format!("7,{evil},T,open,a@example.com\n"),
        format!("8,S,T,open,a@example.com,N,t,,{evil}\n"),
    ];
    let folder = Folder::new()
        .with("cells.toml", mapping)
        .with("cells.csv", header.to_owned() + &rows.concat());
    shown("a dry run", folder.command("run cells.csv -n"));
    shown(
        "a page of a dry run",
        folder.command("run cells.csv -n --format html"),
    );
    let ended = shown(
        "an object of a dry run",
        folder.command("run cells.csv -n --json"),
    );
    serde_json::from_str::<Value>(&ended.stdout).unwrap();
    shown(
        "a run",
        folder.command("run cells.csv --sandbox -c c.sqlite3"),
    );
    let ended = harmless(
        "a report",
        folder.command("report cells.csv -c c.sqlite3 --format json"),
    );
    serde_json::from_str::<Value>(&ended.stdout).unwrap();
    all_commands(&folder, "cells.csv", "c.sqlite3");
    // Of an excerpt of the line, of a file that is not well-formed.
    let folder = Folder::new().with(
        "broken.csv",
        format!("id,{EVIL_NAME}\"b\n1,\"{EVIL_NAME}\"c,2\n"),
    );
    harmless("an excerpt", folder.command("run broken.csv -n"));
    let page = folder.command("init broken.csv -o -").run();
    assert_harmless("a proposal for a broken file", &page);
    let gone = Folder::new()
        .with("a.csv", header.to_owned() + &rows[5])
        .with("a.toml", mapping);
    harmless("a run", gone.command("run a.csv --sandbox"));
    let gone = gone.with("a.csv", header.to_owned() + &rows[5].replace("S,T", "S,U"));
    shown_as(
        "a row that has changed",
        gone.command("run a.csv --sandbox"),
        "\\u{202e}",
    );
    let gone = gone.with(
        "a.csv",
        header.to_owned() + "9,S,T,open,a@example.com,N,t,\n",
    );
    shown_as(
        "a row that is gone",
        gone.command("run a.csv --sandbox"),
        "\\u{202e}",
    );
}

#[track_caller]
fn shown_as(what: &str, program: Program<'_>, how: &str) {
    let ended = harmless(what, program);
    assert!(ended.stderr.contains(how), "{what}: {ended:?}");
}

/// A command in which `@` stands for a name that would be obeyed.
fn named<'f>(folder: &'f Folder, command: &str) -> Program<'f> {
    let words = command.split(' ');
    words.fold(folder.command(""), |program, word| {
        program.arg(word.replace('@', EVIL))
    })
}

#[test]
fn names_of_files_are_shown() {
    let mapping = "[ticket]\nexternal_id = \"external_id\"\nsubject = \"subject\"\n\
        comment.body = \"comment.body\"\n";
    let folder = Folder::new()
        .with("two.csv", GOOD)
        .with(&format!("{EVIL}.csv"), GOOD)
        .with(&format!("{EVIL}.m"), mapping)
        .with("bad.csv", "external_id,subject,comment.body\n1,One,\n");
    for command in [
        "run @-none.csv",
        "run @-none.csv -n",
        "init @-none.csv",
        "status @-none.csv",
        "report @-none.csv",
        "export @-none.csv",
        "retry @-none.csv",
        "verify @-none.csv",
        "run two.csv -n --log-file @/x",
        "run two.csv -n --log-file @.csv",
        "run two.csv -n -m @",
        "run two.csv --subdomain a --credentials @",
        "run two.csv --subdomain a --credentials @.csv",
        "status -c @",
        "status -c @.csv",
        "init two.csv -o @/x.toml",
        "init two.csv -o @.toml",
        "init two.csv -o @.toml",
        "sandbox --faults @",
        "sandbox --settings @",
        "sandbox --data @.csv",
    ] {
        shown(command, named(&folder, command));
    }
    harmless(
        "settings that are none",
        named(&folder, "sandbox --settings @.csv"),
    );
    harmless(
        "a run",
        named(&folder, "run @.csv --sandbox -m @.m -c @.sqlite3"),
    );
    all_commands(&folder, &format!("{EVIL}.csv"), &format!("{EVIL}.sqlite3"));
    for command in [
        "run bad.csv --sandbox -c @.sqlite3",
        "report -o @.html -c @.sqlite3",
        "export @.csv --out @ -c @.sqlite3",
        "export @.csv --out @ -c @.sqlite3",
    ] {
        shown(command, named(&folder, command));
    }
    for name in [
        &format!("two.{EVIL}.checkpoint.sqlite3"),
        "two.b.checkpoint.sqlite3",
    ] {
        std::fs::write(folder.path(name), "").unwrap();
    }
    shown("several checkpoints", folder.command("status two.csv"));
}

#[test]
fn mappings_are_shown() {
    let evil = toml_text(EVIL);
    let ticket = "external_id = \"external_id\"\ncomment.body = \"comment.body\"\n";
    for (what, mapping) in [
        ("a section", format!("[{evil}]\na = 1\n")),
        (
            "a key of the source",
            format!("[source]\n{evil} = 1\n[ticket]\n{ticket}"),
        ),
        (
            "a field",
            format!("[ticket]\n{ticket}{evil} = \"subject\"\n"),
        ),
        (
            "a custom field",
            format!("[ticket]\n{ticket}custom_fields.{evil} = \"subject\"\n"),
        ),
        ("a column", format!("[ticket]\n{ticket}subject = {evil}\n")),
        (
            "a template",
            format!("[ticket]\n{ticket}subject = {{ template = \"{{\" }}\n")
                .replace("\"{\"", &toml_text(&format!("{{{EVIL}}}"))),
        ),
        (
            "a zone",
            format!("[source]\ntimezone = {evil}\n[ticket]\n{ticket}"),
        ),
        (
            "a delimiter",
            format!("[source]\ndelimiter = {evil}\n[ticket]\n{ticket}"),
        ),
        (
            "an encoding",
            format!("[source]\nencoding = {evil}\n[ticket]\n{ticket}"),
        ),
        (
            "a constant",
            format!("[ticket]\n{ticket}status = {{ constant = {evil} }}\n"),
        ),
        (
            "values",
            format!(
                "[ticket]\n{ticket}status = {{ column = \"subject\", values = {{ One = {evil} }} }}\n"
            ),
        ),
        (
            "a comments file",
            format!(
                "[comments]\nfile = {evil}\nticket = \"a\"\nbody = \"b\"\n[ticket]\nexternal_id = \"external_id\"\n"
            ),
        ),
        ("what is no TOML", format!("[ticket]\n{EVIL_NAME} = \n")),
    ] {
        let folder = Folder::new()
            .with("two.csv", GOOD)
            .with("two.toml", mapping);
        let ended = harmless(what, folder.command("run two.csv -n"));
        assert_ne!(ended.status, Some(0), "{what}: {ended:?}");
        harmless(
            what,
            folder.command("run two.csv --sandbox --endpoint imports"),
        );
    }
}

/// A text of TOML in which everything is an escape.
fn toml_text(text: &str) -> String {
    let escaped = text.chars().map(|c| format!("\\U{:08X}", u32::from(c)));
    format!("\"{}\"", escaped.collect::<Vec<_>>().concat())
}

#[test]
fn what_was_written_into_a_checkpoint_is_shown() {
    let edits = [
        "UPDATE setting SET value = ?1 WHERE name = 'account'",
        "UPDATE setting SET value = ?1 WHERE name = 'machine'",
        "UPDATE setting SET value = ?1 WHERE name = 'csv'",
        "UPDATE setting SET value = ?1 WHERE name = 'mapping'",
        "UPDATE setting SET value = ?1 WHERE name = 'csv_sha256'",
        "UPDATE setting SET value = ?1 WHERE name = 'rows'",
        "UPDATE setting SET value = ?1 WHERE name = 'endpoint'",
        "UPDATE row SET state = 3, ticket_id = NULL, how = NULL, problem_code = ?1, problem_message = ?1",
        "UPDATE row SET state = 5, ticket_id = NULL, how = NULL, problem_code = ?1, problem_message = ?1",
        "UPDATE row SET external_id = ?1 WHERE number = 1",
        "UPDATE row SET state = 0, ticket_id = NULL, how = NULL; UPDATE setting SET value = ?1 WHERE name = 'csv'",
        "UPDATE run SET stopped_because = ?1, message = ?1, version = ?1, arguments = json_object('csv', ?1)",
        "UPDATE run SET arguments = ?1",
        "INSERT INTO fix SELECT number, ?1, 2, 0, 0, 0 FROM row",
        "UPDATE attempt SET request_id = ?1",
    ];
    for edit in edits {
        for text in [EVIL, EVIL_NAME] {
            let folder = Folder::new().with("two.csv", GOOD);
            let ended = folder.command("run two.csv --sandbox -c c.sqlite3").run();
            assert_eq!(ended.status, Some(0), "{ended:?}");
            let db = rusqlite::Connection::open(folder.path("c.sqlite3")).unwrap();
            for edit in edit.split(';') {
                let takes = usize::from(edit.contains("?1"));
                db.execute(edit, rusqlite::params_from_iter([text].iter().take(takes)))
                    .unwrap();
            }
            drop(db);
            for arguments in [
                "status -c c.sqlite3",
                "status -c c.sqlite3 --json",
                "report -c c.sqlite3 --format text",
                "report -c c.sqlite3 --format json",
                "report -c c.sqlite3 --format html",
                "verify -c c.sqlite3 --offline",
                "verify -c c.sqlite3 --sandbox",
                "export -c c.sqlite3",
                "retry -c c.sqlite3 --rejected",
                "run two.csv --sandbox -c c.sqlite3 -n",
                "run two.csv --sandbox -c c.sqlite3",
                "export two.csv -c c.sqlite3 --out o",
            ] {
                harmless(&format!("{edit}: {arguments}"), folder.command(arguments));
            }
        }
    }
}

#[test]
fn the_holder_in_a_lock_file_is_shown() {
    let folder = Folder::new().with("two.csv", GOOD);
    folder
        .command("run two.csv --sandbox -c c.sqlite3 --limit 1")
        .run();
    let lock = std::fs::File::create(folder.path("c.sqlite3.lock")).unwrap();
    std::fs::write(folder.path("c.sqlite3.lock"), EVIL).unwrap();
    lock.lock().unwrap();
    let ended = shown(
        "a second run",
        folder.command("run two.csv --sandbox -c c.sqlite3"),
    );
    assert_eq!(ended.status, Some(6), "{ended:?}");
}

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
