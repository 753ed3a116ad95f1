//! Counts the words of every column over the whole file, because a status that first occurs in row
//! 50,000 must be mapped too.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use crate::source::encoding::Encoding;
use crate::source::error::SourceError;
use crate::source::header::CsvFile;
use crate::source::pieces::Piece;
use crate::source::pool::in_order;

/// A column with more distinct cells than this is not a list of words.
pub(super) const WORDS_MAX: usize = 50;

/// A longer cell is not a word.
const WORD_BYTES_MAX: usize = 200;

/// Cells that other programs write for missing values.
const NULLS: [&str; 12] = [
    "N/A", "n/a", "NULL", "null", "NaN", "nan", "None", "\\N", "(null)", "#N/A", "--", "---",
];

/// Returns the word for a missing value that a cell contains.
pub(super) fn null_word(cell: &str) -> Option<&'static str> {
    NULLS.into_iter().find(|null| *null == cell)
}

/// The content of the whole file.
#[derive(Debug)]
pub(super) struct Whole {
    /// The words of each column, in order of appearance; `None` for a column with too many.
    pub(super) columns: Vec<Option<Vec<(String, u64)>>>,
    /// Cells that stand for missing values.
    pub(super) nulls: Vec<&'static str>,
    /// How many rows have as many cells as the header has columns.
    pub(super) rows: u64,
}

/// Reads the whole file. Memory does not grow with its size, because a column is dropped as soon as
/// it has too many distinct cells.
pub(super) fn read(file: &Arc<CsvFile>) -> Result<Whole, SourceError> {
    let mut all = Tally::new(file.header.columns.len());
    let shared = Arc::clone(file);
    in_order(
        file,
        move |piece| Ok(tally(&shared, piece)),
        |piece: Tally| {
            all.add(piece);
            Ok::<(), SourceError>(())
        },
    )?;
    Ok(Whole {
        columns: all.columns.into_iter().map(Words::in_order).collect(),
        nulls: all.nulls,
        rows: all.rows,
    })
}

#[derive(Debug)]
struct Tally {
    columns: Vec<Words>,
    nulls: Vec<&'static str>,
    rows: u64,
}

/// The distinct cells of a column, each with its position in the order of appearance and its count;
/// `None` once there are too many.
#[derive(Debug)]
struct Words(Option<HashMap<String, (usize, u64)>>);

fn tally(file: &CsvFile, piece: &Piece) -> Tally {
    let header = &file.header;
    let mut tally = Tally::new(header.columns.len());
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(header.delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(&piece.bytes[..]);
    let mut record = csv::ByteRecord::new();
    while let Ok(true) = reader.read_byte_record(&mut record) {
        if record.len() == header.columns.len() {
            tally.take(&record, header.encoding);
        }
    }
    tally
}

impl Tally {
    fn new(columns: usize) -> Tally {
        Tally {
            columns: (0..columns).map(|_| Words(Some(HashMap::new()))).collect(),
            nulls: Vec::new(),
            rows: 0,
        }
    }

    fn take(&mut self, record: &csv::ByteRecord, encoding: Encoding) {
        self.rows += 1;
        for (words, cell) in self.columns.iter_mut().zip(record) {
            // A long cell is not decoded, because that would take most of the time.
            if cell.len() > WORD_BYTES_MAX {
                words.0 = None;
                continue;
            }
            if words.0.is_none() && !may_be_null(cell) {
                continue;
            }
            let text = encoding.decode(cell).unwrap_or_default();
            match (text.trim(), null_word(text.trim())) {
                ("", _) => (),
                (_, Some(null)) => note(&mut self.nulls, null),
                (word, None) => words.add(word, 1),
            }
        }
    }

    /// Adds the content of a later piece of the file.
    fn add(&mut self, later: Tally) {
        self.rows += later.rows;
        for null in later.nulls {
            note(&mut self.nulls, null);
        }
        for (words, later) in self.columns.iter_mut().zip(later.columns) {
            match later.in_order() {
                None => words.0 = None,
                Some(all) => all.iter().for_each(|(word, rows)| words.add(word, *rows)),
            }
        }
    }
}

fn note(nulls: &mut Vec<&'static str>, null: &'static str) {
    if !nulls.contains(&null) {
        nulls.push(null);
    }
}

/// Words for nothing are short, in every encoding.
fn may_be_null(cell: &[u8]) -> bool {
    cell.trim_ascii().len() <= 6
}

impl Words {
    fn add(&mut self, word: &str, rows: u64) {
        let Some(words) = &mut self.0 else { return };
        if let Some((_, count)) = words.get_mut(word) {
            *count += rows;
            return;
        }
        let place = words.len();
        if place == WORDS_MAX {
            self.0 = None;
        } else if let Entry::Vacant(new) = words.entry(word.to_owned()) {
            new.insert((place, rows));
        }
    }

    fn in_order(self) -> Option<Vec<(String, u64)>> {
        let mut words: Vec<_> = self.0?.into_iter().collect();
        words.sort_by_key(|(_, (place, _))| *place);
        let words = words.into_iter().map(|(word, (_, rows))| (word, rows));
        Some(words.collect())
    }
}
