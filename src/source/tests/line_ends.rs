//! Line ends that are not like the others, and headers that come again.

use super::{Case, MAPPING, Seen};

const ENDS: [&str; 3] = ["\n", "\r\n", "\r"];

/// The code of each row's problem, or its `external_id`.
fn codes(rows: &[Seen]) -> Vec<String> {
    let code = |row: &Seen| match &row.row {
        Ok(ready) => ready.valid.external_id.clone(),
        Err(invalid) => invalid.problem.code.to_string(),
    };
    rows.iter().map(code).collect()
}

#[track_caller]
fn are(csv: impl AsRef<[u8]>, expected: &[&str]) -> Vec<Seen> {
    let rows = Case::new(csv, MAPPING).scan().unwrap();
    assert_eq!(codes(&rows), expected);
    rows
}

#[test]
fn files_of_one_line_end_are_read_and_a_quoted_field_may_hold_any_other() {
    for end in ENDS {
        for inside in ENDS {
            let lines = ["id,text", "1,a", &format!("2,\"b{inside}c\""), "", "3,d"];
            are(lines.join(end), &["1", "2", "3"]);
            are(lines.join(end) + end, &["1", "2", "3"]);
        }
    }
}

#[test]
fn another_line_end_makes_the_rows_around_it_invalid() {
    for usual in ENDS {
        for other in ENDS.into_iter().filter(|end| *end != usual) {
            let csv = ["id,text", "1,a", "2,b", "3,c\u{0}4,d", "5,e", "6,f"].join(usual);
            // LF CR LF is a bare LF and a blank line.
            let csv = csv.replace('\u{0}', other);
            are(csv, &["1", "2", "BrokenLine", "BrokenLine", "5", "6"]);
        }
    }
}

#[test]
fn a_broken_line_is_told_with_its_line_and_what_stands_there() {
    let csv = "id,text\r\n1,\"a\r\nb\"\r\n2,first half\nsecond, half\r\n3,c\r\n";
    let rows = are(csv, &["1", "BrokenLine", "BrokenLine", "3"]);
    let told: Vec<String> = rows
        .iter()
        .filter_map(|row| row.row.as_ref().err())
        .map(|invalid| invalid.problem.message.clone())
        .collect();
    let rest = "and the rows of this file end with CR LF, so a cell was probably cut there; put that cell \
                in quotes, or write line_ends = \"any\" under [source] in the mapping if every line is a row";
    assert_eq!(
        told,
        [
            format!("line 4 ends with a bare LF (\"2,first half\\n\"), {rest}"),
            format!("the line before ends otherwise (\"second, half\\r\\n\"), {rest}"),
        ]
    );
}

/// The header may have been written by another hand.
#[test]
fn a_header_that_ends_by_itself_breaks_nothing() {
    are("id,text\n1,a\r\n2,b\r\n", &["1", "2"]);
    are("id,text\r\n1,a\n", &["1"]);
    are("id,text\r\n1,a", &["1"]);
}

#[test]
fn the_last_row_of_a_piece_and_the_first_of_the_next_are_neighbours() {
    let filler = "x".repeat(1000);
    for rows in [3_120_u32, 3_144, 3_168] {
        let row = |n: u32| {
            let end = if n % 10 == 9 { "\n" } else { "\r\n" };
            format!("{n},{filler}{end}")
        };
        let csv = "id,text\r\n".to_owned() + &(0..rows).map(row).collect::<String>();
        let found = Case::new(csv, MAPPING).scan().unwrap();
        for (n, row) in found.iter().enumerate() {
            let is_broken = n % 10 == 9 || (n % 10 == 0 && n > 0);
            assert_eq!(row.row.is_err(), is_broken, "{n}");
        }
    }
}

#[test]
fn utf_16_and_many_blank_lines_change_nothing() {
    let blank = "\r\n".repeat(40);
    let csv = format!("id,text\r\n1,ä\r\n2,b\n{blank}3,c\r\n4,d\r\n");
    let expected = ["1", "BrokenLine", "BrokenLine", "4"];
    are(&csv, &expected);
    let utf16: Vec<u8> = std::iter::once('\u{feff}')
        .chain(csv.chars())
        .flat_map(|c| (c as u16).to_le_bytes())
        .collect();
    are(utf16, &expected);
    are(format!("id,text\r\n{blank}1,a\r\n2,b\r\n"), &["1", "2"]);
}

#[test]
fn the_mapping_may_take_any_line_end() {
    let mapping = format!("[source]\nline_ends = \"any\"\n{MAPPING}");
    let rows = Case::new("id,text\r\n1,a\n2,b\r3,c\r\n", &mapping).scan();
    assert_eq!(codes(&rows.unwrap()), ["1", "2", "3"]);
    let wrong = mapping.replace("any", "some");
    assert_eq!(
        Case::new("id,text\n1,a\n", &wrong).error(),
        "mapping t.toml line 2: line_ends \"some\" is neither \"auto\" nor \"any\""
    );
}

#[test]
fn a_header_that_comes_again_is_no_ticket() {
    for mark in ["", "\u{feff}"] {
        for header in ["id,text", "\"id\",\"text\""] {
            let csv = format!("{header}\n1,a\n{mark}{header}\n2,b\n{header}\n3,c\n{header}");
            let again = "RepeatedHeader";
            are(csv, &["1", again, "2", again, "3", again]);
        }
    }
    are("id,text\nid,other\nother,text\n", &["id", "other"]);
}
