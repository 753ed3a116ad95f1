//! Reads tickets back and compares them with the rows that they were made from.
//!
//! Every request is a GET. A hundred tickets are read by one, and their requesters by another. What
//! has been compared is kept in the checkpoint, so that an interrupted verification can continue.

mod compare;
mod files;
mod second;
mod value;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use tokio_util::sync::CancellationToken;

use super::asking::{Asker, Unanswered};
use super::clock::monotonic;
use super::error::EngineError;
use super::monitor::Monitor;
use super::start::Account;
use crate::checkpoint::{Checkpoint, Compared, Scope, SentRow};
use crate::model::difference::Difference;
use crate::model::ids::{RowNumber, TicketId};
use crate::model::time::{Monotonic, ServerTime};
use crate::zendesk::pacer::Policy;
use crate::zendesk::{Client, FoundTicket, Heard, READ_BACK_MAX};
use compare::Sent;
pub use files::Files;

/// Between two sentences that say how far it is.
const TOLD_EVERY_MS: u64 = 10_000;

/// What is verified, and how.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'r> {
    /// The rows.
    pub scope: Scope,
    /// The pace that the operator allows.
    pub pace: Policy,
    /// What the account said of itself.
    pub account: &'r Account,
    /// Whether it is the embedded sandbox, where lookups cost nothing and the export lags as a real
    /// one does.
    pub is_embedded: bool,
}

/// Compares every ticket in the scope with its row, and looks for second ones. Returns how many
/// requests it took; what it has found is in the checkpoint.
pub async fn verify(
    client: &Client,
    checkpoint: &mut Checkpoint,
    files: &mut Files,
    reading: Reading<'_>,
    (end, monitor): (&CancellationToken, &mut dyn Monitor),
) -> Result<u32, EngineError> {
    let Reading { pace, account, .. } = reading;
    let goes_on = checkpoint.verify(reading.scope)?;
    let far = checkpoint.verification()?;
    if goes_on {
        monitor.tell(&format!(
            "going on with a verification that was cut off: {} of {} tickets are compared",
            far.compared, far.rows
        ));
    }
    let mut verifier = Verifier {
        client,
        checkpoint,
        reading,
        asker: Asker::new((pace, account.limit), end, "what its tickets are"),
        end,
        monitor,
        told_at: monotonic(),
    };
    verifier.compare_all(files).await?;
    verifier.look_for_second_tickets().await?;
    Ok(verifier.asker.requests)
}

struct Verifier<'v> {
    client: &'v Client,
    checkpoint: &'v mut Checkpoint,
    reading: Reading<'v>,
    asker: Asker<'v>,
    end: &'v CancellationToken,
    monitor: &'v mut dyn Monitor,
    told_at: Monotonic,
}

/// A row with what it was sent with, if that can be read again.
type Read = (SentRow, Option<Sent>);

impl Verifier<'_> {
    async fn compare_all(&mut self, files: &mut Files) -> Result<(), EngineError> {
        let mut after = RowNumber(0);
        let mut most = READ_BACK_MAX;
        loop {
            let rows = self.checkpoint.to_compare(after, most)?;
            let Some(last) = rows.last().map(|row| row.number) else {
                return Ok(());
            };
            let ids: Vec<TicketId> = rows.iter().map(|row| row.ticket).collect();
            let client = self.client;
            let question = || client.show_tickets(&ids);
            let found = match self.asker.asked_at(None, "tickets", question).await? {
                Ok(found) => found,
                // A hundred long tickets may be more than is read of one reply.
                Err(Unanswered::Unreadable) if rows.len() > 1 => {
                    most = rows.len().div_ceil(2);
                    continue;
                }
                Err(why) => return Err(self.asker.cannot("read tickets", why)),
            };
            let read = rows.into_iter().map(|row| {
                let sent = files.body(&row).and_then(|body| Sent::read(&body));
                (row, sent)
            });
            let read: Vec<Read> = read.collect();
            let compared = self.compare(&read, found).await?;
            self.checkpoint.note_compared(&compared, self.now())?;
            after = last;
            self.tell_how_far()?;
        }
    }

    async fn compare(
        &mut self,
        rows: &[Read],
        found: Vec<FoundTicket>,
    ) -> Result<Vec<(RowNumber, Compared)>, EngineError> {
        let mut found: BTreeMap<TicketId, Result<FoundTicket, Compared>> = found
            .into_iter()
            .map(|ticket| (ticket.ticket, Ok(ticket)))
            .collect();
        for (row, _) in rows {
            if let Entry::Vacant(place) = found.entry(row.ticket) {
                place.insert(self.left_out(row.ticket).await?);
            }
        }
        let addresses = self.addresses(rows, &found).await?;
        let compared = rows.iter().filter_map(|(row, sent)| {
            let compared = match found.get(&row.ticket)? {
                Ok(ticket) if ticket.is_deleted() => Compared::Missing,
                Ok(ticket) => judged(row, sent.as_ref(), ticket, &addresses),
                Err(compared) => compared.clone(),
            };
            Some((row.number, compared))
        });
        Ok(compared.collect())
    }

    /// A ticket that was not shown among the others: archived, perhaps, or gone.
    async fn left_out(
        &mut self,
        ticket: TicketId,
    ) -> Result<Result<FoundTicket, Compared>, EngineError> {
        let client = self.client;
        let question = || client.show_ticket(ticket);
        Ok(match self.asker.asked("ticket", question).await? {
            Ok(Some(found)) => Ok(found),
            Ok(None) => Err(Compared::Missing),
            Err(problem) => {
                let found = Some(problem.to_string());
                let difference = Difference::new("ticket", ticket.to_string(), found);
                Err(Compared::Differs(vec![difference]))
            }
        })
    }

    /// The addresses of the requesters, where one was sent.
    async fn addresses(
        &mut self,
        rows: &[Read],
        found: &BTreeMap<TicketId, Result<FoundTicket, Compared>>,
    ) -> Result<BTreeMap<u64, Heard>, EngineError> {
        let users: BTreeSet<u64> = rows
            .iter()
            .filter(|(_, sent)| sent.as_ref().is_some_and(|sent| sent.requester().is_some()))
            .filter_map(|(row, _)| found.get(&row.ticket)?.as_ref().ok()?.requester)
            .collect();
        if users.is_empty() {
            return Ok(BTreeMap::new());
        }
        let users: Vec<u64> = users.into_iter().collect();
        let client = self.client;
        let question = || client.addresses(&users);
        match self.asker.asked_at(None, "users", question).await? {
            Ok(addresses) => Ok(addresses),
            Err(why) => Err(self.asker.cannot("read users", why)),
        }
    }

    fn now(&self) -> ServerTime {
        self.reading.account.clock.at(monotonic())
    }

    /// Says how far it is, not too often.
    fn tell_how_far(&mut self) -> Result<(), EngineError> {
        let now = monotonic();
        if now.since(self.told_at) >= TOLD_EVERY_MS {
            self.told_at = now;
            let far = self.checkpoint.verification()?;
            self.monitor.tell(&format!(
                "of {} tickets, {} are compared, and {} are looked up for second ones",
                far.rows, far.compared, far.searched
            ));
        }
        Ok(())
    }
}

fn judged(
    row: &SentRow,
    sent: Option<&Sent>,
    ticket: &FoundTicket,
    addresses: &BTreeMap<u64, Heard>,
) -> Compared {
    let address = ticket.requester.and_then(|user| addresses.get(&user));
    let mut differences: Vec<Difference> = compare::external_id(&row.external_id, ticket)
        .into_iter()
        .collect();
    if let Some(sent) = sent {
        differences.extend(sent.differences(ticket, address));
    }
    match (differences.is_empty(), sent) {
        (false, _) => Compared::Differs(differences),
        (true, Some(_)) => Compared::Agrees,
        (true, None) => Compared::IsThere,
    }
}
