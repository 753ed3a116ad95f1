//! The rows at the beginning of a CSV, column by column, and the words of all rows.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use super::whole::{self, null_word};
use crate::source::checks::is_email;
use crate::source::error::SourceError;
use crate::source::file::open;
use crate::source::header::{CsvFile, Named};
use crate::source::pieces::{Cutter, Piece};

/// The basis of a proposal.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) file: Arc<CsvFile>,
    /// The records that were sampled; `None` if the file has none.
    pub(super) piece: Option<Piece>,
    pub(super) columns: Vec<Column>,
    /// Cells that stand for missing values.
    pub(super) nulls: Vec<&'static str>,
    /// The sampled rows that have as many cells as the header has columns.
    pub(super) rows: usize,
    /// The number of such rows in the whole file.
    pub(super) all_rows: u64,
}

/// A column.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    /// The non-empty cells, without surrounding spaces.
    pub(super) cells: Vec<String>,
    /// The distinct cells of the whole file in order of appearance, each with its row count; `None`
    /// if there are too many for a list of words.
    pub(super) words: Option<Vec<(String, u64)>>,
}

impl Sample {
    /// Reads the header, the first rows, and the words of all rows.
    pub(super) fn read(csv: &Path) -> Result<Sample, SourceError> {
        let file = Arc::new(CsvFile::open(csv, Named::default())?);
        let whole = whole::read(&file)?;
        let piece = Cutter::new(open(csv)?, &file)?.next(Vec::new())?;
        let columns = file.header.columns.iter().zip(whole.columns);
        let columns = columns.map(|(name, words)| Column {
            name: name.clone(),
            cells: Vec::new(),
            words,
        });
        let mut sample = Sample {
            columns: columns.collect(),
            file,
            piece: None,
            nulls: whole.nulls,
            rows: 0,
            all_rows: whole.rows,
        };
        if let Some(piece) = piece {
            sample.take(&piece.bytes);
            sample.piece = Some(piece);
        }
        Ok(sample)
    }

    fn take(&mut self, bytes: &[u8]) {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(self.file.header.delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(bytes);
        for record in reader.byte_records().flatten() {
            if record.len() != self.columns.len() {
                continue;
            }
            self.rows += 1;
            for (column, cell) in self.columns.iter_mut().zip(&record) {
                let text = self.file.header.encoding.decode(cell).unwrap_or_default();
                let text = text.trim();
                if !text.is_empty() && null_word(text).is_none() {
                    column.cells.push(text.to_owned());
                }
            }
        }
    }
}

impl Column {
    /// Reports whether all cells in the whole file are empty.
    pub(super) fn is_empty(&self) -> bool {
        self.cells.is_empty() && self.words.as_ref().is_some_and(Vec::is_empty)
    }

    /// Counts the distinct cells.
    pub(super) fn variety(&self) -> usize {
        let different: HashSet<&String> = self.cells.iter().collect();
        different.len()
    }

    /// Counts the cells that are email addresses.
    pub(super) fn emails(&self) -> usize {
        self.cells.iter().filter(|cell| is_email(cell)).count()
    }

    /// Reports whether the cells look like row identifiers: short, a single word, no addresses.
    pub(super) fn has_id_like_cells(&self) -> bool {
        let id_like = |cell: &String| {
            cell.len() <= 64 && !cell.contains(char::is_whitespace) && !cell.contains('@')
        };
        self.cells.iter().all(id_like)
    }

    /// Reports whether most cells are sentences, or at least several words.
    pub(super) fn has_sentences(&self) -> bool {
        let sentence = |cell: &&String| cell.len() >= 15 && cell.contains(char::is_whitespace);
        self.cells.iter().filter(sentence).count() * 2 > self.cells.len()
    }

    /// Returns the mean length of the cells, in bytes.
    pub(super) fn mean_length(&self) -> usize {
        let all: usize = self.cells.iter().map(String::len).sum();
        all / self.cells.len().max(1)
    }
}
