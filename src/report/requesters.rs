//! Tickets without a requester: Zendesk makes the user who creates them their requester.

use serde::Serialize;

use super::text::{count, in_a_row};
use crate::model::shown::shown;

/// How many tickets have no requester of their own, and which user they get.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct NoRequester {
    /// Tickets that were created without a requester.
    pub created: u64,
    /// Rows without a requester that would be sent, or wait to be sent.
    pub waiting: u64,
    /// The lines of the first few of these, if known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<u64>,
    /// The user who becomes their requester, if known; in a report, the user who sent last.
    pub user: Option<u64>,
    /// That user's name, if Zendesk was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// Whether the mapping sets a requester, so that the cause is empty cells.
    #[serde(skip)]
    pub is_mapped: bool,
}

impl NoRequester {
    /// Describes the requester of tickets not sent yet; `None` if all of them have one of their
    /// own.
    pub fn coming(&self) -> Option<String> {
        if self.waiting == 0 {
            return None;
        }
        let who = match (self.user, &self.user_name) {
            (Some(user), Some(name)) => {
                format!("{} (user {user}), whose credentials are used", shown(name))
            }
            (Some(user), None) => format!("user {user}, whose credentials are used"),
            (None, _) => "the user whose credentials are used".to_owned(),
        };
        let tickets = count(self.waiting, "ticket");
        Some(if self.is_mapped {
            let (have, they) = match self.waiting {
                1 => ("has", "it"),
                _ => ("have", "they"),
            };
            let lines = self.on_lines();
            format!("{tickets} {have} no requester{lines}: {they} will be requested by {who}")
        } else {
            format!("no requester is mapped, so {tickets} will be requested by {who}")
        })
    }

    /// Describes the requester of tickets that were created without one.
    pub fn gone(&self) -> Option<String> {
        if self.created == 0 {
            return None;
        }
        let (was, it_was) = match self.created {
            1 => ("was", "it was"),
            _ => ("were", "they were"),
        };
        let last = self
            .user
            .map_or_else(String::new, |user| format!(" (most recently user {user})"));
        Some(format!(
            "{} {was} created without a requester: {it_was} requested by the user whose credentials \
             were used{last}",
            count(self.created, "ticket")
        ))
    }

    /// Returns both notices, one sentence each.
    pub(super) fn told(&self) -> Vec<String> {
        [self.gone(), self.coming()].into_iter().flatten().collect()
    }

    fn on_lines(&self) -> String {
        let lines: Vec<String> = self.lines.iter().map(u64::to_string).collect();
        let on = if lines.len() == 1 { "line" } else { "lines" };
        match self.lines.len() as u64 {
            0 => String::new(),
            some if some < self.waiting => format!(" ({on} {}, …)", lines.join(", ")),
            _ => format!(" ({on} {})", in_a_row(&lines)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_whose_the_tickets_become() {
        let mut tickets = NoRequester {
            waiting: 2,
            lines: vec![3, 7],
            is_mapped: true,
            ..NoRequester::default()
        };
        assert_eq!(
            tickets.told(),
            [
                "2 tickets have no requester (lines 3 and 7): they will be requested by the user \
                 whose credentials are used"
            ]
        );
        tickets.user = Some(42);
        tickets.user_name = Some("Ada\u{1b}".to_owned());
        tickets.is_mapped = false;
        tickets.waiting = 1;
        tickets.created = 1;
        assert_eq!(
            tickets.told(),
            [
                "1 ticket was created without a requester: it was requested by the user whose \
                 credentials were used (most recently user 42)",
                "no requester is mapped, so 1 ticket will be requested by Ada\\u{1b} (user 42), whose \
                 credentials are used",
            ]
        );
        assert_eq!(NoRequester::default().told(), [""; 0]);
    }
}
