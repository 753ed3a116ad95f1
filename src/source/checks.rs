//! Checks what Zendesk accepts as a value.

use std::borrow::Cow;

use super::mapping::field::{Field, nearest};

/// Checks a value that the mapping itself sets for a field.
pub(super) fn word(field: Field, value: &str) -> Result<(), String> {
    if let Some(words) = field.words()
        && !words.contains(&value)
    {
        return Err(format!(
            "\"{value}\" is no {} of Zendesk's{}; it is one of {}",
            field.name(),
            meant(value, words),
            words.join(", ")
        ));
    }
    if field.is_number() && value.parse::<u64>().is_err() {
        return Err(format!("{} takes a number, not \"{value}\"", field.name()));
    }
    if field.is_email() && !is_email(value) {
        return Err(format!("\"{value}\" is no email address"));
    }
    Ok(())
}

/// Suggests which word of a short list was probably meant.
pub(super) fn meant(value: &str, words: &[&str]) -> String {
    match nearest(value, words.iter().copied()) {
        Some(word) => format!(" (\"{word}\"?)"),
        None => String::new(),
    }
}

/// The most bytes of an email address (RFC 5321, section 4.5.3.1.3, less the angle brackets).
const EMAIL_BYTES_MAX: usize = 254;

/// Reports whether a text has the form of an email address: `name@domain.tld`, with letters of any
/// script, and without quotes, brackets, list separators or invisible characters.
pub(super) fn is_email(text: &str) -> bool {
    let Some((name, domain)) = text.split_once('@') else {
        return false;
    };
    let fits_name =
        |c: char| c.is_alphanumeric() || is_mark(c) || "!#$%&'*+/=?^_`{|}~-".contains(c);
    let is_name = name
        .split('.')
        .all(|part| !part.is_empty() && part.chars().all(fits_name));
    let fits_label = |c: char| c.is_alphanumeric() || is_mark(c) || "-_".contains(c);
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(fits_label)
    };
    let is_domain = domain.contains('.') && domain.split('.').all(is_label);
    text.len() <= EMAIL_BYTES_MAX && is_name && is_domain
}

/// Converts a text to a tag: lower-case, with `_` for characters that a tag cannot contain; `None`
/// if it is blank.
pub(super) fn tag(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return None;
    }
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-/:.".contains(&byte);
    if trimmed.len() == text.len() && text.bytes().all(plain) {
        return Some(text);
    }
    if trimmed.is_ascii() {
        let shaped = |byte: u8| match byte.to_ascii_lowercase() {
            lower if plain(lower) => char::from(lower),
            _ => '_',
        };
        return Some(trimmed.bytes().map(shaped).collect());
    }
    let lower = trimmed.to_lowercase();
    Some(lower.replace(|c| !fits_tag(c), "_").into())
}

fn fits_tag(c: char) -> bool {
    c.is_alphanumeric() || "_-/:.".contains(c) || is_mark(c)
}

/// Reports whether a character belongs to the letter before it: accents, and the vowel and conjunct
/// signs without which Hindi, Hebrew, Arabic or Thai words fall apart. Most such signs are
/// alphabetic in Unicode; these are not.
fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{65f}' | '\u{6d6}'..='\u{6ed}' | '\u{e47}'..='\u{e4e}'
        | '\u{93c}' | '\u{94d}' | '\u{9bc}' | '\u{9cd}' | '\u{a3c}' | '\u{a4d}' | '\u{abc}'
        | '\u{acd}' | '\u{b3c}' | '\u{b4d}' | '\u{bcd}' | '\u{c4d}' | '\u{cbc}' | '\u{ccd}'
        | '\u{d4d}' | '\u{dca}' | '\u{3099}' | '\u{309a}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tagged(text: &str) -> Option<String> {
        tag(Cow::Borrowed(text)).map(Cow::into_owned)
    }

    #[test]
    fn a_tag_is_lower_case_with_underscores_for_what_is_forbidden() {
        assert_eq!(
            tagged("Technical issue").as_deref(),
            Some("technical_issue")
        );
        assert_eq!(tagged("a/b:c.d-e_9").as_deref(), Some("a/b:c.d-e_9"));
        assert_eq!(tagged(" R&D, now! ").as_deref(), Some("r_d__now_"));
        assert_eq!(tagged("  "), None);
    }

    #[test]
    fn a_tag_keeps_the_letters_of_every_script() {
        assert_eq!(tagged("Größe").as_deref(), Some("größe"));
        assert_eq!(tagged("हिन्दी").as_deref(), Some("हिन्दी"));
        assert_eq!(tagged("日本語 タグ").as_deref(), Some("日本語_タグ"));
        assert_eq!(tagged("ШИНА").as_deref(), Some("шина"));
    }

    #[test]
    fn an_email_has_one_at_sign_and_a_dotted_domain() {
        for good in ["a@example.com", "a.b+c@mail.example.org", "ü@exämple.com"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "@example.com",
            "a@",
            "a@localhost",
            "a@.com",
            "a@b..c",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
        for bad in [
            "a b@example.com",
            "a@b@example.com",
            "a@example.com\n",
            "a@example.",
            "a@example.com;",
            "a@example.com, b@example.com",
            "<a@example.com>",
            "mailto:a@example.com",
            "a\u{200b}@example.com",
            "a\u{a0}@example.com",
            "a@example.com\u{feff}",
            ".a@example.com",
            "a.@example.com",
            "a..b@example.com",
            "a@-example.com",
            "a@example,com",
            "\"a b\"@example.com",
            "a@[10.0.0.1]",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
        assert!(!is_email(&format!("{}@example.com", "a".repeat(250))));
    }

    #[test]
    fn a_word_that_is_not_zendesks_names_the_nearest() {
        let message = word(Field::Status, "Open").unwrap_err();
        assert!(message.contains("(\"open\"?)"), "{message}");
        assert!(word(Field::Priority, "urgent").is_ok());
        assert!(word(Field::GroupId, "x").is_err());
    }
}
