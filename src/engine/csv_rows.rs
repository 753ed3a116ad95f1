//! The rows of the CSV as the driver reads them again.

use super::driver::Rows;
use crate::checkpoint::PendingRow;
use crate::model::problem::Problem;
use crate::model::shown::shown_path;
use crate::source::{Place, Source};

/// The rows of a CSV, read again at their places.
#[derive(Debug)]
pub struct CsvRows(pub Source);

impl Rows for CsvRows {
    fn has_comments(&self) -> bool {
        self.0.comments_path().is_some()
    }

    fn read_again(&mut self, row: &PendingRow) -> Result<Vec<u8>, Problem> {
        let place = Place {
            line: row.line,
            offset: row.offset,
        };
        let changed = || {
            Problem::new(
                "FileChanged",
                format!(
                    "line {} of {} is no longer what it was when it was scanned; nothing more was \
                     sent: leave the file alone during a run, then run the same command again",
                    row.line,
                    shown_path(self.0.csv_path())
                ),
            )
        };
        let read = if row.is_fixed {
            self.0.read_again_as(place, &row.external_id)
        } else {
            self.0.read_again(place)
        };
        let read = read.map_err(|error| Problem::new("Unreadable", error.to_string()))?;
        match read {
            Ok(ready)
                if ready.valid.fingerprint == Some(*row.fingerprint.as_bytes())
                    && *ready.valid.external_id == *row.external_id =>
            {
                Ok(ready.body)
            }
            Ok(_) | Err(_) => Err(changed()),
        }
    }
}
