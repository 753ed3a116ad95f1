//! What holds for any bytes.

use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::strategy::{Just, Strategy};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

use super::encodings::{encoded, named};
use super::{Case, Seen};
use crate::source::{ScanEnd, SourceError, propose};

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
            // Nobody means it who names another encoding for UTF-8, and not every other file gives a guess.
            let is_utf8 = std::str::from_utf8(csv).is_ok();
            let has_doubt = if label == "auto" {
                !is_utf8
            } else {
                is_utf8 && !csv.is_ascii()
            };
            let refused = refused || (has_doubt && matches!(error, SourceError::Encoding { .. }));
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

/// The encodings that hostile bytes are read in.
const LABELS: [&str; 13] = [
    "auto",
    "utf-8",
    "utf-16le",
    "utf-16be",
    "windows-1252",
    "koi8-r",
    "ibm866",
    "shift_jis",
    "euc-jp",
    "gbk",
    "gb18030",
    "big5",
    "euc-kr",
];

/// Scans tickets with comments in any encodings. Every byte of both files belongs to one record or
/// blank line, every row reads the same again, and a comment is either of a row or an orphan.
fn check_both(
    (csv, label): (&[u8], &str),
    (comments, comments_label): (&[u8], &str),
) -> Result<(), TestCaseError> {
    let head = |text: &str, label| match label {
        "auto" => text.as_bytes().to_vec(),
        _ => encoded(text, label),
    };
    let csv = [&head("id,text\n0,first\n", label), csv].concat();
    let comments = [&head("ticket,said\n0,again\n", comments_label), comments].concat();
    let mapping = format!(
        "{}[comments]\nfile = \"c.csv\"\nencoding = \"{comments_label}\"\nticket = \"ticket\"\nbody = \"said\"\n",
        named(label)
    );
    let case = Case::with_comments(&csv, &mapping, &comments);
    let scanned = case.try_imports().and_then(|source| {
        let mut bytes = source.header_bytes();
        source.scan::<SourceError>(|chunk| {
            bytes += chunk.bytes;
            Ok(())
        })?;
        assert_eq!(bytes, csv.len() as u64);
        super::scan(&source)
    });
    match scanned {
        Ok((rows, end)) => {
            let starts: Vec<u64> = rows.iter().map(|row| row.place.offset).collect();
            prop_assert!(starts.is_sorted_by(|a, b| a < b), "{starts:?}");
            if ["utf-8", "utf-16le", "utf-16be"].contains(&comments_label) {
                prop_assert_eq!(end.orphans.count, orphans(&rows, &comments, comments_label));
            }
            let ScanEnd { bytes, .. } = end;
            prop_assert_eq!(bytes, csv.len() as u64);
        }
        Err(error) => {
            let refused = matches!(
                error,
                SourceError::UnclosedQuote { .. }
                    | SourceError::SwallowedRows { .. }
                    | SourceError::Encoding { .. }
            );
            prop_assert!(refused, "{error}");
        }
    }
    Ok(())
}

/// Counts the comments of no row, the simple way.
fn orphans(rows: &[Seen], comments: &[u8], label: &str) -> u64 {
    let ids: Vec<&str> = rows
        .iter()
        .filter_map(|row| match &row.row {
            Ok(ready) => Some(ready.valid.external_id.as_str()),
            Err(invalid) => invalid.external_id.as_deref(),
        })
        .map(str::trim)
        .collect();
    let units = |unit: fn([u8; 2]) -> u16| {
        let pairs = comments
            .chunks_exact(2)
            .map(|pair| unit([pair[0], pair[1]]));
        String::from_utf16_lossy(&pairs.collect::<Vec<_>>()).into_bytes()
    };
    let text = match label {
        "utf-16le" => units(u16::from_le_bytes),
        "utf-16be" => units(u16::from_be_bytes),
        _ => comments.to_vec(),
    };
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(&text[..]);
    let tickets = reader.byte_records().flatten().map(|record| {
        let cell = record.get(0).unwrap_or_default().to_vec();
        String::from_utf8(cell).map_or(String::new(), |id| id.trim().to_owned())
    });
    tickets
        .filter(|ticket| ticket.is_empty() || !ids.contains(&ticket.as_str()))
        .count() as u64
}

/// Bytes, and the name of the encoding they are read in.
type Labelled = (Vec<u8>, &'static str);

/// Two files and their encodings.
fn hostile_pair() -> impl Strategy<Value = (Labelled, Labelled)> {
    let one = || {
        prop::sample::select(&LABELS[..]).prop_flat_map(|label| {
            let bytes = match label {
                "utf-16le" | "utf-16be" => hostile_units()
                    .prop_map(move |units| {
                        let swap = |unit: u16| match label {
                            "utf-16le" => unit.to_le_bytes(),
                            _ => unit.to_be_bytes(),
                        };
                        units.into_iter().flat_map(swap).collect()
                    })
                    .boxed(),
                _ => hostile().boxed(),
            };
            (bytes, Just(label))
        })
    };
    (one(), one())
}

/// Runs as long as `FUZZ_SECONDS` says, by default ten minutes, from the seed `FUZZ_SEED`.
#[test]
#[ignore = "runs for ten minutes"]
#[allow(
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "it is told how long, and tells the seed and the number of cases"
)]
fn fuzz() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let seconds = number("FUZZ_SECONDS").unwrap_or(600);
    let now = || std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let (began, first) = (now(), number("FUZZ_SEED").unwrap_or_else(now));
    let (mut seed, mut cases) = (first, 0_u64);
    while now() < began + seconds {
        let config = Config {
            cases: 500,
            failure_persistence: None,
            ..Config::default()
        };
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let mut runner = TestRunner::new_with_rng(config, rng);
        let result = runner.run(&hostile_pair(), |((csv, label), (comments, other))| {
            check_both((&csv, label), (&comments, other))
        });
        assert!(result.is_ok(), "FUZZ_SEED={seed}: {}", result.unwrap_err());
        (seed, cases) = (seed + 1, cases + 500);
    }
    eprintln!("{cases} pairs of files from FUZZ_SEED={first}");
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
    fn two_files_of_any_bytes_are_joined_without_a_loss(((csv, label), (comments, other)) in hostile_pair()) {
        check_both((&csv, label), (&comments, other))?;
    }

    #[test]
    fn whatever_is_proposed_can_be_used(head in hostile(), tail in hostile()) {
        let csv = [head.as_slice(), b"\nid,text\n1,first\n2,second\n", &tail].concat();
        if let Err(error) = propose(&Case::new(csv, "").csv(), "try it") {
            prop_assert!(!matches!(error, SourceError::Mapping { .. }), "{error}");
        }
    }

    #[test]
    fn no_bytes_make_opening_or_scanning_panic(csv in prop::collection::vec(any::<u8>(), 0..80), tail in hostile()) {
        let _ = Case::new([csv, tail].concat(), "").scan();
    }
}
