//! The table of words: what each status, priority and type of the CSV becomes.

use std::fmt::Write;

use maud::{Markup, html};

use super::results::{numbered, thousands};
use crate::model::shown::shown;
use crate::model::words::{By, FieldWords, WordRows};

/// How many words of a field a text lists.
const TEXT_WORDS_MAX: usize = 12;

/// How many characters of a word a text shows.
const TEXT_WORD_CHARS_MAX: usize = 40;

/// Renders the table as lines of text, each preceded by a line break.
pub(super) fn text(fields: &[FieldWords]) -> String {
    let mut text = String::new();
    for field in fields {
        let _writing_to_a_string_cannot_fail = write!(text, "\n{}:", field.field);
        let (listed, rest) = field.words.split_at(field.words.len().min(TEXT_WORDS_MAX));
        let lines: Vec<(String, String)> = listed.iter().map(cells).collect();
        let left = widest(lines.iter().map(|(left, _)| left));
        let right = widest(lines.iter().map(|(_, right)| right));
        for (line, word) in lines.iter().zip(listed) {
            let _writing_to_a_string_cannot_fail = write!(
                text,
                "\n  {:left$} → {:right$}  {}",
                line.0,
                line.1,
                numbered(word.rows, "row", "rows")
            );
        }
        let rows = field.more_rows + rest.iter().map(|word| word.rows).sum::<u64>();
        if rows > 0 {
            let _writing_to_a_string_cannot_fail = write!(
                text,
                "\n  {}",
                more(field.more_words + rest.len() as u64, rows)
            );
        }
    }
    text
}

/// Renders the table for the page.
pub(super) fn section(fields: &[FieldWords]) -> Markup {
    html! {
        h2 { "What words become" }
        @for field in fields {
            div class="wide" {
                table {
                    thead { tr { th { (field.field) } th { "becomes" } th class="n" { "Rows" } } }
                    tbody {
                        @for word in &field.words {
                            tr {
                                td class="words" { (from(word)) }
                                td class="t" { (becomes(word)) }
                                td class="n" { (thousands(word.rows)) }
                            }
                        }
                    }
                }
                @if field.more_rows > 0 {
                    p class="soft" { (more(field.more_words, field.more_rows)) }
                }
            }
        }
    }
}

fn cells(word: &WordRows) -> (String, String) {
    let from = from(word);
    let mut shown: String = from.chars().take(TEXT_WORD_CHARS_MAX).collect();
    if shown.len() < from.len() {
        shown.push('…');
    }
    (shown, becomes(word))
}

fn widest<'t>(texts: impl Iterator<Item = &'t String>) -> usize {
    texts.map(|text| text.chars().count()).max().unwrap_or(0)
}

fn from(word: &WordRows) -> String {
    match word.by {
        By::Constant => "(every row)".to_owned(),
        By::Empty | By::Default if word.word.is_empty() => "(empty)".to_owned(),
        By::Same | By::Values | By::Otherwise | By::Default | By::Empty | By::Unknown => {
            shown(&word.word).into_owned()
        }
    }
}

fn becomes(word: &WordRows) -> String {
    let to = shown(word.becomes.as_deref().unwrap_or_default());
    match word.by {
        By::Same | By::Values | By::Constant => to.into_owned(),
        By::Otherwise => format!("{to} (otherwise)"),
        By::Default => format!("{to} (default)"),
        By::Empty => "not set".to_owned(),
        By::Unknown => "invalid (not in values)".to_owned(),
    }
}

fn more(words: u64, rows: u64) -> String {
    let rows = numbered(rows, "row", "rows");
    match words {
        0 => format!("… and more words ({rows})"),
        words => format!(
            "… and {} ({rows})",
            numbered(words, "more word", "more words")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(word: &str, becomes: Option<&str>, by: By, rows: u64) -> WordRows {
        WordRows {
            word: word.to_owned(),
            becomes: becomes.map(str::to_owned),
            by,
            rows,
        }
    }

    fn status(words: Vec<WordRows>) -> [FieldWords; 1] {
        [FieldWords {
            field: "status",
            words,
            more_words: 0,
            more_rows: 0,
        }]
    }

    #[test]
    fn a_table_says_what_each_word_becomes_and_by_what() {
        let fields = status(vec![
            word("Cancelled", Some("open"), By::Otherwise, 1286),
            word("open", Some("open"), By::Same, 20),
            word("Done", Some("solved"), By::Values, 5),
            word("", Some("new"), By::Default, 3),
            word("\u{1b}[2J", None, By::Unknown, 1),
        ]);
        assert_eq!(
            text(&fields),
            "\nstatus:\
             \n  Cancelled → open (otherwise)         1,286 rows\
             \n  open      → open                     20 rows\
             \n  Done      → solved                   5 rows\
             \n  (empty)   → new (default)            3 rows\
             \n  \\u{1b}[2J → invalid (not in values)  1 row"
        );
        let page = section(&fields).into_string();
        assert!(
            page.contains("open (otherwise)") && page.contains("1,286"),
            "{page}"
        );
    }

    #[test]
    fn a_text_lists_a_screen_of_words_and_counts_the_rest() {
        let words = (0..40).map(|n| word(&format!("w{n}"), None, By::Unknown, 2));
        let mut fields = status(words.collect());
        fields[0].more_words = 5;
        fields[0].more_rows = 7;
        let text = text(&fields);
        assert_eq!(text.lines().count(), 15, "{text}");
        assert!(
            text.ends_with("\n  … and 33 more words (63 rows)"),
            "{text}"
        );
        let page = section(&fields).into_string();
        assert!(page.contains("w39") && page.contains("… and 5 more words (7 rows)"));
    }
}
