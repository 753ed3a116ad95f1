//! Files that are not UTF-8.

use std::fmt::Write;
use std::fs;

use encoding_rs::Encoding;

use super::{Case, MAPPING, outcome, outcomes};

/// Writes a text in an encoding, as a file without a mark.
pub(super) fn encoded(text: &str, label: &str) -> Vec<u8> {
    match label {
        "utf-16le" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "utf-16be" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        _ => {
            let encoding = Encoding::for_label(label.as_bytes()).unwrap();
            let (bytes, _, lost) = encoding.encode(text);
            assert!(!lost, "{label} cannot write {text}");
            bytes.into_owned()
        }
    }
}

pub(super) fn named(label: &str) -> String {
    format!("[source]\nencoding = \"{label}\"\n{MAPPING}")
}

/// Texts that the encodings can write.
const TEXTS: [(&str, &str); 10] = [
    ("utf-8", "Größe 佐藤 😀"),
    ("utf-16le", "Größe 佐藤 😀"),
    ("utf-16be", "Größe 佐藤 😀"),
    ("windows-1252", "Größe “naïve” 5 €"),
    ("iso-8859-2", "Łódź"),
    ("koi8-r", "колесо"),
    ("shift_jis", "サドルの高さ ソ"),
    ("gbk", "自行车"),
    ("euc-kr", "자전거"),
    ("big5", "腳踏車 許功蓋"),
];

#[test]
fn every_encoding_gives_the_same_tickets_and_its_own_places() {
    for (label, text) in TEXTS {
        let csv = format!("id,text\r\n1,\"{text},\r\n\"\"{text}\"\"\"\r\n\r\n2,{text}\r\n3,x\r\n");
        let bytes = encoded(&csv, label);
        let case = Case::new(&bytes, &named(label));
        let rows = case.scan().unwrap();
        let plain = Case::new(&csv, MAPPING).scan().unwrap();
        assert_eq!(outcomes(&rows), outcomes(&plain), "{label}");
        assert!(rows.iter().all(|row| row.row.is_ok()));
        let source = case.open().unwrap();
        for (row, plain) in rows.iter().zip(&plain) {
            assert_eq!(row.place.line, plain.place.line);
            let before = &csv[..usize::try_from(plain.place.offset).unwrap()];
            assert_eq!(row.place.offset, encoded(before, label).len() as u64);
            assert_eq!(source.read_again(row.place).unwrap(), row.row);
        }
    }
}

#[test]
fn a_mark_tells_utf16_and_counts_as_two_bytes() {
    for (mark, label) in [(b"\xff\xfe", "utf-16le"), (b"\xfe\xff", "utf-16be")] {
        let bytes = [mark, encoded("id,text\n1,é\n", label).as_slice()].concat();
        for mapping in [MAPPING, &named("utf-16")] {
            let case = Case::new(&bytes, mapping);
            let rows = case.scan().unwrap();
            assert_eq!(rows[0].place.offset, 18);
            assert_eq!(case.open().unwrap().encoding().to_lowercase(), label);
            assert!(case.open().unwrap().told().is_empty());
        }
    }
}

#[test]
fn large_utf16_files_are_read_in_pieces() {
    let text = "größer 😀".repeat(40);
    let mut csv = "id,text\n".to_owned();
    for id in 0..8_000 {
        writeln!(csv, "{id},\"{text}\n\"").unwrap();
    }
    let bytes = encoded(&csv, "utf-16le");
    assert!(bytes.len() > 4 << 20);
    let case = Case::new(bytes, MAPPING);
    let rows = case.scan().unwrap();
    let source = case.open().unwrap();
    assert_eq!(rows.len(), 8_000);
    for row in rows.iter().step_by(500) {
        assert!(row.row.is_ok());
        assert_eq!(source.read_again(row.place).unwrap(), row.row);
    }
}

#[test]
fn a_legacy_encoding_is_detected_and_told() {
    let csv = "id;text\n1;Die Größe des Sattels gefällt mir überhaupt nicht\n2;Schöne Grüße\n";
    let case = Case::new(encoded(csv, "windows-1252"), MAPPING);
    let source = case.open().unwrap();
    assert_eq!(source.encoding(), "windows-1252");
    assert_eq!(
        source.told(),
        [
            "delimiter ; and encoding windows-1252 were detected; set them in the mapping's [source] to be sure"
        ]
    );
    assert!(outcomes(&case.scan().unwrap())[0].contains("Die Größe des"));
}

#[test]
fn utf16_without_a_mark_is_detected() {
    let case = Case::new(encoded("id,text\n1,größer\n", "utf-16be"), MAPPING);
    assert!(outcomes(&case.scan().unwrap())[0].contains("größer"));
    assert!(case.open().unwrap().told()[0].starts_with("encoding UTF-16BE was detected"));
}

#[test]
fn a_few_broken_bytes_do_not_turn_a_utf8_file_into_another_encoding() {
    let csv = b"id,text\n1,caf\xc3\xa9\n2,\xe4\xbd\x90\n3,caf\xe9\n";
    let case = Case::new(csv, MAPPING);
    let rows = case.scan().unwrap();
    assert!(outcomes(&rows)[0].contains("café"));
    let problem = &rows[2].row.as_ref().unwrap_err().problem;
    insta::assert_snapshot!(problem, @r#"NotDecodable: column "text" holds bytes that are not UTF-8 ("caf\xe9"); name the file's encoding in the mapping's [source], or save the file as UTF-8"#);
    assert!(case.open().unwrap().told()[0].contains("except for some places"));
}

#[test]
fn a_legacy_byte_far_inside_a_large_file_is_found() {
    let mut csv = b"id,text\n".to_vec();
    for id in 0..300_000 {
        csv.extend_from_slice(format!("{id},sch\u{f6}n und gr\u{f6}\u{df}er\n").as_bytes());
    }
    let text = String::from_utf8(csv).unwrap();
    let ascii = text[..2 << 20].replace(['ö', 'ß'], "x");
    let mixed = [ascii.as_str(), &text[text.len() / 2..]].concat();
    let case = Case::new(encoded(&mixed, "windows-1252"), MAPPING);
    assert!(fs::metadata(case.csv()).unwrap().len() > 4 << 20);
    assert_eq!(case.open().unwrap().encoding(), "windows-1252");
}

#[test]
fn cells_that_do_not_decode_make_their_row_invalid() {
    let outcome = |csv: &[u8], label: &str| super::outcome(csv, &named(label));
    assert_eq!(outcome(b"id,text\n1,\x81\n", "shift_jis"), "NotDecodable");
    assert_eq!(outcome(b"id,text\n1,\xff\n", "gbk"), "NotDecodable");
    assert_eq!(
        outcome(b"id,text\n1,\xaa\n", "windows-1253"),
        "NotDecodable"
    );
    let half = [encoded("id,text\n1,a", "utf-16le"), b"\x3d\xd8".to_vec()].concat();
    assert_eq!(outcome(&half, "utf-16le"), "NotDecodable");
    let odd = [encoded("id,text\n1,a", "utf-16le"), b"b".to_vec()].concat();
    assert_eq!(outcome(&odd, "utf-16le"), "NotDecodable");
}

#[test]
fn a_guess_that_makes_control_characters_of_letters_is_none() {
    let cp850 = b"id,text\n1,M\x81ller Gr\x94\xe1e, \x8erger \x81ber \x9aberweisung\n";
    let error = Case::new(cp850, MAPPING).error();
    assert!(
        error.contains("it may be one of DOS, such as CP850"),
        "{error}"
    );
    assert!(error.contains("convert the file to UTF-8"), "{error}");
    // Who names an encoding is believed.
    let named = format!("[source]\nencoding = \"windows-1252\"\n{MAPPING}");
    assert_eq!(Case::new(cp850, &named).scan().unwrap().len(), 1);
}

#[test]
fn encodings_that_hide_where_rows_end_are_refused() {
    let error = |csv: &[u8], label: &str| Case::new(csv, &named(label)).error();
    insta::assert_snapshot!(error(b"id,text\n1,a\n", "iso-2022-jp"), @"mapping t.toml line 2: the rows of a file in ISO-2022-JP cannot be told apart safely; convert the file to UTF-8 and leave this line out");
    insta::assert_snapshot!(error(b"id|text\n1|a\n", "shift_jis"), @r#"t.csv is in Shift_JIS, in which the delimiter "|" may be a part of a character; convert the file to UTF-8, or name its encoding in the mapping's [source]"#);
    insta::assert_snapshot!(error(b"\xff\xfei\0", "windows-1252"), @"t.csv begins with the mark of UTF-16LE, and the mapping says windows-1252; name the right encoding in the mapping's [source], or take that line out");
    insta::assert_snapshot!(error(b"id,\xff\n1,a\n", "utf-8"), @"t.csv line 1: the name of column 2 is not UTF-8; save the file as UTF-8, or name its encoding in the mapping's [source]");
}

#[test]
fn a_column_is_found_by_its_decoded_name() {
    let csv = encoded("id,größe\n1,weiß\n", "windows-1252");
    let mapping = "[source]\nencoding = \"latin1\"\n[ticket]\nexternal_id = \"id\"\ncomment.body = \"größe\"\n";
    assert!(outcome(&csv, mapping).contains("weiß"));
}
