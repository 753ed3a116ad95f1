//! The only way to write to a checkpoint: a transaction that is either on disk as a whole, or
//! rolled back and then the last one of this process.

use rusqlite::{Transaction, TransactionBehavior};

use super::error::CheckpointError;
use super::handle::Checkpoint;
use super::lease;

/// A transaction that spans several calls. If it is dropped before [`Writing::commit`], it is
/// rolled back.
#[derive(Debug)]
pub(super) struct Writing<'c> {
    tx: Transaction<'c>,
    path: &'c std::path::Path,
    poisoned: &'c mut bool,
}

impl Checkpoint {
    /// Runs `work` in one transaction; when this returns, its COMMIT has returned.
    ///
    /// After an error nothing of it is kept, and this checkpoint writes nothing more: once a write
    /// has failed, it is unknown whether the next one would reach the disk.
    pub(super) fn write<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, CheckpointError> {
        let mut writing = self.begin()?;
        let value = writing.step(work)?;
        writing.commit()?;
        Ok(value)
    }

    /// Begins a transaction that spans several calls. No other process may be using the checkpoint;
    /// this is checked while no other process can write.
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

    /// Refuses to work if an earlier write of this process has failed.
    pub(super) fn refuse_if_poisoned(&self) -> Result<(), CheckpointError> {
        if self.poisoned {
            return Err(CheckpointError::Poisoned {
                path: self.path.clone(),
            });
        }
        Ok(())
    }

    /// Records whether a step of a scan was written, because a scan makes its own transactions.
    pub(super) fn written<T>(&mut self, result: rusqlite::Result<T>) -> Result<T, CheckpointError> {
        self.poisoned |= result.is_err();
        self.wrap(result)
    }
}

impl Writing<'_> {
    /// Runs one part of the work.
    pub(super) fn step<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, CheckpointError> {
        let result = work(&self.tx);
        *self.poisoned |= result.is_err();
        result.map_err(|source| CheckpointError::sqlite(self.path, source))
    }

    /// Commits the transaction: it is on disk when this returns.
    pub(super) fn commit(self) -> Result<(), CheckpointError> {
        let result = self.tx.commit();
        *self.poisoned |= result.is_err();
        result.map_err(|source| CheckpointError::sqlite(self.path, source))
    }
}
