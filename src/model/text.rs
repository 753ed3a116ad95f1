//! Serialises long texts to JSON in blocks instead of byte by byte.
//!
//! serde_json examines every byte of a string separately, which takes a tenth of a scan. A field
//! serialised with [`as_bytes`] goes to [`Texts`] instead, which skips a whole block at a time if
//! nothing in it needs escaping. The output is the same, byte for byte.

use std::io::{self, Write};

use serde::Serializer;
use serde_json::ser::{CharEscape, Formatter};

/// The number of bytes checked together; the compiler turns this into vector instructions.
const BLOCK_BYTES: usize = 32;

/// Passes a whole text to the formatter; only for [`Texts`].
pub(super) fn as_bytes<S: Serializer>(
    text: &impl AsRef<str>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(text.as_ref().as_bytes())
}

/// Writes JSON without spaces, and byte strings as the text that they hold.
#[derive(Debug)]
pub(super) struct Texts;

impl Formatter for Texts {
    fn write_byte_array<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        text: &[u8],
    ) -> io::Result<()> {
        self.begin_string(writer)?;
        let mut plain = 0;
        for (block, bytes) in text.chunks(BLOCK_BYTES).enumerate() {
            if !has_escapes(bytes) {
                continue;
            }
            for (at, byte) in bytes.iter().enumerate() {
                if let Some(escape) = escape(*byte) {
                    let at = block * BLOCK_BYTES + at;
                    writer.write_all(&text[plain..at])?;
                    self.write_char_escape(writer, escape)?;
                    plain = at + 1;
                }
            }
        }
        writer.write_all(&text[plain..])?;
        self.end_string(writer)
    }
}

/// Checks every byte without an early exit, which would prevent vectorisation.
fn has_escapes(block: &[u8]) -> bool {
    let is = u8::from;
    let found = block.iter().fold(0, |found, byte| {
        found | is(*byte < b' ') | is(*byte == b'"') | is(*byte == b'\\')
    });
    found != 0
}

fn escape(byte: u8) -> Option<CharEscape> {
    Some(match byte {
        b'"' => CharEscape::Quote,
        b'\\' => CharEscape::ReverseSolidus,
        b'\n' => CharEscape::LineFeed,
        b'\r' => CharEscape::CarriageReturn,
        b'\t' => CharEscape::Tab,
        0x08 => CharEscape::Backspace,
        0x0c => CharEscape::FormFeed,
        0..b' ' => CharEscape::AsciiControl(byte),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert_eq, proptest};
    use serde::Serialize;

    use super::*;

    #[derive(Serialize)]
    struct Said<'a>(#[serde(serialize_with = "as_bytes")] &'a str);

    fn written(text: &str) -> String {
        let mut out = Vec::new();
        let mut serializer = serde_json::Serializer::with_formatter(&mut out, Texts);
        Said(text).serialize(&mut serializer).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_character_below_256_is_written_as_serde_json_writes_it() {
        for n in 0..=255_u8 {
            let text = format!("{}{}{}", "a".repeat(31), char::from(n), "b".repeat(40));
            assert_eq!(written(&text), serde_json::to_string(&text).unwrap());
        }
        assert_eq!(written(""), "\"\"");
    }

    proptest! {
        #[test]
        fn any_text_is_written_as_serde_json_writes_it(text in any::<String>(), again in 0..9_usize) {
            let text = [text.as_str(), "\"plain\n"].concat().repeat(again);
            prop_assert_eq!(written(&text), serde_json::to_string(&text).unwrap());
        }
    }
}
