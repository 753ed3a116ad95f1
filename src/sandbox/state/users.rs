//! The people of the account: the authenticated admin, and requesters made on the way.

use std::collections::HashMap;

/// The id of the user that every accepted credential stands for.
pub(in crate::sandbox) const ADMIN_ID: u64 = 900_000_001;
/// That user's name.
pub(in crate::sandbox) const ADMIN_NAME: &str = "Sandbox Admin";
/// That user's address.
pub(in crate::sandbox) const ADMIN_EMAIL: &str = "admin@sandbox.example";

/// Two creates that need the same new user within this time collide, where collisions are on.
const COLLISION_WINDOW_MS: i64 = 50;

/// A requester.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The id.
    pub id: u64,
    /// The address in lower case; none for a requester who came with a name only.
    pub email: Option<String>,
    /// The name.
    pub name: String,
    /// When the user was made, by the double's clock.
    pub made_ms: i64,
}

/// All requesters.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Users {
    by_email: HashMap<String, (u64, i64)>,
    count: u64,
}

impl Users {
    /// The user of that address, which must be in lower case.
    pub(in crate::sandbox) fn find(&self, email: &str) -> Option<u64> {
        if email == ADMIN_EMAIL {
            return Some(ADMIN_ID);
        }
        self.by_email.get(email).map(|(id, _)| *id)
    }

    /// Tells whether another create made the user of that address a moment ago.
    pub(in crate::sandbox) fn collides(&self, email: &str, now_ms: i64) -> bool {
        self.by_email
            .get(email)
            .is_some_and(|(_, made_ms)| (0..COLLISION_WINDOW_MS).contains(&(now_ms - made_ms)))
    }

    /// The id that the next new user gets.
    pub(in crate::sandbox) fn next_id(&self) -> u64 {
        ADMIN_ID + 1 + self.count
    }

    /// Adds a user whose id was handed out by [`Users::next_id`].
    pub(in crate::sandbox) fn add(&mut self, user: &User) {
        self.count += 1;
        if let Some(email) = &user.email {
            self.by_email.insert(email.clone(), (user.id, user.made_ms));
        }
    }
}
