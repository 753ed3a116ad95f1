//! The values that the account's ticket fields accept, so that a value that Zendesk would reject is
//! found before its row is sent.
//!
//! If it is not documented what Zendesk does with a value, such as `1` in a checkbox, the value is
//! rejected: an invalid row costs one line in the mapping, but a wrong value in a ticket may not be
//! noticed for years.

use std::collections::BTreeMap;

use jiff::civil::Date;
use regex::{Regex, RegexBuilder};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::model::shown::shown;
use crate::model::ticket::FieldValue;

/// A ticket field of the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountField {
    /// Its title, as agents see it.
    pub title: String,
    /// The values that it accepts.
    pub takes: Takes,
}

/// The values that a ticket field accepts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Takes {
    /// Any value, or values that this program does not know.
    Anything,
    /// `true` and `false`.
    Flag,
    /// Dates like 2024-12-31.
    Date,
    /// Whole numbers.
    Integer,
    /// Numbers.
    Decimal,
    /// Text that matches this regular expression, in Ruby's syntax.
    Matching(String),
    /// One of the options of a drop-down.
    OneOf(Vec<Choice>),
    /// Any of the options of a multi-select.
    SomeOf(Vec<Choice>),
}

/// An option of a drop-down or a multi-select.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// The tag that a ticket holds.
    pub value: String,
    /// The tag in a form that is safe to display.
    pub shown: String,
    /// The name that agents see.
    pub name: String,
}

/// How many options a message lists: drop-downs may have hundreds, and a few show what they look
/// like.
const OPTIONS_SHOWN: usize = 10;

impl AccountField {
    /// Returns why the field does not accept a value: the rest of a sentence that begins with the
    /// value.
    pub fn refusal(&self, value: &FieldValue<'_>) -> Option<String> {
        self.refusal_by(self.pattern().as_ref(), value)
    }

    /// Reports whether values cannot be checked here although the field has a pattern.
    pub fn has_unknown_pattern(&self) -> bool {
        matches!(self.takes, Takes::Matching(_)) && self.pattern().is_none()
    }

    /// Compiles the pattern, if it means the same to Zendesk and to the regex crate.
    fn pattern(&self) -> Option<Regex> {
        let Takes::Matching(pattern) = &self.takes else {
            return None;
        };
        // Ruby's bracket classes cover all scripts; the crate's cover only ASCII.
        if pattern.contains("[[:") {
            return None;
        }
        // In Ruby, ^ and $ always match at line ends.
        let compiled = RegexBuilder::new(pattern).multi_line(true).build();
        compiled.ok()
    }

    fn refusal_by(&self, pattern: Option<&Regex>, value: &FieldValue<'_>) -> Option<String> {
        let one;
        let values: Vec<&str> = match value {
            FieldValue::Text(text) => vec![text],
            FieldValue::Flag(flag) => vec![if *flag { "true" } else { "false" }],
            FieldValue::Number(number) => {
                one = number.to_string();
                vec![&one]
            }
            FieldValue::List(list) => list.iter().map(AsRef::as_ref).collect(),
        };
        let takes_one = !matches!(self.takes, Takes::Anything | Takes::SomeOf(_));
        if takes_one && values.len() > 1 {
            return Some(format!(
                "holds {} values, and the ticket field \"{}\" takes one",
                values.len(),
                self.title
            ));
        }
        values
            .into_iter()
            .find_map(|value| self.refusal_of(pattern, value))
    }

    fn refusal_of(&self, pattern: Option<&Regex>, value: &str) -> Option<String> {
        let title = &self.title;
        let (is_good, why) = match &self.takes {
            Takes::Anything => return None,
            Takes::Flag => (
                matches!(value, "true" | "false"),
                format!(
                    "is neither true nor false, as the checkbox \"{title}\" needs it; add it to the \
                     mapping's values"
                ),
            ),
            Takes::Date => (
                is_date(value),
                format!("is no date like 2024-12-31, as the ticket field \"{title}\" needs it"),
            ),
            Takes::Integer => (
                is_integer(value),
                format!("is no whole number like 1234, as the ticket field \"{title}\" needs it"),
            ),
            Takes::Decimal => (
                is_decimal(value),
                format!("is no number like 1234.5, as the ticket field \"{title}\" needs it"),
            ),
            Takes::Matching(text) => (
                pattern.is_none_or(|pattern| pattern.is_match(value)),
                format!(
                    "does not match {}, the pattern of the ticket field \"{title}\"",
                    shown(text)
                ),
            ),
            Takes::OneOf(options) | Takes::SomeOf(options) => {
                if options.iter().any(|option| option.value == value) {
                    return None;
                }
                (false, no_option(title, value, options))
            }
        };
        (!is_good).then_some(why)
    }
}

fn no_option(title: &str, value: &str, options: &[Choice]) -> String {
    let meant = options.iter().find(|option| {
        let said = [&option.name, &option.value];
        said.iter()
            .any(|said| said.trim().to_lowercase() == value.trim().to_lowercase())
    });
    let listed = match (meant, options) {
        (Some(option), _) => format!("did you mean its option {}?", shown(&option.shown)),
        (None, []) => "it has no options".to_owned(),
        (None, _) => format!("it takes {}", first_of(options)),
    };
    format!(
        "is no option of the ticket field \"{title}\" ({listed}); add it to the mapping's values"
    )
}

fn first_of(options: &[Choice]) -> String {
    let first = options.iter().take(OPTIONS_SHOWN);
    let first: Vec<_> = first.map(|option| shown(&option.shown)).collect();
    let first = first.join(", ");
    match options.len().saturating_sub(OPTIONS_SHOWN) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

fn is_date(text: &str) -> bool {
    text.len() == "2024-12-31".len() && text.parse::<Date>().is_ok()
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_decimal(text: &str) -> bool {
    match text.split_once('.') {
        Some((whole, part)) => {
            is_integer(whole) && !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
        }
        None => is_integer(text),
    }
}

/// The account's ticket fields that a mapping names.
#[derive(Debug)]
pub(super) struct AccountFields {
    fields: BTreeMap<u64, (AccountField, Option<Regex>)>,
    sha256: [u8; 32],
}

impl AccountFields {
    pub(super) fn new(fields: BTreeMap<u64, AccountField>) -> Self {
        let written = serde_json::to_vec(&fields).unwrap_or_default();
        let fields = fields.into_iter().map(|(id, field)| {
            let pattern = field.pattern();
            (id, (field, pattern))
        });
        Self {
            fields: fields.collect(),
            sha256: Sha256::digest(written).into(),
        }
    }

    /// Returns a hash of the values that the fields accept.
    pub(super) fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// Returns why a field does not accept a value.
    pub(super) fn refusal(&self, id: u64, value: &FieldValue<'_>) -> Option<String> {
        let (field, pattern) = self.fields.get(&id)?;
        field.refusal_by(pattern.as_ref(), value)
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn refusal(takes: Takes, value: &str) -> Option<String> {
        let field = AccountField {
            title: "F".to_owned(),
            takes,
        };
        field.refusal(&FieldValue::Text(Cow::Borrowed(value)))
    }

    fn choice(value: &str, name: &str) -> Choice {
        Choice {
            value: value.to_owned(),
            shown: value.to_owned(),
            name: name.to_owned(),
        }
    }

    #[test]
    fn each_type_takes_its_own_values_and_refuses_what_looks_like_them() {
        let matching = Takes::Matching(r"\A[A-Z]{2}-\d+\z".to_owned());
        let options = Takes::OneOf(vec![choice("red", "Red")]);
        let cases: [(Takes, &[&str], &[&str]); 7] = [
            (
                Takes::Flag,
                &["true", "false"],
                &["TRUE", "Yes", "1", "0", "on", " true"],
            ),
            (
                Takes::Date,
                &["2024-12-31", "2024-02-29"],
                &[
                    "31.12.2024",
                    "2024-12-31T00:00:00Z",
                    "2023-02-29",
                    "2024-1-1",
                    "20241231",
                    "2024-12-31 ",
                ],
            ),
            (
                Takes::Integer,
                &["12", "-3", "+4", "0012"],
                &["12.0", "1,234", "1 234", "1e3", "-", "twelve", "٣", "12 "],
            ),
            (
                Takes::Decimal,
                &["3.14", "12", "-0.5"],
                &["3,14", ".5", "3.", "1e3", "NaN", "inf", "1.234,5", "1.2.3"],
            ),
            (matching, &["AB-12"], &["ab-12", "AB-12 ", "xAB-12"]),
            (options, &["red"], &["Red", "red ", "blue"]),
            (Takes::Anything, &["", "whatever"], &[]),
        ];
        for (takes, good, bad) in cases {
            for value in good {
                assert_eq!(refusal(takes.clone(), value), None, "{takes:?} {value:?}");
            }
            for value in bad {
                assert!(
                    refusal(takes.clone(), value).is_some(),
                    "{takes:?} {value:?}"
                );
            }
        }
    }

    #[test]
    fn a_pattern_that_may_mean_something_else_to_ruby_refuses_nothing() {
        for pattern in [r"(?=look)ahead", r"\Z", r"\h+", "[[:alpha:]]+", "("] {
            let takes = Takes::Matching(pattern.to_owned());
            let field = AccountField {
                title: "F".to_owned(),
                takes: takes.clone(),
            };
            assert!(field.has_unknown_pattern(), "{pattern}");
            assert_eq!(refusal(takes, "é"), None, "{pattern}");
        }
        let lines = Takes::Matching("^two$".to_owned());
        assert_eq!(refusal(lines, "one\ntwo"), None);
    }

    #[test]
    fn an_option_named_as_agents_see_it_is_told_with_its_tag() {
        let options = vec![choice("colour_red", "Red"), choice("blue", "Blue")];
        let named = refusal(Takes::OneOf(options.clone()), "red").unwrap_or_default();
        assert!(
            named.contains("did you mean its option colour_red?"),
            "{named}"
        );
        let far = refusal(Takes::SomeOf(options), "green").unwrap_or_default();
        assert!(far.contains("(it takes colour_red, blue)"), "{far}");
    }

    #[test]
    fn only_a_multi_select_takes_several_values() {
        let list = FieldValue::List(vec!["red".into(), "blue".into()]);
        let options = vec![choice("red", "Red"), choice("blue", "Blue")];
        let field = |takes| AccountField {
            title: "F".to_owned(),
            takes,
        };
        assert_eq!(field(Takes::SomeOf(options.clone())).refusal(&list), None);
        assert!(field(Takes::OneOf(options)).refusal(&list).is_some());
        assert!(field(Takes::Integer).refusal(&list).is_some());
        assert_eq!(field(Takes::Anything).refusal(&list), None);
    }

    #[test]
    fn what_the_fields_take_is_in_their_hash() {
        let of = |takes| {
            let title = "F".to_owned();
            AccountFields::new([(7, AccountField { title, takes })].into()).sha256()
        };
        let red = || choice("red", "Red");
        assert_eq!(of(Takes::OneOf(vec![red()])), of(Takes::OneOf(vec![red()])));
        assert_ne!(of(Takes::OneOf(vec![red()])), of(Takes::OneOf(vec![])));
        assert_ne!(of(Takes::Flag), of(Takes::Date));
    }
}
