//! An account in which rows were imported, and what is done to it behind the program's back.

use serde_json::{Value, json};

use crate::support::folder::{Folder, Program};
use crate::support::http::{change, post};
use crate::support::process::Ended;
use crate::support::sandbox::Sandbox;

/// Rows with all that is compared.
pub(crate) fn rows(count: usize) -> String {
    let row = |n| {
        format!(
            "old-{n},Subject {n},Text {n},person{n}@example.com,open,high,question,alpha beta,Gold {n}\n"
        )
    };
    let rows: String = (1..=count).map(row).collect();
    format!(
        "external_id,subject,description,requester_email,status,priority,type,tags,level\n{rows}"
    )
}

pub(crate) const MAPPING: &str = r#"
[ticket]
external_id = "external_id"
subject = "subject"
comment.body = "description"
requester.email = "requester_email"
status = "status"
priority = "priority"
type = "type"
tags = { column = "tags", split = " " }
custom_fields.360001 = "level"
"#;

/// An account in which these rows were imported by `run`.
pub(crate) struct Scene {
    pub(crate) folder: Folder,
    pub(crate) sandbox: Sandbox,
}

impl Scene {
    /// The account before the import.
    pub(crate) fn before(count: usize, flags: &str) -> Self {
        let folder = Folder::new()
            .with("rows.csv", rows(count))
            .with("rows.toml", MAPPING);
        let sandbox = Sandbox::start(&folder, flags);
        let field = r#"{"custom_fields":[{"id":360001,"title":"Level"}]}"#;
        post(sandbox.address(), "/sandbox/settings", field);
        Self { folder, sandbox }
    }

    pub(crate) fn of(count: usize) -> Self {
        let scene = Self::before(count, "");
        let ended = scene.command("run rows.csv --lookup-settle 1s").run();
        assert_eq!(ended.status, Some(0), "{ended:?}");
        scene
    }

    pub(crate) fn command(&self, arguments: &str) -> Program<'_> {
        let arguments = format!("{arguments} -c c.sqlite3 --url {}", self.sandbox.url());
        self.folder
            .command(&arguments)
            .env("ZENDESK_OAUTH_TOKEN", "token")
    }

    pub(crate) fn verify(&self, flags: &str) -> Ended {
        self.command(&format!("verify rows.csv {flags}")).run()
    }

    pub(crate) fn verified(&self, flags: &str) -> Value {
        let ended = self.verify(&format!("--json {flags}"));
        serde_json::from_str(&ended.stdout).expect("one JSON object")
    }

    /// The ticket of a row.
    pub(crate) fn ticket(&self, n: usize) -> u64 {
        let path = format!("/api/v2/tickets?external_id=old-{n}");
        let found = self.sandbox.get(&path);
        found["tickets"][0]["id"].as_u64().expect("a ticket")
    }

    pub(crate) fn put(&self, ticket: u64, fields: &Value) {
        let path = format!("/api/v2/tickets/{ticket}");
        let body = json!({ "ticket": fields }).to_string();
        change(self.sandbox.address(), "PUT", &path, &body);
    }

    pub(crate) fn delete(&self, ticket: u64) {
        let path = format!("/api/v2/tickets/{ticket}");
        change(self.sandbox.address(), "DELETE", &path, "");
    }

    /// Makes another ticket with the `external_id` of a row, and says which it is.
    pub(crate) fn plant(&self, n: usize) -> u64 {
        let external_id = format!("old-{n}");
        let ticket = json!({"external_id": external_id, "subject": "x", "comment": {"body": "x"}});
        let body = json!({ "ticket": ticket }).to_string();
        change(self.sandbox.address(), "POST", "/api/v2/tickets", &body);
        let found = self
            .sandbox
            .get(&format!("/api/v2/tickets?external_id={external_id}"));
        let ids = found["tickets"].as_array().expect("tickets").iter();
        ids.filter_map(|ticket| ticket["id"].as_u64())
            .max()
            .expect("the last")
    }
}
