//! What holds for any bytes.

use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::strategy::{Just, Strategy};
use proptest::test_runner::TestCaseError;

use super::Case;
use super::encodings::{encoded, named};
use crate::source::{SourceError, propose};

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

/// Units that are likely to be CSV in UTF-16, and likely to be wrong.
fn hostile_units() -> impl Strategy<Value = Vec<u16>> {
    let piece = prop_oneof![
        hostile().prop_map(|bytes| bytes.into_iter().map(u16::from).collect()),
        prop::collection::vec(any::<u16>(), 0..6),
        prop::collection::vec(0xd800..0xe000_u16, 0..4),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// Scans a file in an encoding, and checks it against the number of its records.
fn check(csv: &[u8], label: &str, expected: usize) -> Result<(), TestCaseError> {
    let case = Case::new(csv, &named(label));
    match case.scan() {
        Ok(rows) => {
            prop_assert_eq!(rows.len(), expected);
            let source = case.open().unwrap();
            for row in &rows {
                prop_assert_eq!(&source.read_again(row.place).unwrap(), &row.row);
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
    Ok(())
}

/// Counts the records after the header, as the csv crate sees the whole file.
fn records(csv: &[u8]) -> usize {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(csv);
    reader.byte_records().flatten().count()
}

proptest! {
    #[test]
    fn every_record_is_accounted_for_once_and_read_again_alike(tail in hostile()) {
        let csv = [b"id,text\n0,first\n".as_slice(), &tail].concat();
        check(&csv, "auto", records(&csv))?;
    }

    #[test]
    fn every_record_of_a_legacy_file_is_accounted_for(
        tail in hostile(),
        label in prop::sample::select(vec![
            "windows-1252", "koi8-r", "ibm866", "shift_jis", "euc-jp", "gbk", "gb18030", "big5", "euc-kr",
        ]),
    ) {
        let csv = [b"id,text\n0,first\n".as_slice(), &tail].concat();
        check(&csv, label, records(&csv))?;
    }

    #[test]
    fn every_record_of_a_utf16_file_is_accounted_for(
        tail in hostile_units(),
        little in any::<bool>(),
        odd in any::<bool>(),
    ) {
        let head = "id,text\n0,first\n";
        let label = if little { "utf-16le" } else { "utf-16be" };
        let mut csv = encoded(head, label);
        for unit in &tail {
            csv.extend(if little { unit.to_le_bytes() } else { unit.to_be_bytes() });
        }
        // A last byte without its second one belongs to the last record, or is one.
        csv.extend(odd.then_some(b'x'));
        let end = if odd { "x" } else { "" };
        let text = head.to_owned() + &String::from_utf16_lossy(&tail) + end;
        check(&csv, label, records(text.as_bytes()))?;
    }

    #[test]
    fn whatever_is_proposed_can_be_used(head in hostile(), tail in hostile()) {
        let csv = [head.as_slice(), b"\nid,text\n1,first\n2,second\n", &tail].concat();
        if let Err(error) = propose(&Case::new(csv, "").csv()) {
            prop_assert!(!matches!(error, SourceError::Mapping { .. }), "{error}");
        }
    }

    #[test]
    fn no_bytes_make_opening_or_scanning_panic(csv in prop::collection::vec(any::<u8>(), 0..80), tail in hostile()) {
        let _ = Case::new([csv, tail].concat(), "").scan();
    }
}
