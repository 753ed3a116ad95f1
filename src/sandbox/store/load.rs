//! Building the account again from the file.

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row};

use crate::sandbox::api;
use crate::sandbox::state::{Change, KeyRecord, Outcome, State, Ticket, User};
use crate::sandbox::store::{StoreError, explain};

/// Applies everything that was ever committed, in its order.
///
/// All keys come back, also those past their time: age is judged when a key is used, by the clock
/// of then, which may have been set back in between.
pub(super) fn load(db: &Connection, path: &Path, state: &mut State) -> Result<(), StoreError> {
    let explained = |error| explain(path, error);
    each(
        db,
        "SELECT id, email, name, made_ms FROM users ORDER BY id",
        |row| {
            let user = User {
                id: id(row, 0)?,
                email: row.get(1)?,
                name: row.get(2)?,
                made_ms: row.get(3)?,
            };
            state.apply(Change::User(user), i64::MIN);
            Ok(())
        },
    )
    .map_err(explained)?;
    let mut gap = None;
    each(
        db,
        "SELECT id, made_ms, requester_id, deleted, source FROM tickets ORDER BY id",
        |row| {
            let (ticket, deleted) = ticket(row)?;
            if ticket.id != state.tickets.next_id() {
                gap = gap.or(Some(ticket.id));
            }
            let id = ticket.id;
            state.apply(Change::Ticket(Arc::new(ticket)), i64::MIN);
            if deleted {
                state.apply(Change::Deleted(id), i64::MIN);
            }
            Ok(())
        },
    )
    .map_err(explained)?;
    if let Some(id) = gap {
        let what = format!("the tickets before number {id} are missing");
        return Err(StoreError::Damaged {
            path: path.to_owned(),
            what,
        });
    }
    let columns = "key, first_ms, body_hash, ticket_id, status, content_type, body";
    each(
        db,
        &format!("SELECT {columns} FROM keys ORDER BY nth"),
        |row| {
            state.apply(Change::Key(key(row)?), i64::MIN);
            Ok(())
        },
    )
    .map_err(explained)?;
    let archived = number(db, "archived_up_to").map_err(explained)?;
    state.apply(Change::ArchivedUpTo(archived.cast_unsigned()), i64::MIN);
    Ok(())
}

/// A named number; zero if it was never set.
pub(super) fn number(db: &Connection, name: &str) -> rusqlite::Result<i64> {
    db.query_row("SELECT value FROM numbers WHERE name = ?", [name], |row| {
        row.get(0)
    })
    .optional()
    .map(Option::unwrap_or_default)
}

fn each(
    db: &Connection,
    sql: &str,
    mut take: impl FnMut(&Row<'_>) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut statement = db.prepare(sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        take(row)?;
    }
    Ok(())
}

fn ticket(row: &Row<'_>) -> rusqlite::Result<(Ticket, bool)> {
    let source: Vec<u8> = row.get(4)?;
    let ticket = Ticket {
        id: id(row, 0)?,
        made_ms: row.get(1)?,
        requester_id: id(row, 2)?,
        external_id: api::external_id(&source).map(Arc::from),
        source,
    };
    Ok((ticket, row.get(3)?))
}

fn key(row: &Row<'_>) -> rusqlite::Result<KeyRecord> {
    let outcome = match row.get::<_, Option<i64>>(3)? {
        Some(id) => Outcome::Ticket(id.cast_unsigned()),
        None => Outcome::Failure {
            status: row.get(4)?,
            content_type: row.get(5)?,
            body: row.get(6)?,
        },
    };
    let key: String = row.get(0)?;
    Ok(KeyRecord {
        key: key.into(),
        first_ms: row.get(1)?,
        body_hash: row.get(2)?,
        outcome,
    })
}

fn id(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::cast_unsigned)
}
