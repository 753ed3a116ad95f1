//! What must hold after a death, and what at the end.

use std::net::SocketAddr;
use std::path::Path;

use rusqlite::Connection;
use zendesk_migrate::checkpoint::{Checkpoint, Reader};

use crate::support::http;

/// How many tickets are moved.
const ROWS: u64 = 8;

/// After a death: no row has two tickets, and what is on disk agrees with itself.
pub(crate) fn nothing_is_wrong(checkpoint: &Path, double: SocketAddr, n: u64) {
    let stats = http::get(double, "/sandbox/stats");
    assert_eq!(stats["duplicates"], 0, "after death {n}: {stats}");
    // A death before the first effect on the disk leaves none.
    if checkpoint.exists() {
        let findings = Reader::open(checkpoint).unwrap().audit().unwrap();
        assert!(findings.is_empty(), "after death {n}: {findings:?}");
    }
}

/// At the end: one ticket of every row, each row knows its own, and no body is kept.
pub(crate) fn all_is_done(path: &Path, double: SocketAddr, n: u64) {
    let stats = http::get(double, "/sandbox/stats");
    for (count, expected) in [("tickets", ROWS), ("external_ids", ROWS), ("duplicates", 0)] {
        assert_eq!(stats[count], expected, "{count} after death {n}: {stats}");
    }
    let checkpoint = Checkpoint::open(path, "the judge").unwrap();
    let findings = checkpoint.audit().unwrap();
    assert!(findings.is_empty(), "after death {n}: {findings:?}");
    let counts = checkpoint.counts().unwrap();
    assert_eq!(
        (counts.created, counts.rows()),
        (ROWS, ROWS),
        "after death {n}: {counts:?}"
    );
    drop(checkpoint);
    let db = Connection::open(path).unwrap();
    let bodies: u64 = db
        .query_row("SELECT count(*) FROM flight", [], |row| row.get(0))
        .unwrap();
    assert_eq!(bodies, 0, "bodies after death {n}");
    let mut query = db
        .prepare("SELECT external_id, ticket_id FROM row")
        .unwrap();
    let rows = query
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    for row in rows {
        let (external_id, ticket): (String, u64) = row.unwrap();
        let found = http::get(double, &format!("/api/v2/tickets/{ticket}"));
        assert_eq!(
            found["ticket"]["external_id"], external_id,
            "ticket {ticket} after death {n}"
        );
    }
}
