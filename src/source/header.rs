//! Reads the head of a CSV: encoding, delimiter, column names.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

use super::encoding::{Encoding, Guess, is_utf8_instead, sniff};
use super::error::{SourceError, unreadable};
use super::excerpt::pointed;
use super::file::open;
use super::line_ends::{LineEnd, usual};
use super::not_csv;
use super::quotes::{FIRST, Survey, ends_field, record_end, survey};

/// The maximum size of a header.
const HEADER_BYTES_MAX: u64 = 1 << 20;

/// The delimiters that are tried, the most likely first.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Advice for an encoding that cannot be read, or not with this delimiter.
const CONVERT: &str = "convert the file to UTF-8, or name its encoding in the mapping's [source]";

/// Advice for an encoding that the mapping names wrongly.
const NAME_IT: &str = "name the right encoding in the mapping's [source], or take that line out";

/// A readable CSV.
#[derive(Debug)]
pub(super) struct CsvFile {
    /// Its path, as it was passed in.
    pub(super) path: PathBuf,
    pub(super) header: Header,
}

impl CsvFile {
    /// Reads the header of `path`.
    pub(super) fn open(path: &Path, named: Named) -> Result<CsvFile, SourceError> {
        Ok(CsvFile {
            path: path.into(),
            header: Header::read(path, named)?,
        })
    }
}

/// The head of a CSV.
#[derive(Debug)]
pub(super) struct Header {
    /// The column names, in order.
    pub(super) columns: Vec<String>,
    /// The delimiter between cells.
    pub(super) delimiter: u8,
    /// The delimiter named in a first line such as `sep=;`, as Excel writes it.
    pub(super) separator: Option<u8>,
    /// Whether the delimiter was detected rather than named.
    pub(super) delimiter_detected: bool,
    /// How the bytes are decoded.
    pub(super) encoding: Encoding,
    /// The guessed encoding, if neither a byte order mark nor the mapping named one.
    pub(super) guess: Option<Guess>,
    /// The byte that ends a physical line: LF, or CR in a file without LF.
    pub(super) line_end: u8,
    /// How records end; `None` if any line end is accepted, as the mapping may say.
    pub(super) records_end: Option<LineEnd>,
    /// All bytes of the file before the first row, including the byte order mark.
    pub(super) raw: Vec<u8>,
    /// The line number of the first byte after the header.
    pub(super) rows_line: u64,
}

/// What the mapping says about the file; `None` means that it is detected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Named {
    /// The delimiter.
    pub(super) delimiter: Option<u8>,
    /// The encoding.
    pub(super) encoding: Option<Encoding>,
}

impl Header {
    fn read(path: &Path, named: Named) -> Result<Header, SourceError> {
        let mut file = open(path)?;
        let raw = read_head(path, &mut file)?;
        let told = tell(path, &mut file, &raw, named.encoding)?;
        let (encoding, mark) = (told.encoding, told.mark);
        let head = encoding.splittable(&raw[mark..]);
        let (separator, skipped) = separator_line(&head).unzip();
        let skipped = skipped.unwrap_or_default();
        let blank = head[skipped..].iter().take_while(|b| is_line_end(**b));
        let start = skipped + blank.count();
        if head[skipped..].trim_ascii().is_empty() {
            return Err(SourceError::Empty { path: path.into() });
        }
        let mut framed = vec![b'\n'];
        framed.extend_from_slice(&head[start..]);
        let delimiter = named.delimiter.or(separator);
        let delimiter_detected = delimiter.is_none();
        let delimiter = delimiter.unwrap_or_else(|| detect(&framed));
        if !encoding.takes_delimiter(delimiter) {
            return Err(SourceError::Encoding {
                path: path.into(),
                reason: format!(
                    "is in {}, in which the delimiter \"{}\" may be a part of a character",
                    encoding.name(),
                    char::from(delimiter)
                ),
                advice: CONVERT,
            });
        }
        let line = 1 + count(line_end_of(&head[..start]), &head[..start]);
        let (end, complete) = match record_end(&framed, delimiter) {
            Some(end) => (end, true),
            None => (framed.len(), false),
        };
        let whole = (raw.len() as u64) < HEADER_BYTES_MAX;
        let record = &framed[..end];
        let quotes = survey(record, delimiter, b'\n');
        check_quotes(path, line, record, &quotes, complete || whole)?;
        if memchr::memchr(0, record).is_some() {
            return Err(not_text(path, &mut file, encoding));
        }
        let columns = names(path, line, record, delimiter, encoding)?;
        if columns.iter().all(|name| name.trim().is_empty()) {
            let path = path.into();
            return Err(SourceError::BlankHeader { path, line });
        }
        if whole && framed[end..].iter().all(|b| is_line_end(*b)) {
            return Err(SourceError::HeaderOnly { path: path.into() });
        }
        let line_end = line_end_of(&record[FIRST..]);
        let count_cells = |record: &[u8]| cells(record, delimiter).unwrap_or(0);
        let records_end = usual(&framed, delimiter, count_cells);
        let before_rows = encoding.bytes_in_file(&head[..start + end - FIRST]);
        let before_rows = usize::try_from(before_rows).unwrap_or(usize::MAX);
        Ok(Header {
            columns,
            delimiter,
            separator,
            delimiter_detected,
            encoding,
            guess: told.guess,
            line_end,
            records_end,
            rows_line: line + count(line_end, &record[FIRST..]),
            raw: raw[..mark + before_rows].to_vec(),
        })
    }

    /// Returns the name of the column that follows the bytes of `record`.
    pub(super) fn column_after(&self, record: &[u8]) -> Option<String> {
        let framed = [b"\n", record].concat();
        let cells = cells(&framed, self.delimiter).unwrap_or(1);
        self.columns.get(cells.checked_sub(1)?).cloned()
    }
}

/// The encoding of a file, and how it is known.
struct Told {
    encoding: Encoding,
    /// The length of the byte order mark.
    mark: usize,
    guess: Option<Guess>,
}

fn tell(
    path: &Path,
    file: &mut File,
    head: &[u8],
    named: Option<Encoding>,
) -> Result<Told, SourceError> {
    let refused = |reason, advice| SourceError::Encoding {
        path: path.into(),
        reason,
        advice,
    };
    if let Some((encoding, mark)) = Encoding::of_mark(head) {
        let both_utf16 =
            |named| matches!((named, encoding), (Encoding::Utf16(_), Encoding::Utf16(_)));
        return match named {
            Some(named) if named != encoding && !both_utf16(named) => Err(refused(
                format!(
                    "begins with the mark of {}, and the mapping says {}",
                    encoding.name(),
                    named.name()
                ),
                NAME_IT,
            )),
            Some(_) | None => Ok(Told {
                encoding,
                mark,
                guess: None,
            }),
        };
    }
    if let Some(encoding) = named {
        let is_utf8 = is_utf8_instead(file, encoding).map_err(|source| unreadable(path, source))?;
        if is_utf8 {
            let reason = format!("is UTF-8, and the mapping says {}", encoding.name());
            return Err(refused(reason, NAME_IT));
        }
        return Ok(Told {
            encoding,
            mark: 0,
            guess: None,
        });
    }
    let guess = sniff(file).map_err(|source| unreadable(path, source))?;
    let guess = guess.ok_or_else(|| {
        refused(
            "is not UTF-8, and in no encoding that can be guessed do all its letters make sense (it may be \
             one of DOS, such as CP850)"
                .to_owned(),
            CONVERT,
        )
    })?;
    let encoding = guess.encoding().ok_or_else(|| {
        refused(
            "is in an encoding whose rows cannot be told apart".to_owned(),
            CONVERT,
        )
    })?;
    Ok(Told {
        encoding,
        mark: 0,
        guess: Some(guess),
    })
}

/// Explains a header that contains a NUL: the file has another encoding, or is not text.
fn not_text(path: &Path, file: &mut File, taken: Encoding) -> SourceError {
    let path = path.to_owned();
    match sniff(file) {
        Ok(Some(Guess::Utf16(endian))) if !matches!(taken, Encoding::Utf16(_)) => {
            let (is, taken) = (Encoding::Utf16(endian).name(), taken.name());
            let reason = format!("looks like {is}, and the mapping says {taken}");
            let advice = NAME_IT;
            SourceError::Encoding {
                path,
                reason,
                advice,
            }
        }
        Ok(_) | Err(_) => SourceError::NotCsv {
            path,
            what: "a binary file (its first line holds a NUL character)",
            advice: "export the tickets as CSV and name that file",
        },
    }
}

fn check_quotes(
    path: &Path,
    line: u64,
    record: &[u8],
    found: &Survey,
    ends: bool,
) -> Result<(), SourceError> {
    let text_after = found.text_after.first().copied();
    let text_after = text_after.or(found.swallowed.map(|swallowed| swallowed.until));
    let (reason, at) = if !ends {
        ("is larger than 1 MiB", None)
    } else if found.open.is_some() {
        ("opens a quote that is never closed", found.open)
    } else if text_after.is_some() {
        ("has text after a closing quote", text_after)
    } else {
        return Ok(());
    };
    Err(SourceError::BadHeader {
        path: path.into(),
        line,
        reason,
        excerpt: at.map_or_else(String::new, |at| {
            let lines_before = memchr::memchr_iter(b'\n', &record[FIRST..at]).count() as u64;
            pointed(line + lines_before, record, at)
        }),
    })
}

fn read_head(path: &Path, file: &mut File) -> Result<Vec<u8>, SourceError> {
    let size = file.metadata().map_or(0, |file| file.len());
    let size = usize::try_from(size.min(HEADER_BYTES_MAX)).unwrap_or(0);
    let mut head = Vec::with_capacity(size);
    file.rewind()
        .and_then(|()| file.take(HEADER_BYTES_MAX).read_to_end(&mut head))
        .map_err(|source| unreadable(path, source))?;
    match not_csv::kind(&head) {
        Some((what, advice)) => Err(SourceError::NotCsv {
            path: path.into(),
            what,
            advice,
        }),
        None => Ok(head),
    }
}

/// Parses the line in which Excel names the delimiter, and counts its bytes.
fn separator_line(head: &[u8]) -> Option<(u8, usize)> {
    let (name, rest) = head.split_at_checked(4)?;
    let (delimiter, rest) = rest.split_first()?;
    let line_end = match rest {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => return None,
    };
    let is_one = name.eq_ignore_ascii_case(b"sep=") && DELIMITERS.contains(delimiter);
    is_one.then_some((*delimiter, name.len() + 1 + line_end))
}

/// Picks the delimiter that gives the header the most columns; the earlier one in a tie.
fn detect(framed: &[u8]) -> u8 {
    let mut best = (0, DELIMITERS[0]);
    for delimiter in DELIMITERS {
        let columns = cells(framed, delimiter).unwrap_or(0);
        if columns > best.0 {
            best = (columns, delimiter);
        }
    }
    best.1
}

/// Counts the cells of the first record of framed bytes.
fn cells(framed: &[u8], delimiter: u8) -> Option<usize> {
    first_record(framed, delimiter).map(|record| record.len())
}

fn first_record(framed: &[u8], delimiter: u8) -> Option<csv::ByteRecord> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(framed);
    let mut record = csv::ByteRecord::new();
    let found = reader.read_byte_record(&mut record).ok()?;
    found.then_some(record)
}

fn names(
    path: &Path,
    line: u64,
    record: &[u8],
    delimiter: u8,
    encoding: Encoding,
) -> Result<Vec<String>, SourceError> {
    let record = first_record(record, delimiter).unwrap_or_default();
    let mut names = Vec::new();
    let mut seen = HashMap::new();
    for (index, name) in record.iter().enumerate() {
        let column = index + 1;
        let name = encoding
            .decode(name)
            .ok_or_else(|| SourceError::HeaderNotDecodable {
                path: path.into(),
                line,
                column,
                encoding: encoding.name(),
            })?
            .into_owned();
        // Spreadsheets leave unnamed columns at the right edge; no mapping can refer to those.
        if !name.is_empty()
            && let Some(first) = seen.insert(name.clone(), column)
        {
            return Err(SourceError::DuplicateColumn {
                path: path.into(),
                line,
                name,
                first,
                second: column,
            });
        }
        names.push(name);
    }
    Ok(names)
}

fn is_line_end(byte: u8) -> bool {
    ends_field(byte, b'\n')
}

/// Returns the byte that ends the lines of a text: CR only if it contains a CR and no LF.
fn line_end_of(text: &[u8]) -> u8 {
    if text.ends_with(b"\r") { b'\r' } else { b'\n' }
}

fn count(byte: u8, bytes: &[u8]) -> u64 {
    memchr::memchr_iter(byte, bytes).count() as u64
}
