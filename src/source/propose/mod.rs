//! Proposes a mapping file for a CSV, from its header, its first rows, and the words of all rows.
//!
//! Names decide, but the cells may contradict them: a column called "Email" without addresses is
//! not used as an email. The proposed mapping runs as it is, and each guess is explained in a
//! comment.

mod choose;
mod fold;
mod formats;
mod lines;
mod names;
mod placed;
mod quote;
mod sample;
mod whole;
mod words;

use std::collections::HashSet;
use std::path::Path;

use self::choose::{Chosen, choose};
use self::lines::{Line, line, tags};
use self::placed::passed_over;
pub use self::quote::quoted;
use self::sample::Sample;
use super::encoding::Guess;
use super::error::SourceError;
use super::excerpt::shown;
use super::mapping::field::Field;
use super::mapping::{MappingFile, compile};
use super::misread::{its_columns, refuse_without_header};
use super::rows::{self, Terms, Until};

/// A mapping file that has not been reviewed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The text of the file.
    pub text: String,
    /// How many rows at the beginning of the CSV it is based on.
    pub rows: usize,
    /// How many of these become tickets with it.
    pub valid: usize,
    /// What the user has to decide, one sentence each: words that match none of Zendesk's.
    pub undecided: Vec<String>,
}

/// Proposes a mapping for `csv`; fails if no column identifies its rows or holds a text. The file
/// names `next` as the command to try it with.
pub fn propose(csv: &Path, next: &str) -> Result<Proposal, SourceError> {
    let sample = Sample::read(csv)?;
    refuse_without_header(&sample.file)?;
    let chosen = choose(&sample);
    for (field, what, advice) in [
        (
            Field::ExternalId,
            "tells the rows apart",
            "add one with a number of its own for each ticket",
        ),
        (
            Field::CommentBody,
            "holds a text",
            "export the tickets with their texts",
        ),
    ] {
        if chosen.iter().all(|c| c.field != field) {
            let columns = &sample.file.header.columns;
            let advice = if columns.len() == 1 {
                "if another sign than a comma, semicolon, tab or bar separates the cells, save the file with \
                 one of these"
            } else {
                advice
            };
            return Err(SourceError::NoColumn {
                path: csv.into(),
                what,
                columns: its_columns(columns),
                advice,
            });
        }
    }
    let (mut used, mut undecided) = (Vec::new(), Vec::new());
    let mut found: Vec<Line> = Vec::new();
    for one in &chosen {
        if one.field == Field::Tags {
            continue;
        }
        found.push(line(&sample, *one, &mut used, &mut undecided));
    }
    found.push(tags(&sample, &chosen, &mut used));
    let unused = unused(&sample, &chosen, &used, &mut undecided);
    let body = write(&sample, &found, &unused);
    let (rows, valid) = try_out(csv, &sample, &body)?;
    let text = head(csv, &sample, rows, next) + &body;
    Ok(Proposal {
        text,
        rows,
        valid,
        undecided,
    })
}

fn head(csv: &Path, sample: &Sample, rows: usize, next: &str) -> String {
    let name = csv.file_name().unwrap_or_default().to_string_lossy();
    let words = if sample.all_rows > rows as u64 {
        format!(
            "# The words of status, priority and type are those of all {} rows.\n",
            sample.all_rows
        )
    } else {
        String::new()
    };
    format!(
        "# Proposed from the header and the first {rows} rows of {}.\n\
         {words}\
         # Look it over, then see what would become of every row: {next}\n\n",
        shown(&name)
    )
}

/// Lists the unused columns, with the reason if their name suggests a use.
fn unused(
    sample: &Sample,
    chosen: &[Chosen],
    used: &[usize],
    undecided: &mut Vec<String>,
) -> Vec<String> {
    let columns = sample.columns.iter().enumerate();
    let unused = columns.filter(|(index, column)| !used.contains(index) && !column.name.is_empty());
    let taken = |field| chosen.iter().any(|one| one.field == field);
    let told = unused.map(|(_, column)| {
        let name = shown(&column.name);
        match passed_over(column, taken) {
            None => format!("#   {name}\n"),
            Some((field, why)) => {
                // Zendesk's types are few, and most columns with such a name hold something else.
                if field != Field::Kind {
                    undecided.push(format!("column \"{name}\" is not used: {why}"));
                }
                format!("#   {name}: {why}\n")
            }
        }
    });
    told.collect()
}

fn write(sample: &Sample, lines: &[Line], unused: &[String]) -> String {
    let mut text = String::new();
    write_source(sample, lines, &mut text);
    text.push_str("\n[ticket]\n");
    for line in lines {
        for why in &line.why {
            text.extend(["# ", why, "\n"]);
        }
        text.extend([&line.key, " = ", &line.value, "\n\n"]);
    }
    if unused.is_empty() {
        text.push_str("# Every column is used.\n");
    } else {
        text.push_str(
            "# Not used are the columns below. A custom field keeps one, as in\n\
             #   custom_fields.360012345 = \"Column\"   (Admin Center shows the number)\n\
             # and so does a template, as in\n\
             #   comment.body = { template = \"{Text}\\n\\nColumn: {Column}\" }\n",
        );
        text.push_str(&unused.concat());
    }
    text
}

fn write_source(sample: &Sample, lines: &[Line], text: &mut String) {
    let header = &sample.file.header;
    text.push_str("[source]\n");
    text.push_str(match header.guess {
        None => "# by the mark at the beginning of the file\n",
        Some(Guess::Utf8) => "# every byte that was looked at is UTF-8\n",
        Some(Guess::BrokenUtf8) => "# most of it is UTF-8; rows that are not are invalid\n",
        Some(Guess::Utf16(_)) => "# by the zeros between the letters\n",
        Some(Guess::Legacy(_)) => {
            "# a guess by the commonest letters: look at names with accents\n"
        }
    });
    let encoding = quoted(&header.encoding.name().to_lowercase());
    text.extend([
        "encoding = ",
        &encoding,
        "
",
    ]);
    let delimiter = char::from(header.delimiter).to_string();
    text.push_str(match header.separator {
        Some(_) => "# by the first line, which says so\n",
        None => "# it gives the header the most columns\n",
    });
    text.extend(["delimiter = ", &quoted(&delimiter), "\n"]);
    if !sample.nulls.is_empty() {
        let nulls: Vec<String> = sample.nulls.iter().map(|null| quoted(null)).collect();
        text.push_str("# cells that say that there is nothing\n");
        text.extend(["null = [", &nulls.join(", "), "]\n"]);
    }
    if lines.iter().any(|line| line.key.ends_with("_at")) {
        text.push_str(
            "# where the clocks stood that dates without an offset were read from; a guess\n\
             timezone = \"UTC\"\n",
        );
    }
}

/// Applies the proposal to the sampled rows, so that it is known to work. Of several rows with one
/// `external_id` the first counts, as in a scan.
fn try_out(csv: &Path, sample: &Sample, text: &str) -> Result<(usize, usize), SourceError> {
    let unusable = |message: String| SourceError::Mapping {
        path: csv.with_extension("toml"),
        line: 0,
        message: format!("the proposal cannot be used ({message}); please report this"),
    };
    let file = MappingFile::parse(text).map_err(|fault| unusable(fault.message))?;
    let mapping = compile(file.entries, file.null, &sample.file.header.columns, true)
        .map_err(|refusal| unusable(format!("{refusal:?}")))?;
    let Some(piece) = &sample.piece else {
        return Ok((0, 0));
    };
    let terms = Terms {
        file: &sample.file,
        mapping: &mapping,
        added: None,
        account_fields: None,
    };
    let found = rows::read(terms, None, piece, Until::Ticket)?;
    let mut ids = HashSet::new();
    let (mut rows, mut valid) = (0, 0);
    for row in found.scanned {
        rows += 1;
        match row.row {
            Ok(ready) => valid += usize::from(ids.insert(ready.external_id)),
            Err(invalid) => ids.extend(invalid.external_id),
        }
    }
    Ok((rows, valid))
}
