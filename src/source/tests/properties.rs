//! What holds for any bytes.

use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::strategy::{Just, Strategy};

use super::{Case, MAPPING};
use crate::source::SourceError;

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
    reader.byte_records().flatten().count()
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
