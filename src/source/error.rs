//! Why a source cannot be read at all, as opposed to problems of single rows.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::model::shown::{one_line, shown, shown_path};

/// Says why a CSV or its mapping cannot be used, and what to do about it.
#[derive(Debug, Error)]
pub enum SourceError {
    /// The CSV does not exist.
    #[error("{} does not exist; check the path", shown_path(path))]
    Missing {
        /// The CSV.
        path: PathBuf,
    },
    /// The CSV's path leads to a directory, a pipe or a device.
    #[error(
        "{} is not a regular file, and a later run must be able to read it again; save the CSV to a file first",
        shown_path(path)
    )]
    NotAFile {
        /// The path that was given.
        path: PathBuf,
    },
    /// The operating system refused to open or read a file.
    #[error(
        "cannot {doing} {}; check the disk and the permissions, then run again",
        shown_path(path)
    )]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried, as a verb.
        doing: &'static str,
        /// What the operating system said.
        source: io::Error,
    },
    /// The CSV is empty or has only blank lines.
    #[error(
        "{} is empty, or has only blank lines; export it again, with a header line",
        shown_path(path)
    )]
    Empty {
        /// The CSV.
        path: PathBuf,
    },
    /// The CSV has a header but no rows.
    #[error(
        "{} has a header but no rows; export it again, or check that this is the right file",
        shown_path(path)
    )]
    HeaderOnly {
        /// The CSV.
        path: PathBuf,
    },
    /// The CSV would have to come from standard input.
    #[error(
        "rows cannot be read from standard input, since a resume reads them again at their place; save the CSV to a file and name it"
    )]
    Stdin,
    /// The file is not a CSV.
    #[error("{} is {what}, not a CSV file; {advice}", shown_path(path))]
    NotCsv {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        what: &'static str,
        /// What to do about it.
        advice: &'static str,
    },
    /// The path leads to a folder.
    #[error("{} is a folder; name the file in it", shown_path(path))]
    Folder {
        /// The folder.
        path: PathBuf,
    },
    /// The first line has no column names.
    #[error(
        "{} line {line}: the first line that is not blank has no column names; put a line with a name for each column there",
        shown_path(path)
    )]
    BlankHeader {
        /// The CSV.
        path: PathBuf,
        /// The line.
        line: u64,
    },
    /// The first line is a row instead of a header.
    #[error(
        "the first line of {} looks like a row, not like the names of columns ({cells}); put a line with a name for each column in front of it",
        shown_path(path)
    )]
    NoHeader {
        /// The CSV.
        path: PathBuf,
        /// The content of that line.
        cells: String,
    },
    /// The mapping names a delimiter that does not separate the columns.
    #[error(
        "the mapping names the delimiter {named}, and the first line of {} has {columns} columns with {found}; write delimiter = {found} in the mapping, or take that line out",
        shown_path(path)
    )]
    OtherDelimiter {
        /// The CSV.
        path: PathBuf,
        /// The delimiter as the mapping writes it.
        named: String,
        /// The delimiter that separates the columns.
        found: String,
        /// How many columns that gives.
        columns: usize,
    },
    /// The CSV's encoding contradicts the mapping, or hides where rows end.
    #[error("{} {}; {advice}", shown_path(path), shown(reason))]
    Encoding {
        /// The CSV.
        path: PathBuf,
        /// What is wrong with the encoding.
        reason: String,
        /// What to do about it.
        advice: &'static str,
    },
    /// A column's name cannot be decoded.
    #[error(
        "{} line {line}: the name of column {column} is not {encoding}; save the file as UTF-8, or name its encoding in the mapping's [source]",
        shown_path(path)
    )]
    HeaderNotDecodable {
        /// The CSV.
        path: PathBuf,
        /// Where the header starts.
        line: u64,
        /// The column, counted from 1.
        column: usize,
        /// The encoding that was assumed.
        encoding: &'static str,
    },
    /// The header does not end where expected.
    #[error(
        "{} line {line}: the header {reason}; fix the first line and run again{excerpt}",
        shown_path(path)
    )]
    BadHeader {
        /// The CSV.
        path: PathBuf,
        /// Where the header starts.
        line: u64,
        /// What is wrong with it.
        reason: &'static str,
        /// The line with a mark under the position, on lines of its own; empty if there is no
        /// position.
        excerpt: String,
    },
    /// Two columns have the same name, so the mapping cannot distinguish them.
    #[error(
        "{} line {line}: columns {first} and {second} are both called \"{}\"; rename one of them",
        shown_path(path),
        shown(name)
    )]
    DuplicateColumn {
        /// The CSV.
        path: PathBuf,
        /// Where the header starts.
        line: u64,
        /// The name that they share.
        name: String,
        /// The earlier column, counted from 1.
        first: usize,
        /// The later column, counted from 1.
        second: usize,
    },
    /// A quote opens and is not closed before the end of the file.
    #[error("{} line {line}: a quote opens {} and is never closed, so the rest of the file would be one cell; close it (or double it, if it belongs to the text) and run again{excerpt}", shown_path(path), in_column(column.as_deref()))]
    UnclosedQuote {
        /// The CSV.
        path: PathBuf,
        /// The line of the quote.
        line: u64,
        /// That line with a mark under the quote, on lines of its own.
        excerpt: String,
        /// The column's name, where the header has one.
        column: Option<String>,
    },
    /// A quote is closed only by the opening quote of a later row.
    #[error("{} line {line}: a quote opens {} and seems to be closed only by the opening quote of another cell on line {until}, so the rows between would be lost in it; close it (or double it, if it belongs to the text) and run again{excerpt}", shown_path(path), in_column(column.as_deref()))]
    SwallowedRows {
        /// The CSV.
        path: PathBuf,
        /// The line of the quote.
        line: u64,
        /// That line with a mark under the quote, on lines of its own.
        excerpt: String,
        /// The line of the next quote.
        until: u64,
        /// The column's name, where the header has one.
        column: Option<String>,
    },
    /// A record is longer than any ticket.
    #[error("{} line {line}: the row that starts here is larger than {mib} MiB{}; check the quotes of this row, then run again", shown_path(path), quote_at(*quote_line))]
    RecordTooLarge {
        /// The CSV.
        path: PathBuf,
        /// Where the record starts.
        line: u64,
        /// The limit.
        mib: usize,
        /// The line of the quote that is open where reading stopped.
        quote_line: Option<u64>,
    },
    /// The CSV has changed since it was opened.
    #[error(
        "{} changed while it was being read ({what}); leave the file alone during a run, and start again",
        shown_path(path)
    )]
    Changed {
        /// The CSV.
        path: PathBuf,
        /// How that was detected.
        what: &'static str,
    },
    /// The csv crate failed on bytes that this room should have understood.
    #[error(
        "{} line {line}: the CSV reader failed; please report this",
        shown_path(path)
    )]
    Csv {
        /// The CSV.
        path: PathBuf,
        /// The line that was being read.
        line: u64,
        /// What the reader said.
        source: csv::Error,
    },
    /// A scan thread ended without an answer.
    #[error(
        "the scan of {} lost one of its threads; please report this, then run again",
        shown_path(path)
    )]
    Lost {
        /// The CSV.
        path: PathBuf,
    },
    /// The given mapping file does not exist.
    #[error("mapping {} does not exist; check the path", shown_path(path))]
    MappingMissing {
        /// The mapping.
        path: PathBuf,
    },
    /// The mapping's path leads to a directory, a pipe or a device.
    #[error(
        "mapping {} is not a regular file; save it to a file, and name that with -m",
        shown_path(path)
    )]
    MappingNotAFile {
        /// The path.
        path: PathBuf,
    },
    /// The mapping file is larger than any mapping needs to be.
    #[error(
        "mapping {} is too large for a mapping; name the right file with -m",
        shown_path(path)
    )]
    MappingTooLarge {
        /// The file.
        path: PathBuf,
    },
    /// The mapping file is not UTF-8 text.
    #[error(
        "mapping {} is not UTF-8; save it as UTF-8 and run again",
        shown_path(path)
    )]
    MappingNotUtf8 {
        /// The mapping.
        path: PathBuf,
    },
    /// The mapping file contains something that is not possible.
    #[error(
        "mapping {} line {line}: {}",
        shown_path(path),
        one_line(message, usize::MAX)
    )]
    Mapping {
        /// The mapping.
        path: PathBuf,
        /// The line in the mapping, counted from 1.
        line: usize,
        /// What is wrong and what to write instead.
        message: String,
    },
    /// No mapping can be proposed, because no column fits a field that every ticket needs.
    #[error("no column of {} {what}{columns}; {advice}", shown_path(path))]
    NoColumn {
        /// The CSV.
        path: PathBuf,
        /// The requirement that no column meets.
        what: &'static str,
        /// The existing columns, in brackets.
        columns: String,
        /// What to do about it.
        advice: &'static str,
    },
    /// A field that every ticket needs has no source.
    #[error("{}", lacking(path, csv, what, lines))]
    Unmapped {
        /// The mapping that has to set it, whether it exists yet or not.
        path: PathBuf,
        /// The CSV.
        csv: PathBuf,
        /// The field.
        what: &'static str,
        /// What to write into the mapping.
        lines: String,
    },
}

fn in_column(column: Option<&str>) -> String {
    match column {
        Some(name) => format!("in column \"{}\"", shown(name)),
        None => "here".to_owned(),
    }
}

fn quote_at(line: Option<u64>) -> String {
    match line {
        Some(line) => format!(", with a quote open since line {line}"),
        None => String::new(),
    }
}

fn lacking(path: &std::path::Path, csv: &std::path::Path, what: &str, lines: &str) -> String {
    format!(
        "nothing says which column of {} gives the {what}; let `zendesk-migrate init {}` propose a mapping, or write these lines into {} (with the right columns), and run again\n\n{lines}",
        shown_path(csv),
        shown_path(csv),
        shown_path(path)
    )
}

/// Builds the error of a file that cannot be read.
pub(super) fn unreadable(path: &Path, source: std::io::Error) -> SourceError {
    SourceError::Io {
        path: path.into(),
        doing: "read",
        source,
    }
}

/// Reports that a row or comment is no longer at its place.
pub(super) fn moved(path: &Path) -> SourceError {
    SourceError::Changed {
        path: path.into(),
        what: "a row is no longer at its place",
    }
}
