//! What is needed to read the rows of a file.

use std::fs::File;
use std::sync::{Arc, Mutex, OnceLock};

use super::account_fields::AccountFields;
use super::added::Added;
use super::comments::Comments;
use super::header::CsvFile;
use super::mapping::Mapping;
use super::records::LoneReader;
use super::rows::Terms;
use super::words_seen::WordsSeen;

/// What the parts of a scan share.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) file: Arc<CsvFile>,
    pub(super) mapping: Mapping,
    pub(super) comments: Option<Arc<Comments>>,
    /// Made when the first row is read again.
    pub(super) again: Mutex<Option<Again>>,
    /// Set once it is known that the file holds rows of another one.
    pub(super) added: OnceLock<Added>,
    /// Set once the account has been asked.
    pub(super) account_fields: OnceLock<AccountFields>,
    /// What the last whole scan has seen.
    pub(super) words: Mutex<Option<WordsSeen>>,
}

impl Plan {
    /// By what the rows are read.
    pub(super) fn terms(&self) -> Terms<'_> {
        Terms {
            file: &self.file,
            mapping: &self.mapping,
            added: self.added.get(),
            account_fields: self.account_fields.get(),
        }
    }
}

/// What reading rows again takes, kept from one row to the next: opening the file and making a reader
/// would take most of the time.
#[derive(Debug)]
pub(super) struct Again {
    pub(super) file: File,
    pub(super) reader: LoneReader,
}
