//! Recognises CSV files that are read with the wrong settings.

use super::checks::is_email;
use super::error::SourceError;
use super::excerpt::shown;
use super::header::{CsvFile, Named};

/// How many columns a message lists.
const COLUMNS_MAX: usize = 12;

/// Refuses a file whose first line is a row, because it would be taken for the column names.
pub(super) fn refuse_without_header(csv: &CsvFile) -> Result<(), SourceError> {
    let columns = &csv.header.columns;
    if !is_row(columns) {
        return Ok(());
    }
    Err(SourceError::NoHeader {
        path: csv.path.clone(),
        cells: listed(columns),
    })
}

/// Explains why a mapping's columns are missing from a file, if the file itself shows why.
pub(super) fn explained(csv: &CsvFile, named: Named, error: SourceError) -> SourceError {
    if let Some(told) = other_delimiter(csv, named) {
        return told;
    }
    refuse_without_header(csv).err().unwrap_or(error)
}

/// Detects that the mapping names a delimiter that does not separate the columns.
fn other_delimiter(csv: &CsvFile, named: Named) -> Option<SourceError> {
    let delimiter = named.delimiter?;
    let unnamed = Named {
        delimiter: None,
        ..named
    };
    let found = CsvFile::open(&csv.path, unnamed).ok()?.header;
    let has_more = found.columns.len() > csv.header.columns.len();
    (found.delimiter != delimiter && has_more).then(|| SourceError::OtherDelimiter {
        path: csv.path.clone(),
        named: delimiter_name(delimiter),
        found: delimiter_name(found.delimiter),
        columns: found.columns.len(),
    })
}

/// Writes a delimiter as a mapping names it.
fn delimiter_name(delimiter: u8) -> String {
    match delimiter {
        b'\t' => "\"\\t\"".to_owned(),
        other => format!("\"{}\"", char::from(other)),
    }
}

/// Reports whether a line of cells is a row of data instead of column names: it contains an address
/// or a date, or at least half of its cells are numbers.
fn is_row(cells: &[String]) -> bool {
    let cells = cells.iter().map(|cell| cell.trim());
    let cells: Vec<&str> = cells.filter(|cell| !cell.is_empty()).collect();
    let digits = |cell: &str| cell.chars().filter(char::is_ascii_digit).count();
    let is_figure = |cell: &&&str| {
        let is_part = |c: char| c.is_ascii_digit() || " .,:/-+TZ".contains(c);
        digits(cell) > 0 && cell.chars().all(is_part)
    };
    let is_date = |cell: &&str| {
        is_figure(&cell) && digits(cell) >= 6 && cell.matches(['-', '/', '.', ':']).count() >= 2
    };
    let figures = cells.iter().filter(is_figure).count();
    cells.iter().any(|cell| is_email(cell) || is_date(cell))
        || (figures > 0 && figures * 2 >= cells.len())
}

/// Lists columns, as many as fit on a screen.
pub(super) fn listed(columns: &[String]) -> String {
    let named = columns.iter().filter(|name| !name.trim().is_empty());
    let told = named.clone().take(COLUMNS_MAX);
    let told: Vec<String> = told.map(|name| format!("\"{}\"", shown(name))).collect();
    let told = told.join(", ");
    match named.count().saturating_sub(COLUMNS_MAX) {
        0 => told,
        more => format!("{told} and {more} more"),
    }
}

/// Names a file's columns at the end of a sentence.
pub(super) fn its_columns(columns: &[String]) -> String {
    let named = columns.iter().filter(|name| !name.trim().is_empty());
    match named.count() {
        0 => String::new(),
        1 => format!(" (its only column is {})", listed(columns)),
        _ => format!(" (its columns are {})", listed(columns)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_names_is_no_row() {
        let row =
            |cells: &[&str]| is_row(&cells.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>());
        assert!(row(&["1001", "ann@example.com", "a text"]));
        assert!(row(&["2024-01-01", "open", "A text"]));
        assert!(row(&["1", "2", "x", "y"]));
        assert!(row(&["x", "31.12.2023 10:00", "z"]));
        for names in [
            &["id", "Subject", "E-mail"][..],
            &["#", "Title", "2nd line", "Group"],
            &["Ticket", "Level 2", "1", "SLA"],
            &["", ""],
        ] {
            assert!(!row(names), "{names:?}");
        }
    }
}
