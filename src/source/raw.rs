//! Returns rows as the file has them, byte for byte, with cells added at the end.

use std::io::{Read, Seek, SeekFrom};

use csv::ByteRecord;

use super::added::joined;
use super::again::piece_at;
use super::encoding::Encoding;
use super::error::{SourceError, unreadable};
use super::file::open;
use super::header::Header;
use super::pieces::Place;
use super::plan::Plan;
use super::quotes::FIRST;
use super::records::{decode, first_cells};
use crate::model::ids::CellsHash;

/// A row as an export writes it.
#[derive(Debug)]
pub struct Exported {
    /// Its bytes, with the extra cells under their columns.
    pub bytes: Vec<u8>,
    /// The hash of its own cells.
    pub cells: CellsHash,
}

pub(super) fn header_with(header: &Header, columns: &[&str]) -> Vec<u8> {
    let split = header.encoding.splittable(&header.raw);
    let end = line_end(&split);
    extended(&header.raw, end, end, header, columns)
}

/// Reports whether a row has more cells than there are columns.
pub(super) fn has_more_cells(plan: &Plan, at: Place) -> Result<bool, SourceError> {
    let cells = first_cells(&plan.file, &piece_at(plan, at)?)?;
    Ok(cells.len() > plan.file.header.columns.len())
}

/// Returns a row with extra cells. If it has fewer cells than there are columns, empty ones are
/// inserted first, so that each extra cell is under its name. If it has more, the surplus cells are
/// joined into one, which has a column if `with_more`.
pub(super) fn row_with(
    plan: &Plan,
    at: Place,
    further: &[&str],
    with_more: bool,
) -> Result<Exported, SourceError> {
    let header = &plan.file.header;
    let piece = piece_at(plan, at)?;
    let record = &piece.bytes[FIRST..];
    let cells = first_cells(&plan.file, &piece)?;
    let end = line_end(record);
    // The last row of a file may have no line end.
    let split = header.encoding.splittable(&header.raw);
    let new_end = if end.is_empty() {
        line_end(&split)
    } else {
        end
    };
    let columns = header.columns.len();
    let raw = if cells.len() > columns {
        rewritten(&cells, header, new_end)
    } else {
        raw_record(plan, at, record)?
    };
    let end = if cells.len() > columns { new_end } else { end };
    let missing = columns.saturating_sub(cells.len());
    let missing = missing + usize::from(with_more && cells.len() <= columns);
    let mut all = vec![""; missing];
    all.extend_from_slice(further);
    let mut decoded = ByteRecord::new();
    Ok(Exported {
        bytes: extended(&raw, end, new_end, header, &all),
        cells: CellsHash::of(decode(header.encoding, &cells, &mut decoded).iter()),
    })
}

fn raw_record(plan: &Plan, at: Place, record: &[u8]) -> Result<Vec<u8>, SourceError> {
    let mut raw = Vec::new();
    let mut file = open(&plan.file.path)?;
    file.seek(SeekFrom::Start(at.offset))
        .and_then(|_| {
            file.take(plan.file.header.encoding.bytes_in_file(record))
                .read_to_end(&mut raw)
        })
        .map_err(|source| unreadable(&plan.file.path, source))?;
    Ok(raw)
}

/// Writes a row that has too many cells, with those beyond the last column joined into one.
fn rewritten(cells: &ByteRecord, header: &Header, end: &str) -> Vec<u8> {
    let columns = header.columns.len();
    let more = joined(cells.iter().skip(columns));
    let all = cells.iter().take(columns).chain([&more[..]]);
    let mut writer = csv::WriterBuilder::new()
        .delimiter(header.delimiter)
        .from_writer(Vec::new());
    // Writing to memory cannot fail.
    let _written = writer.write_record(all);
    let mut row = writer.into_inner().unwrap_or_default();
    row.pop();
    row.extend_from_slice(end.as_bytes());
    match header.encoding {
        Encoding::Utf16(_) => header.encoding.encode(&String::from_utf8_lossy(&row)),
        Encoding::Utf8 | Encoding::Legacy(_) => row,
    }
}

/// Inserts cells between a record and its line end.
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
    /// Encodes a text for the file. Characters that the encoding lacks become question marks.
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
