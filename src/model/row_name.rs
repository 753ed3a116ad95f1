//! The name of an exported row, as written in the `_row` column.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use super::ids::{CellsHash, RowNumber};

/// A row's number plus check letters, by which a file exported from another checkpoint is detected:
/// there the same number may belong to another row.
///
/// `17-kdfz` survives a spreadsheet, which takes it for neither a number nor a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowName {
    /// The number.
    pub number: RowNumber,
    letters: [u8; LETTERS],
}

const LETTERS: usize = 4;

/// Without vowels, the letters form neither words nor names of months.
const ALPHABET: &[u8; 16] = b"bcdfghkmnpqrstvz";

impl RowName {
    /// Names a row by the `external_id` that it has in the CSV, or else by its cells.
    pub fn new(number: RowNumber, own_id: Option<&str>, cells: CellsHash) -> Self {
        let digest = match own_id {
            Some(id) => Sha256::digest(id),
            None => Sha256::digest(cells.0.to_le_bytes()),
        };
        let mut letters = [0; LETTERS];
        for (letter, byte) in letters.iter_mut().zip(digest) {
            *letter = ALPHABET[usize::from(byte % 16)];
        }
        Self { number, letters }
    }
}

impl fmt::Display for RowName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-", self.number)?;
        let mut letters = self.letters.iter();
        letters.try_for_each(|letter| write!(f, "{}", char::from(*letter)))
    }
}

/// The error for a text that is not the name of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoRowName;

impl FromStr for RowName {
    type Err = NoRowName;

    fn from_str(text: &str) -> Result<Self, NoRowName> {
        let (number, letters) = text.trim().split_once('-').ok_or(NoRowName)?;
        let number = number.parse().map_err(|_| NoRowName)?;
        let letters = letters.to_ascii_lowercase();
        let letters = letters.as_bytes().try_into().map_err(|_| NoRowName)?;
        Ok(Self {
            number: RowNumber(number),
            letters,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written_and_differs_where_the_row_does() {
        let cells = CellsHash(17);
        let own = RowName::new(RowNumber(5), Some("a"), cells);
        assert_eq!(own.to_string().parse(), Ok(own));
        assert_eq!(format!(" {own} ").to_uppercase().parse(), Ok(own));
        assert_eq!(own, RowName::new(RowNumber(5), Some("a"), CellsHash(18)));
        assert_ne!(own, RowName::new(RowNumber(5), Some("b"), cells));
        assert_ne!(own, RowName::new(RowNumber(5), None, cells));
        for wrong in ["", "5", "-bcdf", "5-bcd", "x-bcdf", "5-bcdfg", "1.234-bcdf"] {
            assert_eq!(wrong.parse::<RowName>(), Err(NoRowName), "{wrong:?}");
        }
    }
}
