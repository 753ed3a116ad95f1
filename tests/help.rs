//! The help fits a screen, shows examples, and puts people right who mistype.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a broken expectation is a failed test"
)]

mod support;

use std::io::Write;
use std::process::{Command, Stdio};

use support::folder::Folder;

/// Every command, with the lines that its short help may have. Those that talk to an account have
/// the most.
const COMMANDS: [(&str, usize); 11] = [
    ("", 24),
    ("run", 50),
    ("init", 24),
    ("status", 24),
    ("report", 24),
    ("export", 24),
    ("retry", 24),
    ("verify", 36),
    ("sandbox", 24),
    ("completions", 24),
    ("man", 24),
];

/// What the program prints, and nothing else.
#[track_caller]
fn stdout(arguments: &str) -> String {
    let ended = Folder::new().command(arguments).changes_nothing().run();
    assert_eq!(ended.status, Some(0), "{arguments}: {ended:?}");
    assert_eq!(ended.stderr, "", "{arguments}");
    ended.stdout
}

/// Whether a program of the system is there.
fn has(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

/// Hands a text to another program, and gives what that complains of.
fn complaints(command: &mut Command, text: &str) -> String {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a program that is there");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(text.as_bytes()).expect("a reader");
    drop(stdin);
    let output = child.wait_with_output().expect("its output");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        said
    } else {
        format!("{}: {said}", output.status)
    }
}

#[test]
fn the_short_help_of_every_command_fits_a_screen_and_shows_examples() {
    for (command, lines) in COMMANDS {
        let help = stdout(&format!("{command} -h"));
        let found = help.lines().count();
        assert!(found <= lines, "{command} -h has {found} lines\n{help}");
        let widest = help.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(100), "{command} -h\n{help}");
        assert!(help.contains("\nExamples:\n  zendesk-migrate "), "{help}");
        assert!(stdout(&format!("{command} --help")).contains("\nExamples:\n"));
    }
}

#[test]
fn every_command_that_there_is_is_counted_here() {
    let help = stdout("-h");
    let (_, list) = help.split_once("Commands:\n").unwrap();
    let names: Vec<&str> = list
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    let known: Vec<&str> = COMMANDS.iter().skip(1).map(|(name, _)| *name).collect();
    assert_eq!(names, known);
}

#[test]
fn a_mistyped_command_or_flag_is_put_right() {
    let meant = [
        ("verfy t.csv", "'verify'"),
        ("rum t.csv", "'run'"),
        ("run t.csv --dryrun", "'--dry-run'"),
        ("run t.csv --max-rmp 3", "'--max-rpm'"),
    ];
    for (typed, meant) in meant {
        let ended = Folder::new().command(typed).changes_nothing().run();
        assert_eq!(ended.status, Some(2), "{typed}: {ended:?}");
        assert!(ended.stderr.contains(meant), "{typed}: {ended:?}");
    }
}

#[test]
fn a_mistyped_column_or_field_of_the_mapping_is_put_right() {
    let wrong = [
        (
            "[ticket]\nexternal_id = \"Nummber\"\ncomment.body = \"Text\"\n",
            "did you mean \"Number\"?",
        ),
        (
            "[ticket]\nexternal_id = \"Number\"\ncomment.body = \"Text\"\nsubjcet = \"Text\"\n",
            "did you mean \"subject\"?",
        ),
    ];
    for (mapping, hint) in wrong {
        let folder = Folder::new()
            .with("t.csv", "Number,Text\n1,One\n")
            .with("t.toml", mapping);
        let ended = folder.command("run t.csv -n").changes_nothing().run();
        assert_eq!(ended.status, Some(1), "{ended:?}");
        assert!(ended.stderr.contains(hint), "{ended:?}");
    }
}

#[test]
fn whoever_begins_is_told_what_to_type_next() {
    let folder = Folder::new().with("t.csv", "Number,Text\n1,One\n");
    let told = |arguments: &str| folder.command(arguments).changes_nothing().run().stderr;
    let without_mapping = told("run t.csv --sandbox");
    assert!(
        without_mapping.contains("zendesk-migrate init"),
        "{without_mapping}"
    );
    let folder = Folder::new().with("t.csv", "external_id,comment.body\n1,One\n");
    let told = |arguments: &str| folder.command(arguments).changes_nothing().run().stderr;
    assert!(told("run t.csv").contains("--sandbox"));
    assert!(told("run t.csv --subdomain acme").contains("ZENDESK_CLIENT_ID"));
    assert!(told("status t.csv").contains("start a run first"));
    assert!(told("").contains("zendesk-migrate run tickets.csv -n"));
}

#[test]
fn completions_know_every_command_and_the_shell_reads_them() {
    for shell in ["bash", "zsh", "fish"] {
        let script = stdout(&format!("completions {shell}"));
        for (command, _) in COMMANDS {
            assert!(script.contains(command), "{shell} lacks {command}");
        }
        assert!(script.contains("max-rpm"), "{shell} lacks a flag of run");
        if has(shell) {
            let said = complaints(Command::new(shell).arg("-n"), &script);
            assert_eq!(said, "", "{shell}");
        } else {
            println!("{shell} is not installed; its script was not read by it");
        }
    }
}

#[test]
fn the_manual_has_a_page_of_the_program_and_of_each_command() {
    let page = stdout("man");
    for part in ["NAME", "EXAMPLES", "EXIT STATUS", "ENVIRONMENT", "FILES"] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    for code in [0, 1, 2, 3, 4, 5, 6, 7, 130] {
        assert!(page.contains(&format!("\\fB{code}\\fR")), "{code}\n{page}");
    }
    for (command, _) in COMMANDS {
        let page = stdout(&format!("man {command}"));
        assert!(page.contains(".SH EXAMPLES\n"), "{page}");
        if has("groff") {
            let said = complaints(Command::new("groff").args(["-man", "-ww", "-Tutf8"]), &page);
            assert_eq!(said, "", "man {command}");
        } else {
            println!("groff is not installed; man {command} was not read by it");
        }
    }
    let ended = Folder::new().command("man nothing").run();
    assert_eq!(ended.status, Some(2), "{ended:?}");
}
