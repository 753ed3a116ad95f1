//! Restores the account from the file.

use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Row};

use crate::sandbox::api;
use crate::sandbox::state::{Change, Edit, KeyRecord, Origin, Outcome, State, Ticket, User};
use crate::sandbox::store::{StoreError, explain};

/// Applies everything that was ever committed, in its order.
///
/// All keys come back, also those past their time: age is judged when a key is used, by the clock
/// of then, which may have been set back in between.
pub(super) fn load(db: &Connection, path: &Path, state: &mut State) -> Result<(), StoreError> {
    let explained = |error| explain(path, error);
    each(
        db,
        "SELECT id, email, name, made_ms, external_id, role, updated_ms FROM users ORDER BY id",
        |row| {
            let user = User {
                id: id(row, 0)?,
                email: row.get(1)?,
                name: row.get(2)?,
                made_ms: row.get(3)?,
                external_id: row.get(4)?,
                role: row.get(5)?,
                updated_ms: row.get(6)?,
            };
            state.apply(Change::User(user), i64::MIN);
            Ok(())
        },
    )
    .map_err(explained)?;
    let mut gap = None;
    each(
        db,
        "SELECT id, made_ms, requester_id, deleted, source, origin, edited_ms, edited \
         FROM tickets ORDER BY id",
        |row| {
            let (ticket, deleted) = ticket(row)?;
            if ticket.id != state.tickets.next_id() {
                gap = gap.or(Some(ticket.id));
            }
            let id = ticket.id;
            state.apply(Change::Ticket(Arc::new(ticket)), i64::MIN);
            if deleted != 0 {
                let at_ms = deleted;
                state.apply(Change::Deleted { id, at_ms }, i64::MIN);
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
    let mut unread = None;
    each(db, "SELECT record FROM jobs ORDER BY number", |row| {
        match serde_json::from_slice(&row.get::<_, Vec<u8>>(0)?) {
            Ok(job) => state.apply(Change::Job(job), i64::MIN),
            Err(error) => unread = Some(error.to_string()),
        }
        Ok(())
    })
    .map_err(explained)?;
    if let Some(what) = unread {
        return Err(StoreError::Damaged {
            path: path.to_owned(),
            what: format!("a job cannot be read: {what}"),
        });
    }
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

fn ticket(row: &Row<'_>) -> rusqlite::Result<(Ticket, i64)> {
    let origin = match row.get(5)? {
        0 => Origin::Posted,
        1 => Origin::Imported,
        2 => Origin::ImportedToArchive,
        other => return Err(rusqlite::Error::IntegralValueOutOfRange(5, other)),
    };
    let edit = match row.get::<_, Option<i64>>(6)? {
        Some(at_ms) => Some(Arc::new(Edit {
            at_ms,
            source: row.get(7)?,
        })),
        None => None,
    };
    let source: Vec<u8> = row.get(4)?;
    let ticket = Ticket {
        id: id(row, 0)?,
        made_ms: row.get(1)?,
        requester_id: id(row, 2)?,
        external_id: api::external_id(&source, origin).map(Arc::from),
        source,
        origin,
        edit,
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
