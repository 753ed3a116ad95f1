//! After a loss: every row that is still open is looked up before it is sent.

use rusqlite::{Connection, TransactionBehavior, params};

use super::codes;
use super::error::CheckpointError;
use super::open::Checkpoint;
use crate::model::intent::Trust;
use crate::model::time::ServerTime;

impl Checkpoint {
    /// Lets [`Event::Recover`](crate::lifecycle::Event::Recover) happen to every row at once; a test
    /// compares this with the event, state by state.
    pub fn recover(&mut self, now: ServerTime) -> Result<(), CheckpointError> {
        let result = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .and_then(|tx| recover(&tx, now).and_then(|()| tx.commit()));
        self.wrap(result)
    }
}

fn recover(db: &Connection, now: ServerTime) -> rusqlite::Result<()> {
    db.execute(
        "UPDATE row SET look_up_since = max(coalesce(look_up_since, ?1), ?1)
         WHERE state IN (?2, ?3, ?4, ?5)",
        params![
            now.0,
            codes::PENDING,
            codes::SENDING,
            codes::INVALID,
            codes::WITHDRAWN
        ],
    )?;
    db.execute(
        "UPDATE flight SET trust = ?1",
        [codes::trust(Trust::LookupOnly)],
    )?;
    Ok(())
}
