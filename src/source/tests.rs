//! The room as a whole, over files made for the purpose.

use std::fs;
use std::path::PathBuf;

use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::strategy::{Just, Strategy};
use tempfile::TempDir;

use super::{Scanned, Source, SourceError};

const MAPPING: &str = "[ticket]\nexternal_id = \"id\"\ncomment.body = \"text\"\n";

/// A CSV and its mapping in a directory of their own.
struct Case {
    dir: TempDir,
}

impl Case {
    fn new(csv: impl AsRef<[u8]>, mapping: &str) -> Case {
        let dir = TempDir::new().unwrap();
        fs::write(dir.path().join("t.csv"), csv).unwrap();
        if !mapping.is_empty() {
            fs::write(dir.path().join("t.toml"), mapping).unwrap();
        }
        Case { dir }
    }

    fn csv(&self) -> PathBuf {
        self.dir.path().join("t.csv")
    }

    fn open(&self) -> Result<Source, SourceError> {
        Source::open(&self.csv(), None)
    }

    fn scan(&self) -> Result<Vec<Scanned>, SourceError> {
        let source = self.open()?;
        let mut rows = Vec::new();
        let end = source.scan::<SourceError>(|chunk| {
            rows.extend(chunk.rows);
            Ok(())
        })?;
        assert_eq!(end.rows, rows.len() as u64);
        assert_eq!(end.bytes, fs::metadata(self.csv()).unwrap().len());
        assert_eq!(end.sha256, source.identity().unwrap().csv_sha256);
        Ok(rows)
    }

    fn error(&self) -> String {
        let error = self.scan().unwrap_err().to_string();
        error.replace(&format!("{}/", self.dir.path().display()), "")
    }
}

/// Gives each row's body, or the code of its problem.
fn outcomes(rows: &[Scanned]) -> Vec<String> {
    let one = |row: &Scanned| match &row.row {
        Ok(valid) => String::from_utf8(valid.body.clone()).unwrap(),
        Err(invalid) => invalid.problem.code.to_string(),
    };
    rows.iter().map(one).collect()
}

fn outcome(csv: &str, mapping: &str) -> String {
    outcomes(&Case::new(csv, mapping).scan().unwrap()).remove(0)
}

/// Maps `id` and `text`, and one field more from column `x`, whose cell is given.
fn with(line: &str, cell: &str) -> String {
    let cell = cell.replace('"', "\"\"");
    let body = outcome(
        &format!("id,text,x\n1,Hi,\"{cell}\"\n"),
        &format!("[source]\nnull = [\"N/A\"]\n{MAPPING}{line}\n"),
    );
    let known = "{\"ticket\":{\"external_id\":\"1\",\"comment\":{\"body\":\"Hi\"}";
    body.replace(known, "")
}

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
    let rows = Case::new(b"id,text\n1,\xff\n2,b\n", MAPPING)
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
    assert_eq!(outcomes(&rows)[1], "TextTooLong");
    assert_eq!(
        case.open().unwrap().read_again(rows[1].place).unwrap(),
        rows[1]
    );
    assert_eq!(rows[2].place.line, 4);
}

#[test]
fn many_pieces_keep_order_lines_and_offsets() {
    let mut csv = "id,text\n".to_owned();
    for id in 0..40_000 {
        csv.push_str(&format!(
            "{id},\"27\"\" wheel,\n{}\"\n",
            "w".repeat(id % 120)
        ));
    }
    let case = Case::new(csv, MAPPING);
    let source = case.open().unwrap();
    for (id, row) in case.scan().unwrap().iter().enumerate() {
        assert_eq!(row.row.as_ref().unwrap().external_id, id.to_string());
        assert_eq!(row.place.line, 2 + 2 * id as u64);
        if id % 1_000 == 0 {
            assert_eq!(&source.read_again(row.place).unwrap(), row);
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
    insta::assert_snapshot!(Case::new("", MAPPING).error(), @"t.csv is empty; export the tickets again, with a header line");
    insta::assert_snapshot!(Case::new("\n\r\n", MAPPING).error(), @"t.csv is empty; export the tickets again, with a header line");
    insta::assert_snapshot!(Case::new("id,text\r\n\r\n", MAPPING).error(), @"t.csv has a header but no rows; export the tickets again, or check that this is the right file");
    insta::assert_snapshot!(Case::new(b"\xff\xfei\0", MAPPING).error(), @r#"t.csv is UTF-16; save it as UTF-8 (in Excel: "CSV UTF-8") and run again"#);
    let missing = Source::open(std::path::Path::new("no/such.csv"), None).unwrap_err();
    assert_eq!(
        missing.to_string(),
        "no/such.csv does not exist; check the path"
    );
}

#[test]
fn headers_that_cannot_be_told_apart_are_refused() {
    insta::assert_snapshot!(Case::new("id,text,id\n1,2,3\n", MAPPING).error(), @r#"t.csv line 1: columns 1 and 3 are both called "id"; rename one of them"#);
    insta::assert_snapshot!(Case::new("id,\"text\n1,2\n", MAPPING).error(), @"t.csv line 1: the header opens a quote that is never closed; mend the first line and run again");
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
fn mistakes_in_the_mapping_are_told_with_their_line() {
    let error = |mapping: &str| Case::new("id,text\n1,a\n", mapping).error();
    let lines = |more: &str| error(&format!("{MAPPING}{more}\n"));
    let all = [
        error("[ticket]\nexternal_id = \"ID \"\ncomment.body = \"text\""),
        lines("subjekt = \"text\""),
        lines("[sauce]\nnull = []"),
        lines("[source]\ndelimeter = \",\""),
        lines("status = { column = \"text\", value = {} }"),
        lines("status = { constant = \"Open\" }"),
        lines("priority = { column = \"text\", values = { a = \"hihg\" } }"),
        lines("subject = { template = \"{tekst}\" }"),
        lines("subject = { default = \"x\" }"),
        lines("subject = { column = \"id\", constant = \"x\" }"),
        lines("subject = { column = \"id\", split = \",\" }"),
        lines("created_at = \"text\""),
        lines("[comments]\nfile = \"c.csv\""),
        lines("custom_fields.colour = \"text\""),
        lines("requester.name = \"text\""),
        lines("subject = [\"text\"]"),
        lines("subject = "),
        lines("[source]\nencoding = \"windows-1252\""),
        error("[ticket]\nexternal_id = { constant = 1 }\ncomment.body = \"text\""),
    ];
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn without_a_mapping_columns_named_like_fields_map_to_themselves() {
    let body = outcome(
        "external_id,subject,description,requester.email,tags,custom_fields.7,other\n\
         5,Hello,World,a@example.com,\"b, c\",v,x\n",
        "",
    );
    insta::assert_snapshot!(body, @r#"{"ticket":{"external_id":"5","subject":"Hello","comment":{"body":"World"},"requester":"a@example.com","tags":["b","c"],"custom_fields":[{"id":7,"value":"v"}]}}"#);
}

#[test]
fn without_an_external_id_the_lines_to_write_are_shown() {
    insta::assert_snapshot!(Case::new("Ticket ID,Ticket Description\n1,a\n", "").error(), @r#"
    nothing says which column of t.csv gives the external_id; write these lines into t.toml (with the right columns) and run again

    [ticket]
    external_id = "Ticket ID"
    comment.body = "Ticket Description"
    "#);
}

#[test]
fn values_of_closed_lists_pass_through_the_mapping() {
    let status = "status = { column = \"x\", values = { Done = \"solved\" } }";
    assert_eq!(with(status, "Done"), ",\"status\":\"solved\"}}");
    assert_eq!(with(status, " hold "), ",\"status\":\"hold\"}}");
    assert_eq!(with(status, "Open"), "UnknownStatus");
    assert_eq!(with(status, ""), "}}");
    let lenient = "priority = { column = \"x\", otherwise = \"normal\", default = \"low\" }";
    assert_eq!(with(lenient, "whatever"), ",\"priority\":\"normal\"}}");
    assert_eq!(with(lenient, "high"), ",\"priority\":\"high\"}}");
    assert_eq!(with(lenient, "N/A"), ",\"priority\":\"low\"}}");
    assert_eq!(with("type = \"x\"", "bug"), "UnknownType");
    assert_eq!(
        with("type = { constant = \"task\" }", ""),
        ",\"type\":\"task\"}}"
    );
    let public = "comment.public = { column = \"x\", values = { internal = false } }";
    assert!(with(public, "internal").contains("\"public\":false"));
    assert_eq!(with(public, "maybe"), "UnknownPublic");
}

#[test]
fn tags_are_split_cleaned_and_unique() {
    let tags = "tags = { column = \"x\", split = \",\", also = [\"Legacy\"] }";
    assert_eq!(
        with(tags, "Flat Tyre, ,flat tyre,B"),
        ",\"tags\":[\"flat_tyre\",\"b\",\"legacy\"]}}"
    );
    assert_eq!(with("tags = { also = [\"a\"] }", ""), ",\"tags\":[\"a\"]}}");
}

#[test]
fn templates_defaults_and_prefixes_fill_text() {
    let template = "subject = { template = \"{x}: {{{text}}}\" }";
    assert!(with("subject = \"x\"", "{id}").contains("\"subject\":\"{id}\""));
    assert!(with(template, "{id}").contains("\"{id}: {Hi}\""));
    let empty = "subject = { template = \"Re: {x}\", default = \"(none)\", prefix = \"> \" }";
    assert!(with(empty, "N/A").contains("\"> (none)\""));
    let joined = "subject = { columns = [\"x\", \"text\", \"id\"] }";
    assert!(with(joined, "").contains("\"Hi 1\""));
}

#[test]
fn requesters_need_an_address_that_can_be_one() {
    assert_eq!(
        with("requester = \"x\"", " a@example.com "),
        ",\"requester\":\"a@example.com\"}}"
    );
    assert_eq!(
        with("requester.email = \"x\"", "a@localhost"),
        "InvalidEmail"
    );
    let both = "requester.name = \"text\"\nrequester.email = \"x\"";
    assert_eq!(
        with(both, "a@example.com"),
        ",\"requester\":{\"name\":\"Hi\",\"email\":\"a@example.com\"}}}"
    );
    assert_eq!(with(both, ""), "NameWithoutEmail");
}

#[test]
fn numbers_and_constants_keep_their_kind() {
    assert_eq!(with("group_id = \"x\"", "42"), ",\"group_id\":42}}");
    assert_eq!(with("brand_id = \"x\"", "north"), "InvalidNumber");
    assert_eq!(
        with("custom_fields.9 = { constant = true }", ""),
        ",\"custom_fields\":[{\"id\":9,\"value\":true}]}}"
    );
    assert_eq!(
        with(
            "custom_fields.9 = { column = \"x\", split = \";\" }",
            "a; b"
        ),
        ",\"custom_fields\":[{\"id\":9,\"value\":[\"a\",\"b\"]}]}}"
    );
}

#[test]
fn an_identity_and_a_text_are_required() {
    assert_eq!(outcome("id,text\n ,a\n", MAPPING), "MissingExternalId");
    assert_eq!(outcome("id,text\n1, \n", MAPPING), "MissingText");
    let kept = outcome("id,text\n 1 ,a\n", MAPPING);
    assert!(kept.contains("\"external_id\":\" 1 \""), "{kept}");
    let long = format!("id,text\n1,{}\n", "x".repeat(65_536));
    assert_eq!(outcome(&long, MAPPING), "TextTooLong");
    let fits = format!("id,text\n1,{}\n", "é".repeat(65_535));
    assert_ne!(outcome(&fits, MAPPING), "TextTooLong");
}

#[test]
fn the_spelling_of_the_identity_follows_its_meaning() {
    let mapping =
        "[ticket]\nexternal_id = { column = \"id\", prefix = \"old-\" }\ncomment.body = \"text\"\n";
    let source = Case::new("id,text\n1,a\n", mapping);
    let source = source.open().unwrap();
    assert_eq!(
        source.external_id_mapping(),
        "column \"id\" prefix \"old-\""
    );
}

/// Bytes that are likely to be CSV, and likely to be wrong.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"\"".to_vec()),
        Just(b"\"\"".to_vec()),
        Just(b",".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"ab".to_vec()),
        Just(b"\n1,x\n".to_vec()),
        Just(b"\xef\xbb\xbf".to_vec()),
        prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// Counts the records after the header, as the csv crate sees the whole file.
fn records(csv: &[u8]) -> usize {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(csv);
    reader.byte_records().filter(Result::is_ok).count()
}

proptest! {
    #[test]
    fn every_record_is_accounted_for_once_and_read_again_alike(tail in hostile()) {
        let csv = [b"id,text\n0,first\n".as_slice(), &tail].concat();
        let case = Case::new(&csv, MAPPING);
        match case.scan() {
            Ok(rows) => {
                prop_assert_eq!(rows.len(), records(&csv));
                let source = case.open().unwrap();
                for row in &rows {
                    prop_assert_eq!(&source.read_again(row.place).unwrap(), row);
                }
            }
            Err(error) => {
                let refused = matches!(
                    error,
                    SourceError::UnclosedQuote { .. } | SourceError::SwallowedRows { .. }
                );
                prop_assert!(refused, "{error}");
            }
        }
    }

    #[test]
    fn no_bytes_make_opening_or_scanning_panic(csv in prop::collection::vec(any::<u8>(), 0..80), tail in hostile()) {
        let _ = Case::new([csv, tail].concat(), "").scan();
    }
}
