//! Maps the words of another helpdesk to Zendesk's, and lists those that have no match.

use super::fold::fold;
use super::names::{NAMES, fit};
use super::quote::quoted;
use super::sample::Column;
use super::whole::WORDS_MAX;
use super::words::zendesk_word;
use crate::source::excerpt::shown;
use crate::source::mapping::field::Field;

/// How many words are listed; the rest are only counted.
const LISTED_MAX: usize = 20;

/// The fields with a fixed set of words.
const WORD_FIELDS: [Field; 3] = [Field::Status, Field::Priority, Field::Kind];

/// Maps a list of words to Zendesk's. An unmatched word makes its rows invalid, so that the next
/// check reports it, instead of becoming an arbitrary word.
pub(super) fn words(
    field: Field,
    column: &Column,
    why: &mut Vec<String>,
    unplaced: &mut Vec<String>,
) -> String {
    let name = quoted(&column.name);
    let all = field.words().unwrap_or_default();
    let (mut values, mut unknown) = (Vec::new(), Vec::new());
    for (value, rows) in column.words.iter().flatten() {
        if all.contains(&value.as_str()) {
            continue;
        }
        match zendesk_word(field, value) {
            Some(word) => values.push(format!("{} = {}", quoted(value), quoted(word))),
            None => unknown.push((value.as_str(), *rows)),
        }
    }
    if values.is_empty() && unknown.is_empty() {
        why.push("its words are Zendesk's own".to_owned());
        return name;
    }
    if values.iter().any(|value| value.ends_with("\"closed\"")) {
        why.push(
            "closed tickets can never be changed again; on the tickets endpoint they fire triggers"
                .to_owned(),
        );
    }
    if !unknown.is_empty() {
        why.push(format!(
            "NOT PLACED are the words below: their rows are invalid until you add each of them to \
             values with one of {}",
            all.join(", ")
        ));
        let lines = unknown.iter().take(LISTED_MAX);
        why.extend(lines.map(|(word, rows)| format!("  {} ({})", quoted(word), counted(*rows))));
        if unknown.len() > LISTED_MAX {
            why.push(format!("  and {} more", unknown.len() - LISTED_MAX));
        }
        let rows = unknown.iter().map(|(_, rows)| rows).sum();
        unplaced.push(format!(
            "{}: it is not known what {} of column \"{}\" {}: {}; the mapping makes {} invalid until \
             you add {} to its values",
            field.name(),
            match unknown.len() {
                1 => "a word".to_owned(),
                some => format!("{some} words"),
            },
            shown(&column.name),
            if unknown.len() == 1 { "means" } else { "mean" },
            listed(&unknown),
            counted(rows),
            if unknown.len() == 1 { "it" } else { "them" },
        ));
    }
    if values.is_empty() {
        return name;
    }
    format!(
        "{{ column = {name}, values = {{ {} }} }}",
        values.join(", ")
    )
}

/// Explains why a column is not used although its name suggests a list of words, and for which
/// field.
pub(super) fn passed_over(
    column: &Column,
    taken: impl Fn(Field) -> bool,
) -> Option<(Field, String)> {
    let name = fold(&column.name);
    let fits = |field: &Field| {
        let mut names = NAMES.iter();
        let names = names.find(|(named, _)| named == field);
        !taken(*field) && names.is_some_and(|(_, names)| fit(&name, names) > 0)
    };
    let field = WORD_FIELDS.iter().find(|field| fits(field))?;
    let why = match &column.words {
        None => format!("it has more than {WORDS_MAX} different cells"),
        Some(words) if words.is_empty() => return None,
        Some(words) => {
            let words: Vec<_> = words
                .iter()
                .map(|(word, rows)| (word.as_str(), *rows))
                .collect();
            let known = words
                .iter()
                .any(|(word, _)| zendesk_word(*field, word).is_some());
            let which = if known { "too few" } else { "none" };
            format!(
                "{which} of its words {} known: {}",
                if known { "are" } else { "is" },
                listed(&words)
            )
        }
    };
    let why = format!("its name is one for {}, but {why}", field.name());
    Some((*field, why))
}

/// The most frequent words, each with its row count.
fn listed(words: &[(&str, u64)]) -> String {
    /// How many words one sentence lists.
    const TOLD_MAX: usize = 8;
    let mut words = words.to_vec();
    words.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
    let told = words.iter().take(TOLD_MAX);
    let told = told.map(|(word, rows)| format!("\"{}\" ({})", shown(word), counted(*rows)));
    let told = told.collect::<Vec<_>>().join(", ");
    match words.len().saturating_sub(TOLD_MAX) {
        0 => told,
        more => format!("{told}, and {more} more"),
    }
}

fn counted(rows: u64) -> String {
    format!("{rows} {}", if rows == 1 { "row" } else { "rows" })
}
