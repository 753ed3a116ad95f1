//! A terminal obeys nothing that was not written by this program: whatever stands in the names of
//! columns and files, in cells, mappings, checkpoints, variables and replies is shown and not done.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a broken expectation is a failed test"
)]

mod mappings;
mod outside;

use crate::support::folder::{Folder, Program};
use crate::support::process::Ended;
use serde_json::Value;

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
