//! Recognises files that are no CSV, and CSV files that are read in another way than they were written.

use std::path::Path;

use super::checks::is_email;
use super::error::SourceError;
use super::excerpt::shown;
use super::header::{CsvFile, Named};

/// Columns that a message lists.
const COLUMNS_MAX: usize = 12;

/// What a file is that is no CSV, and what to do.
type Kind = (&'static str, &'static str);

const WORKBOOK: &str =
    "open it in its program, save the sheet with the tickets as CSV UTF-8, and name that file";
const DOCUMENT: &str = "export the tickets as CSV and name that file";
const ARCHIVE: &str = "unpack it and name the CSV in it";

/// What the first bytes of other files are.
const MAGIC: [(&[u8], Kind); 20] = [
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        (
            "an Excel workbook of the old kind (.xls), or another Office document",
            WORKBOOK,
        ),
    ),
    (
        b"\x09\x08\x10\x00\x00\x06\x05\x00",
        ("an Excel workbook of the old kind (.xls)", WORKBOOK),
    ),
    (b"%PDF-", ("a PDF document", DOCUMENT)),
    (b"{\\rtf", ("an RTF document", DOCUMENT)),
    (
        b"SQLite format 3\0",
        (
            "an SQLite database",
            "name the CSV; a checkpoint is named with -c",
        ),
    ),
    (b"PAR1", ("a Parquet file", DOCUMENT)),
    (b"\x89PNG\r\n\x1a\n", ("a picture", DOCUMENT)),
    (b"\xff\xd8\xff", ("a picture", DOCUMENT)),
    (b"GIF8", ("a picture", DOCUMENT)),
    (b"\x7fELF", ("a program", DOCUMENT)),
    (b"PK\x05\x06", ("an empty zip archive", DOCUMENT)),
    (b"\x1f\x8b", ("compressed (gzip)", ARCHIVE)),
    (b"\x1f\x9d", ("compressed (compress)", ARCHIVE)),
    (b"\xfd7zXZ\0", ("compressed (xz)", ARCHIVE)),
    (b"\x28\xb5\x2f\xfd", ("compressed (zstd)", ARCHIVE)),
    (b"\x04\x22\x4d\x18", ("compressed (lz4)", ARCHIVE)),
    (b"BZh", ("compressed (bzip2)", ARCHIVE)),
    (b"7z\xbc\xaf\x27\x1c", ("a 7z archive", ARCHIVE)),
    (b"Rar!\x1a\x07", ("a RAR archive", ARCHIVE)),
    (b"PK\x03\x04", ("compressed (zip)", ARCHIVE)),
];

/// What zip archives hold that are documents.
const IN_ZIP: [(&[u8], Kind); 6] = [
    (b"xl/w", ("an Excel workbook", WORKBOOK)),
    (
        b"opendocument.spreadsheet",
        ("an OpenDocument spreadsheet", WORKBOOK),
    ),
    (b".iwa", ("a Numbers spreadsheet", WORKBOOK)),
    (b"word/", ("a Word document", DOCUMENT)),
    (b"opendocument.", ("an OpenDocument document", DOCUMENT)),
    (
        b"[Content_Types].xml",
        ("an Excel workbook, or another Office document", WORKBOOK),
    ),
];

/// How texts begin that are no CSV, in lower-case letters.
const TEXTS: [(&str, Kind); 10] = [
    ("<!doctype html", ("an HTML page", PAGE)),
    ("<html", ("an HTML page", PAGE)),
    ("<head", ("an HTML page", PAGE)),
    ("<body", ("an HTML page", PAGE)),
    ("<table", ("an HTML page", PAGE)),
    ("<?xml", ("an XML file", MARKED_UP)),
    ("[source]", MAPPING),
    ("[ticket]", MAPPING),
    ("[run]", MAPPING),
    ("[comments]", MAPPING),
];

const PAGE: &str = "if it shows the tickets, open it in a spreadsheet and save it as CSV UTF-8; if it shows a login \
     or an error, export again";
const MARKED_UP: &str =
    "export the tickets as CSV, or open it in a spreadsheet and save it as CSV UTF-8";
const MAPPING: Kind = ("a mapping file", "name the CSV, and the mapping with -m");
const JSON: Kind = ("a JSON file", "export the tickets as CSV, or convert it");

/// Tells what a file is by its first bytes, if that is certainly no CSV.
pub(super) fn kind(head: &[u8]) -> Option<Kind> {
    if head.starts_with(b"PK\x03\x04") {
        let holds = |name: &[u8]| memchr::memmem::find(head, name).is_some();
        if let Some((_, kind)) = IN_ZIP.iter().find(|(name, _)| holds(name)) {
            return Some(*kind);
        }
    }
    if let Some((_, kind)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(*kind);
    }
    if head.get(257..262) == Some(b"ustar") {
        return Some(("a tar archive", ARCHIVE));
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    text_kind(text.trim_ascii_start())
}

fn text_kind(text: &[u8]) -> Option<Kind> {
    let begins = |start: &str| {
        let found = text.get(..start.len());
        found.is_some_and(|found| found.eq_ignore_ascii_case(start.as_bytes()))
    };
    if let Some((_, kind)) = TEXTS.iter().find(|(start, _)| begins(start)) {
        return Some(*kind);
    }
    let (first, rest) = text.split_first()?;
    let next = rest.trim_ascii_start().first();
    let is_json = match first {
        b'{' => matches!(next, Some(b'"' | b'}')),
        b'[' => matches!(next, Some(b'{' | b'[' | b'"' | b']')),
        _ => false,
    };
    is_json.then_some(JSON)
}

/// Refuses a file whose first line is a row: it would be taken for the names of the columns.
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

/// Explains why a mapping's columns are not in a file, where the file itself says why.
pub(super) fn explained(csv: &CsvFile, named: Named, error: SourceError) -> SourceError {
    if let Some(told) = other_delimiter(csv, named) {
        return told;
    }
    refuse_without_header(csv).err().unwrap_or(error)
}

/// Finds that the mapping names a delimiter that does not separate the columns.
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

/// Writes a delimiter the way a mapping names it.
fn delimiter_name(delimiter: u8) -> String {
    match delimiter {
        b'\t' => "\"\\t\"".to_owned(),
        other => format!("\"{}\"", char::from(other)),
    }
}

/// Tells whether a line of cells is a row of data instead of names: it has an address or a date, or at
/// least half of it are numbers.
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

/// Lists columns, as many as a screen holds.
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

/// Refuses a folder with a sentence of its own.
pub(super) fn refuse_folder(path: &Path) -> Result<(), SourceError> {
    if path.is_dir() {
        return Err(SourceError::Folder { path: path.into() });
    }
    Ok(())
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

    #[test]
    fn what_begins_like_a_csv_is_one() {
        for head in [
            "[id],[text]\n",
            "{id},text\n",
            "<id>,text\n",
            "PK,Title\n",
            "id,text\n",
        ] {
            assert_eq!(kind(head.as_bytes()), None, "{head}");
        }
    }
}
