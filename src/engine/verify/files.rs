//! The rows as they were sent: their bodies are not kept, so they are made again from the files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::checkpoint::SentRow;
use crate::source::{Place, Source, Target};

/// The recorded CSV, and the files in which rows of it were mended.
#[derive(Debug)]
pub struct Files {
    recorded: Source,
    mapping: Option<PathBuf>,
    target: Target,
    /// Those that were opened; `None` for one that cannot be.
    others: BTreeMap<String, Option<Source>>,
}

impl Files {
    /// Takes the recorded CSV; the others are opened with the same mapping and target.
    pub fn new(recorded: Source, mapping: Option<PathBuf>, target: Target) -> Self {
        Self {
            recorded,
            mapping,
            target,
            others: BTreeMap::new(),
        }
    }

    /// The body of a row, if its file still says at its place what it said when it was sent.
    pub(super) fn body(&mut self, row: &SentRow) -> Option<Vec<u8>> {
        let place = Place {
            line: row.line,
            offset: row.offset,
        };
        let ready = self.file_of(row)?.read_again(place).ok()?.ok()?;
        let is_it = ready.valid.fingerprint == *row.fingerprint.as_bytes()
            && *ready.valid.external_id == *row.external_id;
        is_it.then_some(ready.body)
    }

    fn file_of(&mut self, row: &SentRow) -> Option<&Source> {
        let Some(file) = &row.file else {
            return Some(&self.recorded);
        };
        let open = || Source::open_for(Path::new(file), self.mapping.as_deref(), self.target).ok();
        self.others
            .entry(file.clone())
            .or_insert_with(open)
            .as_ref()
    }
}
