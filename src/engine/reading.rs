//! Reads the rows of a file for the checkpoint.

use std::fmt::Write;
use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::error::EngineError;
use super::monitor::Monitor;
use crate::checkpoint::NewRow;
use crate::model::ids::{Fingerprint, Key};
use crate::source::{Chunk, Place, ScanEnd, Scanned, Source};

/// How far a scan takes each row.
#[derive(Debug, Clone, Copy)]
pub(super) enum Depth {
    /// To a ticket, or to what is wrong with it.
    Tickets,
    /// To the bytes that would be sent, too.
    Bodies,
}

/// Hands all rows to `add`, in groups, and says what was read.
pub(super) fn read(
    source: &Source,
    depth: Depth,
    monitor: &mut dyn Monitor,
    end: &CancellationToken,
    mut add: impl FnMut(&[Scanned]) -> Result<(), EngineError>,
) -> Result<ScanEnd, EngineError> {
    let mut bytes = source.header_bytes();
    let mut rows = 0;
    let each = |chunk: Chunk| {
        if end.is_cancelled() {
            return Err(EngineError::Interrupted);
        }
        add(&chunk.rows)?;
        bytes += chunk.bytes;
        rows += chunk.rows.len() as u64;
        monitor.scanned(bytes, rows);
        Ok(())
    };
    match depth {
        Depth::Tickets => source.check(each),
        Depth::Bodies => source.scan(each),
    }
}

pub(super) fn new_row(scanned: &Scanned) -> NewRow<'_> {
    let Place { line, offset } = scanned.place;
    let cells = scanned.cells;
    match &scanned.row {
        Ok(valid) => NewRow {
            line,
            offset,
            cells,
            external_id: Some(&valid.external_id),
            has_requester: valid.has_requester,
            body: Ok(valid
                .fingerprint
                .map(|sha256| (Fingerprint::from_bytes(sha256), Key::random()))),
        },
        Err(invalid) => NewRow {
            line,
            offset,
            cells,
            external_id: invalid.external_id.as_deref(),
            has_requester: false,
            body: Err(&invalid.problem),
        },
    }
}

pub(super) fn mapping_sha256(source: &Source) -> String {
    optional(source.mapping_sha256())
}

/// Writes a hash; nothing for a file that there is not.
pub(super) fn optional(sha256: Option<[u8; 32]>) -> String {
    sha256.map(|sha256| hex(&sha256)).unwrap_or_default()
}

pub(super) fn absolute(path: &Path) -> String {
    std::path::absolute(path)
        .unwrap_or_else(|_| path.to_owned())
        .to_string_lossy()
        .into_owned()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _writing_to_a_string_cannot_fail = write!(text, "{byte:02x}");
            text
        })
}
