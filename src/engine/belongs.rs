//! Whose a checkpoint is: one account, one user, one machine at a time.

use std::path::Path;

use super::error::EngineError;
use crate::checkpoint::{Checkpoint, CheckpointError, Setting};

/// Opens the checkpoint of `account` at `path`, or creates it, and refuses one that belongs
/// elsewhere.
pub fn open(path: &Path, account: &str, take_over: bool) -> Result<Checkpoint, EngineError> {
    let machine = machine();
    let mut checkpoint = Checkpoint::open(path, &holder())?;
    if let Some(theirs) = checkpoint.setting(Setting::Account)?
        && theirs != account
    {
        return Err(EngineError::Refused(format!(
            "{} belongs to the account {theirs}, not to {account}; name another checkpoint with -c",
            path.display()
        )));
    }
    if let Some(last) = checkpoint.setting(Setting::Machine)?
        && last != machine
        && !take_over
    {
        return Err(CheckpointError::OtherMachine {
            path: path.to_owned(),
            machine: last,
        }
        .into());
    }
    checkpoint.set(&[(Setting::Account, account), (Setting::Machine, &machine)])?;
    Ok(checkpoint)
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
