//! The access tokens that were given out. They live in memory only: after a restart clients have to
//! ask again, as they have to when a token ends.

use std::collections::BTreeMap;

/// Tokens with the moment at which each ends.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Access {
    ends: BTreeMap<String, i64>,
    issued: u64,
}

impl Access {
    /// Gives out a token that lives for `life_s` seconds.
    pub(in crate::sandbox) fn issue(&mut self, now_ms: i64, life_s: u32) -> String {
        self.ends.retain(|_, end| *end > now_ms);
        self.issued += 1;
        let token = format!("issued-access-token-{}", self.issued);
        self.ends
            .insert(token.clone(), now_ms + i64::from(life_s) * 1_000);
        token
    }

    /// Reports whether a token was issued and has not expired.
    pub(in crate::sandbox) fn is_good(&self, token: &str, now_ms: i64) -> bool {
        self.ends.get(token).is_some_and(|end| *end > now_ms)
    }

    /// How many were given out.
    pub(in crate::sandbox) fn issued(&self) -> u64 {
        self.issued
    }
}
