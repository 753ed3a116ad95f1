//! A document's folder, its account, and a shell in it.

use std::path::Path;
use std::process::Command;

use super::blocks::Block;
use crate::support::folder::Folder;
use crate::support::http;
use crate::support::process::Running;
use crate::support::sandbox::Sandbox;

/// The account: it has the fields of the fixtures' mapping, and has suspended somebody.
const ACCOUNT: &str = r#"
suspended = ["@blocked.example"]
custom_fields = [
  { id = 360000000101, type = "text", title = "Product", options = [] },
  { id = 360000000102, type = "text", title = "Order", options = [] },
]
"#;

/// What cargo is told to do in the documents. It is not run within a test.
const CARGO: [&str; 3] = ["build", "install", "test"];

/// What lies in `fixtures`.
const FIXTURES: [&str; 5] = [
    "anfragen.csv",
    "tickets-with-mistakes.csv",
    "tickets-with-mistakes.toml",
    "tickets.csv",
    "tickets.toml",
];

/// The folder in which the program of a supervisor works.
const MIGRATION: &str = "/var/lib/migration/";

/// Where a document is played.
pub(crate) struct Scene {
    folder: Folder,
    account: Sandbox,
}

impl Scene {
    pub(crate) fn new(document: &str) -> Self {
        let folder = match document {
            // These begin with nothing but an export, and propose the mapping themselves.
            "README.md" => Folder::with_fixtures(&["tickets.csv"]),
            "docs/GUIDE.md" => {
                let folder = Folder::with_fixtures(&["tickets.csv"]);
                let header = folder.text("tickets.csv");
                let header = header.lines().next().unwrap_or_default();
                let row = |number: u16, email: &str| {
                    let cells = header.split(',').map(|column| match column {
                        "Ticket No" => number.to_string(),
                        "Email" => email.to_owned(),
                        "Opened" => "2019-01-01 08:00".to_owned(),
                        "State" => "New".to_owned(),
                        "Urgency" => "Low".to_owned(),
                        "Kind" => "Question".to_owned(),
                        "Visible" => "public".to_owned(),
                        other => format!("some {other}"),
                    });
                    cells.collect::<Vec<_>>().join(",") + "\n"
                };
                let delta = folder.text("tickets.csv")
                    + &row(9_001, "nobody(at)example.com")
                    + &row(9_002, "somebody@blocked.example");
                let month = |numbers: std::ops::Range<u16>| {
                    let rows = numbers.map(|number| row(number, "somebody@example.com"));
                    rows.fold(header.to_owned() + "\n", |all, row| all + &row)
                };
                let (january, february) = (month(8_001..8_004), month(8_003..8_006));
                folder
                    .with("january.csv", january)
                    .with("february.csv", february)
                    .with("export-of-today.csv", delta)
                    .with("conversations.csv", CONVERSATIONS)
                    .with("comments.csv", COMMENTS)
            }
            _ => Folder::with_fixtures(&["tickets.csv", "tickets.toml"]),
        };
        let folder = folder.with("account.toml", ACCOUNT);
        let account = Sandbox::start(&folder, "--settings account.toml");
        let scene = Self { folder, account };
        if document == "docs/CHECKPOINT.md" {
            scene.shell(
                document,
                "zendesk-migrate run tickets.csv --subdomain acme\n",
            );
        }
        scene
    }

    /// Runs a block line by line, and gives all that was said.
    #[track_caller]
    pub(crate) fn shell(&self, place: &str, text: &str) -> String {
        if text.contains("zendesk-migrate retry") {
            // Whoever retries has fixed what was wrong in Zendesk.
            http::post(
                self.account.address(),
                "/sandbox/settings",
                r#"{"suspended":[]}"#,
            );
        }
        if text.contains("sqlite3 '") && !has("sqlite3") {
            eprintln!("{place} is not run: sqlite3 is not installed");
            return String::new();
        }
        let mut script = String::from("set -u\n");
        for line in logical_lines(text) {
            let line = self.substituted(&line);
            if let Some(rest) = line.strip_prefix("cargo ") {
                let rest: Vec<&str> = rest.split_whitespace().collect();
                if let Some(at) = rest.iter().position(|word| *word == "--")
                    && rest[0] == "run"
                {
                    assert!(
                        rest[1..at].iter().all(|word| *word == "--release"),
                        "{place}"
                    );
                    let line = format!("zendesk-migrate {}", rest[at + 1..].join(" "));
                    script += &checked(&line, 0);
                } else {
                    assert!(CARGO.contains(&rest[0]), "{place}: {line}");
                }
                continue;
            }
            let expected = line
                .split_once("# exit ")
                .and_then(|(_, after)| after.split(|c: char| !c.is_ascii_digit()).next())
                .map_or(0, |code| code.parse().expect("an exit code"));
            script += &checked(&line, expected);
        }
        let program = Path::new(env!("CARGO_BIN_EXE_zendesk-migrate"));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut paths = vec![program.parent().expect("a folder").to_owned()];
        paths.extend(std::env::split_paths(&path));
        let fixtures = self.folder.path("fixtures");
        if text.contains("fixtures/") && !fixtures.exists() {
            copy_fixtures(&fixtures);
        }
        let ended = Running::start(
            Command::new("bash")
                .args(["-c", &script])
                .current_dir(self.folder.path(""))
                .env_clear()
                .env("PATH", std::env::join_paths(paths).expect("a path"))
                .env("ZENDESK_URL", self.account.url())
                .env("ZENDESK_OAUTH_TOKEN", "token")
                // The sandbox's search is never behind, so nothing has to settle for minutes.
                .env("ZENDESK_MIGRATE_LOOKUP_SETTLE", "1s"),
        )
        .wait();
        assert_eq!(ended.status, Some(0), "{place}\n{script}\n{ended:?}");
        ended.stdout + &ended.stderr
    }

    /// Puts a mapping where the guide's conversations find it.
    pub(crate) fn keep_mapping(&self, text: &str) {
        std::fs::write(self.folder.path("conversations.toml"), text).expect("a file");
    }

    /// Asks the checkpoint of a run what a document asks.
    #[track_caller]
    pub(crate) fn sql(&self, place: &str, text: &str) {
        let name = self.substituted("tickets.acme.checkpoint.sqlite3");
        let path = self.folder.path(&name);
        let db = rusqlite::Connection::open(path).expect("the checkpoint");
        let mut query = db
            .prepare(text)
            .unwrap_or_else(|error| panic!("{place}: {error}"));
        let mut rows = query.query([]).expect(place);
        while rows.next().expect(place).is_some() {}
    }

    /// Takes the program's command line out of what a supervisor is told, and tries it as a dry run.
    #[track_caller]
    pub(crate) fn supervised(&self, place: &str, block: &Block) {
        let commands: Vec<String> = block.text.lines().filter_map(command_line).collect();
        assert!(!commands.is_empty(), "{place}: nothing runs the program");
        for command in commands {
            let command = self.substituted(&command);
            let command = command
                .replace("/usr/local/bin/", "")
                .replace(MIGRATION, "");
            if command.contains("--credentials ") {
                let secrets = self.folder.path("credentials");
                std::fs::write(secrets, "ZENDESK_OAUTH_TOKEN=token\n").expect("a file");
                self.folder.set_mode("credentials", 0o600);
            }
            self.shell(place, &format!("{command} -n\n"));
        }
    }

    fn substituted(&self, line: &str) -> String {
        let host = self.account.address().to_string().replace(':', "-");
        line.replace("--subdomain acme", &format!("--url {}", self.account.url()))
            .replace(
                "ZENDESK_SUBDOMAIN=acme",
                &format!("ZENDESK_URL={}", self.account.url()),
            )
            .replace(".acme.checkpoint", &format!(".{host}.checkpoint"))
    }
}

fn checked(line: &str, expected: u8) -> String {
    format!(
        "{line}\ncode=$?; [ $code = {expected} ] || {{ echo \"exit $code: {}\"; exit 1; }}\n",
        line.replace(['"', '\'', '$', '`', '\\'], " ")
    )
}

/// Lines that end with a backslash go on in the next one; comments and blank lines are left out.
fn logical_lines(text: &str) -> Vec<String> {
    let joined = text.replace("\\\n", " ");
    let lines = joined.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

/// The command of a unit, a crontab or a container file, if a line has one.
fn command_line(line: &str) -> Option<String> {
    if let Some(command) = line.strip_prefix("ExecStart=") {
        return Some(command.to_owned());
    }
    if let Some(list) = line.strip_prefix("CMD ") {
        let words: Vec<String> = serde_json::from_str(list).expect("a list of words");
        return Some(format!("zendesk-migrate {}", words.join(" ")));
    }
    if line.starts_with('#') {
        return None;
    }
    let at = line.find("/usr/local/bin/zendesk-migrate ")?;
    let times = line[..at].split_whitespace().count();
    (times == 5).then(|| line[at..].to_owned())
}

/// Every line that a document shows was said, whatever the time it took.
#[track_caller]
pub(crate) fn compare(place: &str, expected: &str, said: &str) {
    let neutral = |line: &str| match line.rsplit_once(" in ") {
        Some((what, _)) if line.starts_with("this run: ") => what.to_owned(),
        _ => line.to_owned(),
    };
    let said: Vec<String> = said.lines().map(neutral).collect();
    for line in expected.lines().map(neutral) {
        assert!(
            said.contains(&line),
            "{place}: {line:?} was not said, but {said:#?}"
        );
    }
}

fn has(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

/// Copies the fixtures by their names: whoever has run the program in the folder of the sources has
/// more files there.
fn copy_fixtures(to: &Path) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    std::fs::create_dir(to).expect("a folder");
    for name in FIXTURES {
        std::fs::copy(from.join(name), to.join(name)).expect("a copy");
    }
}

const CONVERSATIONS: &str = "\
Ticket,Subject,Customer,Email,Opened,State
7001,Bell,Ann,ann@example.com,2019-01-01,closed
7002,Pump,Ben,ben@example.com,2019-01-02,open
";

const COMMENTS: &str = "\
Ticket,Text,From,Sender,Kind,Sent
7001,It does not ring.,ann@example.com,Ann,mail,2019-01-01
7001,Sent a new one.,agent@example.com,Agent,note,2019-01-03
7002,It leaks.,ben@example.com,Ben,mail,2019-01-02
";
