//! Recognises files that are not CSV files.

use std::path::Path;

use super::error::SourceError;

/// What a file is, and what to do about it.
type Kind = (&'static str, &'static str);

const WORKBOOK: &str =
    "open it in its program, save the sheet with the tickets as CSV UTF-8, and name that file";
const DOCUMENT: &str = "export the tickets as CSV and name that file";
const ARCHIVE: &str = "unpack it and name the CSV in it";

/// The first bytes of other file types.
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

/// The entries of zip archives that are documents.
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

/// How texts begin that are not CSV, in lower case.
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

/// Identifies a file by its first bytes, if it certainly is not a CSV.
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

/// Refuses a folder with its own message.
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
