//! Guesses the encoding of a file that has no byte order mark and whose mapping names none.
//!
//! The guess is based on a sample: all of a smaller file, or the beginning of a larger one and
//! windows spread over it, so that opening takes no longer for more rows. The same file always
//! gives the same guess.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};

use super::{Encoding, Endian};

/// Files up to this size are examined as a whole.
const WHOLE_BYTES: u64 = 4 << 20;

/// How much of the beginning of a larger file is examined.
const HEAD_BYTES: u64 = 1 << 20;

/// How many further windows of a larger file are examined.
const WINDOWS: u64 = 48;

/// The size of such a window.
const WINDOW_BYTES: u64 = 64 << 10;

/// What the bytes look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source) enum Guess {
    /// Certainly UTF-8.
    Utf8,
    /// UTF-8 with some invalid bytes.
    BrokenUtf8,
    /// UTF-16 without a byte order mark.
    Utf16(Endian),
    /// A legacy encoding.
    Legacy(&'static encoding_rs::Encoding),
}

impl Guess {
    /// Returns the encoding; `None` if its rows cannot be separated.
    pub(in crate::source) fn encoding(self) -> Option<Encoding> {
        match self {
            Guess::Utf8 | Guess::BrokenUtf8 => Some(Encoding::Utf8),
            Guess::Utf16(endian) => Some(Encoding::Utf16(endian)),
            Guess::Legacy(legacy) => Encoding::of(legacy),
        }
    }
}

/// Guesses from a sample; `None` if no encoding makes it valid text.
pub(in crate::source) fn sniff(file: &mut File) -> io::Result<Option<Guess>> {
    let windows = sample(file)?;
    let head = windows.first().map(Vec::as_slice).unwrap_or_default();
    if let Some(endian) = units(head) {
        return Ok(Some(Guess::Utf16(endian)));
    }
    let (mut characters, mut faults) = (0_usize, 0_usize);
    for window in &windows {
        if window.is_ascii() {
            continue;
        }
        for chunk in window.utf8_chunks() {
            characters += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
            faults += usize::from(!chunk.invalid().is_empty());
        }
    }
    if faults == 0 {
        return Ok(Some(Guess::Utf8));
    }
    // A text in a legacy encoding hardly ever looks like UTF-8, so where most characters do, taking
    // it for anything else would spoil them to save a few rows.
    if characters >= faults {
        return Ok(Some(Guess::BrokenUtf8));
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    for window in &windows {
        detector.feed(window, false);
    }
    detector.feed(b"", true);
    let guess = detector.guess(None, Utf8Detection::Deny);
    // Where a legacy encoding has no letter, its decoder gives a control character: DOS has letters there.
    let is_control = |c: char| ('\u{80}'..='\u{9f}').contains(&c);
    let has_control = |window: &Vec<u8>| {
        let (text, _) = guess.decode_without_bom_handling(window);
        text.contains(is_control)
    };
    let makes_text = !windows.iter().any(has_control);
    Ok(makes_text.then_some(Guess::Legacy(guess)))
}

/// Reports whether the bytes are UTF-8 so certainly that another named encoding must be wrong:
/// accented letters hardly ever look like UTF-8 by chance.
pub(in crate::source) fn is_utf8_instead(file: &mut File, named: Encoding) -> io::Result<bool> {
    if named == Encoding::Utf8 {
        return Ok(false);
    }
    let windows = sample(file)?;
    let is_utf8 = windows
        .iter()
        .all(|window| std::str::from_utf8(window).is_ok());
    let any = |found: &dyn Fn(&u8) -> bool| windows.iter().flatten().any(found);
    Ok(is_utf8
        && match named {
            Encoding::Utf8 => false,
            Encoding::Utf16(_) => !any(&|byte| *byte == 0),
            Encoding::Legacy(_) => any(&|byte| !byte.is_ascii()),
        })
}

/// Detects UTF-16 by the zero byte in most units of a header in Latin letters.
fn units(head: &[u8]) -> Option<Endian> {
    let head = &head[..head.len().min(512)];
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|b| **b == 0);
    let half = head.len() / 2;
    let (even, odd) = (zeros(0).count(), zeros(1).count());
    let mostly = |zeros: usize, others: usize| zeros * 4 > half && others * 4 < zeros;
    if mostly(odd, even) {
        Some(Endian::Little)
    } else if mostly(even, odd) {
        Some(Endian::Big)
    } else {
        None
    }
}

/// Reads the sample; windows other than the first begin and end between lines.
fn sample(file: &mut File) -> io::Result<Vec<Vec<u8>>> {
    let length = file.metadata()?.len();
    if length <= WHOLE_BYTES {
        return Ok(vec![window(file, 0, WHOLE_BYTES)?]);
    }
    let mut head = window(file, 0, HEAD_BYTES)?;
    cut_last_line(&mut head);
    let mut windows = vec![head];
    for at in 1..=WINDOWS {
        let offset = HEAD_BYTES + (length - HEAD_BYTES - WINDOW_BYTES) / WINDOWS * at;
        let mut bytes = window(file, offset, WINDOW_BYTES)?;
        if let Some(end) = memchr::memchr2(b'\n', b'\r', &bytes) {
            bytes.drain(..=end);
            cut_last_line(&mut bytes);
            windows.push(bytes);
        }
    }
    Ok(windows)
}

fn cut_last_line(bytes: &mut Vec<u8>) {
    if let Some(end) = memchr::memrchr2(b'\n', b'\r', bytes) {
        bytes.truncate(end + 1);
    }
}

fn window(file: &mut File, offset: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    file.seek(SeekFrom::Start(offset))?;
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}
