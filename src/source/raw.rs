//! Gives rows out again as the file has them, byte for byte, with cells added at their end.

use std::io::{Read, Seek, SeekFrom};

use super::again::piece_at;
use super::encoding::Encoding;
use super::error::SourceError;
use super::file::open;
use super::header::Header;
use super::pieces::unreadable;
use super::quotes::FIRST;
use super::records::Place;
use super::scan::Plan;

pub(super) fn header_with(header: &Header, columns: &[&str]) -> Vec<u8> {
    let split = header.encoding.splittable(&header.raw);
    let end = line_end(&split);
    extended(&header.raw, end, end, header, columns)
}

pub(super) fn row_with(plan: &Plan, at: Place, cells: &[&str]) -> Result<Vec<u8>, SourceError> {
    let header = &plan.file.header;
    let piece = piece_at(plan, at)?;
    let record = &piece.bytes[FIRST..];
    let mut raw = Vec::new();
    let mut file = open(&plan.file.path)?;
    file.seek(SeekFrom::Start(at.offset))
        .and_then(|_| {
            file.take(header.encoding.bytes_in_file(record))
                .read_to_end(&mut raw)
        })
        .map_err(|source| unreadable(&plan.file.path, source))?;
    let end = line_end(record);
    // The last row of a file may have no line end of its own.
    let split = header.encoding.splittable(&header.raw);
    let new_end = if end.is_empty() {
        line_end(&split)
    } else {
        end
    };
    Ok(extended(&raw, end, new_end, header, cells))
}

/// Puts cells between a record and its line end.
fn extended(raw: &[u8], end: &str, new_end: &str, header: &Header, cells: &[&str]) -> Vec<u8> {
    let end_bytes = header.encoding.encode(end).len();
    let mut row = raw[..raw.len().saturating_sub(end_bytes)].to_vec();
    let delimiter = char::from(header.delimiter);
    let mut added = String::new();
    for cell in cells {
        added.push(delimiter);
        added.push_str(&quoted(cell, delimiter));
    }
    added.push_str(new_end);
    row.extend(header.encoding.encode(&added));
    row
}

fn quoted(cell: &str, delimiter: char) -> String {
    if cell.contains([delimiter, '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

fn line_end(split: &[u8]) -> &'static str {
    if split.ends_with(b"\r\n") {
        "\r\n"
    } else if split.ends_with(b"\n") {
        "\n"
    } else if split.ends_with(b"\r") {
        "\r"
    } else {
        ""
    }
}

impl Encoding {
    /// Encodes a text for the file. What the encoding has no character for becomes a question mark.
    fn encode(self, text: &str) -> Vec<u8> {
        use super::encoding::Endian;
        match self {
            Encoding::Utf8 => text.as_bytes().to_vec(),
            Encoding::Utf16(Endian::Little) => {
                text.encode_utf16().flat_map(u16::to_le_bytes).collect()
            }
            Encoding::Utf16(Endian::Big) => {
                text.encode_utf16().flat_map(u16::to_be_bytes).collect()
            }
            Encoding::Legacy(legacy) => {
                let mut buffer = [0; 4];
                text.chars()
                    .flat_map(|c| {
                        let (bytes, _, unknown) = legacy.encode(c.encode_utf8(&mut buffer));
                        if unknown {
                            b"?".to_vec()
                        } else {
                            bytes.into_owned()
                        }
                    })
                    .collect()
            }
        }
    }
}
