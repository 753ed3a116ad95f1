//! The mapping for a CSV that has none: columns named like Zendesk's fields map to themselves.

use super::entry::Entry;
use super::field::{CUSTOM, Field, NAMES};

/// Returns an entry for every column that has the name of a field.
pub(in crate::source) fn entries(columns: &[String]) -> Vec<Entry> {
    // If two names mean the same field, the first in this order counts.
    let fixed = NAMES.iter().map(|(name, field)| (*name, *field));
    let names = fixed.chain([("description", Field::CommentBody)]);
    let mut entries: Vec<Entry> = Vec::new();
    for (name, field) in names {
        let there = columns.iter().any(|column| column == name);
        if there && entries.iter().all(|entry| entry.field != field) {
            let mut entry = Entry::column(field, 0, name);
            entry.split = (field == Field::Tags).then(|| ",".to_owned());
            entries.push(entry);
        }
    }
    for column in columns.iter().filter(|column| column.starts_with(CUSTOM)) {
        let field = Field::parse(column);
        if let Some(field) = field
            && entries.iter().all(|entry| entry.field != field)
        {
            entries.push(Entry::column(field, 0, column));
        }
    }
    entries
}

/// Proposes the lines that the mapping of a CSV needs at least.
pub(in crate::source) fn suggestion(columns: &[String]) -> String {
    let id = guess(columns, &["external_id", "id", "number", "key"]);
    let body = guess(
        columns,
        &["comment", "body", "description", "text", "message"],
    );
    let name = |column: Option<&str>, or: &str| {
        let text = column.unwrap_or(or);
        toml::Value::from(text).to_string()
    };
    format!(
        "[ticket]\nexternal_id = {}\ncomment.body = {}",
        name(id, "the column with the ticket's number"),
        name(body, "the column with the text")
    )
}

/// Finds the first column that has one of the words, the most likely word first.
fn guess<'c>(columns: &'c [String], words: &[&str]) -> Option<&'c str> {
    words.iter().find_map(|word| {
        let has = |column: &&String| {
            let lower = column.to_lowercase();
            lower == *word
                || lower
                    .split(|c: char| !c.is_alphanumeric())
                    .any(|part| part == *word)
        };
        columns.iter().find(has).map(String::as_str)
    })
}
