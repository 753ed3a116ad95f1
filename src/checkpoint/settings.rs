//! Settings of the checkpoint itself: its account, its user, the file it was made from.

use rusqlite::{Connection, OptionalExtension};

use super::error::CheckpointError;
use super::handle::{Checkpoint, Reader};

/// The name of a value that is stored once per checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// The account's host.
    Account,
    /// The id of the authenticated user.
    User,
    /// `tickets` or `imports`.
    Endpoint,
    /// The path of the CSV, as an absolute path.
    Csv,
    /// The path of the mapping file, if there is one.
    Mapping,
    /// The SHA-256 of the CSV when it was last scanned to its end.
    CsvSha256,
    /// The SHA-256 of the comments file at that scan; empty without one.
    CommentsSha256,
    /// The SHA-256 of the mapping at that scan.
    MappingSha256,
    /// The SHA-256 of the allowed values of the account's ticket fields at that scan; empty if they
    /// were not fetched.
    AccountFieldsSha256,
    /// The canonical text of the mapping of `external_id`.
    ExternalIdMapping,
    /// The version of the body format of the fingerprints.
    BodyFormat,
    /// The machine that last used the checkpoint.
    Machine,
    /// The number of rows.
    Rows,
    /// The highest row number ever assigned.
    LastRow,
    /// The column in which an export names rows.
    RowColumn,
    /// The scope of the verification in progress; empty if there is none.
    Verifying,
    /// Where that verification continues in the export of all tickets.
    VerifyingFrom,
}

impl Setting {
    fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::User => "user",
            Self::Endpoint => "endpoint",
            Self::Csv => "csv",
            Self::Mapping => "mapping",
            Self::CsvSha256 => "csv_sha256",
            Self::CommentsSha256 => "comments_sha256",
            Self::MappingSha256 => "mapping_sha256",
            Self::AccountFieldsSha256 => "account_fields_sha256",
            Self::ExternalIdMapping => "external_id_mapping",
            Self::BodyFormat => "body_format",
            Self::Machine => "machine",
            Self::Rows => "rows",
            Self::LastRow => "last_row",
            Self::RowColumn => "row_column",
            Self::Verifying => "verifying",
            Self::VerifyingFrom => "verifying_from",
        }
    }
}

impl Checkpoint {
    /// Reads a setting.
    pub fn setting(&self, setting: Setting) -> Result<Option<String>, CheckpointError> {
        self.wrap(read(&self.db, setting))
    }

    /// Writes settings, all or none.
    pub fn set(&mut self, settings: &[(Setting, &str)]) -> Result<(), CheckpointError> {
        self.write(|tx| {
            settings
                .iter()
                .try_for_each(|(setting, value)| write(tx, *setting, value))
        })
    }
}

impl Reader {
    /// Reads a setting.
    pub fn setting(&self, setting: Setting) -> Result<Option<String>, CheckpointError> {
        read(&self.db, setting).map_err(|source| CheckpointError::sqlite(&self.path, source))
    }
}

pub(super) fn read(db: &Connection, setting: Setting) -> rusqlite::Result<Option<String>> {
    db.prepare_cached("SELECT value FROM setting WHERE name = ?1")?
        .query_row([setting.name()], |row| row.get(0))
        .optional()
}

pub(super) fn write(db: &Connection, setting: Setting, value: &str) -> rusqlite::Result<()> {
    db.prepare_cached(
        "INSERT INTO setting (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )?
    .execute([setting.name(), value])?;
    Ok(())
}

/// Stores the number of rows, which the next start compares, and the highest row number.
pub(super) fn write_row_count(db: &Connection) -> rusqlite::Result<()> {
    let rows: i64 = db.query_row("SELECT count(*) FROM row", [], |row| row.get(0))?;
    write(db, Setting::Rows, &rows.to_string())?;
    write(db, Setting::LastRow, &last_row(db)?.to_string())
}

/// Returns the highest row number ever assigned; it is never reused.
pub(super) fn last_row(db: &Connection) -> rusqlite::Result<u64> {
    let before = read(db, Setting::LastRow)?.and_then(|text| text.parse().ok());
    let now = db.query_row("SELECT max(number) FROM row", [], |row| row.get(0))?;
    Ok(before.max(now).unwrap_or(0))
}
