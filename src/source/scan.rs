//! Reads every row: one thread cuts the file, the rayon pool does the CPU work, and the caller gets
//! the chunks in file order.
//!
//! The queue between the three holds a fixed number of pieces, whatever the file's size: it carries
//! one reply channel for each piece in flight, so waiting for the next reply restores the order.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use super::error::SourceError;
use super::header::{Header, open};
use super::mapping::Mapping;
use super::pieces::{Cutter, Piece};
use super::rows::{self, Rows, Scanned};

/// The pieces that may be cut and not yet handed on.
const PIECES_IN_FLIGHT: usize = 8;

/// Rows that follow each other in the file.
#[derive(Debug)]
pub struct Chunk {
    /// The rows, in file order.
    pub rows: Vec<Scanned>,
    /// The bytes of the file that this chunk took; all chunks and the header together are the file.
    pub bytes: u64,
}

/// What a whole scan saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanEnd {
    /// The records after the header, valid or not.
    pub rows: u64,
    /// The lines between and after records that hold nothing.
    pub blank_lines: u64,
    /// The bytes of the file.
    pub bytes: u64,
    /// The SHA-256 of exactly the bytes that were scanned.
    pub sha256: [u8; 32],
}

/// What the parts of a scan share.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) path: PathBuf,
    pub(super) header: Header,
    pub(super) mapping: Mapping,
}

type Reply = Result<(Rows, u64), SourceError>;
type Buffers = Arc<Mutex<Vec<Vec<u8>>>>;

/// Scans the file; `each` may end the scan by an error.
pub(super) fn scan<E: From<SourceError>>(
    plan: &Arc<Plan>,
    mut each: impl FnMut(Chunk) -> Result<(), E>,
) -> Result<ScanEnd, E> {
    let (queue, replies) = sync_channel(PIECES_IN_FLIGHT);
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || cut(plan, &queue));
        let (mut rows, mut blank_lines) = (0, 0);
        for reply in drain(replies, &plan.path) {
            let (found, bytes) = reply?;
            rows += found.rows.len() as u64;
            blank_lines += found.blank_lines;
            each(Chunk {
                rows: found.rows,
                bytes,
            })?;
        }
        match reader.join() {
            Ok(Ok((bytes, sha256))) => Ok(ScanEnd {
                rows,
                blank_lines,
                bytes,
                sha256,
            }),
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Err(lost(&plan.path).into()),
        }
    })
}

/// Waits for each piece's reply in turn. Dropping it lets the reader thread end.
fn drain(replies: Receiver<Receiver<Reply>>, path: &Path) -> impl Iterator<Item = Reply> + '_ {
    replies
        .into_iter()
        .map(|reply| reply.recv().unwrap_or_else(|_| Err(lost(path))))
}

fn cut(
    plan: &Arc<Plan>,
    queue: &SyncSender<Receiver<Reply>>,
) -> Result<(u64, [u8; 32]), SourceError> {
    let file = open(&plan.path)?;
    let mut cutter = Cutter::new(file, &plan.path, &plan.header)?;
    let buffers: Buffers = Arc::default();
    while let Some(piece) = cutter.next(take(&buffers))? {
        let (answer, reply) = sync_channel(1);
        if queue.send(reply).is_err() {
            break; // The caller gave up, and has its own error to tell.
        }
        let plan = Arc::clone(plan);
        let buffers = Arc::clone(&buffers);
        rayon::spawn_fifo(move || {
            let found = parse(&plan, &piece);
            give_back(&buffers, piece.bytes);
            // Nobody listens after an error of the caller's.
            let _ = answer.send(found);
        });
    }
    Ok(cutter.finish())
}

fn parse(plan: &Plan, piece: &Piece) -> Reply {
    let found = rows::read(&plan.path, &plan.header, &plan.mapping, piece)?;
    let records = &piece.bytes[super::quotes::FIRST..];
    Ok((found, plan.header.encoding.bytes_in_file(records)))
}

fn take(buffers: &Buffers) -> Vec<u8> {
    let spare = buffers.lock().ok().and_then(|mut spare| spare.pop());
    spare.unwrap_or_default()
}

fn give_back(buffers: &Buffers, bytes: Vec<u8>) {
    if let Ok(mut spare) = buffers.lock() {
        spare.push(bytes);
    }
}

fn lost(path: &Path) -> SourceError {
    SourceError::Lost { path: path.into() }
}
