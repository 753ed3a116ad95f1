//! Turns a CSV and a mapping file into ticket bodies.
//!
//! A [`Source`] is a CSV with its mapping compiled for its header. [`Source::scan`] returns every
//! record of the file exactly once, in order, as a [`Valid`] body or an [`Invalid`] row with its
//! reason; [`Source::read_again`] returns one record again at the byte offset where the scan found
//! it. Both use the same code, so the same bytes give the same body.
//!
//! A bad row becomes an invalid row. The whole file is refused only if something makes the *other*
//! rows doubtful: a quote that is never closed, duplicate column names, an encoding that hides
//! where rows end.
//!
//! Places always refer to the file itself, even if its encoding is not UTF-8.
//!
//! Deliberately absent: checking whether two rows share an `external_id`, which needs memory for
//! every row. The checkpoint does that.
//!
//! For the imports endpoint, a second CSV may contain the conversations. Neither file is held in
//! memory.

mod account_fields;
mod added;
mod again;
mod build;
mod checks;
mod comments;
mod custom_fields;
mod dates;
mod encoding;
mod error;
mod excerpt;
mod file;
mod header;
mod identity;
mod line_ends;
mod mapping;
mod misread;
mod not_csv;
mod open;
mod pieces;
mod plan;
mod pool;
mod propose;
mod quotes;
mod raw;
mod records;
mod references;
mod rows;
mod scan;
#[cfg(test)]
mod tests;
mod told;
mod words_seen;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use jiff::Timestamp;

pub use account_fields::{AccountField, Choice, Takes};
pub use added::{added_columns, more_column};
pub use again::Ready;
pub use comments::{Orphan, Orphans};
pub use error::SourceError;
pub use identity::{Identity, hash_file};
pub use mapping::RunSettings;
pub use open::{comments_file, is_export, run_settings, without_run};
pub use pieces::Place;
pub use propose::{Proposal, propose, quoted};
pub use raw::Exported;
pub use references::References;
pub use rows::{Invalid, Scanned, Valid};
pub use scan::{Chunk, ScanEnd};

use account_fields::AccountFields;
use added::Added;
use identity::{Ahead, Files};
use plan::Plan;
use rows::Until;

use crate::model::words::FieldWords;

/// An opened CSV with its compiled mapping.
#[derive(Debug)]
pub struct Source {
    plan: Arc<Plan>,
    endpoint: Endpoint,
    mapping: Option<PathBuf>,
    mapping_sha256: Option<[u8; 32]>,
    told: Vec<String>,
    ahead: Ahead,
}

/// The create endpoint that the bodies are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Endpoint {
    /// The regular one, which ignores dates.
    #[default]
    Tickets,
    /// The one that keeps dates.
    Imports,
}

/// The target of the bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Target {
    /// Which create they are for.
    pub endpoint: Endpoint,
    /// The current time, so that later dates are rejected; without it they are not.
    pub now: Option<Timestamp>,
}

impl Source {
    /// Reads the header and compiles the mapping; reads at most a sample of the rows.
    ///
    /// Without a mapping, `tickets.toml` beside `tickets.csv` is used if it exists. Otherwise,
    /// columns with the names of Zendesk's fields map to themselves. The bodies are for the tickets
    /// endpoint.
    pub fn open(csv: &Path, mapping: Option<&Path>) -> Result<Source, SourceError> {
        open::open(csv, mapping, Target::default())
    }

    /// Opens a source for a given target.
    pub fn open_for(
        csv: &Path,
        mapping: Option<&Path>,
        target: Target,
    ) -> Result<Source, SourceError> {
        open::open(csv, mapping, target)
    }

    /// Returns the encoding's name in the Encoding Standard, whether set by a byte order mark or
    /// the mapping, or detected.
    pub fn encoding(&self) -> &str {
        self.plan.file.header.encoding.name()
    }

    /// Returns what the user should know before the rows are sent: what was guessed, and what the
    /// endpoint will not do that the mapping asks for. Sentences without a full stop.
    pub fn told(&self) -> Vec<String> {
        self.told.clone()
    }

    /// Hashes the CSV and the comments file. It takes as long as reading them, and no more memory
    /// for a larger file.
    pub fn identity(&self) -> Result<Identity, SourceError> {
        self.ahead.get(&self.files())
    }

    /// Starts computing the identity on a separate thread, for the next call of
    /// [`Source::identity`].
    pub fn begin_identity(&self) {
        self.ahead.begin(self.files());
    }

    fn files(&self) -> Files {
        Files {
            csv: self.csv_path().to_owned(),
            comments: self.comments_path().map(Path::to_owned),
            mapping_sha256: self.mapping_sha256,
        }
    }

    /// Describes where the external id comes from, in a text that changes only if its meaning does.
    pub fn external_id_mapping(&self) -> String {
        self.plan.mapping.identity.clone()
    }

    /// Returns what the mapping expects to exist in the account.
    pub fn references(&self) -> References {
        references::of(&self.plan.mapping)
    }

    /// Sets what the account's ticket fields accept, by field id: from now on a row with another
    /// value is invalid. Only the first call counts.
    pub fn check_fields(&self, fields: BTreeMap<u64, AccountField>) {
        let fields = || AccountFields::new(fields);
        self.plan.account_fields.get_or_init(fields);
    }

    /// Returns a hash of what the account's ticket fields accept, if that was set.
    pub fn account_fields_sha256(&self) -> Option<[u8; 32]> {
        self.plan.account_fields.get().map(AccountFields::sha256)
    }

    /// Reports whether the mapping sets a requester.
    pub fn maps_requester(&self) -> bool {
        self.plan.mapping.email.is_some()
    }

    /// Returns the CSV's path, as it was passed in.
    pub fn csv_path(&self) -> &Path {
        &self.plan.file.path
    }

    /// Returns the path of the CSV with the conversations, if the mapping names one.
    pub fn comments_path(&self) -> Option<&Path> {
        self.plan.comments.as_ref().map(|comments| comments.path())
    }

    /// Returns the create endpoint that the bodies are for.
    pub fn endpoint(&self) -> Endpoint {
        self.endpoint
    }

    /// Returns the mapping file's path, given or found; `None` if columns map by name.
    pub fn mapping_path(&self) -> Option<&Path> {
        self.mapping.as_deref()
    }

    /// Returns the SHA-256 of the mapping file as it was read; `None` if columns map by name.
    pub fn mapping_sha256(&self) -> Option<[u8; 32]> {
        self.mapping_sha256
    }

    /// Returns the delimiter, named by the mapping or detected.
    pub fn delimiter(&self) -> char {
        char::from(self.plan.file.header.delimiter)
    }

    /// Returns the column names, in order.
    pub fn columns(&self) -> &[String] {
        &self.plan.file.header.columns
    }

    /// Returns the number of bytes before the first row: byte order mark and header.
    pub fn header_bytes(&self) -> u64 {
        self.plan.file.header.raw.len() as u64
    }

    /// Passes every row to `each` in file order, in chunks of about one mebibyte of CSV.
    ///
    /// The comments file, if there is one, is read first. Memory is bounded whatever the files'
    /// size: about a dozen chunks, plus one bit per comment. `each` may end the scan with an error.
    /// If the file itself has an error, the chunks before it have been passed on when the error is
    /// returned. Must not be called from inside the rayon pool, whose threads it waits for.
    pub fn scan<E: From<SourceError>>(
        &self,
        each: impl FnMut(Chunk) -> Result<(), E>,
    ) -> Result<ScanEnd, E> {
        scan::scan(&self.plan, Until::Body, each)
    }

    /// Scans without making bodies, which takes less time: reports which rows could be sent, and
    /// what is wrong with the others.
    pub fn check<E: From<SourceError>>(
        &self,
        each: impl FnMut(Chunk) -> Result<(), E>,
    ) -> Result<ScanEnd, E> {
        scan::scan(&self.plan, Until::Ticket, each)
    }

    /// Returns the words that the rows have for status, priority and type, and what each becomes.
    /// Reads the rows unless a scan already has.
    pub fn words(&self) -> Result<Vec<FieldWords>, SourceError> {
        let seen = || {
            self.plan
                .words
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if seen().is_none() {
            self.check::<SourceError>(|_| Ok(()))?;
        }
        let table = seen().as_ref().map(|words| words.table(&self.plan.mapping));
        Ok(table.unwrap_or_default())
    }

    /// Reads one row again at the place where a scan found it.
    ///
    /// If there is a comments file that no scan has read yet, the first call reads it as a whole.
    /// Must not be called from inside the rayon pool either. The same bytes give the same result;
    /// other bytes give another result or [`SourceError::Changed`].
    pub fn read_again(&self, at: Place) -> Result<Result<Ready, Invalid>, SourceError> {
        again::read_again(&self.plan, at, None)
    }

    /// Reads a row again with its known `external_id`, whatever its cell says, because a
    /// spreadsheet may have changed the cell.
    pub fn read_again_as(
        &self,
        at: Place,
        external_id: &str,
    ) -> Result<Result<Ready, Invalid>, SourceError> {
        again::read_again(&self.plan, at, Some(external_id))
    }

    /// Marks the file as holding rows of another CSV, whose exports name them in this column.
    pub fn holds_exported_rows(&self, row_column: &str) {
        let columns = &self.plan.file.header.columns;
        self.plan
            .added
            .get_or_init(|| Added::of(columns, row_column));
    }

    /// Returns the bytes of the file before its first row, with extra columns at the end of the
    /// header.
    pub fn header_with(&self, columns: &[&str]) -> Vec<u8> {
        raw::header_with(&self.plan.file.header, columns)
    }

    /// Returns the bytes of the row at a place as the file has them, with extra cells under their
    /// columns; if `with_more`, the first of these is for the cells beyond the last column.
    pub fn row_with(
        &self,
        at: Place,
        cells: &[&str],
        with_more: bool,
    ) -> Result<Exported, SourceError> {
        raw::row_with(&self.plan, at, cells, with_more)
    }

    /// Reports whether the row at a place has more cells than there are columns.
    pub fn has_more_cells(&self, at: Place) -> Result<bool, SourceError> {
        raw::has_more_cells(&self.plan, at)
    }

    /// Reports whether the encoding was guessed from the rows, so that other rows of the same file
    /// might lead to another guess.
    pub fn encoding_is_guessed(&self) -> bool {
        matches!(
            self.plan.file.header.guess,
            Some(encoding::Guess::Legacy(_) | encoding::Guess::Utf16(_))
        )
    }
}
