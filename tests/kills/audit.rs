//! What must hold in the end, by the account's own word and by the checkpoint's.

use std::collections::BTreeMap;
use std::fmt::Write;

use rusqlite::Connection;
use serde_json::Value;

use crate::support::folder::Folder;
use crate::support::process::Ended;
use crate::support::sandbox::Sandbox;

/// How many tickets are moved.
pub(crate) const ROWS: u64 = 300;

/// Rows with text over several lines, of fewer people than rows.
pub(crate) fn csv() -> String {
    let mut csv = String::from("external_id,subject,comment.body,requester.name,requester.email\n");
    for row in 1..=ROWS {
        let person = row % 17;
        writeln!(
            csv,
            "old-{row},\"Ticket \"\"{row}\"\", again\",\"{}\",Person {person},p{person}@example.com",
            text(row)
        )
        .expect("a string takes all");
    }
    csv
}

fn text(row: u64) -> String {
    format!("Hello,\n\nthis is ticket {row} - für alle.\n\nRegards")
}

/// Compares the account, the checkpoint and the CSV.
pub(crate) fn all_is_well(folder: &Folder, sandbox: &Sandbox, ended: &Ended) {
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let stats = sandbox.stats();
    assert_eq!(
        (stats.tickets, stats.external_ids, stats.duplicates),
        (ROWS, ROWS, 0),
        "{stats:?} {ended:?}"
    );
    let db = Connection::open(folder.path("tickets.sqlite3")).expect("the checkpoint");
    let number = |query: &str| -> u64 {
        let found = db.query_row(query, [], |row| row.get(0));
        found.unwrap_or_else(|error| panic!("{query}: {error}"))
    };
    assert_eq!(
        number("SELECT count(*) FROM rows WHERE state = 'created'"),
        ROWS
    );
    assert_eq!(number("SELECT count(*) FROM rows"), ROWS);
    assert_eq!(number("SELECT count(*) FROM flight"), 0, "bodies in flight");
    assert_eq!(number("SELECT count(DISTINCT key) FROM rows"), ROWS, "keys");
    // A key that was sent for two rows would show here, also if one of them has a new one by now.
    let shared = "SELECT count(*) FROM (SELECT key FROM attempts WHERE key IS NOT NULL
                  GROUP BY key HAVING count(DISTINCT row) > 1)";
    assert_eq!(number(shared), 0, "keys of several rows");
    let mut query = db
        .prepare("SELECT external_id, ticket_id FROM rows")
        .expect("the rows");
    let ours: BTreeMap<String, u64> = query
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .and_then(Iterator::collect)
        .expect("an id of each ticket");
    let theirs = tickets(sandbox);
    for row in 1..=ROWS {
        let external_id = format!("old-{row}");
        let ticket = &theirs[&external_id];
        assert_eq!(ticket["id"], ours[&external_id], "{external_id}");
        assert_eq!(ticket["description"], text(row), "{external_id}");
    }
}

/// The account's tickets by their external ids.
fn tickets(sandbox: &Sandbox) -> BTreeMap<String, Value> {
    let mut tickets = BTreeMap::new();
    for page in 1..=ROWS.div_ceil(100) {
        let found = sandbox.get(&format!("/api/v2/tickets?page={page}&per_page=100"));
        for ticket in found["tickets"].as_array().expect("a list") {
            let external_id = ticket["external_id"].as_str().expect("an external id");
            tickets.insert(external_id.to_owned(), ticket.clone());
        }
    }
    tickets
}
