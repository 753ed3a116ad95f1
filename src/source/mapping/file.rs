//! Parses the mapping file, before any column is looked up.

use std::ops::Range;

use toml::de::DeTable;

use jiff::tz::TimeZone;

use super::conversation::Section;
use super::entry::{Entry, entry};
use super::field::{CUSTOM, Field, NAMES, did_you_mean};
use super::nodes::{Fault, Lines, Node, delimiter, encoding, table, takes, text, texts, walk};
use super::run_section::{self, RunSettings};
use crate::source::encoding::Encoding;

/// The content of a mapping, with the line of each entry.
#[derive(Debug, Default)]
pub(in crate::source) struct MappingFile {
    /// The delimiter; `None` means that it is detected.
    pub(in crate::source) delimiter: Option<u8>,
    /// The encoding; `None` means that it is detected.
    pub(in crate::source) encoding: Option<Encoding>,
    /// Whether a line may end differently from the others.
    pub(in crate::source) any_line_end: bool,
    /// The time zone of dates without an offset.
    pub(in crate::source) timezone: Option<TimeZone>,
    /// Cells that count as empty, in addition to blank ones.
    pub(in crate::source) null: Vec<String>,
    /// The fields, each once.
    pub(in crate::source) entries: Vec<Entry>,
    /// The second file, if there is one.
    pub(in crate::source) comments: Option<Section>,
    /// Arguments that would otherwise be typed with each run.
    pub(in crate::source) run: Option<RunSettings>,
    /// The position of `[run]` in the text.
    pub(in crate::source) run_extent: Option<Range<usize>>,
    /// Whether the mapping contains only `[run]`, so that it does not affect how rows are read.
    pub(in crate::source) is_only_run: bool,
}

impl MappingFile {
    /// Parses the text of a mapping file.
    pub(in crate::source) fn parse(text: &str) -> Result<MappingFile, Fault> {
        let lines = Lines(text);
        let root = DeTable::parse(text).map_err(|error| {
            let span = error.span().unwrap_or_default();
            lines.fault(&span, error.message())
        })?;
        let mut file = MappingFile::default();
        for (key, node) in root.get_ref() {
            let name: &str = key.get_ref();
            match name {
                "source" => read_source(lines, table(lines, name, node)?, &mut file)?,
                "ticket" => {
                    read_fields(lines, table(lines, name, node)?, &mut file.entries)?;
                }
                "comments" => {
                    let line = lines.fault(&key.span(), "").line;
                    let table = table(lines, name, node)?;
                    file.comments = Some(Section::parse(lines, line, table)?);
                }
                "run" => {
                    let extent = run_section::extent(text, &key.span());
                    let as_section = "run is a section; write [run]";
                    file.run_extent =
                        Some(extent.ok_or_else(|| lines.fault(&key.span(), as_section))?);
                    let table = table(lines, name, node)?;
                    file.run = Some(RunSettings::parse(lines, table)?);
                }
                _ => {
                    let hint = did_you_mean(name, ["source", "ticket", "comments", "run"]);
                    let message = if Field::parse(name).is_some() || is_group(name) {
                        format!("\"{name}\" belongs under [ticket]")
                    } else {
                        format!(
                            "there is no section \"{name}\"{hint} (it takes [source], [ticket], [comments] and [run])"
                        )
                    };
                    return Err(lines.fault(&key.span(), message));
                }
            }
        }
        file.is_only_run = file.run.is_some() && root.get_ref().len() == 1;
        Ok(file)
    }
}

fn read_source(lines: Lines, table: &DeTable, file: &mut MappingFile) -> Result<(), Fault> {
    for (key, node) in table {
        let name: &str = key.get_ref();
        let fault = |message: String| lines.fault(&node.span(), message);
        match name {
            "delimiter" => file.delimiter = delimiter(lines, node)?,
            "encoding" => file.encoding = encoding(lines, node)?,
            "line_ends" => file.any_line_end = any_line_end(lines, node)?,
            "timezone" => {
                let zone = text(lines, name, node)?;
                file.timezone = Some(TimeZone::get(zone).map_err(|_| {
                    fault(format!(
                        "timezone \"{zone}\" is not known; write a name such as \"Europe/Berlin\" or \"UTC\""
                    ))
                })?);
            }
            "null" => file.null = texts(lines, name, node)?,
            _ => {
                let known = ["encoding", "delimiter", "line_ends", "timezone", "null"];
                let hint = did_you_mean(name, known);
                let message = format!("[source] has no key \"{name}\"{hint}{}", takes(&known));
                return Err(lines.fault(&key.span(), message));
            }
        }
    }
    Ok(())
}

/// Reads whether lines may end in any way.
fn any_line_end(lines: Lines, node: &Node) -> Result<bool, Fault> {
    match text(lines, "line_ends", node)? {
        "auto" => Ok(false),
        "any" => Ok(true),
        other => Err(lines.fault(
            &node.span(),
            format!("line_ends \"{other}\" is neither \"auto\" nor \"any\""),
        )),
    }
}

fn read_fields(lines: Lines, table: &DeTable, entries: &mut Vec<Entry>) -> Result<(), Fault> {
    walk("", table, is_group, &mut |path, span, node| {
        let Some(field) = Field::parse(path) else {
            return Err(lines.fault(span, unknown_field(path)));
        };
        if entries.iter().any(|earlier| earlier.field == field) {
            let message = format!("{} is mapped twice; keep one of the two", field.name());
            return Err(lines.fault(span, message));
        }
        entries.push(entry(lines, span, field, node)?);
        Ok(())
    })
}

/// Reports whether a name has further names under it.
fn is_group(path: &str) -> bool {
    matches!(path, "comment" | "requester" | "custom_fields")
}

fn unknown_field(path: &str) -> String {
    if let Some(id) = path.strip_prefix(CUSTOM) {
        return format!(
            "\"{id}\" is no custom field; write its number, as in custom_fields.360012345 (Admin Center shows it beside the field)"
        );
    }
    let known: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
    let hint = did_you_mean(path, known.iter().copied());
    let all = known.join(", ");
    format!("a ticket has no field \"{path}\"{hint} (it takes {all} and custom_fields.ID)")
}
