//! Identifiers: row numbers, ticket ids, keys and hashes.

use std::fmt;

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Numbers a row within its checkpoint, from 1, in the order in which the rows were first seen.
///
/// A number is never reused. It identifies a row whose `external_id` cannot, because the row has
/// none or because a spreadsheet may have changed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowNumber(pub u64);

impl fmt::Display for RowNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Zendesk's id of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TicketId(pub u64);

impl fmt::Display for TicketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The idempotency key of a row: a random UUID (version 4), sent as its hyphenated text.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key([u8; 16]);

impl Key {
    /// Generates a random key.
    pub fn random() -> Self {
        Self(*Uuid::new_v4().as_bytes())
    }

    /// Restores a key from its 16 stored bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Returns the 16 bytes that are stored.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Uuid::from_bytes(self.0).hyphenated().fmt(f)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({self})")
    }
}

/// The SHA-256 of a request body.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Hashes bytes.
    pub fn of(body: &[u8]) -> Self {
        Self(Sha256::digest(body).into())
    }

    /// Restores a hash that was stored or already computed.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the 32 bytes that are stored.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

/// A hash of a row's cells: the first eight bytes of a SHA-256. It identifies a CSV row that has no
/// `external_id` of its own.
///
/// The hash ignores what a spreadsheet changes on its own: quotes, delimiters, line ends, the
/// encoding, spaces around a cell, leading zeros of a number, empty cells at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CellsHash(pub i64);

impl CellsHash {
    /// Hashes the cells of a row, given in UTF-8.
    pub fn of<'c>(cells: impl Iterator<Item = &'c [u8]>) -> Self {
        let mut hash = Sha256::new();
        let mut empty_cells = 0_u64;
        for cell in cells {
            let cell = without_zeros(cell.trim_ascii());
            if cell.is_empty() {
                empty_cells += 1;
                continue;
            }
            hash.update(empty_cells.to_le_bytes());
            empty_cells = 0;
            let carriage_returns = memchr::memchr_iter(b'\r', cell).count();
            hash.update((cell.len() - carriage_returns).to_le_bytes());
            for part in cell.split(|byte| *byte == b'\r') {
                hash.update(part);
            }
        }
        let digest: [u8; 32] = hash.finalize().into();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        Self(i64::from_le_bytes(first))
    }
}

/// Strips the leading zeros from a cell that holds only digits.
fn without_zeros(cell: &[u8]) -> &[u8] {
    let zeros = cell.iter().take_while(|byte| **byte == b'0').count();
    let is_number = zeros > 0 && zeros < cell.len() && cell.iter().all(u8::is_ascii_digit);
    if is_number { &cell[zeros..] } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(cells: &[&str]) -> CellsHash {
        CellsHash::of(cells.iter().map(|cell| cell.as_bytes()))
    }

    #[test]
    fn what_a_spreadsheet_changes_unasked_does_not_change_the_hash_of_cells() {
        let cells = hash(&["1", "", "two\nlines"]);
        assert_eq!(hash(&[" 1", "", "two\r\nlines ", "", ""]), cells);
        assert_eq!(hash(&["001", "", "two\nlines"]), cells);
        for other in [
            &["1", "two\nlines"][..],
            &["1", "", "two", "lines"],
            &["", "1", "two\nlines"],
            &["1two\nlines"],
            &["01a", "", "two\nlines"],
            &["0", "", "two\nlines"],
            &["10", "", "two\nlines"],
        ] {
            assert_ne!(hash(other), cells, "{other:?}");
        }
    }
}
