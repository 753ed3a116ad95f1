//! The help fits a screen, shows examples, and puts people right who mistype.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a broken expectation is a failed test"
)]

use std::io::Write;
use std::process::{Command, Stdio};

use crate::support::folder::Folder;

/// Every command, with the lines that its `-h` and its `--help` may have. Those that talk to an account
/// have the most.
const COMMANDS: [(&str, usize, usize); 11] = [
    ("", 24, 30),
    ("run", 34, 61),
    ("init", 24, 24),
    ("status", 24, 24),
    ("report", 24, 24),
    ("export", 24, 24),
    ("retry", 34, 44),
    ("verify", 30, 40),
    ("sandbox", 24, 24),
    ("completions", 24, 24),
    ("man", 24, 24),
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
fn the_help_of_every_command_fits_a_screen_and_shows_examples() {
    for (command, short, long) in COMMANDS {
        for (flag, most) in [("-h", short), ("--help", long)] {
            let help = stdout(&format!("{command} {flag}"));
            let found = help.lines().count();
            assert!(
                found <= most,
                "{command} {flag} has {found} lines, not {most}\n{help}"
            );
            let widest = help.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(100), "{command} {flag}\n{help}");
            assert!(help.contains("\nExamples:\n  "), "{command} {flag}\n{help}");
        }
    }
}

#[test]
fn no_example_is_broken_on_a_terminal_of_eighty_columns() {
    for (command, _, _) in COMMANDS {
        let ended = Folder::new()
            .command(&format!("{command} -h"))
            .env("COLUMNS", "80")
            .run();
        let (_, examples) = ended.stdout.split_once("\nExamples:\n").unwrap();
        let examples = examples.lines().take_while(|line| !line.is_empty());
        let broken: Vec<&str> = examples.filter(|line| !line.starts_with("  ")).collect();
        assert!(broken.is_empty(), "{command} -h: {broken:?}");
        let widest = ended.stdout.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(80), "{command} -h\n{}", ended.stdout);
    }
}

/// The long flags that a help lists.
fn flags(help: &str) -> Vec<&str> {
    help.lines()
        .filter_map(|line| line.split_once("--"))
        .filter(|(before, _)| before.len() == 6)
        .filter_map(|(_, after)| after.split_whitespace().next())
        .collect()
}

#[test]
fn every_flag_is_in_the_long_help_and_the_short_one_says_where_the_others_are() {
    for (command, _, _) in COMMANDS {
        let (short, long) = (
            stdout(&format!("{command} -h")),
            stdout(&format!("{command} --help")),
        );
        let page = stdout(&format!("man {command}")).replace("\\-", "-");
        let (listed, all) = (flags(&short), flags(&long));
        for flag in &listed {
            assert!(all.contains(flag), "{command} --help lacks {flag}\n{long}");
        }
        for flag in &all {
            let flag = flag.trim_end_matches("...");
            assert!(page.contains(&format!("--{flag}")), "man {command}: {flag}");
        }
        assert_eq!(
            short.contains(&format!(
                "\n`zendesk-migrate {command} --help` shows all flags.\n"
            )),
            listed.len() < all.len(),
            "{short}"
        );
    }
    assert!(flags(&stdout("run --help")).len() > 30);
    assert_eq!(stdout("help run"), stdout("run --help"));
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
    let known: Vec<&str> = COMMANDS.iter().skip(1).map(|(name, _, _)| *name).collect();
    assert_eq!(names, known);
}

#[test]
fn a_mistyped_command_or_flag_is_put_right() {
    let meant = [
        ("verfy t.csv", "'verify'"),
        ("rum t.csv", "'run'"),
        ("rnu t.csv", "'run'"),
        ("tsatus t.csv", "'status'"),
        ("help exprot", "'export'"),
        ("t.csv", ": zendesk-migrate run t.csv -n"),
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
    assert!(told("status t.csv").contains("start a run first: zendesk-migrate run t.csv"));
    assert!(told("status other.csv").contains("other.csv does not exist"));
    assert!(told("").contains("zendesk-migrate run tickets.csv -n"));
}

#[test]
fn the_next_command_names_the_checkpoint_if_there_are_two() {
    let folder = Folder::new().with("t.csv", "external_id,comment.body\n1,One\n");
    let ended = folder.command("run t.csv --sandbox").run();
    assert!(
        ended
            .stderr
            .ends_with("next: zendesk-migrate verify t.csv\n"),
        "{ended:?}"
    );
    let folder = folder.with("t.acme.checkpoint.sqlite3", "another account's");
    let ended = folder.command("run t.csv --sandbox").run();
    assert!(
        ended
            .stderr
            .ends_with("next: zendesk-migrate verify t.csv -c t.sandbox.checkpoint.sqlite3\n"),
        "{ended:?}"
    );
}

#[test]
fn completions_know_every_command_and_the_shell_reads_them() {
    for shell in ["bash", "zsh", "fish"] {
        let script = stdout(&format!("completions {shell}"));
        for (command, _, _) in COMMANDS {
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
    for (command, _, _) in COMMANDS {
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
