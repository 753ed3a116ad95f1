//! A text of a reply. What a reply is read into holds no other texts, which
//! `tests/architecture.rs` checks: so none leaves this room with a secret in it.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::secrets::Secrets;

/// A text as a server wrote it. It can be compared, and given out by way of [`Secrets`].
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Said(String);

impl Said {
    /// Whether it is this text, byte for byte.
    pub(super) fn is(&self, text: &str) -> bool {
        self.0 == text
    }

    /// The text as it came, for a decision; not to be kept.
    pub(super) fn raw(&self) -> &str {
        &self.0
    }

    /// The whole text, without secrets.
    pub(super) fn without(self, secrets: &Secrets) -> String {
        secrets.cut_out_of(&self.0).into_owned()
    }

    /// The text to be compared and shown.
    pub(super) fn heard(self, secrets: &Secrets) -> Heard {
        let shown = secrets.cut_out_of(&self.0).into_owned();
        let raw = (shown != self.0).then(|| SecretString::from(self.0));
        Heard { shown, raw }
    }
}

impl From<String> for Said {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// A text of a server that is compared as it came, and shown without secrets.
#[derive(Clone)]
pub struct Heard {
    shown: String,
    /// As it came, if that is another text.
    raw: Option<SecretString>,
}

impl Heard {
    /// As it came, to be compared with a text of ours and not to be kept.
    pub fn raw(&self) -> &str {
        match &self.raw {
            Some(raw) => raw.expose_secret(),
            None => &self.shown,
        }
    }

    /// Without secrets.
    pub fn shown(&self) -> &str {
        &self.shown
    }
}

impl From<&str> for Heard {
    /// A text without secrets.
    fn from(text: &str) -> Self {
        Self {
            shown: text.to_owned(),
            raw: None,
        }
    }
}

impl PartialEq for Heard {
    fn eq(&self, other: &Self) -> bool {
        self.raw() == other.raw()
    }
}

impl fmt::Debug for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shown.fmt(f)
    }
}
