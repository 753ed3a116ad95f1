//! A text of a reply. What a reply is read into holds no other texts, which
//! `tests/architecture.rs` checks: so none leaves this room with a secret in it.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

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
        Heard {
            shown: secrets.cut_out_of(&self.0).into_owned(),
            raw: self.0,
        }
    }
}

impl From<String> for Said {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// What a server said: it is compared as it came, and shown without secrets. So what is decided does
/// not depend on what looks like a part of a secret.
#[derive(Clone, PartialEq)]
pub struct Heard<T = String> {
    raw: T,
    shown: T,
}

impl<T> Heard<T> {
    /// As it came, to be compared with what is ours and not to be kept.
    pub fn raw(&self) -> &T {
        &self.raw
    }

    /// Without secrets.
    pub fn shown(&self) -> &T {
        &self.shown
    }
}

impl Heard<Value> {
    /// A value of any kind, to be compared and shown.
    pub(super) fn value(raw: Value, secrets: &Secrets) -> Self {
        Self {
            shown: without(&raw, secrets),
            raw,
        }
    }
}

fn without(value: &Value, secrets: &Secrets) -> Value {
    let text = |text: &str| secrets.cut_out_of(text).into_owned();
    match value {
        Value::String(said) => Value::String(text(said)),
        Value::Array(items) => items.iter().map(|item| without(item, secrets)).collect(),
        Value::Object(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|(name, item)| (text(name), without(item, secrets)));
            Value::Object(fields.collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

impl From<&str> for Heard {
    /// A text without secrets.
    fn from(text: &str) -> Self {
        Self {
            raw: text.to_owned(),
            shown: text.to_owned(),
        }
    }
}

impl From<Value> for Heard<Value> {
    /// A value without secrets.
    fn from(value: Value) -> Self {
        Self {
            shown: value.clone(),
            raw: value,
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Heard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shown.fmt(f)
    }
}
