//! `retry --deleted`: rows whose ticket somebody has deleted are sent again.

use super::ask_account::ask;
use super::exit::{Exit, Failure};
use super::output;
use super::place::Place;
use super::retry_args::RetryArguments;
use super::retry_told::say_pending;
use crate::checkpoint::Claim;
use crate::engine::clock::monotonic;
use crate::engine::{EngineError, belongs};
use crate::model::ids::Key;

pub(super) fn retry(arguments: &RetryArguments) -> Result<Exit, Failure> {
    if arguments.offline {
        return Err(Failure::refused(
            "only the account knows whether a ticket is deleted: leave --offline out",
        ));
    }
    let place = Place::of_checkpoint(
        &arguments.account,
        arguments.csv.as_deref(),
        arguments.checkpoint.as_deref(),
    )?;
    let mut checkpoint = belongs::open_to_verify(&place.checkpoint, &place.account_name)?;
    let rows = checkpoint.perhaps_deleted(arguments.line)?;
    if rows.is_empty() {
        return Err(Failure::refused(match arguments.line {
            Some(line) => format!(
                "the CSV has no row on line {line} that has a ticket; look at the rows with status"
            ),
            None => "the last verify has found no ticket deleted; run verify first, or name a row \
                     with --line"
                .to_owned(),
        }));
    }
    let mut back = 0;
    let asked = ask(&place, &arguments.account, async |tickets, clock| {
        for row in &rows {
            let Claim { line, ticket, .. } = row;
            match tickets.is_deleted(row).await? {
                Ok(true) => {
                    let now = clock.at(monotonic());
                    back += u64::from(checkpoint.put_back(row, now, Key::random())?);
                }
                Ok(false) => output::say(&format!(
                    "line {line}: ticket {ticket} is there, so its row is left as it is"
                )),
                Err(why) => output::say(&format!(
                    "line {line}: nobody can tell whether ticket {ticket} is deleted ({why}), so its \
                     row is left as it is"
                )),
            }
        }
        Ok::<_, EngineError>(())
    });
    if back > 0 {
        say_pending(back);
    }
    asked??;
    if back == 0 {
        return Err(Failure::refused("no row was put back"));
    }
    Ok(Exit::Done)
}
