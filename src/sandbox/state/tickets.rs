//! The shelf of tickets, with its index by external id and the counts that tests ask for.

use std::collections::HashMap;
use std::sync::Arc;

/// The id of an account's first ticket; the next ones follow without a gap.
const FIRST_ID: u64 = 1;

/// A ticket: what was posted, and what the service decided on top of it.
///
/// Everything a reply shows is worked out again from these, so a stored reply needs no copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The id.
    pub id: u64,
    /// When it was made, by the double's clock.
    pub made_ms: i64,
    /// Who asked.
    pub requester_id: u64,
    /// The external id, if the ticket came with one.
    pub external_id: Option<Arc<str>>,
    /// The body of the request that made it.
    pub source: Vec<u8>,
}

/// All tickets ever made, deleted ones too: a key may still answer with them.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Tickets {
    shelf: Vec<Slot>,
    by_external_id: HashMap<Arc<str>, Ids>,
    archived_up_to: u64,
    live: u64,
    live_with_external_id: u64,
    external_ids: u64,
}

#[derive(Debug)]
struct Slot {
    ticket: Arc<Ticket>,
    deleted: bool,
}

/// The live tickets of one external id. Nearly always there is one, which needs no allocation.
#[derive(Debug, Default)]
struct Ids {
    first: Option<u64>,
    others: Vec<u64>,
}

impl Tickets {
    /// The id that the next ticket gets.
    pub(in crate::sandbox) fn next_id(&self) -> u64 {
        FIRST_ID + self.shelf.len() as u64
    }

    /// Puts up a ticket whose id was handed out by [`Tickets::next_id`].
    pub(in crate::sandbox) fn add(&mut self, ticket: Arc<Ticket>) {
        self.live += 1;
        if let Some(external_id) = &ticket.external_id {
            self.live_with_external_id += 1;
            let ids = self
                .by_external_id
                .entry(Arc::clone(external_id))
                .or_default();
            if ids.first.is_none() {
                ids.first = Some(ticket.id);
                self.external_ids += 1;
            } else {
                ids.others.push(ticket.id);
            }
        }
        self.shelf.push(Slot {
            ticket,
            deleted: false,
        });
    }

    /// Takes a ticket out of sight; false if there is none.
    pub(in crate::sandbox) fn delete(&mut self, id: u64) -> bool {
        let Some(slot) = self.slot_mut(id).filter(|slot| !slot.deleted) else {
            return false;
        };
        slot.deleted = true;
        let external_id = slot.ticket.external_id.clone();
        self.live -= 1;
        if let Some(external_id) = external_id {
            self.live_with_external_id -= 1;
            self.unlink(&external_id, id);
        }
        true
    }

    /// Archives every ticket up to this id.
    pub(in crate::sandbox) fn archive_up_to(&mut self, id: u64) {
        self.archived_up_to = self.archived_up_to.max(id);
    }

    /// Tells whether a ticket is archived.
    pub(in crate::sandbox) fn is_archived(&self, id: u64) -> bool {
        id <= self.archived_up_to
    }

    /// A live ticket.
    pub(in crate::sandbox) fn get(&self, id: u64) -> Option<&Arc<Ticket>> {
        self.slot(id)
            .filter(|slot| !slot.deleted)
            .map(|slot| &slot.ticket)
    }

    /// A ticket that may have been deleted since.
    pub(in crate::sandbox) fn get_even_deleted(&self, id: u64) -> Option<&Arc<Ticket>> {
        self.slot(id).map(|slot| &slot.ticket)
    }

    /// The live tickets of an external id, oldest first.
    pub(in crate::sandbox) fn of_external_id(
        &self,
        id: &str,
    ) -> impl Iterator<Item = &Arc<Ticket>> {
        self.by_external_id
            .get(id)
            .into_iter()
            .flat_map(|ids| ids.first.iter().chain(&ids.others))
            .filter_map(|id| self.get(*id))
    }

    /// The live tickets above an id, lowest id first.
    pub(in crate::sandbox) fn above(&self, id: u64) -> impl Iterator<Item = &Arc<Ticket>> {
        let from = usize::try_from(id.saturating_sub(FIRST_ID - 1)).unwrap_or(usize::MAX);
        let rest = self.shelf.get(from..).unwrap_or_default();
        rest.iter()
            .filter(|slot| !slot.deleted)
            .map(|slot| &slot.ticket)
    }

    /// How many tickets are live.
    pub(in crate::sandbox) fn live(&self) -> u64 {
        self.live
    }

    /// How many different external ids live tickets have.
    pub(in crate::sandbox) fn external_ids(&self) -> u64 {
        self.external_ids
    }

    /// How many live tickets share their external id with an older one.
    pub(in crate::sandbox) fn duplicates(&self) -> u64 {
        self.live_with_external_id - self.external_ids
    }

    fn unlink(&mut self, external_id: &str, id: u64) {
        let Some(ids) = self.by_external_id.get_mut(external_id) else {
            return;
        };
        if ids.first == Some(id) {
            ids.first = if ids.others.is_empty() {
                None
            } else {
                Some(ids.others.remove(0))
            };
        } else {
            ids.others.retain(|other| *other != id);
        }
        if ids.first.is_none() {
            self.by_external_id.remove(external_id);
            self.external_ids -= 1;
        }
    }

    fn slot(&self, id: u64) -> Option<&Slot> {
        self.shelf.get(position(id)?)
    }

    fn slot_mut(&mut self, id: u64) -> Option<&mut Slot> {
        self.shelf.get_mut(position(id)?)
    }
}

fn position(id: u64) -> Option<usize> {
    usize::try_from(id.checked_sub(FIRST_ID)?).ok()
}
