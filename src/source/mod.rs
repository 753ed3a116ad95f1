//! CSV and mapping file in, ticket bodies out.
//!
//! A [`Source`] is a CSV with its mapping compiled for its header. [`Source::scan`] gives every
//! record of the file exactly once, in order, as a [`Valid`] body or an [`Invalid`] row with its
//! reason; [`Source::read_again`] gives one record again at the byte offset where the scan found it.
//! Both go through the same code, so that the same bytes give the same body.
//!
//! A row that is wrong is an invalid row. Only what makes the *other* rows doubtful refuses the
//! whole file: a quote that is never closed, duplicate column names, an encoding that hides where
//! rows end.
//!
//! Places are always those of the file itself, also where its encoding is not UTF-8.
//!
//! Absent on purpose: whether two rows share an `external_id`, which needs memory for every row;
//! the checkpoint has it.
//!
//! On the imports endpoint a second CSV may hold the conversations. Neither is held in memory.

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

/// Which create the bodies are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Endpoint {
    /// The usual one, which ignores dates.
    #[default]
    Tickets,
    /// The one that keeps dates.
    Imports,
}

/// What the bodies are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Target {
    /// Which create they are for.
    pub endpoint: Endpoint,
    /// The present, so that later dates are refused; without it they are not.
    pub now: Option<Timestamp>,
}

impl Source {
    /// Reads the header and compiles the mapping; of the rows it looks at a sample at most.
    ///
    /// Without a mapping, `tickets.toml` beside `tickets.csv` is taken if it exists; without that,
    /// columns that have the names of Zendesk's fields map to themselves. The bodies are for the
    /// tickets endpoint.
    pub fn open(csv: &Path, mapping: Option<&Path>) -> Result<Source, SourceError> {
        open::open(csv, mapping, Target::default())
    }

    /// Does the same for a target that the caller knows.
    pub fn open_for(
        csv: &Path,
        mapping: Option<&Path>,
        target: Target,
    ) -> Result<Source, SourceError> {
        open::open(csv, mapping, target)
    }

    /// Gives the encoding's name in the Encoding Standard, told by a mark or the mapping, or
    /// detected.
    pub fn encoding(&self) -> &str {
        self.plan.file.header.encoding.name()
    }

    /// Says what the user should know before the rows are sent: what was guessed, and what the
    /// endpoint will not do as the mapping has it. Sentences without a full stop.
    pub fn told(&self) -> Vec<String> {
        self.told.clone()
    }

    /// Hashes the CSV and the comments; takes as long as reading it does, and no more memory for a larger file.
    pub fn identity(&self) -> Result<Identity, SourceError> {
        self.ahead.get(&self.files())
    }

    /// Begins to do so on a thread of its own, for the next time that [`Source::identity`] is asked
    /// for.
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

    /// Says where the external id comes from, in a spelling that changes only with its meaning.
    pub fn external_id_mapping(&self) -> String {
        self.plan.mapping.identity.clone()
    }

    /// Says what the mapping takes for granted in the account.
    pub fn references(&self) -> References {
        references::of(&self.plan.mapping)
    }

    /// Tells what the account's ticket fields take, by their ids: from now on a row with another value
    /// is invalid. Counts once.
    pub fn check_fields(&self, fields: BTreeMap<u64, AccountField>) {
        let fields = || AccountFields::new(fields);
        self.plan.account_fields.get_or_init(fields);
    }

    /// Gives a hash of what the account's ticket fields take, if that was told.
    pub fn account_fields_sha256(&self) -> Option<[u8; 32]> {
        self.plan.account_fields.get().map(AccountFields::sha256)
    }

    /// Tells whether the mapping takes a requester from somewhere.
    pub fn maps_requester(&self) -> bool {
        self.plan.mapping.email.is_some()
    }

    /// Gives the CSV's path, as it was passed.
    pub fn csv_path(&self) -> &Path {
        &self.plan.file.path
    }

    /// Gives the path of the CSV with the conversations, where the mapping names one.
    pub fn comments_path(&self) -> Option<&Path> {
        self.plan.comments.as_ref().map(|comments| comments.path())
    }

    /// Says which create the bodies are for.
    pub fn endpoint(&self) -> Endpoint {
        self.endpoint
    }

    /// Gives the mapping file's path, passed or found; `None` where columns map by name.
    pub fn mapping_path(&self) -> Option<&Path> {
        self.mapping.as_deref()
    }

    /// Gives the SHA-256 of the mapping file as it was read; `None` where columns map by name.
    pub fn mapping_sha256(&self) -> Option<[u8; 32]> {
        self.mapping_sha256
    }

    /// Gives the delimiter, named by the mapping or detected.
    pub fn delimiter(&self) -> char {
        char::from(self.plan.file.header.delimiter)
    }

    /// Gives the names of the columns, in order.
    pub fn columns(&self) -> &[String] {
        &self.plan.file.header.columns
    }

    /// Gives the bytes before the first row: mark and header.
    pub fn header_bytes(&self) -> u64 {
        self.plan.file.header.raw.len() as u64
    }

    /// Hands on every row in file order, in chunks of about a mebibyte of CSV.
    ///
    /// The comments file, if there is one, is read first. Memory is bounded whatever the files' size:
    /// about a dozen chunks, and one bit a comment. `each` may end the scan by
    /// an error. Chunks that come before an error of the file itself have been handed on when the
    /// error is returned. Must not be called from inside the rayon pool, whose threads it waits for.
    pub fn scan<E: From<SourceError>>(
        &self,
        each: impl FnMut(Chunk) -> Result<(), E>,
    ) -> Result<ScanEnd, E> {
        scan::scan(&self.plan, Until::Body, each)
    }

    /// Does the same without making bodies, which takes less time: tells which rows could be sent, and
    /// what is wrong with the others.
    pub fn check<E: From<SourceError>>(
        &self,
        each: impl FnMut(Chunk) -> Result<(), E>,
    ) -> Result<ScanEnd, E> {
        scan::scan(&self.plan, Until::Ticket, each)
    }

    /// Says which words the rows have for status, priority and type, and what becomes of each. Reads
    /// the rows, unless a scan has.
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
    /// If there are comments and no scan has read them yet, they are read whole the first time. Not
    /// for the rayon pool either. The same bytes give the same result; other bytes give another result or
    /// [`SourceError::Changed`].
    pub fn read_again(&self, at: Place) -> Result<Result<Ready, Invalid>, SourceError> {
        again::read_again(&self.plan, at, None)
    }

    /// Does the same for a row whose `external_id` is known, whatever its cell says: a spreadsheet
    /// may have changed that.
    pub fn read_again_as(
        &self,
        at: Place,
        external_id: &str,
    ) -> Result<Result<Ready, Invalid>, SourceError> {
        again::read_again(&self.plan, at, Some(external_id))
    }

    /// Says that the file holds rows of another CSV, whose exports name them in this column.
    pub fn holds_exported_rows(&self, row_column: &str) {
        let columns = &self.plan.file.header.columns;
        self.plan
            .added
            .get_or_init(|| Added::of(columns, row_column));
    }

    /// Gives the bytes of the file before its first row, with further columns at the end of the
    /// header.
    pub fn header_with(&self, columns: &[&str]) -> Vec<u8> {
        raw::header_with(&self.plan.file.header, columns)
    }

    /// Gives the bytes of the row at a place as the file has them, with further cells under their
    /// columns; the first of these is for cells beyond the last column if `with_more`.
    pub fn row_with(
        &self,
        at: Place,
        cells: &[&str],
        with_more: bool,
    ) -> Result<Exported, SourceError> {
        raw::row_with(&self.plan, at, cells, with_more)
    }

    /// Says whether the row at a place has more cells than there are columns.
    pub fn has_more_cells(&self, at: Place) -> Result<bool, SourceError> {
        raw::has_more_cells(&self.plan, at)
    }

    /// Tells whether the encoding was guessed from the rows, so that other rows of the same file
    /// may be taken for something else.
    pub fn encoding_is_guessed(&self) -> bool {
        matches!(
            self.plan.file.header.guess,
            Some(encoding::Guess::Legacy(_) | encoding::Guess::Utf16(_))
        )
    }
}
