//! Processes every piece of a file: one thread cuts the file, the rayon pool does the CPU work, and
//! the caller gets the results in file order.
//!
//! The queue between the three holds a fixed number of pieces, whatever the file's size. It carries
//! one reply channel for each piece in flight, so waiting for the next reply restores the order.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use super::error::SourceError;
use super::file::open;
use super::header::CsvFile;
use super::pieces::{Cutter, Piece, WholeFile};

/// How many pieces may be cut but not yet passed on.
const PIECES_IN_FLIGHT: usize = 8;

type Reply<T> = Result<T, SourceError>;
type Buffers = Arc<Mutex<Vec<Vec<u8>>>>;

/// Runs `work` on every piece in the pool, and passes the results to `each`, which may end the scan
/// with an error.
pub(super) fn in_order<T: Send + 'static, E: From<SourceError>>(
    file: &Arc<CsvFile>,
    work: impl Fn(&Piece) -> Reply<T> + Send + Sync + 'static,
    mut each: impl FnMut(T) -> Result<(), E>,
) -> Result<WholeFile, E> {
    let (queue, replies) = sync_channel(PIECES_IN_FLIGHT);
    let work = Arc::new(work);
    std::thread::scope(|scope| {
        let reader = scope.spawn(move || cut(file, &work, &queue));
        for reply in drain(replies, &file.path) {
            each(reply?)?;
        }
        match reader.join() {
            Ok(read) => Ok(read?),
            Err(_) => Err(lost(&file.path).into()),
        }
    })
}

/// Waits for each piece's reply in turn. Dropping the iterator lets the reader thread end.
fn drain<T>(replies: Receiver<Receiver<Reply<T>>>, path: &Path) -> impl Iterator<Item = Reply<T>> {
    replies
        .into_iter()
        .map(|reply| reply.recv().unwrap_or_else(|_| Err(lost(path))))
}

fn cut<T: Send + 'static>(
    file: &Arc<CsvFile>,
    work: &Arc<impl Fn(&Piece) -> Reply<T> + Send + Sync + 'static>,
    queue: &SyncSender<Receiver<Reply<T>>>,
) -> Result<WholeFile, SourceError> {
    let mut cutter = Cutter::new(open(&file.path)?, file)?;
    let buffers: Buffers = Arc::default();
    while let Some(piece) = cutter.next(take(&buffers))? {
        let (answer, reply) = sync_channel(1);
        if queue.send(reply).is_err() {
            break; // The caller gave up, and has its own error to tell.
        }
        let work = Arc::clone(work);
        let buffers = Arc::clone(&buffers);
        rayon::spawn_fifo(move || {
            let done = work(&piece);
            give_back(&buffers, piece.bytes);
            // There is no receiver after an error of the caller.
            let _ = answer.send(done);
        });
    }
    Ok(cutter.finish())
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
