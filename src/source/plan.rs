//! Everything needed to read the rows of a file.

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

/// The state shared by the parts of a scan.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) file: Arc<CsvFile>,
    pub(super) mapping: Mapping,
    pub(super) comments: Option<Arc<Comments>>,
    /// Created when the first row is read again.
    pub(super) again: Mutex<Option<Again>>,
    /// Set once the file is known to hold rows of another one.
    pub(super) added: OnceLock<Added>,
    /// Set once the account's fields were fetched.
    pub(super) account_fields: OnceLock<AccountFields>,
    /// The words seen by the last complete scan.
    pub(super) words: Mutex<Option<WordsSeen>>,
}

impl Plan {
    /// Returns the settings by which the rows are read.
    pub(super) fn terms(&self) -> Terms<'_> {
        Terms {
            file: &self.file,
            mapping: &self.mapping,
            added: self.added.get(),
            account_fields: self.account_fields.get(),
        }
    }
}

/// What reading rows again needs, kept from one row to the next because opening the file and
/// creating a reader would take most of the time.
#[derive(Debug)]
pub(super) struct Again {
    pub(super) file: File,
    pub(super) reader: LoneReader,
}
