//! The columns that an export adds to those of the CSV. Mappings do not use them.

use csv::ByteRecord;

use crate::model::ids::CellsHash;

/// Their names, prefixed with as many underscores as it takes to differ from the CSV's columns.
const NAMES: [&str; 4] = ["line", "code", "message", ROW];

/// The column that identifies the row.
const ROW: &str = "row";

/// The column before them, present if a row has more cells than the CSV has columns.
const MORE: &str = "more";

/// Returns the names of the columns that an export adds to a CSV with these columns.
pub fn added_columns(columns: &[String]) -> [String; 4] {
    let underscores = underscores(columns);
    NAMES.map(|name| format!("{underscores}{name}"))
}

/// Returns the name of the column for the cells beyond the last column.
pub fn more_column(columns: &[String]) -> String {
    underscores(columns) + MORE
}

fn underscores(columns: &[String]) -> String {
    let mut underscores = "_".to_owned();
    // The CSV may itself have been an export.
    while columns.iter().any(|column| {
        let name = column.strip_prefix(&underscores);
        name.is_some_and(|name| name == MORE || NAMES.contains(&name))
    }) {
        underscores.push('_');
    }
    underscores
}

/// Reports whether a file looks like an export.
pub(super) fn has_row_column(columns: &[String]) -> bool {
    columns.iter().any(|column| {
        let underscores = column.strip_suffix(ROW).unwrap_or_default();
        !underscores.is_empty() && underscores.bytes().all(|byte| byte == b'_')
    })
}

/// Reports whether a file has the columns of an export: the one that identifies rows, or two of the
/// others. A CSV may have fewer of its own.
pub(super) fn has_added_columns(columns: &[String]) -> bool {
    let named_so = |column: &&String| {
        let name = column.trim_start_matches('_');
        name.len() < column.len() && NAMES.contains(&name)
    };
    has_row_column(columns) || columns.iter().filter(named_so).count() > 1
}

/// Joins cells into one, separated by commas.
pub(super) fn joined<'c>(cells: impl Iterator<Item = &'c [u8]>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory cannot fail.
    let _written = writer.write_record(cells);
    let mut line = writer.into_inner().unwrap_or_default();
    line.pop();
    line
}

/// Splits such a cell again.
fn apart(cell: &[u8]) -> ByteRecord {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(cell);
    let mut cells = ByteRecord::new();
    match reader.read_byte_record(&mut cells) {
        Ok(_) => cells,
        Err(_) => ByteRecord::from(vec![cell]),
    }
}

/// The positions of the added columns in a fixed file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Added {
    /// For each column, whether it is the CSV's own.
    own: Vec<bool>,
    row: Option<usize>,
    more: Option<usize>,
}

impl Added {
    /// Finds the added columns by the name of the one that identifies the row.
    pub(super) fn of(columns: &[String], row_column: &str) -> Self {
        let underscores = row_column.strip_suffix(ROW).unwrap_or_default();
        let is = |column: &String, name: &str| column.strip_prefix(underscores) == Some(name);
        let is_own = |column| !is(column, MORE) && !NAMES.iter().any(|name| is(column, name));
        Self {
            own: columns.iter().map(is_own).collect(),
            row: columns.iter().position(|column| is(column, ROW)),
            more: columns.iter().position(|column| is(column, MORE)),
        }
    }

    /// Hashes the row's own cells, as the export left them. Cells that a spreadsheet put beyond the
    /// last column count too, because they may be text that has shifted.
    pub(super) fn hash(&self, cells: &ByteRecord) -> CellsHash {
        let is_own = |at: usize| self.own.get(at).copied().unwrap_or(true);
        let own = cells.iter().enumerate();
        let own = own.filter_map(|(at, cell)| is_own(at).then_some(cell));
        let more = self.more.and_then(|more| cells.get(more));
        let more = more.map(apart).unwrap_or_default();
        CellsHash::of(own.chain(more.iter()))
    }

    /// Returns the column for the cells beyond the CSV's last column, if there are any.
    pub(super) fn more_in(&self, cells: &ByteRecord) -> Option<usize> {
        let more = self.more?;
        let is_empty = cells.get(more)?.trim_ascii().is_empty();
        (!is_empty).then_some(more)
    }

    /// Returns the row's name. If cells are missing or too many, counts from the end.
    pub(super) fn name(&self, cells: &ByteRecord) -> Option<String> {
        let from_end = self.own.len() - self.row?;
        let cell = cells.get(cells.len().checked_sub(from_end)?)?;
        let name = String::from_utf8_lossy(cell).trim().to_owned();
        (!name.is_empty()).then_some(name)
    }
}
