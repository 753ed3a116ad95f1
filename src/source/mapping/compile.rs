//! Looks up the mapping's columns in the header, and rejects entries that no row could satisfy.

use super::entry::{Entry, Origin};
use super::entry_checks::{check_keys, check_values};
use super::field::{Field, did_you_mean};
use super::nodes::Fault;
use super::rule::{Gather, Rule};
use super::template::{self, Part};
use crate::source::dates::Dates;
use crate::source::excerpt::shown;
use crate::source::misread::its_columns;

/// Every rule of a mapping, compiled for one header.
#[derive(Debug)]
pub(in crate::source) struct Mapping {
    /// The source of the row's identity.
    pub(in crate::source) external_id: Rule,
    /// The source of the text; may be absent if there are conversations.
    pub(in crate::source) body: Option<Rule>,
    pub(in crate::source) public: Option<Rule>,
    pub(in crate::source) subject: Option<Rule>,
    pub(in crate::source) name: Option<Rule>,
    pub(in crate::source) email: Option<Rule>,
    pub(in crate::source) status: Option<Rule>,
    pub(in crate::source) priority: Option<Rule>,
    pub(in crate::source) kind: Option<Rule>,
    pub(in crate::source) tags: Option<Rule>,
    pub(in crate::source) group: Option<Rule>,
    pub(in crate::source) brand: Option<Rule>,
    pub(in crate::source) form: Option<Rule>,
    pub(in crate::source) assignee: Option<Rule>,
    pub(in crate::source) created: Option<Rule>,
    pub(in crate::source) updated: Option<Rule>,
    pub(in crate::source) solved: Option<Rule>,
    /// In ascending order of ids.
    pub(in crate::source) custom: Vec<(u64, Rule)>,
    /// How dates are read; `None` if the endpoint takes none.
    pub(in crate::source) dates: Option<Dates>,
    /// Cells that count as empty, in addition to blank ones.
    pub(in crate::source) null: Vec<String>,
    /// Describes the source of the external id in a fixed spelling.
    pub(in crate::source) identity: String,
}

/// Why a mapping does not compile.
#[derive(Debug)]
pub(in crate::source) enum Refusal {
    /// An entry is wrong.
    Fault(Fault),
    /// A field that every ticket needs is missing.
    Lacks(&'static str),
}

/// Compiles the entries of a mapping for a header. If there are `conversations`, tickets need no
/// text of their own.
pub(in crate::source) fn compile(
    entries: Vec<Entry>,
    null: Vec<String>,
    columns: &[String],
    conversations: bool,
) -> Result<Mapping, Refusal> {
    let identity = entries
        .iter()
        .find(|entry| entry.field == Field::ExternalId);
    let identity = identity
        .map(describe)
        .ok_or(Refusal::Lacks("external_id"))?;
    let mut name_line = 0;
    let mut rules = Vec::new();
    for entry in entries {
        if entry.field == Field::RequesterName {
            name_line = entry.line;
        }
        rules.push(rule("the CSV", entry, columns).map_err(Refusal::Fault)?);
    }
    rules.sort_by_key(Rule::field);
    let mut take = |field| {
        let at = rules.iter().position(|rule| rule.field == field)?;
        Some(rules.remove(at))
    };
    let mapping = Mapping {
        external_id: take(Field::ExternalId).ok_or(Refusal::Lacks("external_id"))?,
        body: take(Field::CommentBody),
        public: take(Field::CommentPublic),
        subject: take(Field::Subject),
        name: take(Field::RequesterName),
        email: take(Field::RequesterEmail),
        status: take(Field::Status),
        priority: take(Field::Priority),
        kind: take(Field::Kind),
        tags: take(Field::Tags),
        group: take(Field::GroupId),
        brand: take(Field::BrandId),
        form: take(Field::TicketFormId),
        assignee: take(Field::AssigneeEmail),
        created: take(Field::CreatedAt),
        updated: take(Field::UpdatedAt),
        solved: take(Field::SolvedAt),
        custom: rules
            .into_iter()
            .filter_map(|rule| match rule.field {
                Field::Custom(id) => Some((id, rule)),
                _ => None,
            })
            .collect(),
        dates: None,
        null,
        identity,
    };
    if mapping.body.is_none() && !conversations {
        return Err(Refusal::Lacks("comment.body"));
    }
    if mapping.name.is_some() && mapping.email.is_none() {
        return Err(Refusal::Fault(Fault {
            line: name_line,
            message: "requester.name needs requester.email beside it; Zendesk needs an email to make a requester".to_owned(),
        }));
    }
    Ok(mapping)
}

/// Describes an entry in a spelling that changes only when its meaning does.
fn describe(entry: &Entry) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut text = match &entry.origin {
        Origin::Column(name) => format!("column {}", quoted(name)),
        Origin::Columns(names) => {
            let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
            format!("columns {}", names.join(" "))
        }
        Origin::Template(template) => format!("template {}", quoted(template)),
        Origin::Constant(constant) => format!("constant {}", quoted(&constant.text())),
    };
    if let Some(prefix) = &entry.prefix {
        text.push_str(" prefix ");
        text.push_str(&quoted(prefix));
    }
    text
}

/// Compiles an entry for the header of the file that `what` names.
pub(super) fn rule(what: &str, entry: Entry, columns: &[String]) -> Result<Rule, Fault> {
    check_keys(&entry)?;
    check_values(&entry)?;
    let line = entry.line;
    let find = |name: &str| index(what, name, columns).map_err(|message| Fault { line, message });
    let columns_told = columns_of(&entry.origin);
    let gather = match entry.origin {
        Origin::Column(name) => Gather::Column(find(&name)?),
        Origin::Columns(names) => Gather::Columns(
            names
                .iter()
                .map(|name| find(name))
                .collect::<Result<_, _>>()?,
        ),
        Origin::Template(text) => {
            let parts = template::parse(&text).map_err(|message| Fault { line, message })?;
            let found = parts.into_iter().map(|part| match part {
                Part::Text(text) => Ok(Part::Text(text)),
                Part::Column(name) => find(&name).map(Part::Column),
            });
            Gather::Template(found.collect::<Result<_, _>>()?)
        }
        Origin::Constant(constant) => Gather::Constant(constant),
    };
    let mut values = entry.values;
    values.sort();
    Ok(Rule {
        field: entry.field,
        gather,
        values,
        otherwise: entry.otherwise,
        default: entry.default,
        prefix: entry.prefix,
        split: entry.split,
        also: entry.also,
        date_format: entry.date_format,
        columns: columns_told,
    })
}

/// Lists an entry's columns in the form in which messages append them to a value.
fn columns_of(origin: &Origin) -> String {
    let names = match origin {
        Origin::Column(name) => vec![name.clone()],
        Origin::Columns(names) => names.clone(),
        Origin::Template(text) => {
            let parts = template::parse(text).unwrap_or_default();
            let columns = parts.into_iter().filter_map(|part| match part {
                Part::Column(name) => Some(name),
                Part::Text(_) => None,
            });
            columns.collect()
        }
        Origin::Constant(_) => Vec::new(),
    };
    let quoted = names.iter().map(|name| format!("\"{}\"", shown(name)));
    let quoted: Vec<String> = quoted.collect();
    match quoted.len() {
        0 => String::new(),
        1 => format!(" (column {})", quoted[0]),
        2..=4 => format!(" (columns {})", quoted.join(", ")),
        all => format!(" (columns {} and {} more)", quoted[..3].join(", "), all - 3),
    }
}

/// Finds a column in the header of the file that `what` names.
pub(super) fn index(what: &str, name: &str, columns: &[String]) -> Result<usize, String> {
    if let Some(index) = columns.iter().position(|column| column == name)
        && !name.is_empty()
    {
        return Ok(index);
    }
    let named = columns
        .iter()
        .map(String::as_str)
        .filter(|name| !name.is_empty());
    let hint = did_you_mean(name, named);
    Err(format!(
        "{what} has no column \"{}\"{hint}{}",
        shown(name),
        its_columns(columns)
    ))
}
