//! The one way to write to a checkpoint: a transaction that is either on disk as a whole, or undone
//! and the last one of this process.

use rusqlite::{Transaction, TransactionBehavior};

use super::error::CheckpointError;
use super::handle::Checkpoint;
use super::lease;

/// A transaction that lives over several calls. Dropped before [`Writing::commit`], it is undone.
#[derive(Debug)]
pub(super) struct Writing<'c> {
    tx: Transaction<'c>,
    path: &'c std::path::Path,
    poisoned: &'c mut bool,
}

impl Checkpoint {
    /// Does `work` in one transaction; when this returns, its COMMIT has.
    ///
    /// After an error nothing of it is kept, and this checkpoint writes nothing more: once a write
    /// has failed, nobody knows whether the next one reaches the disk.
    pub(super) fn write<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, CheckpointError> {
        let mut writing = self.begin()?;
        let value = writing.step(work)?;
        writing.commit()?;
        Ok(value)
    }

    /// Begins a transaction that lives over several calls. Nobody else may be at work on the
    /// checkpoint: that is asked while nobody else can write.
    fn begin(&mut self) -> Result<Writing<'_>, CheckpointError> {
        self.refuse_if_poisoned()?;
        let begun = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate);
        match begun {
            Ok(tx) => {
                if let Err(error) = lease::guard(&tx, &self.path, self.lease) {
                    self.poisoned = true;
                    return Err(error);
                }
                Ok(Writing {
                    tx,
                    path: &self.path,
                    poisoned: &mut self.poisoned,
                })
            }
            Err(source) => {
                self.poisoned = true;
                Err(CheckpointError::sqlite(&self.path, source))
            }
        }
    }

    /// Refuses if a write of this process has failed before.
    pub(super) fn refuse_if_poisoned(&self) -> Result<(), CheckpointError> {
        if self.poisoned {
            return Err(CheckpointError::Poisoned {
                path: self.path.clone(),
            });
        }
        Ok(())
    }

    /// Notes whether a step of a scan was written: a scan makes its own transactions.
    pub(super) fn written<T>(&mut self, result: rusqlite::Result<T>) -> Result<T, CheckpointError> {
        self.poisoned |= result.is_err();
        self.wrap(result)
    }
}

impl Writing<'_> {
    /// Does a part of the work.
    pub(super) fn step<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, CheckpointError> {
        let result = work(&self.tx);
        *self.poisoned |= result.is_err();
        result.map_err(|source| CheckpointError::sqlite(self.path, source))
    }

    /// Ends it: it is on disk when this returns.
    pub(super) fn commit(self) -> Result<(), CheckpointError> {
        let result = self.tx.commit();
        *self.poisoned |= result.is_err();
        result.map_err(|source| CheckpointError::sqlite(self.path, source))
    }
}
