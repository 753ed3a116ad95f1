//! Whole files: where rows are, and what refuses the file.

use std::fmt::Write;
use std::fs;

use super::{Case, MAPPING, outcomes};
use crate::source::{Source, SourceError};

#[test]
fn rows_know_their_line_and_offset() {
    let csv = "\u{feff}id,text\r\n1,a\r\n\r\n2,\"b\nc\"\r\n3,d";
    let rows = Case::new(csv, MAPPING).scan().unwrap();
    let places: Vec<_> = rows
        .iter()
        .map(|r| (r.place.line, r.place.offset))
        .collect();
    assert_eq!(places, [(2, 12), (4, 19), (6, 28)]);
}

#[test]
fn blank_lines_are_counted() {
    let case = Case::new("\nid,text\n\n1,a\n\r\n\n2,b\n\n", MAPPING);
    let end = case
        .open()
        .unwrap()
        .scan::<SourceError>(|_| Ok(()))
        .unwrap();
    assert_eq!((end.rows, end.blank_lines), (2, 4));
}

#[test]
fn a_file_with_lone_carriage_returns_has_lines_too() {
    let rows = Case::new("id,text\r1,a\r2,b\r", MAPPING).scan().unwrap();
    let lines: Vec<_> = rows.iter().map(|row| row.place.line).collect();
    assert_eq!(lines, [2, 3]);
}

#[test]
fn a_ragged_row_is_invalid_and_the_next_one_is_not() {
    let rows = Case::new("id,text\n1\n2,a,b\n3,c\n", MAPPING)
        .scan()
        .unwrap();
    assert_eq!(outcomes(&rows)[..2], ["FieldCount", "FieldCount"]);
    assert!(rows[2].row.is_ok());
}

#[test]
fn bytes_that_are_not_utf8_make_the_row_invalid_and_name_the_column() {
    let rows = Case::new(b"id,text\n1,\xff\n2,b\n3,\xc3\xa9\n", MAPPING)
        .scan()
        .unwrap();
    let invalid = rows[0].row.as_ref().unwrap_err();
    assert_eq!(invalid.external_id.as_deref(), Some("1"));
    assert!(invalid.problem.message.contains("\"text\""));
    assert!(rows[1].row.is_ok());
}

#[test]
fn text_after_a_closing_quote_makes_the_row_invalid() {
    let rows = Case::new("id,text\n1,\"a\" b\n2,5\" c\n", MAPPING)
        .scan()
        .unwrap();
    assert_eq!(outcomes(&rows)[0], "TextAfterQuote");
    assert!(outcomes(&rows)[1].contains("5\\\" c"));
}

#[test]
fn a_quote_open_at_the_end_refuses_the_file() {
    insta::assert_snapshot!(Case::new("id,text\n1,a\n2,\"b\n3,c\n", MAPPING).error());
}

#[test]
fn a_quote_that_swallows_rows_refuses_the_file() {
    insta::assert_snapshot!(Case::new("id,text\n1,\"a\n2,b\n3,\"c\"\n", MAPPING).error());
}

#[test]
fn a_record_beyond_all_bounds_refuses_the_file() {
    let csv = format!("id,text\n1,a\n2,{}\n", "x".repeat(9 << 20));
    insta::assert_snapshot!(Case::new(csv, MAPPING).error());
}

#[test]
fn a_record_of_several_pieces_is_read_whole() {
    let text = "é".repeat(3 << 20);
    let csv = format!("id,text\n1,a\n2,\"{text}\"\n3,c\n");
    let case = Case::new(csv, MAPPING);
    let rows = case.scan().unwrap();
    assert_eq!(outcomes(&rows)[1], "CellTooLarge");
    assert_eq!(
        case.open().unwrap().read_again(rows[1].place).unwrap(),
        rows[1].row
    );
    assert_eq!(rows[2].place.line, 4);
}

#[test]
fn many_pieces_keep_order_lines_and_offsets() {
    let mut csv = "id,text\n".to_owned();
    for id in 0..40_000 {
        let text = "w".repeat(id % 120);
        writeln!(csv, "{id},\"27\"\" wheel,\n{text}\"").unwrap();
    }
    let case = Case::new(csv, MAPPING);
    let source = case.open().unwrap();
    for (id, row) in case.scan().unwrap().iter().enumerate() {
        assert_eq!(row.row.as_ref().unwrap().valid.external_id, id.to_string());
        assert_eq!(row.place.line, 2 + 2 * id as u64);
        if id % 1_000 == 0 {
            assert_eq!(source.read_again(row.place).unwrap(), row.row);
        }
    }
}

#[test]
fn the_caller_can_end_the_scan() {
    let csv = format!("id,text\n{}", "1,abcdefgh\n".repeat(1 << 20));
    let case = Case::new(csv, MAPPING);
    let mut chunks = 0;
    let stop = || SourceError::Lost { path: "x".into() };
    let ended = case.open().unwrap().scan(|_| {
        chunks += 1;
        Err(stop())
    });
    assert!(matches!(ended, Err(SourceError::Lost { .. })));
    assert_eq!(chunks, 1);
}

#[test]
fn a_file_that_shrank_is_noticed_by_the_second_reading() {
    let case = Case::new("id,text\n1,a\n2,b\n", MAPPING);
    let source = case.open().unwrap();
    let place = case.scan().unwrap()[1].place;
    fs::write(case.csv(), "id,text\n1,a\n").unwrap();
    assert!(matches!(
        source.read_again(place),
        Err(SourceError::Changed { .. })
    ));
}

#[test]
fn files_without_rows_are_refused() {
    insta::assert_snapshot!(Case::new("", MAPPING).error(), @"t.csv is empty, or has only blank lines; export it again, with a header line");
    insta::assert_snapshot!(Case::new("\n\r\n", MAPPING).error(), @"t.csv is empty, or has only blank lines; export it again, with a header line");
    insta::assert_snapshot!(Case::new("id,text\r\n\r\n", MAPPING).error(), @"t.csv has a header but no rows; export it again, or check that this is the right file");
    insta::assert_snapshot!(Case::new(b"\xff\xfei\0", MAPPING).error(), @"t.csv has a header but no rows; export it again, or check that this is the right file");
    let missing = Source::open(std::path::Path::new("no/such.csv"), None).unwrap_err();
    assert_eq!(
        missing.to_string(),
        "no/such.csv does not exist; check the path"
    );
}

#[test]
fn what_cannot_be_read_again_at_its_place_is_refused() {
    let stdin = Source::open(std::path::Path::new("-"), None).unwrap_err();
    insta::assert_snapshot!(stdin, @"rows cannot be read from standard input, since a resume reads them again at their place; save the CSV to a file and name it");
    insta::assert_snapshot!(Case::new(b"\x1f\x8b\x08\0", MAPPING).error(), @"t.csv is compressed (gzip), not a CSV file; unpack it and name the CSV in it");
    for (magic, name) in [
        (b"PK\x03\x04".as_slice(), "zip"),
        (b"\xfd7zXZ\0", "xz"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"BZh91AY", "bzip2"),
    ] {
        assert!(Case::new(magic, MAPPING).error().contains(name), "{name}");
    }
}

#[test]
fn a_nul_makes_the_row_invalid_that_needs_it() {
    let rows = Case::new(b"id,text,x\n1,a\0b,c\n2,a,\0\n", MAPPING)
        .scan()
        .unwrap();
    let problem = &rows[0].row.as_ref().unwrap_err().problem;
    insta::assert_snapshot!(problem, @r#"NulCharacter: column "text" holds a NUL character ("a\0b"); take it out"#);
    assert!(rows[1].row.is_ok());
}

#[test]
fn a_problem_of_quotes_or_cells_shows_where_it_is() {
    let rows = Case::new("id,text\n1,\"a\nb\" c\n2\n3,a,b\n", MAPPING)
        .scan()
        .unwrap();
    let problems: Vec<String> = rows
        .iter()
        .map(|row| row.row.as_ref().unwrap_err().problem.to_string())
        .collect();
    insta::assert_snapshot!(problems.join("\n"), @r#"
    TextAfterQuote: text follows a closing quote on line 3 in column "text" ("1,\"a\nb\" c\n"); double the quotes that belong to the text
    FieldCount: the row has 1 cells and the header 2 columns ("2"); look for a missing or stray delimiter or quote
    FieldCount: the row has 3 cells and the header 2 columns ("3,a,b"); look for a missing or stray delimiter or quote
    "#);
}

#[test]
fn headers_that_cannot_be_told_apart_are_refused() {
    insta::assert_snapshot!(Case::new("id,text,id\n1,2,3\n", MAPPING).error(), @r#"t.csv line 1: columns 1 and 3 are both called "id"; rename one of them"#);
    insta::assert_snapshot!(Case::new("id,\"text\n1,2\n", MAPPING).error(), @r#"
    t.csv line 1: the header opens a quote that is never closed; fix the first line and run again
      1 | id,"text
        |    ^
    "#);
}

#[test]
fn the_delimiter_is_detected() {
    for delimiter in [",", ";", "\t", "|"] {
        let case = Case::new(format!("id{delimiter}text\n1{delimiter}a\n"), MAPPING);
        assert_eq!(case.open().unwrap().delimiter().to_string(), delimiter);
        assert!(case.scan().unwrap()[0].row.is_ok());
    }
}

#[test]
fn a_first_line_for_excel_names_the_delimiter_and_is_no_row() {
    for (first, lines) in [("sep=;\r\n", 1), ("SEP=;\n\n", 2), ("sep=;\r", 1)] {
        let csv =
            format!("{first}id;text,x\n1;a\n\n2;b\n").replace('\n', &first[first.len() - 1..]);
        let case = Case::new(csv, MAPPING.replace("\"text\"", "\"text,x\"").as_str());
        let rows = case.scan().unwrap();
        let places: Vec<_> = rows.iter().map(|row| row.place.line).collect();
        assert_eq!(places, [lines + 2, lines + 4], "{first:?}");
        let source = case.open().unwrap();
        assert_eq!(source.delimiter(), ';');
        assert_eq!(
            source.told(),
            ["the first line names ';' as the delimiter and was skipped"]
        );
    }
    let utf16 = super::encodings::encoded("sep=|\r\nid|text\r\n1|a\r\n", "utf-16le");
    let case = Case::new([b"\xff\xfe", &utf16[..]].concat(), MAPPING);
    assert_eq!(case.scan().unwrap()[0].place.offset, 2 + 2 * 16);
}

#[test]
fn the_mappings_delimiter_counts_more_than_the_first_line() {
    let mapping = format!("[source]\ndelimiter = \",\"\n{MAPPING}");
    let case = Case::new("sep=;\nid,text\n1,a\n", &mapping);
    assert!(case.scan().unwrap()[0].row.is_ok());
    insta::assert_snapshot!(case.open().unwrap().told()[0], @"the first line names ';' as the delimiter and was skipped, but the mapping names ',', which counts");
    // Not a delimiter, and so a column.
    let error = Case::new("sep=^\n1\n", MAPPING).error();
    assert!(error.contains("its only column is \"sep=^\""), "{error}");
}
