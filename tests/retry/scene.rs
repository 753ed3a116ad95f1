//! An account with three imported rows, one refused by Zendesk, and what is done to it
//! behind the program's back.

use rusqlite::{Connection, OpenFlags};
use serde_json::json;

use crate::support::folder::{Folder, Program};
use crate::support::http::{change, post};
use crate::support::process::Ended;
use crate::support::sandbox::Sandbox;

const ROWS: &str = "external_id,subject,description,requester_email
old-1,Subject 1,Text 1,one@example.com
old-2,Subject 2,Text 2,two@example.com
old-3,Subject 3,Text 3,three@bad.example
";

const MAPPING: &str = r#"
[ticket]
external_id = "external_id"
subject = "subject"
comment.body = "description"
requester.email = "requester_email"
"#;

pub(crate) struct Scene {
    pub(crate) folder: Folder,
    pub(crate) sandbox: Sandbox,
}

impl Scene {
    /// The rows were imported, and the one on line 4 was refused.
    pub(crate) fn with_a_rejected_row() -> Self {
        let folder = Folder::new()
            .with("rows.csv", ROWS)
            .with("rows.toml", MAPPING)
            .with("settings.toml", "suspended = [\"@bad.example\"]\n");
        let sandbox = Sandbox::start(&folder, "--settings settings.toml");
        let scene = Self { folder, sandbox };
        let ended = scene.run();
        assert_eq!(ended.status, Some(3), "{ended:?}");
        assert_eq!(scene.counts(), (2, 1, 0, 0));
        scene
    }

    /// All rows were imported.
    pub(crate) fn with_tickets() -> Self {
        let scene = Self::with_a_rejected_row();
        scene.lift_suspension();
        assert_eq!(scene.command("retry rows.csv").run().status, Some(0));
        assert_eq!(scene.run().status, Some(0));
        assert_eq!(scene.counts(), (3, 0, 0, 0));
        scene
    }

    pub(crate) fn command(&self, arguments: &str) -> Program<'_> {
        let arguments = format!("{arguments} -c c.sqlite3 --url {}", self.sandbox.url());
        self.folder
            .command(&arguments)
            .env("ZENDESK_OAUTH_TOKEN", "token")
    }

    pub(crate) fn run(&self) -> Ended {
        self.command("run rows.csv --lookup-settle 1s").run()
    }

    /// Says that a ticket is that of the rejected row.
    pub(crate) fn name(&self, ticket: &str, flags: &str) -> Ended {
        self.command(&format!("retry rows.csv --line 4 {flags}"))
            .arg(format!("--as-ticket={ticket}"))
            .run()
    }

    pub(crate) fn take_back(&self, flags: &str) -> Ended {
        let ended = self.command(&format!("retry rows.csv --as-ticket none {flags}"));
        ended.run()
    }

    /// The rows that are created, rejected, unknown, and those whose ticket waits to be checked.
    pub(crate) fn counts(&self) -> (u64, u64, u64, u64) {
        let count = |which: &str| self.number(&format!("SELECT count(*) FROM rows WHERE {which}"));
        (
            count("state = 'created'"),
            count("state = 'rejected'"),
            count("state = 'unknown'"),
            count("claim IS NOT NULL"),
        )
    }

    fn db(&self) -> Connection {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        Connection::open_with_flags(self.folder.path("c.sqlite3"), flags).expect("the checkpoint")
    }

    pub(crate) fn number(&self, query: &str) -> u64 {
        let found = self.db().query_row(query, [], |row| row.get(0));
        found.expect("a number")
    }

    /// A text of the row on a line.
    pub(crate) fn word(&self, column: &str, line: u64) -> String {
        let query = format!("SELECT CAST({column} AS TEXT) FROM rows WHERE line = {line}");
        let found = self.db().query_row(&query, [], |row| row.get(0));
        found.expect("a text")
    }

    /// How often the row on a line was looked up.
    pub(crate) fn lookups(&self, line: u64) -> u64 {
        self.number(&format!(
            "SELECT count(*) FROM attempts a JOIN row r ON r.number = a.row
             WHERE a.kind IN ('list', 'search') AND r.line = {line}"
        ))
    }

    pub(crate) fn agrees_with_itself(&self) {
        let ended = self.folder.command("verify -c c.sqlite3 --offline").run();
        assert_eq!(ended.status, Some(0), "{ended:?}");
    }

    /// The only ticket of a row.
    pub(crate) fn ticket(&self, n: usize) -> u64 {
        let found = self
            .sandbox
            .get(&format!("/api/v2/tickets?external_id=old-{n}"));
        let tickets = found["tickets"].as_array().expect("tickets");
        assert_eq!(tickets.len(), 1, "{tickets:?}");
        tickets[0]["id"].as_u64().expect("a ticket")
    }

    /// Makes a ticket by hand, and says which it is.
    pub(crate) fn plant(&self, external_id: &str) -> u64 {
        let mut ticket = json!({"subject": "by hand", "comment": {"body": "x"}});
        if !external_id.is_empty() {
            ticket["external_id"] = external_id.into();
        }
        let body = json!({ "ticket": ticket }).to_string();
        change(self.sandbox.address(), "POST", "/api/v2/tickets", &body);
        let found = self
            .sandbox
            .get("/api/v2/tickets?sort_by=id&sort_order=desc&per_page=1");
        found["tickets"][0]["id"].as_u64().expect("the newest")
    }

    pub(crate) fn delete(&self, ticket: u64) {
        let path = format!("/api/v2/tickets/{ticket}");
        change(self.sandbox.address(), "DELETE", &path, "");
    }

    pub(crate) fn settings(&self, settings: &str) {
        post(self.sandbox.address(), "/sandbox/settings", settings);
    }

    /// The account has got another address.
    pub(crate) fn moved_to(&self, host: &str) {
        let db = Connection::open(self.folder.path("c.sqlite3")).expect("the checkpoint");
        db.execute(
            "UPDATE setting SET value = ?1 WHERE name = 'account'",
            [host],
        )
        .expect("a checkpoint at rest");
    }

    /// What was refused will be taken.
    pub(crate) fn lift_suspension(&self) {
        self.settings(r#"{"suspended": []}"#);
    }

    pub(crate) fn faults(&self, faults: &str) {
        post(self.sandbox.address(), "/sandbox/faults", faults);
    }
}
