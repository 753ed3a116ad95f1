//! What is printed arrives, or the program says that it did not; a reader who has read enough is no
//! failure.

#[cfg(target_os = "linux")]
use std::fs::OpenOptions;
use std::process::{Command, Stdio};

use super::TWO;
use crate::support::folder::Folder;

/// Everything that prints on stdout, with its usual exit code.
const PRINTING: [(&str, i32); 16] = [
    ("-h", 0),
    ("--help", 0),
    ("--version", 0),
    ("run -h", 0),
    ("man", 0),
    ("man run", 0),
    ("completions bash", 0),
    ("init two.csv -o -", 0),
    ("status two.csv", 3),
    ("status two.csv --json", 3),
    ("report two.csv", 0),
    ("report two.csv --format text", 0),
    ("report two.csv --format json", 0),
    ("run two.csv --sandbox --json", 3),
    ("run two.csv --sandbox -n --json", 3),
    ("verify two.csv --sandbox --json", 0),
];

/// A folder in which rows were imported, one of them invalid.
fn imported() -> Folder {
    let folder = Folder::new().with("two.csv", format!("{TWO}3,Three,\n"));
    let ended = folder.command("run two.csv --sandbox").run();
    assert_eq!(ended.status, Some(3), "{ended:?}");
    folder
}

/// The exit code and stderr of a command whose stdout is this.
fn ended(folder: &Folder, arguments: &str, stdout: Stdio) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_zendesk-migrate"))
        .args(arguments.split_whitespace())
        .current_dir(folder.path(""))
        .env_clear()
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// Only Linux has `/dev/full`.
#[cfg(target_os = "linux")]
#[test]
fn a_stdout_that_is_full_is_an_error_with_a_sentence() {
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let folder = imported();
    for (arguments, _) in PRINTING {
        let stdout = full.try_clone().unwrap().into();
        let (status, stderr) = ended(&folder, arguments, stdout);
        assert_eq!(status, Some(1), "{arguments}: {stderr}");
        let sentence = "error: cannot write to stdout (No space left on device (os error 28)); what \
                        was to be printed is not complete\n";
        assert!(stderr.ends_with(sentence), "{arguments}: {stderr}");
    }
}

#[test]
fn a_reader_who_has_read_enough_is_no_failure() {
    let folder = imported();
    for (arguments, usual) in PRINTING {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let (status, stderr) = ended(&folder, arguments, writer.into());
        assert_eq!(status, Some(usual), "{arguments}: {stderr}");
        assert!(!stderr.contains("stdout"), "{arguments}: {stderr}");
        assert!(!stderr.contains("panicked"), "{arguments}: {stderr}");
    }
}
