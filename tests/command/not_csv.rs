//! What is no CSV, or is read in another way than it was written, is told as what it is.

use crate::support::folder::Folder;

const MAPPING: &str = "[ticket]\nexternal_id = \"id\"\ncomment.body = \"text\"\n";

/// Checks what `init`, `run -n` and `run` say of a file, which is the same.
#[track_caller]
fn told(bytes: &[u8], says: &str) {
    let folder = Folder::new().with("t.csv", bytes).with("m.toml", MAPPING);
    let commands = [
        "init t.csv -o -",
        "run t.csv -n",
        "run t.csv --sandbox",
        "run t.csv -n -m m.toml",
    ];
    for command in commands {
        let ended = folder.command(command).changes_nothing().run();
        assert_eq!(ended.status, Some(1), "{command}: {ended:?}");
        assert!(ended.stderr.starts_with("error: "), "{command}: {ended:?}");
        assert!(
            ended.stderr.contains(says),
            "{command} does not say {says}: {ended:?}"
        );
        assert_eq!(ended.stderr.lines().count(), 1, "{command}: {ended:?}");
    }
}

/// A zip archive's beginning, with a file of this name in it.
fn zip(name: &str) -> Vec<u8> {
    let mut bytes = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0".to_vec();
    bytes.extend([0; 12]);
    bytes.extend([u8::try_from(name.len()).unwrap(), 0, 0, 0]);
    bytes.extend(name.as_bytes());
    bytes.extend(b"\n1,2\n3,4\n");
    bytes
}

#[test]
fn a_workbook_by_any_name_is_told_as_one() {
    let save =
        "not a CSV file; open it in its program, save the sheet with the tickets as CSV UTF-8";
    told(&zip("xl/workbook.xml"), "t.csv is an Excel workbook, not");
    told(&zip("xl/worksheets/sheet1.xml"), save);
    told(
        &zip("mimetypeapplication/vnd.oasis.opendocument.spreadsheet"),
        "an OpenDocument spreadsheet",
    );
    told(&zip("Index/Document.iwa"), "a Numbers spreadsheet");
    told(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0\0\n1\n",
        "an Excel workbook of the old kind",
    );
}

#[test]
fn archives_documents_pages_and_data_of_other_kinds_are_told_apart() {
    for (bytes, says) in [
        (
            &zip("tickets.csv")[..],
            "compressed (zip), not a CSV file; unpack it",
        ),
        (&zip("word/document.xml"), "a Word document"),
        (b"\x1f\x8b\x08\0abc", "compressed (gzip)"),
        (b"%PDF-1.7\n%\xe2\xe3\n1 0 obj\n", "a PDF document"),
        (b"{\\rtf1\\ansi hello}\nx\n", "an RTF document"),
        (b"SQLite format 3\0\x10\0\n1\n", "an SQLite database"),
        (
            b"<!DOCTYPE html>\n<html><body>Sign in</body></html>\n",
            "an HTML page",
        ),
        (b"\xef\xbb\xbf \n<HTML>\n<table>\n", "an HTML page"),
        (
            b"<?xml version=\"1.0\"?>\n<tickets>\n</tickets>\n",
            "an XML file",
        ),
        (
            b"[{\"id\": 1, \"text\": \"a\"},\n {\"id\": 2}]\n",
            "a JSON file",
        ),
        (
            b"{ \"id\": 1, \"text\": \"a\" }\n{\"id\": 2}\n",
            "a JSON file",
        ),
        (MAPPING.as_bytes(), "a mapping file"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\n", "a picture"),
        (b"\0\x01\x02a,b\n\0\n", "a binary file"),
    ] {
        told(bytes, says);
    }
}

#[test]
fn a_file_without_a_header_is_told_as_one() {
    let line = "1001,ann@example.com,2024-05-01,The printer does not print\n";
    told(
        format!("{line}{line}").as_bytes(),
        "the first line of t.csv looks like a row, not like the names of columns (\"1001\", \
         \"ann@example.com\", \"2024-05-01\", \"The printer does not print\"); put a line",
    );
    told(b"1,2,3\n4,5,6\n", "looks like a row");
    told(b",,\n1,2,3\n", "has no column names");
}

#[test]
fn a_row_of_figures_that_the_mapping_names_is_a_header() {
    let mapping = "[ticket]\nexternal_id = \"1\"\ncomment.body = \"2\"\n";
    let folder = Folder::new()
        .with("t.csv", "1,2\na,b\n")
        .with("t.toml", mapping);
    assert_eq!(folder.command("run t.csv -n").run().status, Some(0));
}

#[test]
fn an_empty_file_is_empty_whatever_blanks_it_has() {
    for bytes in [
        &b""[..],
        b"\n\n  \n\r\n",
        b"   \n\t\n",
        b"\xef\xbb\xbf",
        b"\xff\xfe\n\0",
    ] {
        told(
            bytes,
            "t.csv is empty, or has only blank lines; export it again",
        );
    }
    told(b"id,text\n", "has a header but no rows");
}

#[test]
fn a_folder_is_told_as_one() {
    let folder = Folder::new().with("m.toml", MAPPING);
    std::fs::create_dir(folder.path("t.csv")).unwrap();
    for command in ["init t.csv -o -", "run t.csv -n", "run t.csv --sandbox"] {
        folder
            .command(command)
            .stderr("error: t.csv is a folder; name the file in it\n")
            .status(1)
            .check();
    }
}

/// Checks what a dry run says of a file with this `[source]`.
#[track_caller]
fn told_of_source(bytes: &[u8], source: &str, says: &str) {
    let mapping = format!("[source]\n{source}\n{MAPPING}");
    let folder = Folder::new().with("t.csv", bytes).with("t.toml", mapping);
    let ended = folder.command("run t.csv -n").run();
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(ended.stderr.contains(says), "{says}: {ended:?}");
}

#[test]
fn a_wrong_delimiter_in_the_mapping_is_named_with_the_right_one() {
    for (csv, wrong, right) in [
        ("id;text;State\n1;a;Open\n", ",", "\";\""),
        ("id,text,State\n1,a,Open\n", ";", "\",\""),
        ("id\ttext\tA, or B\n1\ta\tOpen\n", ",", "\"\\t\""),
    ] {
        told_of_source(
            csv.as_bytes(),
            &format!("delimiter = {wrong:?}"),
            &format!(
                "error: the mapping names the delimiter \"{wrong}\", and the first line of t.csv has 3 \
                 columns with {right}; write delimiter = {right} in the mapping, or take that line out\n"
            ),
        );
    }
}

#[test]
fn a_wrong_encoding_in_the_mapping_is_named_with_the_right_one() {
    let utf8 = "id,text\n1,schön und süß\n".as_bytes();
    let utf16: Vec<u8> = "id,text\n1,schon\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (bytes, named, says) in [
        (
            utf8,
            "windows-1252",
            "is UTF-8, and the mapping says windows-1252; name the right",
        ),
        (
            utf8,
            "shift_jis",
            "is UTF-8, and the mapping says Shift_JIS",
        ),
        (utf8, "utf-16le", "is UTF-8, and the mapping says UTF-16LE"),
        (
            b"id,text\n1,plain\n",
            "utf-16be",
            "is UTF-8, and the mapping says UTF-16BE",
        ),
        (
            &utf16,
            "utf-8",
            "looks like UTF-16LE, and the mapping says UTF-8",
        ),
        (
            &utf16,
            "windows-1252",
            "looks like UTF-16LE, and the mapping says windows-1252",
        ),
        (
            b"id,text,Gr\xf6\xdfe\n1,a,b\n",
            "utf-8",
            "the name of column 3 is not UTF-8",
        ),
    ] {
        told_of_source(bytes, &format!("encoding = {named:?}"), says);
    }
    // Letters without accents are the same in both.
    let mapping = format!("[source]\nencoding = \"windows-1252\"\n{MAPPING}");
    let folder = Folder::new()
        .with("t.csv", "id,text\n1,plain\n")
        .with("t.toml", mapping);
    assert_eq!(folder.command("run t.csv -n").run().status, Some(0));
}

#[test]
fn a_message_lists_a_screen_of_columns_and_obeys_none() {
    let mut columns: Vec<String> = (0..300).map(|n| format!("c{n}")).collect();
    columns[3] = "\u{1b}[2J".to_owned();
    columns[4] = "L".repeat(3000);
    let csv = format!("{}\n{}\n", columns.join(","), vec!["v"; 300].join(","));
    let folder = Folder::new().with("t.csv", csv).with("m.toml", MAPPING);
    for command in ["init t.csv -o -", "run t.csv -n -m m.toml"] {
        let ended = folder.command(command).run();
        assert!(ended.stderr.contains("\"c11\" and 288 more)"), "{ended:?}");
        assert!(ended.stderr.contains("\\u{1b}[2J"), "{ended:?}");
        assert!(ended.stderr.len() < 600, "{ended:?}");
    }
}
