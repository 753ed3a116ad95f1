//! The section `[run]`: arguments that would otherwise be typed with each run. It affects no
//! ticket, so a mapping counts as the same with and without it.

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::field::did_you_mean;
use super::nodes::{Fault, Lines, Node, encoding, takes, text};
use crate::source::Endpoint;
use crate::source::encoding::Encoding;

/// The content of `[run]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunSettings {
    /// The account: NAME of NAME.zendesk.com.
    pub subdomain: Option<String>,
    /// The account's whole address.
    pub url: Option<String>,
    /// Whether the account is the embedded double.
    pub sandbox: bool,
    /// The create endpoint.
    pub endpoint: Option<Endpoint>,
    /// Requests a minute that are left for others.
    pub reserve_rpm: Option<u32>,
    /// The checkpoint.
    pub checkpoint: Option<PathBuf>,
    /// The folder to which the names of other files in the mapping are relative.
    pub files_in: Option<PathBuf>,
    /// The CSV whose rows the file beside the mapping holds.
    pub rows_of: Option<PathBuf>,
    /// The encoding guessed for that CSV; fewer rows might lead to another guess.
    pub(in crate::source) encoding: Option<Encoding>,
}

const KEYS: [&str; 9] = [
    "subdomain",
    "url",
    "sandbox",
    "endpoint",
    "reserve_rpm",
    "checkpoint",
    "files_in",
    "rows_of",
    "encoding",
];

impl RunSettings {
    /// Reads the section.
    pub(super) fn parse(lines: Lines, table: &DeTable) -> Result<Self, Fault> {
        let mut run = Self::default();
        for (key, node) in table {
            let name: &str = key.get_ref();
            match name {
                "subdomain" => run.subdomain = Some(text(lines, name, node)?.to_owned()),
                "url" => run.url = Some(text(lines, name, node)?.to_owned()),
                "sandbox" => run.sandbox = flag(lines, name, node)?,
                "endpoint" => run.endpoint = Some(endpoint(lines, node)?),
                "reserve_rpm" => run.reserve_rpm = Some(number(lines, name, node)?),
                "checkpoint" => run.checkpoint = Some(text(lines, name, node)?.into()),
                "files_in" => run.files_in = Some(text(lines, name, node)?.into()),
                "rows_of" => run.rows_of = Some(text(lines, name, node)?.into()),
                "encoding" => run.encoding = encoding(lines, node)?,
                _ => {
                    let hint = did_you_mean(name, KEYS);
                    let message = format!("[run] has no key \"{name}\"{hint}{}", takes(&KEYS));
                    return Err(lines.fault(&key.span(), message));
                }
            }
        }
        Ok(run)
    }

    /// Returns the section with its paths resolved from the mapping's folder.
    pub(in crate::source) fn beside(mut self, mapping: &Path) -> Self {
        let folder = mapping.parent().unwrap_or(Path::new(""));
        for path in [&mut self.checkpoint, &mut self.files_in, &mut self.rows_of] {
            *path = path.take().map(|path| folder.join(path));
        }
        self
    }
}

fn endpoint(lines: Lines, node: &Node) -> Result<Endpoint, Fault> {
    match text(lines, "endpoint", node)? {
        "tickets" => Ok(Endpoint::Tickets),
        "imports" => Ok(Endpoint::Imports),
        other => Err(lines.fault(
            &node.span(),
            format!("endpoint \"{other}\" is neither \"tickets\" nor \"imports\""),
        )),
    }
}

fn flag(lines: Lines, name: &str, node: &Node) -> Result<bool, Fault> {
    match node.get_ref() {
        DeValue::Boolean(value) => Ok(*value),
        _ => Err(lines.fault(&node.span(), format!("{name} is true or false"))),
    }
}

fn number(lines: Lines, name: &str, node: &Node) -> Result<u32, Fault> {
    let number = match node.get_ref() {
        DeValue::Integer(value) => value.as_str().parse().ok(),
        _ => None,
    };
    number.ok_or_else(|| lines.fault(&node.span(), format!("{name} is a whole number")))
}

/// Returns the part of a mapping's text that the section occupies, whose name is at `name`; none if
/// it is not written as a section.
pub(super) fn extent(text: &str, name: &Range<usize>) -> Option<Range<usize>> {
    let start = text[..name.start].trim_end().strip_suffix('[')?.len();
    let mut end = start;
    for (nth, line) in text[start..].split_inclusive('\n').enumerate() {
        if nth > 0 && line.trim_start().starts_with('[') {
            return Some(start..end);
        }
        end += line.len();
    }
    // A section at the end may have been added by an export, after a line break of its own.
    let start = text[..start].strip_suffix('\n').map_or(start, str::len);
    Some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without(text: &str) -> String {
        let at = text.find("run").unwrap();
        let extent = extent(text, &(at..at + 3)).unwrap();
        text[..extent.start].to_owned() + &text[extent.end..]
    }

    #[test]
    fn what_was_added_at_the_end_is_taken_out_to_the_byte() {
        for mapping in [
            "[ticket]\na = 1\n",
            "[ticket]\na = 1",
            "[ticket]\r\na = 1\r\n",
            "",
        ] {
            let with = format!("{mapping}\n[run]\nendpoint = \"imports\"\n# a [note]\n");
            assert_eq!(without(&with), mapping);
        }
    }

    #[test]
    fn a_section_in_the_middle_goes_and_what_follows_stays_on_a_line_of_its_own() {
        let text = "[source]\na = 1\n[run] # why\nurl = \"x\"\n\n  [ticket]\nb = 2\n";
        assert_eq!(without(text), "[source]\na = 1\n  [ticket]\nb = 2\n");
        assert_eq!(extent("run.url = \"x\"\n", &(0..3)), None);
    }
}
