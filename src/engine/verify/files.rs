//! The rows as they were sent: their bodies are not kept, so they are made again from the files.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use crate::checkpoint::SentRow;
use crate::model::ids::Fingerprint;
use crate::source::{Place, Source, SourceError, Target};

/// The recorded CSV, and the files in which rows of it were fixed.
#[derive(Debug)]
pub struct Files {
    recorded: File,
    mapping: Option<PathBuf>,
    target: Target,
    /// Those that were opened; `None` for one that cannot be.
    others: BTreeMap<String, Option<File>>,
}

impl Files {
    /// Takes the recorded CSV; the others are opened with the same mapping and target.
    pub fn new(recorded: Source, mapping: Option<PathBuf>, target: Target) -> Self {
        Self {
            recorded: File::new(recorded),
            mapping,
            target,
            others: BTreeMap::new(),
        }
    }

    /// The body of a row, if its file still holds it as it was sent.
    pub(super) fn body(&mut self, row: &SentRow) -> Option<Vec<u8>> {
        let file = match &row.file {
            None => &mut self.recorded,
            Some(name) => {
                let open =
                    || Source::open_for(Path::new(name), self.mapping.as_deref(), self.target);
                let file = || open().ok().map(File::new);
                let other = self.others.entry(name.clone()).or_insert_with(file);
                other.as_mut()?
            }
        };
        file.body(row)
    }
}

#[derive(Debug)]
struct File {
    source: Source,
    /// Where its rows are now, by the beginning of their fingerprints; made when the first row is
    /// not where it was.
    places: Option<HashMap<u64, Place>>,
}

impl File {
    fn new(source: Source) -> Self {
        Self {
            source,
            places: None,
        }
    }

    fn body(&mut self, row: &SentRow) -> Option<Vec<u8>> {
        let recorded = Place {
            line: row.line,
            offset: row.offset,
        };
        if let Some(body) = self.body_at(recorded, row) {
            return Some(body);
        }
        if self.places.is_none() {
            self.places = Some(places(&self.source));
        }
        let place = *self.places.as_ref()?.get(&beginning(row.fingerprint))?;
        self.body_at(place, row)
    }

    fn body_at(&self, place: Place, row: &SentRow) -> Option<Vec<u8>> {
        let read = match row.file {
            None => self.source.read_again(place),
            Some(_) => self.source.read_again_as(place, &row.external_id),
        };
        let ready = read.ok()?.ok()?;
        let is_it = ready.valid.fingerprint == Some(*row.fingerprint.as_bytes())
            && *ready.valid.external_id == *row.external_id;
        is_it.then_some(ready.body)
    }
}

fn places(source: &Source) -> HashMap<u64, Place> {
    let mut places = HashMap::new();
    let read: Result<_, SourceError> = source.scan(|chunk| {
        for scanned in &chunk.rows {
            if let Ok(valid) = &scanned.row
                && let Some(fingerprint) = valid.fingerprint
            {
                let fingerprint = Fingerprint::from_bytes(fingerprint);
                places.insert(beginning(fingerprint), scanned.place);
            }
        }
        Ok(())
    });
    // What a file that breaks off in the middle still holds can be read.
    drop(read);
    places
}

/// Enough to find a row by; what is found is compared whole.
fn beginning(fingerprint: Fingerprint) -> u64 {
    let mut half = [0; 8];
    half.copy_from_slice(&fingerprint.as_bytes()[..8]);
    u64::from_ne_bytes(half)
}
