//! Reads a file as bytes that can be split.

use std::io::{self, Read};

use super::{Encoding, utf16::Transcoder};

/// How many bytes are read at a time if they have to be transcoded.
const STEP_BYTES: u64 = 64 << 10;

/// Reads a file from a given position on.
#[derive(Debug)]
pub(in crate::source) struct Input<R> {
    file: R,
    transcoder: Option<Transcoder>,
    raw: Vec<u8>,
}

impl<R: Read> Input<R> {
    /// Starts at the current position of `file`, which must be the first byte of a character.
    pub(in crate::source) fn new(file: R, encoding: Encoding) -> Input<R> {
        let transcoder = match encoding {
            Encoding::Utf8 | Encoding::Legacy(_) => None,
            Encoding::Utf16(endian) => Some(Transcoder::new(endian)),
        };
        Input {
            file,
            transcoder,
            raw: Vec::new(),
        }
    }

    /// Appends to `bytes` until they are `target` long or slightly longer, and reports whether the
    /// file has ended; `seen` gets the file's own bytes.
    pub(in crate::source) fn fill(
        &mut self,
        bytes: &mut Vec<u8>,
        target: usize,
        mut seen: impl FnMut(&[u8]),
    ) -> io::Result<bool> {
        let Some(transcoder) = &mut self.transcoder else {
            let from = bytes.len();
            let wanted = target.saturating_sub(from);
            bytes.reserve(wanted);
            let read = (&mut self.file).take(wanted as u64).read_to_end(bytes)?;
            seen(&bytes[from..]);
            return Ok(read < wanted);
        };
        while bytes.len() < target {
            self.raw.clear();
            let read = (&mut self.file)
                .take(STEP_BYTES)
                .read_to_end(&mut self.raw)?;
            seen(&self.raw);
            transcoder.push(&self.raw, bytes);
            if (read as u64) < STEP_BYTES {
                transcoder.finish(bytes);
                return Ok(true);
            }
        }
        Ok(false)
    }
}
