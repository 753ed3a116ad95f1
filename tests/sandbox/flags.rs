//! The settings file of the program's `sandbox` command.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use super::Client;

fn start(folder: &tempfile::TempDir, flags: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_zendesk-migrate"))
        .args(["sandbox", "--listen", "127.0.0.1:0"])
        .args(flags.split_whitespace())
        .current_dir(folder.path())
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn a_settings_file_describes_the_account_and_flags_go_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("account.json");
    std::fs::write(
        &file,
        r#"{"rpm": 400, "imports_keys": "honour", "strict_auth": true}"#,
    )
    .unwrap();
    for (flags, rpm) in [
        ("--settings account.json", 400),
        ("--settings account.json --rpm 7", 7),
    ] {
        let mut child = start(&folder, flags);
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let address = line
            .trim()
            .strip_prefix("http://")
            .unwrap()
            .parse()
            .unwrap();
        let settings = Client::to(address)
            .ask("GET", "/sandbox/settings", "")
            .json();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(settings["rpm"], rpm);
        assert_eq!(settings["imports_keys"], "honour");
        assert_eq!(settings["strict_auth"], true);
        assert_eq!(settings["role"], "admin");
    }
}

#[test]
fn a_settings_file_that_is_not_understood_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("account.toml"), "rpmm = 400").unwrap();
    for (name, why) in [
        ("account.toml", "settings are not understood"),
        ("none.json", "cannot read the settings file none.json"),
    ] {
        let output = start(&folder, &format!("--settings {name}"))
            .wait_with_output()
            .unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(why), "{said}");
        assert!(output.stdout.is_empty());
    }
}
