//! Tickets that do not say who requested them: Zendesk makes the user who creates them their
//! requester.

use serde::Serialize;

use super::text::{count, in_a_row};
use crate::model::shown::shown;

/// How many tickets have no requester of their own, and whose they become.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct NoRequester {
    /// Tickets that were created so.
    pub created: u64,
    /// Rows that would be, or wait to be, sent so.
    pub waiting: u64,
    /// The lines of the first few of these, where they are known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<u64>,
    /// The user whose they become, as far as that is known; of a report the one who sent last.
    pub user: Option<u64>,
    /// That user's name, if Zendesk was asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// Whether the mapping takes a requester from somewhere, so that it is cells that are empty.
    #[serde(skip)]
    pub is_mapped: bool,
}

impl NoRequester {
    /// Says whose the tickets become that are still to come; `None` if all of them have a requester.
    pub fn coming(&self) -> Option<String> {
        if self.waiting == 0 {
            return None;
        }
        let who = match (self.user, &self.user_name) {
            (Some(user), Some(name)) => {
                format!("{} (user {user}), whose credentials are used,", shown(name))
            }
            (Some(user), None) => format!("user {user}, whose credentials are used,"),
            (None, _) => "the user whose credentials are used".to_owned(),
        };
        let tickets = count(self.waiting, "ticket");
        let one = self.waiting == 1;
        let told = if self.is_mapped {
            let has = if one { "has" } else { "have" };
            format!("{tickets} to create {has} no requester{}", self.on_lines())
        } else {
            let has = if one { "has" } else { "have" };
            format!("the mapping names no requester, so {tickets} to create {has} none")
        };
        let whose = if one { "its" } else { "their" };
        Some(format!("{told}: Zendesk makes {who} {whose} requester"))
    }

    /// Says whose the tickets have become that were created.
    pub fn gone(&self) -> Option<String> {
        if self.created == 0 {
            return None;
        }
        let was = if self.created == 1 { "was" } else { "were" };
        let whose = if self.created == 1 { "its" } else { "their" };
        let last = self
            .user
            .map_or_else(String::new, |user| format!(" (the last was user {user})"));
        Some(format!(
            "{} {was} created without a requester: Zendesk made the user whose credentials were \
             used{last} {whose} requester",
            count(self.created, "ticket")
        ))
    }

    /// Everything that there is to say, a sentence each.
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
                "2 tickets to create have no requester (lines 3 and 7): Zendesk makes the user whose \
                 credentials are used their requester"
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
                "1 ticket was created without a requester: Zendesk made the user whose credentials \
                 were used (the last was user 42) its requester",
                "the mapping names no requester, so 1 ticket to create has none: Zendesk makes \
                 Ada\\u{1b} (user 42), whose credentials are used, its requester",
            ]
        );
        assert_eq!(NoRequester::default().told(), [""; 0]);
    }
}
