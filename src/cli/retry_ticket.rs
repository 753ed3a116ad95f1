//! `retry --as-ticket`: a person says which ticket is a row's, and the account is asked whether it can
//! be. If it cannot be asked now, the next run does.

use super::ask_account::ask;
use super::exit::{Exit, Failure};
use super::output;
use super::place::Place;
use super::retry_args::RetryArguments;
use super::retry_told::none_selected;
use crate::checkpoint::{Checkpoint, Claim, Name};
use crate::engine::claims::{Judged, taken};
use crate::engine::{EngineError, belongs};
use crate::model::ids::TicketId;
use crate::model::problem::Problem;

pub(super) fn name(
    arguments: &RetryArguments,
    checkpoint: &mut Checkpoint,
    ticket: TicketId,
) -> Result<Exit, Failure> {
    let selection = arguments.selection();
    let claim = match checkpoint.to_name(&selection, ticket)? {
        Name::Row(claim) => claim,
        Name::Selected(0) if !selection.unknown && selection.code.is_none() => {
            return Err(Failure::refused(format!(
                "no rejected row is selected; to say that an unknown row has ticket {ticket}, add \
                 --unknown and --line with the row's line"
            )));
        }
        Name::Selected(0) => return Err(none_selected(checkpoint, &selection, 0)?),
        Name::Selected(several) => {
            return Err(Failure::usage(format!(
                "a ticket belongs to one row and {several} are selected; name it with --line"
            )));
        }
        Name::Taken(line) => return Err(refused(&taken(ticket, line))),
    };
    let judged = if arguments.offline {
        Judged::Open("the account was not asked".to_owned())
    } else {
        judge(arguments, checkpoint, &claim)?
    };
    match judged {
        Judged::Agreed => {
            checkpoint.assign(&claim)?;
            output::say(&format!("ticket {ticket} is noted as the row's"));
        }
        Judged::Disagreed(problem) => return Err(refused(&problem)),
        Judged::Open(why) => {
            checkpoint.claim(&claim)?;
            output::say(&format!(
                "ticket {ticket} is noted as to be checked: {why}. The row is not sent, and the next \
                 run asks the account before it sends anything"
            ));
        }
    }
    Ok(Exit::Done)
}

fn refused(problem: &Problem) -> Failure {
    let Problem { code, message } = problem;
    Failure::refused(format!("{message} ({code}); nothing was changed"))
}

fn judge(
    arguments: &RetryArguments,
    checkpoint: &Checkpoint,
    claim: &Claim,
) -> Result<Judged, Failure> {
    let (csv, named) = (arguments.csv.as_deref(), arguments.checkpoint.as_deref());
    let place = match Place::of_checkpoint(&arguments.account, csv, named) {
        Err(failure)
            if failure.exit == Exit::Credentials && arguments.account.credentials.is_none() =>
        {
            return Ok(Judged::Open(failure.sentence));
        }
        place => place?,
    };
    belongs::refuse_another_account(checkpoint, &place.account_name)?;
    let asked = ask(&place, &arguments.account, async |tickets, _| {
        tickets.judge(claim).await
    });
    match asked? {
        Err(EngineError::Unreachable(why)) => {
            output::say(&why);
            Ok(Judged::Open("the account does not answer".to_owned()))
        }
        judged => Ok(judged?),
    }
}

pub(super) fn take_back(
    arguments: &RetryArguments,
    checkpoint: &mut Checkpoint,
) -> Result<Exit, Failure> {
    if arguments.code.is_some() {
        return Err(Failure::usage(
            "a ticket that you have named is taken back by the row's --line, not by a --code",
        ));
    }
    let named = checkpoint.named(arguments.line)?;
    let claim = match (&named[..], arguments.line) {
        ([claim], _) => claim,
        ([], Some(line)) => {
            return Err(Failure::refused(format!(
                "nobody has named a ticket for a row on line {line}; a ticket that the program has \
                 made or found itself cannot be taken back"
            )));
        }
        ([], None) => {
            return Err(Failure::refused(
                "nobody has named a ticket for any row; a ticket that the program has made or found \
                 itself cannot be taken back",
            ));
        }
        (several, _) => {
            return Err(Failure::usage(format!(
                "{} rows have a ticket that you have named (the first is on line {}); say with \
                 --line which one to take back",
                several.len(),
                several.first().map_or(0, |claim| claim.line)
            )));
        }
    };
    checkpoint.take_back(claim.row)?;
    output::say(&format!(
        "ticket {} is no longer noted as that of the row on line {}, which stays without a ticket \
         until you name another one or retry it",
        claim.ticket, claim.line
    ));
    Ok(Exit::Done)
}
