//! Values in the spelling of who sent them, and in Zendesk's.

use std::collections::BTreeSet;

use serde_json::Value;

/// Whether a value that was sent is the one that is told. A checkbox tells true or false, whatever
/// was sent; a field that takes several values tells a list.
pub(super) fn is_same_value(sent: &Value, now: &Value) -> bool {
    match (sent, now) {
        (Value::Bool(sent), Value::Null) => !sent,
        (_, Value::Bool(now)) => flag(sent) == Some(*now),
        _ => texts(sent) == texts(now),
    }
}

fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Null => Some(false),
        _ => match text(value)?.as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
    }
}

/// The values in a field; nothing is none, and so is an empty text.
fn texts(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Array(values) => values.iter().filter_map(text).collect(),
        _ => text(value).into_iter().collect(),
    }
}

fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::String(text) => tidy(text),
        _ => value.to_string(),
    };
    Some(without_idle_zeros(&text).to_owned()).filter(|text| !text.is_empty())
}

/// A decimal number without the zeros at the end of its fraction; any other text as it is.
fn without_idle_zeros(text: &str) -> &str {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match text.strip_prefix('-').unwrap_or(text).split_once('.') {
        Some((whole, fraction)) if digits(whole) && digits(fraction) => {
            text.trim_end_matches('0').trim_end_matches('.')
        }
        _ => text,
    }
}

/// A text with all white space made single spaces.
pub(super) fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_the_same_in_any_spelling_of_its_type_and_no_other_is() {
        for (sent, now) in [
            (json!("a  b\r\nc"), json!("a b\nc")),
            (json!("5"), json!(5)),
            (json!("5.0"), json!(5.0)),
            (json!("true"), json!(true)),
            (json!("0"), json!(false)),
            (json!(false), json!(null)),
            (json!(""), json!(null)),
            (json!("gold"), json!(["gold"])),
        ] {
            assert!(is_same_value(&sent, &now), "{sent} {now}");
        }
        for (sent, now) in [
            (json!("007"), json!("7")),
            (json!("12345678901234567891"), json!("12345678901234567890")),
            (json!("true"), json!(false)),
            (json!(true), json!(null)),
            (json!("yes"), json!(true)),
            (json!("x"), json!("X")),
            (json!(["a", "b"]), json!(["a"])),
        ] {
            assert!(!is_same_value(&sent, &now), "{sent} {now}");
        }
    }
}
