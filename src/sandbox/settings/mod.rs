//! The kind of account that the double imitates, and its behaviour where the real one is not known.

mod account;

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use account::{CustomField, CustomOption, Named};

/// The knobs of the account; the default is an account with the limits that every account has, and
/// that keeps its promises.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a knob of its own, set by name"
)]
pub struct Settings {
    /// Requests a minute that the account allows; 0 is no limit.
    pub rpm: u32,
    /// How that minute is counted.
    pub window: WindowKind,
    /// The share of `rpm` that other integrations use on average; 0 is none of it. They come at
    /// random, independent of each other.
    pub others_share: f64,
    /// The seed of their arrivals.
    pub others_seed: u64,
    /// Creates a minute that one user may make, reported in a header of its own; 0 is no limit.
    pub create_rpm: u32,
    /// Lists of tickets a minute; 0 is no limit. Sandbox and trial accounts have 100.
    pub tickets_index_rpm: u32,
    /// Pages of the incremental export a minute; 0 is no limit.
    pub incremental_rpm: u32,
    /// Changes of tickets a minute; 0 is no limit. Sandbox and trial accounts have 20.
    pub tickets_update_rpm: u32,
    /// `users/create_or_update` a second, for the whole account; 0 is no limit.
    pub users_per_s: u32,
    /// The same a minute for one and the same user; 0 is no limit.
    pub user_rpm: u32,
    /// Which spelling the limit headers have.
    pub header_spelling: HeaderSpelling,
    /// How a 429 says when to come back.
    pub retry_after: RetryAfter,
    /// The language of the sentences in a 422.
    pub locale: Locale,
    /// Only access tokens that the double itself gave out are good.
    pub strict_auth: bool,
    /// How long those live, in seconds.
    pub token_life_s: u32,
    /// The role of the authenticated user.
    pub role: String,
    /// How many triggers are active in the account.
    pub active_triggers: u32,
    /// A 422 or 5xx is kept under its key and answered again with `hit`.
    pub failures_cached: bool,
    /// The account ignores idempotency keys and never sends the lookup header.
    pub drop_keys: bool,
    /// What the imports endpoint does with a key.
    pub imports_keys: ImportsKeys,
    /// Creates that need the same new requester at about the same time answer 409.
    pub collisions: bool,
    /// The list shows archived tickets too.
    pub list_sees_archived: bool,
    /// Archived tickets are shown among several that are asked for by their ids, too.
    pub show_many_sees_archived: bool,
    /// How long a new ticket stays invisible to the list, in milliseconds.
    pub list_lag_ms: i64,
    /// How long a new ticket or user stays invisible to the search, in milliseconds.
    pub search_lag_ms: i64,
    /// How long the list by `external_id` and the search still show a deleted ticket, in milliseconds.
    pub deleted_lag_ms: i64,
    /// Users may be created in bulk; otherwise that is a 403.
    pub bulk_users: bool,
    /// Addresses, or domains with an `@` before them, whose users are suspended.
    pub suspended: Vec<String>,
    /// Addresses that no new user can get, as those of a domain that the account blocks.
    pub refused_users: Vec<String>,
    /// How many jobs may be queued or running; one more is `TooManyJobs`.
    pub jobs_max: usize,
    /// The status of that refusal.
    pub too_many_jobs_status: u16,
    /// How long a job is queued, in milliseconds.
    pub job_queue_ms: i64,
    /// How long a job works at each of its items, in milliseconds.
    pub job_item_ms: i64,
    /// How long a job can be asked for after it was queued, in seconds.
    pub job_life_s: i64,
    /// After how many items every job is killed; none is.
    pub jobs_killed_after: Option<usize>,
    /// What the account makes of an `external_id`.
    pub external_ids: ExternalIds,
    /// The custom fields of tickets. Without any, every id and every value is taken.
    pub custom_fields: Vec<CustomField>,
    /// What happens to a custom field whose id is not among those.
    pub unknown_fields: UnknownFields,
    /// The groups of agents.
    pub groups: Vec<Named>,
    /// The brands.
    pub brands: Vec<Named>,
    /// The ticket forms.
    pub ticket_forms: Vec<Named>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rpm: 0,
            window: WindowKind::Sliding,
            others_share: 0.0,
            others_seed: 0,
            create_rpm: 0,
            tickets_index_rpm: 0,
            incremental_rpm: 10,
            tickets_update_rpm: 100,
            users_per_s: 1,
            user_rpm: 5,
            header_spelling: HeaderSpelling::New,
            retry_after: RetryAfter::Seconds,
            locale: Locale::EnUs,
            strict_auth: false,
            token_life_s: 1_800,
            role: "admin".to_owned(),
            active_triggers: 0,
            failures_cached: false,
            drop_keys: false,
            imports_keys: ImportsKeys::Ignore,
            collisions: false,
            list_sees_archived: false,
            show_many_sees_archived: true,
            list_lag_ms: 0,
            search_lag_ms: 0,
            deleted_lag_ms: 0,
            bulk_users: false,
            suspended: Vec::new(),
            refused_users: Vec::new(),
            jobs_max: 30,
            too_many_jobs_status: 429,
            job_queue_ms: 500,
            job_item_ms: 130,
            job_life_s: 24 * 60 * 60,
            jobs_killed_after: None,
            external_ids: ExternalIds::Exact,
            custom_fields: Vec::new(),
            unknown_fields: UnknownFields::Ignore,
            groups: vec![Named::new(account::GROUP_ID, "Support")],
            brands: vec![Named::new(account::BRAND_ID, "Sandbox")],
            ticket_forms: vec![Named::new(account::FORM_ID, "Default Ticket Form")],
        }
    }
}

/// Why a description of an account is refused.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("cannot read the settings file {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not the JSON that is expected.
    #[error("settings are not understood: {0}")]
    Json(#[from] serde_json::Error),
    /// It is not the TOML that is expected.
    #[error("settings are not understood: {0}")]
    Toml(#[from] toml::de::Error),
    /// The share of the others is none.
    #[error("others_share is {0}; it must lie between 0 and 1")]
    NotAShare(f64),
    /// A status outside HTTP's.
    #[error("too_many_jobs_status is {0}; it must lie between 400 and 599")]
    NotARefusal(u16),
}

impl Settings {
    /// Reads a file, JSON if its name ends so, else TOML. What it does not name has its default.
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        let text = std::fs::read_to_string(path).map_err(|source| SettingsError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let is_json = path
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("json"));
        let settings: Self = if is_json {
            serde_json::from_str(&text)?
        } else {
            toml::from_str(&text)?
        };
        settings.checked()
    }

    /// Passes the settings on if their numbers make sense.
    pub fn checked(self) -> Result<Self, SettingsError> {
        if !(0.0..=1.0).contains(&self.others_share) {
            return Err(SettingsError::NotAShare(self.others_share));
        }
        if !(400..600).contains(&self.too_many_jobs_status) {
            return Err(SettingsError::NotARefusal(self.too_many_jobs_status));
        }
        Ok(self)
    }

    /// What the account stores of an external id, and compares.
    pub(super) fn stored<'i>(&self, external_id: &'i str) -> Cow<'i, str> {
        match self.external_ids {
            ExternalIds::Exact => external_id.into(),
            ExternalIds::Trim => external_id.trim().into(),
            ExternalIds::Fold => external_id.to_lowercase().into(),
        }
    }

    /// Tells whether the user of an address is suspended.
    pub(super) fn suspends(&self, email: &str) -> bool {
        self.suspended.iter().any(|entry| {
            if entry.starts_with('@') {
                email
                    .get(email.len().saturating_sub(entry.len())..)
                    .is_some_and(|end| end.eq_ignore_ascii_case(entry))
            } else {
                email.eq_ignore_ascii_case(entry)
            }
        })
    }
}

/// How a limit counts its minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowKind {
    /// Everything is forgotten at the turn of the clock's minute.
    Fixed,
    /// Each request is forgotten sixty seconds after it came.
    Sliding,
}

/// The spelling of the limit headers, which changed around the turn of 2023.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeaderSpelling {
    /// `ratelimit-*` and `zendesk-ratelimit-*`.
    New,
    /// `rate-limit*` and `zendesk-rate-limit-*`.
    Old,
}

/// The two forms that HTTP allows for `retry-after`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfter {
    /// Whole seconds to wait.
    Seconds,
    /// The instant to wait for.
    HttpDate,
}

/// What the imports endpoint does with an idempotency key; its documentation does not mention one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportsKeys {
    /// The same as the endpoint for new tickets.
    Honour,
    /// Nothing: no lookup header, and every request makes a ticket.
    Ignore,
}

/// What the account makes of an `external_id`, which is not documented. It stores and compares what it
/// has made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExternalIds {
    /// Nothing.
    Exact,
    /// White space around it is removed.
    Trim,
    /// Letters become lower case.
    Fold,
}

/// What happens to the value of a custom field that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownFields {
    /// It is dropped without a word.
    Ignore,
    /// The ticket is refused with a 422.
    Reject,
}

/// The language of sentences for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Locale {
    /// English.
    EnUs,
    /// Portuguese, one of the languages in which 422s have been seen.
    PtBr,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_name_what_differs_from_the_default_and_nonsense_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let read = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            Settings::read(&path)
        };
        let expected = Settings {
            rpm: 7,
            imports_keys: ImportsKeys::Honour,
            ..Settings::default()
        };
        let json = read("a.json", r#"{"rpm":7,"imports_keys":"honour"}"#);
        assert_eq!(json.unwrap(), expected);
        let toml = read("a.toml", "rpm = 7\nimports_keys = 'honour'");
        assert_eq!(toml.unwrap(), expected);
        for bad in [
            r#"{"rpmm":7}"#,
            r#"{"others_share":1.5}"#,
            r#"{"too_many_jobs_status":200}"#,
        ] {
            assert!(read("bad.json", bad).is_err(), "{bad}");
        }
        assert!(Settings::read(&folder.path().join("none.json")).is_err());
    }

    #[test]
    fn suspended_are_addresses_and_whole_domains() {
        let settings = Settings {
            suspended: vec!["a@b.c".into(), "@spam.example".into()],
            ..Settings::default()
        };
        for (email, expected) in [
            ("A@B.c", true),
            ("x@Spam.example", true),
            ("x@notspam.example", false),
            ("ü", false),
            ("", false),
        ] {
            assert_eq!(settings.suspends(email), expected, "{email}");
        }
    }
}
