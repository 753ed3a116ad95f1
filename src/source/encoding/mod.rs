//! Encodings: how a file's bytes become text.
//!
//! Records are split as bytes, so the bytes must be in a superset of ASCII in which a quote, a
//! delimiter or a line end is never part of another character. UTF-8 and most legacy encodings meet
//! this and stay as they are until single cells are decoded. UTF-16 does not, so it is converted to
//! UTF-8 while it is read, in such a way that the bytes of the file can be counted from the result.

mod input;
mod sniff;
mod utf16;

use std::borrow::Cow;

pub(super) use input::Input;
pub(super) use sniff::{Guess, is_utf8_instead, sniff};
pub(super) use utf16::Endian;

/// The encoding of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// UTF-8.
    Utf8,
    /// A legacy encoding that is split as it is.
    Legacy(&'static encoding_rs::Encoding),
    /// UTF-16, which is split as UTF-8.
    Utf16(Endian),
}

/// The bytes that may be the second half of a character besides those that no CSV gives a meaning.
const TRAIL_BYTES: [(&encoding_rs::Encoding, &[u8]); 4] = [
    (encoding_rs::SHIFT_JIS, b"|"),
    (encoding_rs::GBK, b"|"),
    (encoding_rs::GB18030, b"|"),
    (encoding_rs::BIG5, b"|"),
];

impl Encoding {
    /// Finds the encoding that a label of the Encoding Standard names.
    pub(super) fn from_label(label: &str) -> Result<Encoding, String> {
        let Some(found) = encoding_rs::Encoding::for_label(label.as_bytes()) else {
            return Err(format!(
                "encoding \"{label}\" is not known; write a label of the Encoding Standard such as \"utf-8\", \"utf-16le\", \"windows-1252\" or \"shift_jis\", or \"auto\""
            ));
        };
        Encoding::of(found).ok_or_else(|| {
            format!(
                "the rows of a file in {} cannot be told apart safely; convert the file to UTF-8 and leave this line out",
                found.name()
            )
        })
    }

    /// Wraps an encoding; `None` if an ASCII byte may have another meaning in it.
    fn of(found: &'static encoding_rs::Encoding) -> Option<Encoding> {
        if found == encoding_rs::UTF_8 {
            Some(Encoding::Utf8)
        } else if found == encoding_rs::UTF_16LE {
            Some(Encoding::Utf16(Endian::Little))
        } else if found == encoding_rs::UTF_16BE {
            Some(Encoding::Utf16(Endian::Big))
        } else {
            let fits = found.is_ascii_compatible() && found != encoding_rs::ISO_2022_JP;
            fits.then_some(Encoding::Legacy(found))
        }
    }

    /// Reads the byte order mark at the beginning of a file: the encoding, and the length of the
    /// mark.
    pub(super) fn of_mark(head: &[u8]) -> Option<(Encoding, usize)> {
        if head.starts_with(b"\xef\xbb\xbf") {
            Some((Encoding::Utf8, 3))
        } else if head.starts_with(b"\xff\xfe") {
            Some((Encoding::Utf16(Endian::Little), 2))
        } else if head.starts_with(b"\xfe\xff") {
            Some((Encoding::Utf16(Endian::Big), 2))
        } else {
            None
        }
    }

    /// Returns its name in the Encoding Standard.
    pub(super) fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "UTF-8",
            Encoding::Legacy(encoding) => encoding.name(),
            Encoding::Utf16(Endian::Little) => "UTF-16LE",
            Encoding::Utf16(Endian::Big) => "UTF-16BE",
        }
    }

    /// Reports whether a delimiter is never part of another character.
    pub(super) fn takes_delimiter(self, delimiter: u8) -> bool {
        let Encoding::Legacy(legacy) = self else {
            return true;
        };
        let trail = TRAIL_BYTES.iter().find(|(encoding, _)| *encoding == legacy);
        trail.is_none_or(|(_, bytes)| !bytes.contains(&delimiter))
    }

    /// Converts bytes of the file to bytes that can be split; a character cut off at the end is
    /// left out.
    pub(super) fn splittable(self, raw: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Encoding::Utf8 | Encoding::Legacy(_) => Cow::Borrowed(raw),
            Encoding::Utf16(endian) => {
                let mut text = Vec::with_capacity(raw.len());
                utf16::Transcoder::new(endian).push(raw, &mut text);
                Cow::Owned(text)
            }
        }
    }

    /// Counts the bytes that split bytes take in the file.
    pub(super) fn bytes_in_file(self, split: &[u8]) -> u64 {
        match self {
            Encoding::Utf8 | Encoding::Legacy(_) => split.len() as u64,
            Encoding::Utf16(_) => utf16::bytes_in_file(split),
        }
    }

    /// Decodes a split cell; `None` if its bytes are invalid in this encoding.
    pub(super) fn decode(self, cell: &[u8]) -> Option<Cow<'_, str>> {
        match self {
            Encoding::Utf8 | Encoding::Utf16(_) => {
                std::str::from_utf8(cell).ok().map(Cow::Borrowed)
            }
            Encoding::Legacy(legacy) => {
                legacy.decode_without_bom_handling_and_without_replacement(cell)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All labels of multi-byte encodings that can be read.
    const MULTI_BYTE: [&str; 6] = ["shift_jis", "gbk", "gb18030", "big5", "euc-kr", "euc-jp"];

    #[test]
    fn labels_are_those_of_the_encoding_standard() {
        assert_eq!(Encoding::from_label("UTF8").unwrap(), Encoding::Utf8);
        assert_eq!(
            Encoding::from_label("latin1").unwrap().name(),
            "windows-1252"
        );
        assert!(Encoding::from_label("klingon").is_err());
        let refused = Encoding::from_label("iso-2022-jp").unwrap_err();
        assert!(refused.contains("convert the file to UTF-8"), "{refused}");
        assert!(Encoding::from_label("replacement").is_err());
    }

    #[test]
    fn no_structural_byte_is_the_second_half_of_a_character() {
        for label in MULTI_BYTE {
            let encoding = Encoding::from_label(label).unwrap();
            for byte in *b"\",;\t|\r\n" {
                let structural = b"\"\r\n".contains(&byte) || encoding.takes_delimiter(byte);
                for lead in 0x80..=0xff_u8 {
                    let pair = [lead, byte];
                    let whole = encoding.decode(&pair).is_some_and(|text| {
                        !text.ends_with(char::from(byte)) || text.chars().count() == 1
                    });
                    assert!(!(structural && whole), "{label} {pair:x?}");
                }
            }
        }
    }
}
