//! A compiled rule: how the value of one field is taken from a row.

use std::borrow::Cow;

use csv::ByteRecord;

use super::entry::Constant;
use super::field::Field;
use super::template::Part;
use crate::model::problem::Problem;
use crate::model::words::By;
use crate::source::encoding::Encoding;
use crate::source::excerpt::{around, first_fault};

/// A row with as many cells as the header has columns.
#[derive(Clone, Copy)]
pub(in crate::source) struct Row<'r> {
    pub(in crate::source) record: &'r ByteRecord,
    pub(in crate::source) columns: &'r [String],
    pub(in crate::source) null: &'r [String],
    /// The encoding of the record.
    pub(in crate::source) encoding: Encoding,
    /// Whether the record may contain a NUL.
    pub(in crate::source) has_nul: bool,
}

/// How the value of one field is taken from a row.
#[derive(Debug)]
pub(in crate::source) struct Rule {
    pub(super) field: Field,
    pub(super) gather: Gather,
    /// In ascending order of the first item, so that a look-up is a binary search.
    pub(super) values: Vec<(String, String)>,
    pub(super) otherwise: Option<String>,
    pub(super) default: Option<String>,
    pub(super) prefix: Option<String>,
    pub(super) split: Option<String>,
    pub(super) also: Vec<String>,
    pub(super) date_format: Option<String>,
    /// Lists the columns, to be appended to a value in a message.
    pub(super) columns: String,
}

/// The source of the value, with columns as indexes.
#[derive(Debug)]
pub(super) enum Gather {
    Column(usize),
    Columns(Vec<usize>),
    Template(Vec<Part<usize>>),
    Constant(Constant),
}

impl<'r> Row<'r> {
    /// Returns a cell; blank cells and null words are empty.
    fn cell(&self, index: usize) -> Result<&'r str, Problem> {
        let bytes = self.record.get(index).unwrap_or_default();
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Err(self.not_decodable(index, bytes));
        };
        if self.has_nul
            && let Some(at) = memchr::memchr(0, bytes)
        {
            return Err(Problem::new(
                "NulCharacter",
                format!(
                    "column \"{}\" holds a NUL character (\"{}\"); take it out",
                    self.name(index),
                    around(bytes, at)
                ),
            ));
        }
        let trimmed = text.trim();
        if trimmed.is_empty() || self.null.iter().any(|null| null == trimmed) {
            return Ok("");
        }
        Ok(text)
    }

    fn name(&self, index: usize) -> &'r str {
        self.columns.get(index).map_or("", String::as_str)
    }

    fn not_decodable(&self, index: usize, bytes: &[u8]) -> Problem {
        let (bytes, advice) = match self.encoding {
            Encoding::Utf8 => (
                bytes,
                "name the file's encoding in the mapping's [source], or save the file as UTF-8",
            ),
            Encoding::Utf16(_) => (bytes, "half of a character is missing: fix the cell"),
            // The last byte is only a marker.
            Encoding::Legacy(_) => (
                &bytes[..bytes.len().saturating_sub(1)],
                "name the right encoding in the mapping's [source], or save the file as UTF-8",
            ),
        };
        Problem::new(
            "NotDecodable",
            format!(
                "column \"{}\" holds bytes that are not {} (\"{}\"); {advice}",
                self.name(index),
                self.encoding.name(),
                around(bytes, first_fault(bytes))
            ),
        )
    }
}

impl Rule {
    /// Returns the only column that the value comes from, and the cell that gives this value.
    pub(in crate::source) fn cell_of<'v>(&self, value: &'v str) -> Option<(usize, &'v str)> {
        let prefix = self.prefix.as_deref().unwrap_or_default();
        match self.gather {
            Gather::Column(column) => Some((column, value.strip_prefix(prefix)?)),
            Gather::Columns(_) | Gather::Template(_) | Gather::Constant(_) => None,
        }
    }

    /// Returns the field's single value; `None` if there is none.
    pub(in crate::source) fn text<'r>(
        &'r self,
        row: Row<'r>,
    ) -> Result<Option<Cow<'r, str>>, Problem> {
        let gathered = self.gather(row)?;
        Ok(self.finish(gathered))
    }

    /// Returns the field's values in order; each cell gives one, or several if it is split.
    pub(in crate::source) fn list<'r>(
        &'r self,
        row: Row<'r>,
    ) -> Result<Vec<Cow<'r, str>>, Problem> {
        let mut list = Vec::new();
        let mut add = |cell: Cow<'r, str>| match (&self.split, cell) {
            (None, cell) => list.extend(self.shape(cell)),
            (Some(split), Cow::Borrowed(cell)) => {
                let pieces = cell.split(split.as_str());
                list.extend(pieces.filter_map(|piece| self.shape(Cow::Borrowed(piece.trim()))));
            }
            (Some(split), Cow::Owned(cell)) => {
                let pieces = cell.split(split.as_str());
                list.extend(
                    pieces.filter_map(|piece| self.shape(Cow::Owned(piece.trim().to_owned()))),
                );
            }
        };
        if let Gather::Columns(indexes) = &self.gather {
            for index in indexes {
                add(Cow::Borrowed(row.cell(*index)?));
            }
        } else {
            add(self.gather(row)?);
        }
        if list.is_empty()
            && let Some(default) = &self.default
        {
            list.extend(self.prefixed(Cow::Borrowed(default)));
        }
        list.extend(self.also.iter().map(|tag| Cow::Borrowed(tag.as_str())));
        Ok(list)
    }

    /// Returns the constant, if the rule is one.
    pub(in crate::source) fn flag_or_number(&self) -> Option<FlagOrNumber> {
        match &self.gather {
            Gather::Constant(Constant::Flag(flag)) => Some(FlagOrNumber::Flag(*flag)),
            Gather::Constant(Constant::Number(number)) => Some(FlagOrNumber::Number(*number)),
            _ => None,
        }
    }

    /// Reports whether the field holds several values.
    pub(in crate::source) fn is_split(&self) -> bool {
        self.split.is_some()
    }

    /// Names the columns that the value comes from, as in ` (column "State")`.
    pub(in crate::source) fn columns(&self) -> &str {
        &self.columns
    }

    /// Returns the format of the field's dates, if the mapping sets one.
    pub(in crate::source) fn date_format(&self) -> Option<&str> {
        self.date_format.as_deref()
    }

    /// Returns the words in the rule itself, as opposed to a cell; sorted, each once.
    pub(in crate::source) fn said(&self) -> Vec<String> {
        let constant = match &self.gather {
            Gather::Constant(constant) => Some(constant.text()),
            Gather::Column(_) | Gather::Columns(_) | Gather::Template(_) => None,
        };
        let mut said: Vec<String> = self.values.iter().map(|(_, to)| to.clone()).collect();
        said.extend(self.otherwise.clone());
        said.extend(self.default.clone());
        said.extend(self.also.iter().cloned());
        said.extend(constant);
        said.sort();
        said.dedup();
        said
    }

    /// Reports whether the rule itself contains this word.
    pub(in crate::source) fn says(&self, word: &str) -> bool {
        self.said().iter().any(|said| said == word)
    }

    /// Returns the field.
    pub(in crate::source) fn field(&self) -> Field {
        self.field
    }

    /// Returns a row's text for the field, without surrounding spaces; empty for a constant, and
    /// `None` if a cell cannot be read.
    pub(in crate::source) fn word<'r>(&'r self, row: Row<'r>) -> Option<Cow<'r, str>> {
        match self.gather {
            Gather::Constant(_) => Some(Cow::Borrowed("")),
            Gather::Column(_) | Gather::Columns(_) | Gather::Template(_) => {
                Some(match self.gather(row).ok()? {
                    Cow::Borrowed(word) => Cow::Borrowed(word.trim()),
                    Cow::Owned(word) => Cow::Owned(word.trim().to_owned()),
                })
            }
        }
    }

    /// Returns what such a word becomes, and by which part of the rule.
    pub(in crate::source) fn meaning<'r>(&'r self, word: &'r str) -> (Option<Cow<'r, str>>, By) {
        let (word, by) = match &self.gather {
            Gather::Constant(constant) => (Cow::Owned(constant.text()), By::Constant),
            Gather::Column(_) | Gather::Columns(_) | Gather::Template(_) => {
                let by = match (&self.otherwise, &self.default) {
                    (_, None) if word.is_empty() => By::Empty,
                    (_, Some(_)) if word.is_empty() => By::Default,
                    _ if self.named(word).is_some() => By::Values,
                    (Some(_), _) if !self.fits(word) => By::Otherwise,
                    _ => By::Same,
                };
                (Cow::Borrowed(word), by)
            }
        };
        let becomes = self.finish(word);
        match becomes {
            Some(becomes) if !self.fits(becomes.trim()) => (None, By::Unknown),
            becomes => (becomes, by),
        }
    }

    /// Reports whether the field accepts a word.
    fn fits(&self, word: &str) -> bool {
        self.field
            .words()
            .is_some_and(|words| words.contains(&word))
    }

    fn gather<'r>(&'r self, row: Row<'r>) -> Result<Cow<'r, str>, Problem> {
        match &self.gather {
            Gather::Column(index) => row.cell(*index).map(Cow::Borrowed),
            Gather::Columns(indexes) => join(row, indexes),
            Gather::Template(parts) => fill(row, parts),
            Gather::Constant(Constant::Text(text)) => Ok(Cow::Borrowed(text)),
            Gather::Constant(other) => Ok(Cow::Owned(other.text())),
        }
    }

    fn finish<'r>(&'r self, value: Cow<'r, str>) -> Option<Cow<'r, str>> {
        if let Some(shaped) = self.shape(value) {
            return Some(shaped);
        }
        self.prefixed(Cow::Borrowed(self.default.as_deref()?))
    }

    /// Applies `values`, `otherwise` and `prefix` to a value.
    fn shape<'r>(&'r self, value: Cow<'r, str>) -> Option<Cow<'r, str>> {
        if value.is_empty() {
            return None;
        }
        if self.values.is_empty() && self.otherwise.is_none() {
            return self.prefixed(value);
        }
        let named = self.named(&value);
        if let Some(to) = named.or_else(|| self.named(value.trim())) {
            return self.prefixed(Cow::Borrowed(to));
        }
        match &self.otherwise {
            Some(otherwise) if !self.fits(value.trim()) => self.prefixed(Cow::Borrowed(otherwise)),
            _ => self.prefixed(value),
        }
    }

    fn named(&self, value: &str) -> Option<&str> {
        let found = self
            .values
            .binary_search_by(|(from, _)| from.as_str().cmp(value));
        found.ok().map(|at| self.values[at].1.as_str())
    }

    fn prefixed<'r>(&'r self, value: Cow<'r, str>) -> Option<Cow<'r, str>> {
        match &self.prefix {
            _ if value.is_empty() => None,
            None => Some(value),
            Some(prefix) => Some(Cow::Owned([prefix, value.as_ref()].concat())),
        }
    }
}

/// A constant that is not sent as text.
#[derive(Debug, Clone, Copy)]
pub(in crate::source) enum FlagOrNumber {
    Flag(bool),
    Number(i64),
}

/// Joins the non-empty cells with spaces.
fn join<'r>(row: Row<'r>, indexes: &[usize]) -> Result<Cow<'r, str>, Problem> {
    let mut joined = Cow::Borrowed("");
    for index in indexes {
        let cell = row.cell(*index)?;
        if cell.is_empty() {
        } else if joined.is_empty() {
            joined = Cow::Borrowed(cell);
        } else {
            joined = Cow::Owned(format!("{joined} {cell}"));
        }
    }
    Ok(joined)
}

/// Fills in a template. If all of its cells are empty, the result is empty, whatever other text it
/// has.
fn fill<'r>(row: Row<'r>, parts: &'r [Part<usize>]) -> Result<Cow<'r, str>, Problem> {
    if let [Part::Column(index)] = parts {
        return row.cell(*index).map(Cow::Borrowed);
    }
    let lengths = parts.iter().map(|part| match part {
        Part::Text(part) => part.len(),
        Part::Column(index) => row.record.get(*index).map_or(0, <[u8]>::len),
    });
    let mut text = String::with_capacity(lengths.sum());
    let mut filled = false;
    let mut has_columns = false;
    for part in parts {
        match part {
            Part::Text(part) => text.push_str(part),
            Part::Column(index) => {
                let cell = row.cell(*index)?;
                has_columns = true;
                filled |= !cell.is_empty();
                text.push_str(cell);
            }
        }
    }
    if has_columns && !filled {
        text.clear();
    }
    Ok(Cow::Owned(text))
}
