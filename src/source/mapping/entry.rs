//! One line of `[ticket]`: a field and where its value comes from.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::field::{Field, did_you_mean};
use super::nodes::{Fault, Lines, Node, takes, text, texts};

/// A field and its source; columns are still names.
#[derive(Debug, Clone)]
pub(in crate::source) struct Entry {
    pub(super) field: Field,
    /// The line in the mapping; 0 if the mapping is not from a file.
    pub(super) line: usize,
    pub(super) origin: Origin,
    pub(super) values: Vec<(String, String)>,
    pub(super) otherwise: Option<String>,
    pub(super) default: Option<String>,
    pub(super) prefix: Option<String>,
    pub(super) split: Option<String>,
    pub(super) also: Vec<String>,
    pub(super) date_format: Option<String>,
}

/// The source of a value.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    Column(String),
    Columns(Vec<String>),
    Template(String),
    Constant(Constant),
}

/// A value set by the mapping itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Constant {
    Text(String),
    Flag(bool),
    Number(i64),
}

impl Constant {
    pub(super) fn text(&self) -> String {
        match self {
            Constant::Text(text) => text.clone(),
            Constant::Flag(flag) => flag.to_string(),
            Constant::Number(number) => number.to_string(),
        }
    }
}

impl Entry {
    /// Makes the entry that a plain string stands for.
    pub(super) fn column(field: Field, line: usize, column: &str) -> Entry {
        Entry::from_origin(field, line, Origin::Column(column.to_owned()))
    }

    fn from_origin(field: Field, line: usize, origin: Origin) -> Entry {
        Entry {
            field,
            line,
            origin,
            values: Vec::new(),
            otherwise: None,
            default: None,
            prefix: None,
            split: None,
            also: Vec::new(),
            date_format: None,
        }
    }
}

const KEYS: [&str; 11] = [
    "column",
    "columns",
    "template",
    "constant",
    "default",
    "values",
    "otherwise",
    "prefix",
    "split",
    "also",
    "date_format",
];

/// Reads the value of a field: a column's name, or a table.
pub(super) fn entry(
    lines: Lines,
    span: &Range<usize>,
    field: Field,
    node: &Node,
) -> Result<Entry, Fault> {
    let line = lines.fault(span, "").line;
    match node.get_ref() {
        DeValue::String(column) => Ok(Entry::column(field, line, column)),
        DeValue::Table(table) => from_table(lines, span, field, table),
        _ => Err(lines.fault(
            &node.span(),
            format!(
                "{0} takes a column's name in quotes, or a table such as {{ constant = … }}",
                field.name()
            ),
        )),
    }
}

fn from_table(
    lines: Lines,
    span: &Range<usize>,
    field: Field,
    table: &DeTable,
) -> Result<Entry, Fault> {
    let mut origins = Vec::new();
    let line = lines.fault(span, "").line;
    let mut entry = Entry::column(field, line, "");
    for (key, node) in table {
        let name: &str = key.get_ref();
        match name {
            "column" => origins.push(Origin::Column(text(lines, name, node)?.to_owned())),
            "columns" => origins.push(Origin::Columns(texts(lines, name, node)?)),
            "template" => origins.push(Origin::Template(text(lines, name, node)?.to_owned())),
            "constant" => origins.push(Origin::Constant(constant(lines, name, node)?)),
            "default" => entry.default = Some(constant(lines, name, node)?.text()),
            "otherwise" => entry.otherwise = Some(constant(lines, name, node)?.text()),
            "prefix" => entry.prefix = Some(text(lines, name, node)?.to_owned()),
            "split" => entry.split = Some(text(lines, name, node)?.to_owned()),
            "also" => entry.also = texts(lines, name, node)?,
            "values" => entry.values = values(lines, node)?,
            "date_format" => entry.date_format = Some(text(lines, name, node)?.to_owned()),
            _ => {
                let hint = did_you_mean(name, KEYS);
                let message = format!(
                    "{} has no key \"{name}\"{hint}{}",
                    field.name(),
                    takes(&KEYS)
                );
                return Err(lines.fault(&key.span(), message));
            }
        }
    }
    let only_also = origins.is_empty() && field == Field::Tags && !entry.also.is_empty();
    match (origins.pop(), origins.is_empty()) {
        (Some(origin), true) => entry.origin = origin,
        (None, _) if only_also => entry.origin = Origin::Columns(Vec::new()),
        (None, _) => {
            let message = format!(
                "{} comes from nowhere; give it one of column, columns, template and constant",
                field.name()
            );
            return Err(lines.fault(span, message));
        }
        (Some(_), false) => {
            let message = format!(
                "{} takes only one of column, columns, template and constant",
                field.name()
            );
            return Err(lines.fault(span, message));
        }
    }
    Ok(entry)
}

fn values(lines: Lines, node: &Node) -> Result<Vec<(String, String)>, Fault> {
    let DeValue::Table(table) = node.get_ref() else {
        let message = "values takes a table, as in { Critical = \"urgent\" }";
        return Err(lines.fault(&node.span(), message));
    };
    let mut values = Vec::new();
    for (key, node) in table {
        let from: &str = key.get_ref();
        if from.trim().is_empty() {
            let message = "an empty cell has no entry in values; use default for it";
            return Err(lines.fault(&key.span(), message));
        }
        let to = constant(lines, &format!("the value for \"{from}\""), node)?;
        values.push((from.to_owned(), to.text()));
    }
    Ok(values)
}

fn constant(lines: Lines, name: &str, node: &Node) -> Result<Constant, Fault> {
    match node.get_ref() {
        DeValue::String(text) => Ok(Constant::Text(text.clone().into_owned())),
        DeValue::Boolean(flag) => Ok(Constant::Flag(*flag)),
        DeValue::Integer(number) => {
            let parsed = i64::from_str_radix(number.as_str(), number.radix());
            parsed.map(Constant::Number).map_err(|_| {
                lines.fault(
                    &node.span(),
                    format!("{name} is too large a number; put it in quotes"),
                )
            })
        }
        _ => Err(lines.fault(
            &node.span(),
            format!("{name} takes text in quotes, a whole number, true or false"),
        )),
    }
}
