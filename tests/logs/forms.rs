//! The forms in which a secret travels, and those that would give it away.

use std::fmt::Write as _;

use serde_json::json;

pub(crate) const EMAIL: &str = "ada@example.com";

/// A way in which a text is written in a reply: as the letters of a JSON string.
pub(crate) const FORMS: [fn(&str) -> String; 14] = [
    |text| in_json(text),
    |text| in_json(text.split(' ').next_back().unwrap_or_default()),
    |text| in_json(&without_base64(text)),
    |text| each(text, |c| format!("\\u{c:04x}")),
    |text| each(text, |c| format!("\\u{c:04X}")),
    |text| in_json(&each(text, |c| format!("\\u{c:04x}"))),
    |text| in_json(&percent(text, false)),
    |text| in_json(&percent(text, true)),
    |text| in_json(&each(text, |c| format!("&#{c};"))),
    |text| in_json(&each(text, |c| format!("&#x{c:x};"))),
    |text| {
        in_json(
            &text
                .trim_end_matches('=')
                .replace('+', "-")
                .replace('/', "_"),
        )
    },
    |text| in_json(&folded(text, "\r\n ")),
    |text| in_json(&folded(text, "\u{200b}\n> ")),
    |text| in_json(&base64(text.as_bytes())),
];

fn in_json(text: &str) -> String {
    json!(text).to_string().trim_matches('"').to_owned()
}

fn each(text: &str, write: fn(u32) -> String) -> String {
    text.chars().map(|c| write(u32::from(c))).collect()
}

pub(crate) fn percent(text: &str, upper: bool) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        let _infallible = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => write!(out, "{}", char::from(byte)),
            _ if upper => write!(out, "%{byte:02X}"),
            _ => write!(out, "%{byte:02x}"),
        };
    }
    out
}

fn folded(text: &str, between: &str) -> String {
    let parts: Vec<&str> = text
        .as_bytes()
        .chunks(16)
        .map(|part| std::str::from_utf8(part).unwrap())
        .collect();
    parts.join(between)
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(bytes: &[u8]) -> String {
    let bit = |byte: &u8| format!("{byte:08b}");
    let bits: String = bytes.iter().map(bit).collect();
    let sextets = bits.as_bytes().chunks(6).map(|six| {
        let six = format!("{:0<6}", std::str::from_utf8(six).unwrap());
        char::from(DIGITS[usize::from_str_radix(&six, 2).unwrap()])
    });
    let mut text: String = sextets.collect();
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

/// What a server that decodes the header would say of it.
fn without_base64(text: &str) -> String {
    let Some(encoded) = text.strip_prefix("Basic ") else {
        return text.to_owned();
    };
    let value = |c: u8| DIGITS.iter().position(|digit| *digit == c);
    let bit = |six| format!("{six:06b}");
    let bits: String = encoded.bytes().filter_map(value).map(bit).collect();
    let bytes: Vec<u8> = bits
        .as_bytes()
        .chunks_exact(8)
        .map(|eight| u8::from_str_radix(std::str::from_utf8(eight).unwrap(), 2).unwrap())
        .collect();
    String::from_utf8(bytes).unwrap()
}

/// Everything that would give a secret away.
pub(crate) fn giveaways(secret: &str) -> Vec<String> {
    let basic = base64(format!("{EMAIL}/token:{secret}").as_bytes());
    let mut all = Vec::new();
    for text in [
        secret,
        basic.trim_end_matches('='),
        base64(secret.as_bytes()).trim_end_matches('='),
    ] {
        let forms: Vec<String> = vec![
            text.to_owned(),
            text.replace('+', "-").replace('/', "_"),
            in_json(text),
            percent(text, false),
            percent(text, true),
            each(text, |c| format!("\\u{c:04x}")),
            each(text, |c| format!("\\\\u{c:04x}")),
            each(text, |c| format!("\\u{c:04X}")),
            each(text, |c| format!("&#{c};")),
            each(text, |c| format!("&#x{c:x};")),
            each(text, |c| format!("&amp;#{c};")),
            each(text, |c| format!("&amp;#x{c:x};")),
        ];
        // Half of it is as good, and what was folded is still found.
        for form in forms {
            let (one, other) = form.split_at(form.len() / 2);
            all.extend([one.to_owned(), other.to_owned()]);
        }
        all.extend(
            text.as_bytes()
                .chunks_exact(12)
                .map(|part| String::from_utf8(part.to_vec()).unwrap()),
        );
    }
    all.sort();
    all.dedup();
    all
}
