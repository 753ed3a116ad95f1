//! Converts UTF-16 to bytes that can be split.
//!
//! The result is UTF-8 except where the file is broken: half of a surrogate pair becomes the three
//! bytes that it would have if it were a character, and a lone last byte becomes `0xff`. Neither is
//! UTF-8, so the cell that holds them does not decode, and nothing is lost or made up: the bytes
//! of the file can be counted from the result.

/// The order of the two bytes of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::source) enum Endian {
    /// The lower byte first.
    Little,
    /// The higher byte first.
    Big,
}

/// Stands for a last byte that has no second one.
const LONE_BYTE: u8 = 0xff;

/// Converts UTF-16 to bytes that can be split, one run of bytes after the other.
#[derive(Debug)]
pub(super) struct Transcoder {
    endian: Endian,
    /// The first byte of a unit whose second one has not been read yet.
    first: Option<u8>,
    /// The first unit of a pair whose second one has not been read yet.
    high: Option<u16>,
}

impl Transcoder {
    pub(super) fn new(endian: Endian) -> Transcoder {
        Transcoder {
            endian,
            first: None,
            high: None,
        }
    }

    /// Appends the text of the next bytes, as far as it is complete.
    pub(super) fn push(&mut self, raw: &[u8], text: &mut Vec<u8>) {
        for byte in raw {
            let Some(first) = self.first.take() else {
                self.first = Some(*byte);
                continue;
            };
            let unit = match self.endian {
                Endian::Little => u16::from_le_bytes([first, *byte]),
                Endian::Big => u16::from_be_bytes([first, *byte]),
            };
            self.unit(unit, text);
        }
    }

    /// Appends what was cut off at the end of the file.
    pub(super) fn finish(&mut self, text: &mut Vec<u8>) {
        if let Some(high) = self.high.take() {
            append(u32::from(high), text);
        }
        if self.first.take().is_some() {
            text.push(LONE_BYTE);
        }
    }

    fn unit(&mut self, unit: u16, text: &mut Vec<u8>) {
        if let Some(high) = self.high.take() {
            if (0xdc00..0xe000).contains(&unit) {
                let pair = (u32::from(high) - 0xd800) << 10 | (u32::from(unit) - 0xdc00);
                return append(0x1_0000 + pair, text);
            }
            append(u32::from(high), text);
        }
        if (0xd800..0xdc00).contains(&unit) {
            self.high = Some(unit);
        } else {
            append(u32::from(unit), text);
        }
    }
}

/// Appends a code point the way UTF-8 would, halves of pairs included.
fn append(point: u32, text: &mut Vec<u8>) {
    let low = |shift: u32| 0x80 | (point >> shift & 0x3f) as u8;
    let high = |shift: u32| (point >> shift & 0x7f) as u8;
    match point {
        0..0x80 => text.push(high(0)),
        0x80..0x800 => text.extend([0xc0 | high(6), low(0)]),
        0x800..0x1_0000 => text.extend([0xe0 | high(12), low(6), low(0)]),
        _ => text.extend([0xf0 | high(18), low(12), low(6), low(0)]),
    }
}

/// Counts the bytes that transcoded text takes in the file.
pub(super) fn bytes_in_file(text: &[u8]) -> u64 {
    let one = |byte: &u8| match *byte {
        LONE_BYTE => 1,
        0x80..0xc0 => 0,
        0xf0.. => 4,
        _ => 2,
    };
    text.iter().map(one).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transcode(raw: &[u8]) -> Vec<u8> {
        let mut text = Vec::new();
        let mut transcoder = Transcoder::new(Endian::Little);
        transcoder.push(raw, &mut text);
        transcoder.finish(&mut text);
        assert_eq!(bytes_in_file(&text), raw.len() as u64);
        text
    }

    fn units(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn text_becomes_utf8() {
        let text = "a,é,€,😀\n";
        assert_eq!(transcode(&units(text)), text.as_bytes());
    }

    #[test]
    fn broken_units_are_kept_and_are_not_utf8() {
        for raw in [
            b"\x3d\xd8".as_slice(),
            b"\x3d\xd8a\0",
            b"\0\xdc",
            b"a\0b",
            b"\x3d\xd8b",
        ] {
            assert!(std::str::from_utf8(&transcode(raw)).is_err(), "{raw:x?}");
        }
    }
}
