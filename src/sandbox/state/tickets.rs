//! The stored tickets, with an index by external id and the counts that tests ask for.

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
    /// By which way it came.
    pub origin: Origin,
    /// What it has been changed to since.
    pub edit: Option<Arc<Edit>>,
}

/// By which way a ticket came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The endpoint for new tickets.
    Posted,
    /// The endpoint for imports.
    Imported,
    /// The same, and straight on to the archive.
    ImportedToArchive,
}

/// The last change of a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// When, by the double's clock.
    pub at_ms: i64,
    /// A body that would make the ticket as it is now.
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
    deleted_ms: Option<i64>,
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
            deleted_ms: None,
        });
    }

    /// Takes a ticket out of sight.
    pub(in crate::sandbox) fn delete(&mut self, id: u64, at_ms: i64) {
        let Some(slot) = self.slot_mut(id).filter(|slot| slot.deleted_ms.is_none()) else {
            return;
        };
        slot.deleted_ms = Some(at_ms);
        let external_id = slot.ticket.external_id.clone();
        self.live -= 1;
        if let Some(external_id) = external_id {
            self.live_with_external_id -= 1;
            self.unlink(&external_id, id);
        }
    }

    /// Changes a ticket; its external id and its requester stay.
    pub(in crate::sandbox) fn edit(&mut self, id: u64, edit: Arc<Edit>) {
        if let Some(slot) = self.slot_mut(id) {
            Arc::make_mut(&mut slot.ticket).edit = Some(edit);
        }
    }

    /// Archives every ticket up to this id.
    pub(in crate::sandbox) fn archive_up_to(&mut self, id: u64) {
        self.archived_up_to = self.archived_up_to.max(id);
    }

    /// Tells whether a ticket is archived.
    pub(in crate::sandbox) fn is_archived(&self, ticket: &Ticket) -> bool {
        ticket.id <= self.archived_up_to || ticket.origin == Origin::ImportedToArchive
    }

    /// A live ticket.
    pub(in crate::sandbox) fn get(&self, id: u64) -> Option<&Arc<Ticket>> {
        self.slot(id)
            .filter(|slot| slot.deleted_ms.is_none())
            .map(|slot| &slot.ticket)
    }

    /// A ticket that may have been deleted since.
    pub(in crate::sandbox) fn get_even_deleted(&self, id: u64) -> Option<&Arc<Ticket>> {
        self.slot(id).map(|slot| &slot.ticket)
    }

    /// The live tickets of an external id, oldest first.
    pub(in crate::sandbox) fn of_external_id<'t>(
        &'t self,
        id: &str,
    ) -> impl Iterator<Item = &'t Arc<Ticket>> + use<'t> {
        self.by_external_id
            .get(id)
            .into_iter()
            .flat_map(|ids| ids.first.iter().chain(&ids.others))
            .filter_map(|id| self.get(*id))
    }

    /// The live tickets above an id, lowest id first.
    pub(in crate::sandbox) fn above(
        &self,
        id: u64,
    ) -> impl DoubleEndedIterator<Item = &Arc<Ticket>> + Clone {
        let from = usize::try_from(id.saturating_sub(FIRST_ID - 1)).unwrap_or(usize::MAX);
        let rest = self.shelf.get(from..).unwrap_or_default();
        rest.iter()
            .filter(|slot| slot.deleted_ms.is_none())
            .map(|slot| &slot.ticket)
    }

    /// The deleted tickets with the time of their deletion, lowest id first.
    pub(in crate::sandbox) fn deleted(&self) -> impl Iterator<Item = (&Arc<Ticket>, i64)> {
        self.shelf
            .iter()
            .filter_map(|slot| Some((&slot.ticket, slot.deleted_ms?)))
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
