//! The lines under `[ticket]`, each with its reasons.

use super::choose::{Chosen, Why, dates, halves};
use super::formats;
use super::placed::words;
use super::quote::quoted;
use super::sample::{Column, Sample};
use crate::source::excerpt::shown;
use crate::source::mapping::field::Field;

/// A line of the mapping.
#[derive(Debug)]
pub(super) struct Line {
    /// The reasons for the proposal, one comment each.
    pub(super) why: Vec<String>,
    pub(super) key: String,
    /// The line in TOML.
    pub(super) value: String,
}

/// Proposes a field's line.
pub(super) fn line(
    sample: &Sample,
    chosen: Chosen,
    used: &mut Vec<usize>,
    unplaced: &mut Vec<String>,
) -> Line {
    let column = &sample.columns[chosen.column];
    used.push(chosen.column);
    let mut why = vec![match chosen.why {
        Why::Only => format!(
            "no column holds a text, so column \"{}\" has to do",
            shown(&column.name)
        ),
        Why::Name => format!("by the name of column \"{}\"", shown(&column.name)),
        Why::Nearest => format!(
            "by the name of column \"{}\"; look at its cells, since no column tells all rows apart",
            shown(&column.name)
        ),
        Why::Cells => format!(
            "by the cells of column \"{}\", since no column has a name for it",
            shown(&column.name)
        ),
    }];
    let name = quoted(&column.name);
    let value = match chosen.field {
        Field::ExternalId => {
            let repeats = sample.rows - column.variety().min(sample.rows);
            if repeats == 0 {
                why.push(format!("different in all of {} rows", sample.rows));
            } else {
                why.push(format!(
                    "{repeats} of {} rows repeat another row's or have none; those are invalid",
                    sample.rows
                ));
            }
            why.push("the prefix keeps them apart from the ids of other imports".to_owned());
            format!("{{ column = {name}, prefix = \"legacy-\" }}")
        }
        Field::CommentBody if column.cells.len() < sample.rows => {
            why.push(format!(
                "empty in {} of {} rows, and Zendesk makes no ticket without a text",
                sample.rows - column.cells.len(),
                sample.rows
            ));
            format!("{{ column = {name}, default = \"(no text)\" }}")
        }
        Field::RequesterEmail => {
            let others = column.cells.len() - column.emails();
            why.push(match column.emails() {
                1 => "1 cell is an email address".to_owned(),
                emails => format!("{emails} cells are email addresses"),
            });
            if others > 0 {
                why.push(if others == 1 {
                    "1 is not; its row is invalid".to_owned()
                } else {
                    format!("{others} are not; their rows are invalid")
                });
            }
            name
        }
        Field::RequesterName => requester_name(sample, chosen.column, &mut why, used),
        Field::Status | Field::Priority | Field::Kind => {
            words(chosen.field, column, &mut why, unplaced)
        }
        Field::CreatedAt | Field::UpdatedAt | Field::SolvedAt => date(sample, column, &mut why),
        _ => name,
    };
    Line {
        why,
        key: chosen.field.name(),
        value,
    }
}

/// Proposes the tags: columns that already are tags, and a type that goes beyond Zendesk's four
/// words.
pub(super) fn tags(sample: &Sample, chosen: &[Chosen], used: &mut Vec<usize>) -> Line {
    let mut why = Vec::new();
    let mut columns = Vec::new();
    let mut split = "";
    if let Some(tags) = chosen.iter().find(|c| c.field == Field::Tags) {
        let column = &sample.columns[tags.column];
        used.push(tags.column);
        why.push(format!("by the name of column \"{}\"", shown(&column.name)));
        let count = |sign: char| {
            column
                .cells
                .iter()
                .filter(|cell| cell.contains(sign))
                .count()
        };
        let (commas, semicolons) = (count(','), count(';'));
        if commas + semicolons > 0 {
            let sign = if semicolons > commas { ';' } else { ',' };
            split = if sign == ';' {
                ", split = \";\""
            } else {
                ", split = \",\""
            };
            why.push(format!(
                "some cells hold several, with \"{sign}\" between them"
            ));
        }
        columns.push(quoted(&column.name));
    }
    if let Some(kind) = chosen.iter().find(|c| c.field == Field::Kind) {
        let column = &sample.columns[kind.column];
        let words = Field::Kind.words().unwrap_or_default();
        let mut cells = column.words.iter().flatten();
        if cells.any(|(cell, _)| !words.contains(&cell.as_str())) {
            why.push(format!(
                "column \"{}\" too, since Zendesk's four types keep less than it says",
                shown(&column.name)
            ));
            columns.push(quoted(&column.name));
        }
    }
    why.push("legacy-import is on every ticket, so that all of them can be found again".to_owned());
    let value = if columns.is_empty() {
        "{ also = [\"legacy-import\"] }".to_owned()
    } else {
        format!(
            "{{ columns = [{}]{split}, also = [\"legacy-import\"] }}",
            columns.join(", ")
        )
    };
    Line {
        why,
        key: Field::Tags.name(),
        value,
    }
}

fn requester_name(
    sample: &Sample,
    column: usize,
    why: &mut Vec<String>,
    used: &mut Vec<usize>,
) -> String {
    match halves(sample) {
        Some([first, last]) if first == column || last == column => {
            used.extend([first, last]);
            let (first, last) = (&sample.columns[first].name, &sample.columns[last].name);
            why.push(format!("the name is in two, with \"{}\"", shown(last)));
            format!("{{ columns = [{}, {}] }}", quoted(first), quoted(last))
        }
        Some(_) | None => quoted(&sample.columns[column].name),
    }
}

fn date(sample: &Sample, column: &Column, why: &mut Vec<String>) -> String {
    let name = quoted(&column.name);
    why.push("kept by the imports endpoint only; the tickets endpoint ignores it".to_owned());
    let Some(mut found) = formats::find(&dates(column)) else {
        return name;
    };
    if found.rival.is_some() {
        let columns = sample.columns.iter();
        let proved = found.settle(columns.filter_map(|other| formats::find(&dates(other))));
        why.extend(proved.then(|| "another column proves the order of day and month".to_owned()));
    }
    why.push(formats::order(&found));
    if found.unread > 0 {
        why.push(format!(
            "{} cannot be read; on the imports endpoint that makes a row invalid",
            if found.unread == 1 {
                "1 cell".to_owned()
            } else {
                format!("{} cells", found.unread)
            }
        ));
    }
    match found.format {
        None => name,
        Some(format) => format!("{{ column = {name}, date_format = {} }}", quoted(&format)),
    }
}
