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

/// A person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The id.
    pub id: u64,
    /// The address in lower case; none for a user who was created with a name only.
    pub email: Option<String>,
    /// The name.
    pub name: String,
    /// The id in another system.
    pub external_id: Option<String>,
    /// `end-user`, `agent` or `admin`.
    pub role: String,
    /// When the user was made, by the double's clock.
    pub made_ms: i64,
    /// When the user was last changed.
    pub updated_ms: i64,
}

/// All people, the admin first.
#[derive(Debug)]
pub(in crate::sandbox) struct Users {
    list: Vec<User>,
    by_email: HashMap<String, u64>,
    by_external_id: HashMap<String, u64>,
}

impl Default for Users {
    fn default() -> Self {
        let mut users = Self {
            list: Vec::new(),
            by_email: HashMap::new(),
            by_external_id: HashMap::new(),
        };
        users.put(User {
            id: ADMIN_ID,
            email: Some(ADMIN_EMAIL.to_owned()),
            name: ADMIN_NAME.to_owned(),
            external_id: None,
            role: "admin".to_owned(),
            made_ms: 0,
            updated_ms: 0,
        });
        users
    }
}

impl Users {
    /// The user of that id.
    pub(in crate::sandbox) fn get(&self, id: u64) -> Option<&User> {
        let at = usize::try_from(id.checked_sub(ADMIN_ID)?).ok()?;
        self.list.get(at)
    }

    /// The user of that address, which must be in lower case.
    pub(in crate::sandbox) fn of_email(&self, email: &str) -> Option<&User> {
        self.by_email.get(email).and_then(|id| self.get(*id))
    }

    /// The user of that external id, whatever its case.
    pub(in crate::sandbox) fn of_external_id(&self, external_id: &str) -> Option<&User> {
        self.by_external_id
            .get(&external_id.to_lowercase())
            .and_then(|id| self.get(*id))
    }

    /// All users, the oldest first.
    pub(in crate::sandbox) fn all(&self) -> &[User] {
        &self.list
    }

    /// Tells whether another create made the user of that address a moment ago.
    pub(in crate::sandbox) fn collides(&self, email: &str, now_ms: i64) -> bool {
        self.of_email(email)
            .is_some_and(|user| (0..COLLISION_WINDOW_MS).contains(&(now_ms - user.made_ms)))
    }

    /// The id that the next new user gets.
    pub(in crate::sandbox) fn next_id(&self) -> u64 {
        ADMIN_ID + self.list.len() as u64
    }

    /// Adds a user whose id was handed out by [`Users::next_id`], or replaces one.
    pub(in crate::sandbox) fn put(&mut self, user: User) {
        let old = self.get(user.id).and_then(|old| old.external_id.clone());
        if let Some(old) = old {
            self.by_external_id.remove(&old.to_lowercase());
        }
        if let Some(email) = &user.email {
            self.by_email.insert(email.clone(), user.id);
        }
        if let Some(external_id) = &user.external_id {
            self.by_external_id
                .insert(external_id.to_lowercase(), user.id);
        }
        let at = usize::try_from(user.id.saturating_sub(ADMIN_ID)).unwrap_or(usize::MAX);
        match self.list.get_mut(at) {
            Some(place) => *place = user,
            None => self.list.push(user),
        }
    }
}
