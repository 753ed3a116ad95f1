//! Whose a checkpoint is: one account, one user, one machine at a time.

use std::path::Path;

use super::error::EngineError;
use crate::checkpoint::{Checkpoint, CheckpointError, Setting};
use crate::model::shown::shown_path;

/// Opens the checkpoint of `account` at `path`, or creates it, and refuses one that belongs
/// elsewhere.
///
/// Which endpoint a run uses is not fixed: rows that were sent to another one are looked up.
pub fn open(path: &Path, account: &str, take_over: bool) -> Result<Checkpoint, EngineError> {
    let mut checkpoint = Checkpoint::open(path, &holder())?;
    refuse_another_account(&checkpoint, account)?;
    checkpoint.refuse_held_elsewhere(take_over)?;
    if !checkpoint.is_loaded()? {
        // The first scan fills it, over many transactions.
        checkpoint.take_lease(take_over)?;
    }
    checkpoint.set(&[(Setting::Account, account), (Setting::Machine, &machine())])?;
    Ok(checkpoint)
}

/// Opens the checkpoint of `account` that is at `path`. Nothing will be sent, so it does not matter
/// which machine used it last.
pub fn open_to_verify(path: &Path, account: &str) -> Result<Checkpoint, EngineError> {
    if !path.exists() {
        let path = path.to_owned();
        return Err(CheckpointError::Missing { path }.into());
    }
    let checkpoint = Checkpoint::open(path, &holder())?;
    refuse_another_account(&checkpoint, account)?;
    Ok(checkpoint)
}

/// Refuses the checkpoint of another account.
pub fn refuse_another_account(checkpoint: &Checkpoint, account: &str) -> Result<(), EngineError> {
    if let Some(theirs) = checkpoint.setting(Setting::Account)?
        && theirs != account
    {
        return Err(EngineError::Refused(format!(
            "{} belongs to the account {theirs}, not to {account}; name another checkpoint with -c",
            shown_path(checkpoint.path())
        )));
    }
    Ok(())
}

/// Notes who sends. Another user of the same account may go on: what that user would resend is
/// looked up instead, since a key may be bound to its user.
pub fn to_user(checkpoint: &mut Checkpoint, user: u64) -> Result<(), EngineError> {
    Ok(checkpoint.set(&[(Setting::User, &user.to_string())])?)
}

/// What a second process is told about this one.
pub fn holder() -> String {
    format!("process {} on {}", std::process::id(), machine())
}

fn machine() -> String {
    rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned()
}
