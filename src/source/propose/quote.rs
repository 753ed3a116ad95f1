//! How texts are written in a mapping.

use crate::model::shown::is_hidden;

/// Writes a text as a TOML string, with escapes for invisible characters.
pub fn quoted(text: &str) -> String {
    if !text.contains(is_hidden) {
        return toml::Value::from(text).to_string();
    }
    let escaped = |character: char| match character {
        '"' | '\\' => format!("\\{character}"),
        hidden if is_hidden(hidden) => format!("\\U{:08X}", u32::from(hidden)),
        other => other.to_string(),
    };
    format!("\"{}\"", text.chars().map(escaped).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_in_a_name_is_seen_in_the_mapping_and_is_the_same_name() {
        for text in [
            "Na\u{9b}me",
            "\u{1b}[2J\"'\\",
            "\u{202e}\u{e0041}\n\t",
            "plain \"'\\ é",
        ] {
            let written = quoted(text);
            assert!(!written.contains(is_hidden), "{written:?}");
            let read: toml::Table = format!("a = {written}").parse().unwrap();
            assert_eq!(read["a"].as_str(), Some(text));
        }
    }
}
