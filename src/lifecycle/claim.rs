//! Decides whether a ticket that the operator named is the row's, and which of the tickets found by
//! a lookup have been deleted.

use crate::model::ids::TicketId;
use crate::model::problem::Problem;
use crate::model::reply::Found;

/// What the account has under a ticket id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// No ticket.
    Nothing,
    /// A deleted ticket.
    Deleted,
    /// A ticket without an `external_id`.
    Bare,
    /// A ticket with the row's `external_id`, byte for byte.
    Ours,
    /// A ticket with this other `external_id`.
    Others(String),
}

impl Shown {
    /// Checks whether the ticket that the operator named can belong to the row with this
    /// `external_id`; returns the objection if not.
    pub fn agrees(&self, ticket: TicketId, external_id: &str) -> Result<(), Problem> {
        let problem = |code, what: String| Err(Problem::new(code, what));
        match self {
            Self::Ours | Self::Bare => Ok(()),
            Self::Nothing => problem(
                "TicketNotFound",
                format!("the account shows no ticket {ticket} to this user; look at the number"),
            ),
            Self::Deleted => problem(
                "TicketDeleted",
                format!(
                    "ticket {ticket} is deleted; restore it in Zendesk first, or retry the row \
                     without --as-ticket to have it sent again"
                ),
            ),
            Self::Others(theirs) => problem(
                "AnotherExternalId",
                format!(
                    "ticket {ticket} carries the external_id {theirs:?} and the row has \
                     {external_id:?}; look at the number, or give the ticket the row's external_id \
                     in Zendesk if it is the row's"
                ),
            ),
        }
    }

    /// Decides whether the ticket is deleted; returns the reason if that cannot be known. A user who
    /// does not see every ticket (`sees_all` is false) may not see one that exists.
    pub fn is_deleted(&self, sees_all: bool) -> Result<bool, String> {
        match self {
            Self::Deleted => Ok(true),
            Self::Nothing if sees_all => Ok(true),
            Self::Nothing => Err(
                "the account does not show it to this user, who need not see every ticket; ask as \
                 an administrator"
                    .to_owned(),
            ),
            Self::Ours | Self::Bare | Self::Others(_) => Ok(false),
        }
    }
}

/// Removes the row's tickets that are known to be deleted, because an index may still show them.
#[must_use]
pub fn without_deleted(found: Found, deleted: &[TicketId]) -> Found {
    let Found {
        mut exact,
        mut near,
    } = found;
    exact.retain(|found| !deleted.contains(&found.ticket));
    near.retain(|found| !deleted.contains(&found.ticket));
    Found { exact, near }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::reply::{Candidate, NearMatch};

    #[test]
    fn a_ticket_is_the_rows_only_if_it_is_there_and_carries_its_external_id_or_none() {
        let judged = |shown: Shown| {
            let judged = shown.agrees(TicketId(7), "old-1");
            judged.map_err(|problem| problem.code.into_owned())
        };
        assert_eq!(judged(Shown::Ours), Ok(()));
        assert_eq!(judged(Shown::Bare), Ok(()));
        for (shown, code) in [
            (Shown::Nothing, "TicketNotFound"),
            (Shown::Deleted, "TicketDeleted"),
            (Shown::Others("OLD-1".to_owned()), "AnotherExternalId"),
        ] {
            assert_eq!(judged(shown), Err(code.to_owned()));
        }
    }

    #[test]
    fn only_a_user_who_sees_every_ticket_knows_that_one_is_gone() {
        for (shown, as_admin, as_agent) in [
            (Shown::Deleted, Some(true), Some(true)),
            (Shown::Nothing, Some(true), None),
            (Shown::Ours, Some(false), Some(false)),
            (Shown::Bare, Some(false), Some(false)),
            (Shown::Others("x".to_owned()), Some(false), Some(false)),
        ] {
            assert_eq!(shown.is_deleted(true).ok(), as_admin, "{shown:?}");
            assert_eq!(shown.is_deleted(false).ok(), as_agent, "{shown:?}");
        }
    }

    #[test]
    fn a_ticket_that_is_known_to_be_deleted_is_not_found_again() {
        let candidate = |id| Candidate {
            ticket: TicketId(id),
            created_at: None,
        };
        let near = |id| NearMatch {
            ticket: TicketId(id),
            external_id: None,
        };
        let found = Found {
            exact: vec![candidate(1), candidate(2)],
            near: vec![near(1), near(3)],
        };
        let left = without_deleted(found, &[TicketId(1), TicketId(4)]);
        assert_eq!(left.exact, [candidate(2)]);
        assert_eq!(left.near, [near(3)]);
    }
}
