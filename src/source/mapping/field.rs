//! The ticket fields that a mapping may name.

use crate::model::ticket::{Kind, Priority, Status, Word};
use crate::source::excerpt::shown;

/// One writable field of Zendesk's ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::source) enum Field {
    ExternalId,
    Subject,
    CommentBody,
    CommentPublic,
    RequesterName,
    RequesterEmail,
    Status,
    Priority,
    Kind,
    Tags,
    GroupId,
    BrandId,
    TicketFormId,
    AssigneeEmail,
    CreatedAt,
    UpdatedAt,
    SolvedAt,
    Custom(u64),
    // The fields of a row of the comments file.
    SaidBody,
    AuthorEmail,
    AuthorName,
    SaidPublic,
    SaidAt,
}

/// Every fixed name; two of them mean the same field.
pub(in crate::source) const NAMES: [(&str, Field); 18] = [
    ("external_id", Field::ExternalId),
    ("subject", Field::Subject),
    ("comment.body", Field::CommentBody),
    ("comment.public", Field::CommentPublic),
    ("requester.name", Field::RequesterName),
    ("requester.email", Field::RequesterEmail),
    ("requester", Field::RequesterEmail),
    ("status", Field::Status),
    ("priority", Field::Priority),
    ("type", Field::Kind),
    ("tags", Field::Tags),
    ("group_id", Field::GroupId),
    ("brand_id", Field::BrandId),
    ("ticket_form_id", Field::TicketFormId),
    ("assignee_email", Field::AssigneeEmail),
    ("created_at", Field::CreatedAt),
    ("updated_at", Field::UpdatedAt),
    ("solved_at", Field::SolvedAt),
];

/// The names under `[comments]`.
pub(in crate::source) const COMMENT_NAMES: [(&str, Field); 5] = [
    ("body", Field::SaidBody),
    ("author.email", Field::AuthorEmail),
    ("author.name", Field::AuthorName),
    ("public", Field::SaidPublic),
    ("created_at", Field::SaidAt),
];

/// The prefix before the id of an account's own field.
pub(in crate::source) const CUSTOM: &str = "custom_fields.";

impl Field {
    /// Parses a dotted name.
    pub(in crate::source) fn parse(name: &str) -> Option<Field> {
        if let Some(id) = name.strip_prefix(CUSTOM) {
            return id.parse().ok().map(Field::Custom);
        }
        let known = NAMES.iter().find(|(known, _)| *known == name)?;
        Some(known.1)
    }

    /// Returns the dotted name.
    pub(in crate::source) fn name(self) -> String {
        if let Field::Custom(id) = self {
            return format!("{CUSTOM}{id}");
        }
        let mut names = NAMES.iter().chain(&COMMENT_NAMES);
        let known = names.find(|(_, field)| *field == self);
        known.map_or_else(String::new, |(name, _)| (*name).to_owned())
    }

    /// Lists the words that the field accepts, if they are fixed.
    pub(in crate::source) fn words(self) -> Option<&'static [&'static str]> {
        match self {
            Field::Status => Some(Status::ALL),
            Field::Priority => Some(Priority::ALL),
            Field::Kind => Some(Kind::ALL),
            Field::CommentPublic | Field::SaidPublic => Some(&["true", "false"]),
            Field::ExternalId
            | Field::Subject
            | Field::CommentBody
            | Field::RequesterName
            | Field::RequesterEmail
            | Field::Tags
            | Field::GroupId
            | Field::BrandId
            | Field::TicketFormId
            | Field::AssigneeEmail
            | Field::CreatedAt
            | Field::UpdatedAt
            | Field::SolvedAt
            | Field::Custom(_)
            | Field::SaidBody
            | Field::AuthorEmail
            | Field::AuthorName
            | Field::SaidAt => None,
        }
    }

    /// Returns the name of a field with a fixed set of words.
    pub(in crate::source) fn word_name(self) -> &'static str {
        let known = NAMES.iter().find(|(_, field)| *field == self);
        known.map_or("", |(name, _)| name)
    }

    /// Reports whether the field holds a Zendesk id.
    pub(in crate::source) fn is_number(self) -> bool {
        matches!(self, Field::GroupId | Field::BrandId | Field::TicketFormId)
    }

    /// Reports whether the field holds a date.
    pub(in crate::source) fn is_date(self) -> bool {
        matches!(
            self,
            Field::CreatedAt | Field::UpdatedAt | Field::SolvedAt | Field::SaidAt
        )
    }

    /// Reports whether the field holds an email address.
    pub(in crate::source) fn is_email(self) -> bool {
        matches!(
            self,
            Field::RequesterEmail | Field::AssigneeEmail | Field::AuthorEmail
        )
    }

    /// Reports whether the field may hold several values.
    pub(in crate::source) fn is_list(self) -> bool {
        matches!(self, Field::Tags | Field::Custom(_))
    }
}

/// Finds the word that was probably meant.
pub(in crate::source) fn nearest<'w>(
    word: &str,
    known: impl IntoIterator<Item = &'w str>,
) -> Option<&'w str> {
    let bare = |text: &str| -> String {
        let letters = text.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    let word = bare(word);
    known
        .into_iter()
        .map(|candidate| (closeness(&word, &bare(candidate)), candidate))
        .filter(|(closeness, _)| *closeness >= 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// Suggests the word that was probably meant, as the rest of a sentence.
pub(in crate::source) fn did_you_mean<'w>(
    word: &str,
    known: impl IntoIterator<Item = &'w str>,
) -> String {
    match nearest(word, known) {
        Some(meant) => format!("; did you mean \"{}\"?", shown(meant)),
        None => String::new(),
    }
}

/// Compares two words, from 0 to 1; if one contains the other they are close (`body` and
/// `comment.body`).
fn closeness(a: &str, b: &str) -> f64 {
    let alike = strsim::normalized_damerau_levenshtein(a, b);
    let shorter = a.len().min(b.len());
    if shorter >= 4 && (a.contains(b) || b.contains(a)) {
        alike.max(0.65)
    } else {
        alike
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_to_its_field_and_back() {
        for (name, field) in NAMES {
            assert_eq!(Field::parse(name), Some(field));
            assert_eq!(Field::parse(&field.name()), Some(field));
        }
        assert_eq!(Field::parse("custom_fields.12"), Some(Field::Custom(12)));
        assert_eq!(Field::parse("custom_fields.x"), None);
    }

    #[test]
    fn the_nearest_word_is_found_and_a_far_one_is_not() {
        let columns = ["Ticket ID", "Ticket Subject", "Customer Email"];
        assert_eq!(nearest("ticket_id", columns), Some("Ticket ID"));
        assert_eq!(nearest("Ticket Subjekt", columns), Some("Ticket Subject"));
        assert_eq!(nearest("Email", columns), Some("Customer Email"));
        assert_eq!(nearest("Zebra", columns), None);
    }
}
