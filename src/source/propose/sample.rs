//! The rows at the beginning of a CSV, column by column.

use std::collections::HashSet;
use std::path::Path;

use crate::source::checks::is_email;
use crate::source::error::SourceError;
use crate::source::file::open;
use crate::source::header::{CsvFile, Named};
use crate::source::pieces::{Cutter, Piece};

/// Cells that other programs write where there is nothing.
const NULLS: [&str; 10] = [
    "N/A", "n/a", "NULL", "null", "NaN", "nan", "None", "\\N", "(null)", "#N/A",
];

/// What a proposal is made from.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) file: CsvFile,
    /// The records that were sampled; `None` if the file has none.
    pub(super) piece: Option<Piece>,
    pub(super) columns: Vec<Column>,
    /// Texts in the cells that mean nothing.
    pub(super) nulls: Vec<&'static str>,
    /// The rows that have as many cells as the header has columns.
    pub(super) rows: usize,
}

/// A column.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    /// The cells that hold something, without surrounding spaces.
    pub(super) cells: Vec<String>,
}

impl Sample {
    /// Reads the header and the first rows.
    pub(super) fn read(csv: &Path) -> Result<Sample, SourceError> {
        let file = CsvFile::open(csv, Named::default())?;
        let piece = Cutter::new(open(csv)?, &file)?.next(Vec::new())?;
        let columns = file.header.columns.iter().map(|name| Column {
            name: name.clone(),
            cells: Vec::new(),
        });
        let mut sample = Sample {
            columns: columns.collect(),
            file,
            piece: None,
            nulls: Vec::new(),
            rows: 0,
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
                if let Some(null) = NULLS.iter().find(|null| **null == text) {
                    if !self.nulls.contains(null) {
                        self.nulls.push(null);
                    }
                } else if !text.is_empty() {
                    column.cells.push(text.to_owned());
                }
            }
        }
    }
}

impl Column {
    /// Gives the different cells in order of appearance; `None` if there are more than `most`.
    pub(super) fn distinct(&self, most: usize) -> Option<Vec<&str>> {
        let mut seen: Vec<&str> = Vec::new();
        for cell in &self.cells {
            if !seen.contains(&cell.as_str()) {
                if seen.len() == most {
                    return None;
                }
                seen.push(cell);
            }
        }
        Some(seen)
    }

    /// Counts the different cells.
    pub(super) fn variety(&self) -> usize {
        let different: HashSet<&String> = self.cells.iter().collect();
        different.len()
    }

    /// Counts the cells that are email addresses.
    pub(super) fn emails(&self) -> usize {
        self.cells.iter().filter(|cell| is_email(cell)).count()
    }

    /// Tells whether the cells look like names of rows: short, in one word, no addresses.
    pub(super) fn has_id_like_cells(&self) -> bool {
        let id_like = |cell: &String| {
            cell.len() <= 64 && !cell.contains(char::is_whitespace) && !cell.contains('@')
        };
        self.cells.iter().all(id_like)
    }

    /// Tells whether most cells are sentences, or at least some words.
    pub(super) fn has_sentences(&self) -> bool {
        let sentence = |cell: &&String| cell.len() >= 15 && cell.contains(char::is_whitespace);
        self.cells.iter().filter(sentence).count() * 2 > self.cells.len()
    }

    /// Gives the mean length of the cells, in bytes.
    pub(super) fn mean_length(&self) -> usize {
        let all: usize = self.cells.iter().map(String::len).sum();
        all / self.cells.len().max(1)
    }
}
