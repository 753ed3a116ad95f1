//! The nodes of a mapping file as the TOML parser returns them, each with its line.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::source::encoding::Encoding;

/// What is wrong with a mapping, and where.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::source) struct Fault {
    pub(in crate::source) line: usize,
    pub(in crate::source) message: String,
}

/// A spanned value, as the parser returns it.
pub(super) type Node<'i> = Spanned<DeValue<'i>>;

/// Converts spans to lines.
#[derive(Clone, Copy)]
pub(super) struct Lines<'t>(pub(super) &'t str);

impl Lines<'_> {
    pub(super) fn fault(self, span: &Range<usize>, message: impl Into<String>) -> Fault {
        let before = &self.0.as_bytes()[..span.start.min(self.0.len())];
        Fault {
            line: 1 + memchr::memchr_iter(b'\n', before).count(),
            message: message.into(),
        }
    }
}

/// Receives a dotted name, its position and its value.
type Each<'e> = dyn FnMut(&str, &Range<usize>, &Node) -> Result<(), Fault> + 'e;

/// Passes on every item of a table with its dotted name, including the items of inner tables that
/// are groups.
pub(super) fn walk<'n, 'i: 'n>(
    within: &str,
    table: impl IntoIterator<Item = (&'n Spanned<Cow<'i, str>>, &'n Node<'i>)>,
    is_group: fn(&str) -> bool,
    each: &mut Each<'_>,
) -> Result<(), Fault> {
    for (key, node) in table {
        let path = format!("{within}{}", key.get_ref());
        match node.get_ref() {
            DeValue::Table(inner)
                if is_group(&path) && !(path == "requester" && is_rule(inner)) =>
            {
                let inner: Vec<_> = inner.iter().collect();
                walk(&format!("{path}."), inner, is_group, each)?;
            }
            _ => each(&path, &key.span(), node)?,
        }
    }
    Ok(())
}

fn is_rule(table: &DeTable) -> bool {
    !table
        .keys()
        .any(|key| ["name", "email"].contains(&key.get_ref().as_ref()))
}

pub(super) fn takes(known: &[&str]) -> String {
    format!(" (it takes {})", known.join(", "))
}

pub(super) fn table<'n, 'i>(
    lines: Lines,
    name: &str,
    node: &'n Node<'i>,
) -> Result<&'n DeTable<'i>, Fault> {
    match node.get_ref() {
        DeValue::Table(table) => Ok(table),
        _ => Err(lines.fault(&node.span(), format!("{name} is a section; write [{name}]"))),
    }
}

pub(super) fn text<'n>(lines: Lines, name: &str, node: &'n Node<'_>) -> Result<&'n str, Fault> {
    match node.get_ref() {
        DeValue::String(text) => Ok(text),
        _ => Err(lines.fault(&node.span(), format!("{name} takes text in quotes"))),
    }
}

pub(super) fn texts(lines: Lines, name: &str, node: &Node) -> Result<Vec<String>, Fault> {
    let DeValue::Array(items) = node.get_ref() else {
        let message = format!("{name} takes a list of texts, as in [\"one\", \"two\"]");
        return Err(lines.fault(&node.span(), message));
    };
    let each = items.iter().map(|item| text(lines, name, item));
    each.map(|item| item.map(str::to_owned)).collect()
}

/// Reads a delimiter; `None` means that it is detected.
pub(super) fn delimiter(lines: Lines, node: &Node) -> Result<Option<u8>, Fault> {
    match text(lines, "delimiter", node)? {
        "auto" => Ok(None),
        one @ ("," | ";" | "\t" | "|") => Ok(one.bytes().next()),
        other => Err(lines.fault(
            &node.span(),
            format!("delimiter \"{other}\" is none of \"auto\", \",\", \";\", \"\\t\" and \"|\""),
        )),
    }
}

/// Reads an encoding; `None` means that it is detected.
pub(super) fn encoding(lines: Lines, node: &Node) -> Result<Option<Encoding>, Fault> {
    match text(lines, "encoding", node)? {
        "auto" => Ok(None),
        label => Encoding::from_label(label)
            .map(Some)
            .map_err(|message| lines.fault(&node.span(), message)),
    }
}
