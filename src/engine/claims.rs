//! What a person says of tickets, checked against the account: that one is a row's, or that one is
//! deleted. Every request is a GET.

use tokio_util::sync::CancellationToken;

use super::asking::{Asker, Unanswered};
use super::error::EngineError;
use super::monitor::Monitor;
use super::start::Account;
use crate::checkpoint::{Checkpoint, Claim};
use crate::lifecycle::Shown;
use crate::model::ids::TicketId;
use crate::model::problem::Problem;
use crate::zendesk::pacer::Policy;
use crate::zendesk::{Client, FoundTicket};

/// What the account says to a claim.
#[derive(Debug)]
pub enum Judged {
    /// The ticket can be the row's.
    Agreed,
    /// It is not, for this reason.
    Disagreed(Problem),
    /// It does not say, for this reason.
    Open(String),
}

/// Asks an account about tickets.
pub struct Tickets<'t> {
    client: &'t Client,
    asker: Asker<'t>,
    sees_all: bool,
    is_silent: bool,
}

impl<'t> Tickets<'t> {
    /// Asks at the pace that the operator and the account allow.
    pub fn of(
        client: &'t Client,
        account: &Account,
        pace: Policy,
        end: &'t CancellationToken,
    ) -> Self {
        Self {
            client,
            asker: Asker::new((pace, account.limit), end, "what its tickets are"),
            sees_all: account.role == "admin",
            is_silent: false,
        }
    }

    /// Requests made.
    pub fn requests(&self) -> u32 {
        self.asker.requests
    }

    /// Says whether the account agrees that a ticket is the row's.
    pub async fn judge(&mut self, claim: &Claim) -> Result<Judged, EngineError> {
        Ok(match self.show(claim.ticket, &claim.external_id).await? {
            Ok(shown) => match shown.agrees(claim.ticket, &claim.external_id) {
                Ok(()) => Judged::Agreed,
                Err(problem) => Judged::Disagreed(problem),
            },
            Err(why) => Judged::Open(why),
        })
    }

    /// Says whether a ticket is deleted: `Err` with the reason where that cannot be told. Other users
    /// than administrators may not see a ticket that is there.
    pub async fn is_deleted(&mut self, row: &Claim) -> Result<Result<bool, String>, EngineError> {
        let shown = self.show(row.ticket, &row.external_id).await?;
        Ok(shown.and_then(|shown| shown.is_deleted(self.sees_all)))
    }

    async fn show(
        &mut self,
        ticket: TicketId,
        external_id: &str,
    ) -> Result<Result<Shown, String>, EngineError> {
        let client = self.client;
        let question = || client.show_ticket(ticket);
        let answer = self.asker.asked_at(None, "ticket", question).await?;
        Ok(match answer {
            Ok(None) => Ok(Shown::Nothing),
            Ok(Some(found)) if found.ticket == ticket => Ok(shown(&found, external_id)),
            Ok(Some(found)) => Err(format!("the answer was about ticket {}", found.ticket)),
            Err(Unanswered::Refused(problem)) => Err(problem.to_string()),
            Err(Unanswered::Unreadable) => Err("the answer cannot be read".to_owned()),
            Err(Unanswered::Silent) => {
                self.is_silent = true;
                Err("there is no answer".to_owned())
            }
        })
    }
}

fn shown(found: &FoundTicket, external_id: &str) -> Shown {
    match &found.external_id {
        _ if found.is_deleted() => Shown::Deleted,
        None => Shown::Bare,
        Some(theirs) if theirs.raw().is_empty() => Shown::Bare,
        Some(theirs) if theirs.raw() == external_id => Shown::Ours,
        Some(theirs) => Shown::Others(theirs.shown().clone()),
    }
}

/// Checks the tickets that persons have named while the account could not be asked. Each result is on
/// disk before the next question. An account that does not answer is not asked further.
pub async fn check(
    checkpoint: &mut Checkpoint,
    tickets: &mut Tickets<'_>,
    monitor: &mut dyn Monitor,
) -> Result<(), EngineError> {
    for claim in checkpoint.claims()? {
        let Claim { line, ticket, .. } = &claim;
        let judged = match checkpoint.holder(&claim)? {
            Some(holder) => Judged::Disagreed(taken(*ticket, holder)),
            None => tickets.judge(&claim).await?,
        };
        match judged {
            Judged::Agreed => {
                checkpoint.assign(&claim)?;
                monitor.tell(&format!(
                    "line {line}: ticket {ticket} is noted as the row's"
                ));
            }
            Judged::Disagreed(problem) => {
                checkpoint.take_back(claim.row)?;
                monitor.tell(&format!(
                    "line {line}: ticket {ticket} is not noted as the row's, which stays without a \
                     ticket: {} ({})",
                    problem.message, problem.code
                ));
            }
            Judged::Open(why) => monitor.tell(&format!(
                "line {line}: ticket {ticket} could not be checked ({why}); the row waits, and the \
                 next run asks again"
            )),
        }
        if tickets.is_silent {
            break;
        }
    }
    Ok(())
}

/// What is said of a ticket that another row has.
pub fn taken(ticket: TicketId, line: u64) -> Problem {
    Problem::new(
        "TicketTaken",
        format!("ticket {ticket} is that of the row on line {line}; two rows never share one"),
    )
}
