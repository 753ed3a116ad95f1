//! How Zendesk answers keys that it has never seen: with `miss`, if nobody else uses them.

use crate::model::limits::{HITS_PERCENT_MAX, STRANGE_HITS_MAX};
use crate::model::reply::KeyLookup;

/// Replies before a share means something.
const REPLIES_MIN: u64 = 20;

/// The replies to first requests under their keys that made or named a ticket.
#[derive(Debug, Default)]
pub(super) struct FirstReplies {
    replies: u64,
    hits: u64,
    /// Hits in succession.
    row: u32,
    is_told: bool,
}

impl FirstReplies {
    /// Counts a reply, and says once what a high share of hits may mean.
    pub(super) fn take(&mut self, lookup: Option<KeyLookup>) -> Option<String> {
        let hit = lookup == Some(KeyLookup::Hit);
        self.replies += 1;
        self.hits += u64::from(hit);
        self.row = if hit { self.row + 1 } else { 0 };
        let is_high = self.hits * 100 > self.replies * HITS_PERCENT_MAX;
        if self.is_told || self.replies < REPLIES_MIN || !is_high {
            return None;
        }
        self.is_told = true;
        Some(format!(
            "{} of the first {} creates were answered as if their keys had been used before: \
             something on the way may send requests twice, or another copy of this checkpoint may be \
             in use; make sure that no other run is active. Each of these rows still has one ticket",
            self.hits, self.replies
        ))
    }

    /// Whether so many hits came in succession that this is no accident.
    pub(super) fn are_strange(&self) -> bool {
        self.row >= STRANGE_HITS_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MISS: Option<KeyLookup> = Some(KeyLookup::Miss);
    const HIT: Option<KeyLookup> = Some(KeyLookup::Hit);

    #[test]
    fn a_hit_now_and_then_is_not_told() {
        let mut replies = FirstReplies::default();
        for n in 0..1_000 {
            let lookup = if n % 50 == 49 { HIT } else { MISS };
            assert_eq!(replies.take(lookup), None, "{n}");
        }
    }

    #[test]
    fn a_high_share_of_hits_is_told_once() {
        let mut replies = FirstReplies::default();
        let told: Vec<String> = (0..200)
            .filter_map(|n| replies.take(if n % 10 == 9 { HIT } else { MISS }))
            .collect();
        assert_eq!(told.len(), 1);
        assert!(told[0].starts_with("2 of the first 20 creates"), "{told:?}");
        assert!(!replies.are_strange());
    }

    #[test]
    fn hits_are_strange_only_in_succession() {
        let mut replies = FirstReplies::default();
        for _ in 1..STRANGE_HITS_MAX {
            replies.take(HIT);
        }
        assert!(!replies.are_strange());
        replies.take(HIT);
        assert!(replies.are_strange());
        replies.take(MISS);
        assert!(!replies.are_strange());
    }
}
