//! The mapping: from the text of a TOML file to rules that turn a row into a ticket.
//!
//! There are two steps, because the delimiter, which the file may name, is needed to read the
//! header, and the header is needed to look up columns: `file` parses the text, and `compile` finds
//! the columns and rejects entries that no row could satisfy.

mod builtin;
mod compile;
mod conversation;
mod entry;
mod entry_checks;
pub(super) mod field;
mod file;
mod nodes;
mod rule;
mod run_section;
mod template;

pub(super) use builtin::{entries as builtin_entries, suggestion};
pub(super) use compile::{Mapping, Refusal, compile};
pub(super) use conversation::{ConversationRules, Section};
pub(super) use file::MappingFile;
pub(super) use nodes::Fault;
pub(super) use rule::{FlagOrNumber, Row, Rule};
pub use run_section::RunSettings;
