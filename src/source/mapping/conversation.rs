//! The section `[comments]`: a second CSV, whose rows are the comments of the tickets.

use std::path::PathBuf;

use toml::de::DeTable;

use super::compile::{index, rule};
use super::entry::{Entry, entry};
use super::field::{COMMENT_NAMES, Field, did_you_mean};
use super::nodes::{Fault, Lines, delimiter, encoding, text, walk};
use super::rule::{Gather, Rule};
use crate::model::shown::shown_path;
use crate::source::encoding::Encoding;

/// The content of the section.
#[derive(Debug)]
pub(in crate::source) struct Section {
    /// The section's line in the mapping.
    pub(in crate::source) line: usize,
    /// The file, as the mapping names it.
    pub(in crate::source) file: PathBuf,
    /// The column with the ticket, and its line in the mapping.
    ticket: (String, usize),
    /// The delimiter; `None` to detect it.
    pub(in crate::source) delimiter: Option<u8>,
    /// The encoding; `None` to detect it.
    pub(in crate::source) encoding: Option<Encoding>,
    entries: Vec<Entry>,
}

/// The rules that turn a row into a comment.
#[derive(Debug)]
pub(in crate::source) struct ConversationRules {
    /// The cell with the ticket.
    pub(in crate::source) ticket: usize,
    pub(in crate::source) body: Rule,
    pub(in crate::source) email: Option<Rule>,
    pub(in crate::source) name: Option<Rule>,
    pub(in crate::source) public: Option<Rule>,
    pub(in crate::source) created: Option<Rule>,
}

/// The keys that are not fields of a comment.
const KEYS: [&str; 4] = ["file", "ticket", "encoding", "delimiter"];

impl Section {
    /// Reads the section, whose name is on line `line`.
    pub(super) fn parse(lines: Lines, line: usize, table: &DeTable) -> Result<Section, Fault> {
        let mut section = Section {
            line,
            file: PathBuf::new(),
            ticket: (String::new(), 0),
            delimiter: None,
            encoding: None,
            entries: Vec::new(),
        };
        let mut fields = Vec::new();
        for (key, node) in table {
            let name: &str = key.get_ref();
            match name {
                "file" => section.file = text(lines, name, node)?.into(),
                "ticket" => {
                    let column = text(lines, name, node)?.to_owned();
                    section.ticket = (column, lines.fault(&key.span(), "").line);
                }
                "delimiter" => section.delimiter = delimiter(lines, node)?,
                "encoding" => section.encoding = encoding(lines, node)?,
                _ => fields.push((key, node)),
            }
        }
        walk("", fields, is_group, &mut |path, span, node| {
            let found = COMMENT_NAMES.iter().find(|(name, _)| *name == path);
            let Some((_, field)) = found else {
                let known = COMMENT_NAMES.map(|(name, _)| name);
                let all = KEYS.into_iter().chain(known);
                let hint = did_you_mean(path, all);
                return Err(lines.fault(
                    span,
                    format!(
                        "[comments] has no key \"{path}\"{hint} (it takes {}, {})",
                        KEYS.join(", "),
                        known.join(", ")
                    ),
                ));
            };
            section.entries.push(entry(lines, span, *field, node)?);
            Ok(())
        })?;
        section.check()?;
        Ok(section)
    }

    fn check(&self) -> Result<(), Fault> {
        let lacks = |what: &str| {
            Err(Fault {
                line: self.line,
                message: format!("[comments] lacks {what}"),
            })
        };
        let has = |field| self.entries.iter().any(|entry| entry.field == field);
        if self.file.as_os_str().is_empty() {
            return lacks("file, the name of the CSV with the comments");
        }
        if self.ticket.1 == 0 {
            return lacks("ticket, the column with the ticket that a comment belongs to");
        }
        if !has(Field::SaidBody) {
            return lacks("body, the column with the text");
        }
        if has(Field::AuthorName) && !has(Field::AuthorEmail) {
            return lacks("author.email beside author.name; Zendesk knows people by their email");
        }
        Ok(())
    }

    /// Looks up the columns in the header of the comments file.
    pub(in crate::source) fn compile(self, columns: &[String]) -> Result<ConversationRules, Fault> {
        let what = shown_path(&self.file);
        let (ticket, line) = self.ticket;
        let ticket = index(&what, &ticket, columns).map_err(|message| Fault { line, message })?;
        let mut rules = Vec::new();
        for entry in self.entries {
            rules.push(rule(&what, entry, columns)?);
        }
        let mut take = |field| {
            let at = rules.iter().position(|rule: &Rule| rule.field == field)?;
            Some(rules.swap_remove(at))
        };
        Ok(ConversationRules {
            ticket,
            body: take(Field::SaidBody).ok_or_else(|| Fault {
                line: self.line,
                message: "[comments] lacks body, the column with the text".to_owned(),
            })?,
            email: take(Field::AuthorEmail),
            name: take(Field::AuthorName),
            public: take(Field::SaidPublic),
            created: take(Field::SaidAt),
        })
    }
}

fn is_group(path: &str) -> bool {
    path == "author"
}

impl Rule {
    /// Returns the single column that the value comes from, before the rule transforms it.
    pub(in crate::source) fn column(&self) -> Option<usize> {
        match self.gather {
            Gather::Column(index) => Some(index),
            Gather::Columns(_) | Gather::Template(_) | Gather::Constant(_) => None,
        }
    }
}
