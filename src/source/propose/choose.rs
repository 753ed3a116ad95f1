//! Chooses the column for each field, by its name and its content.

use super::fold::fold;
use super::formats;
use super::names::{HALVES, NAMES, fit};
use super::sample::{Column, Sample};
use super::words::zendesk_word;
use crate::source::mapping::field::Field;

/// How many cells are used to judge the format of dates.
pub(super) const DATES_MAX: usize = 500;

/// A field's column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) field: Field,
    /// The column's index.
    pub(super) column: usize,
    pub(super) why: Why,
}

/// Why a column was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// Its name fits the field.
    Name,
    /// Its cells fit the field.
    Cells,
    /// No other column fits better.
    Only,
    /// Its name fits the field, but its cells do not fit completely.
    Nearest,
}

/// Chooses the columns; each field gets at most one, and each column is used once.
pub(super) fn choose(sample: &Sample) -> Vec<Chosen> {
    let mut fits = Vec::new();
    for (column, content) in sample.columns.iter().enumerate() {
        let name = fold(&content.name);
        for (field, names) in NAMES {
            let fit = fit(&name, names);
            if fit > 0 && suits(field, content, sample.rows) {
                fits.push((fit, field, column));
            }
        }
    }
    fits.sort_by_key(|(fit, field, column)| (std::cmp::Reverse(*fit), *field, *column));
    let mut chosen: Vec<Chosen> = Vec::new();
    for (_, field, column) in fits {
        if chosen
            .iter()
            .all(|c| c.field != field && c.column != column)
        {
            let why = Why::Name;
            chosen.push(Chosen { field, column, why });
        }
    }
    // Fall back to the cells where no name fits.
    add_by_cells(sample, &mut chosen, Field::ExternalId, |column| {
        let is_id = column.has_id_like_cells() && is_unique(column, sample.rows);
        is_id.then(|| column.variety())
    });
    add_nearest_id(sample, &mut chosen);
    add_by_cells(sample, &mut chosen, Field::RequesterEmail, |column| {
        mostly_emails(column).then(|| column.emails())
    });
    add_by_cells(sample, &mut chosen, Field::CommentBody, |column| {
        column.has_sentences().then(|| column.mean_length())
    });
    if chosen.iter().all(|c| c.field != Field::CommentBody)
        && let Some(subject) = chosen.iter().find(|c| c.field == Field::Subject)
    {
        chosen.push(Chosen {
            field: Field::CommentBody,
            column: subject.column,
            why: Why::Only,
        });
    }
    add_halves(sample, &mut chosen);
    let has_email = chosen.iter().any(|c| c.field == Field::RequesterEmail);
    chosen.retain(|c| c.field != Field::RequesterName || has_email);
    chosen.sort_by_key(|c| c.field);
    chosen
}

/// Picks a column that has the name of an identity and distinguishes most rows, if there is no
/// better one: a short file with two mistakes needs a mapping too.
fn add_nearest_id(sample: &Sample, chosen: &mut Vec<Chosen>) {
    let names = NAMES.iter().find(|(field, _)| *field == Field::ExternalId);
    let before = chosen.len();
    add_by_cells(sample, chosen, Field::ExternalId, |column| {
        let fits = names.is_some_and(|(_, names)| fit(&fold(&column.name), names) > 0);
        (fits && column.variety() * 2 > sample.rows).then(|| column.variety())
    });
    for one in &mut chosen[before..] {
        one.why = Why::Nearest;
    }
}

/// Finds the columns with the two halves of a person's name.
pub(super) fn halves(sample: &Sample) -> Option<[usize; 2]> {
    let find = |names: &str| {
        let mut columns = sample.columns.iter();
        columns.position(|column| fit(&fold(&column.name), names) > 0 && !column.cells.is_empty())
    };
    let [first, last] = HALVES;
    let (first, last) = (find(first)?, find(last)?);
    (first != last).then_some([first, last])
}

/// Uses a name in two columns if no column has the whole name.
fn add_halves(sample: &Sample, chosen: &mut Vec<Chosen>) {
    let named = chosen.iter().any(|c| c.field == Field::RequesterName);
    if let Some([column, other]) = halves(sample)
        && !named
        && chosen
            .iter()
            .all(|c| c.column != column && c.column != other)
    {
        chosen.push(Chosen {
            field: Field::RequesterName,
            column,
            why: Why::Name,
        });
    }
}

/// Adds the column with the most points; the earlier one in a tie.
fn add_by_cells(
    sample: &Sample,
    chosen: &mut Vec<Chosen>,
    field: Field,
    points: impl Fn(&Column) -> Option<usize>,
) {
    if chosen.iter().any(|c| c.field == field) {
        return;
    }
    let mut best = None;
    for (index, column) in sample.columns.iter().enumerate() {
        let free = !column.name.is_empty() && chosen.iter().all(|c| c.column != index);
        if let Some(points) = points(column)
            && free
            && best.is_none_or(|(most, _)| points > most)
        {
            best = Some((points, index));
        }
    }
    if let Some((_, column)) = best {
        let why = Why::Cells;
        chosen.push(Chosen { field, column, why });
    }
}

/// Reports whether the cells of a column contradict its name.
fn suits(field: Field, column: &Column, rows: usize) -> bool {
    if column.name.is_empty() || column.is_empty() {
        return false;
    }
    match field {
        Field::ExternalId => is_unique(column, rows),
        Field::RequesterEmail => mostly_emails(column),
        Field::RequesterName => {
            let has_letters = |cell: &&String| cell.contains(char::is_alphabetic);
            let named = column.cells.iter().filter(has_letters).count();
            column.emails() * 5 < column.cells.len() && named * 2 > column.cells.len()
        }
        Field::Status | Field::Priority => known(field, column).0 > 0,
        // A type that has no equivalent in Zendesk works better as a tag.
        Field::Kind => {
            let (known, all) = known(field, column);
            known > 0 && known * 2 >= all
        }
        Field::CreatedAt | Field::UpdatedAt | Field::SolvedAt => {
            formats::find(&dates(column)).is_some()
        }
        _ => true,
    }
}

/// Returns the cells used to judge a column's dates.
pub(super) fn dates(column: &Column) -> Vec<&str> {
    let cells = column.cells.iter().take(DATES_MAX);
    cells.map(String::as_str).collect()
}

/// Counts the cells of a list of words that match a word of Zendesk's, and all cells.
fn known(field: Field, column: &Column) -> (u64, u64) {
    let words = || column.words.iter().flatten();
    let known = words().filter(|(word, _)| zendesk_word(field, word).is_some());
    let rows = |(_, rows): &(String, u64)| *rows;
    (known.map(rows).sum(), words().map(rows).sum())
}

/// Reports whether a column identifies rows; a few repeats count as mistakes in the file.
fn is_unique(column: &Column, rows: usize) -> bool {
    column.cells.len() * 20 >= rows * 19 && column.variety() * 20 >= rows * 19
}

fn mostly_emails(column: &Column) -> bool {
    column.emails() * 5 >= column.cells.len() * 4 && !column.cells.is_empty()
}
