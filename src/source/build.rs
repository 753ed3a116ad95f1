//! Builds a ticket from a row by the rules of the mapping, or says what is wrong with the row.

use std::borrow::Cow;

use super::account_fields::AccountFields;
use super::checks;
use super::custom_fields::custom_fields;
use super::dates::{Dates, Fault};
use super::excerpt::shown;
use super::mapping::{Mapping, Row, Rule};
use crate::model::limits::EXTERNAL_ID_BYTES_MAX;
use crate::model::problem::Problem;
use crate::model::ticket::{COMMENT_CHARS_MAX, COMMENTS_MAX, Comment, Requester, Ticket, Word};

/// Reads the row's identity.
pub(super) fn external_id<'r>(mapping: &'r Mapping, row: Row<'r>) -> Result<Cow<'r, str>, Problem> {
    mapping.external_id.text(row)?.ok_or_else(|| {
        Problem::new(
            "MissingExternalId",
            format!("the row has no external_id ({} is empty)", mapping.identity),
        )
    })
}

/// Rejects an identity that a lookup, which compares exactly, might not find again.
pub(super) fn check_id(mapping: &Mapping, external_id: &str) -> Result<(), Problem> {
    let what = if external_id.len() > EXTERNAL_ID_BYTES_MAX {
        return Err(too_long(mapping, external_id));
    } else if external_id.trim() != external_id {
        "begins or ends with a space"
    } else if external_id.contains(char::is_control) {
        "holds a control character"
    } else {
        return Ok(());
    };
    Err(Problem::new(
        "InvalidExternalId",
        format!(
            "external_id is \"{}\"{}, which {what}, so that a lookup might miss its ticket; fix the cell",
            shown(external_id),
            mapping.external_id.columns()
        ),
    ))
}

fn too_long(mapping: &Mapping, external_id: &str) -> Problem {
    Problem::new(
        "InvalidExternalId",
        format!(
            "external_id is \"{}\"{}, which is {} bytes long; more than {EXTERNAL_ID_BYTES_MAX} \
             cannot be looked up: map another column",
            shown(external_id),
            mapping.external_id.columns(),
            external_id.len()
        ),
    )
}

/// Builds the ticket of a row whose identity is known, including the row's conversation if there
/// are conversations.
pub(super) fn ticket<'r>(
    mapping: &'r Mapping,
    account_fields: Option<&AccountFields>,
    row: Row<'r>,
    external_id: Cow<'r, str>,
    conversation: Option<Vec<Comment<'r>>>,
) -> Result<Ticket<'r>, Problem> {
    let (comment, comments) = texts(mapping, row, conversation)?;
    Ok(Ticket {
        external_id,
        subject: text(mapping.subject.as_ref(), row)?,
        comment,
        comments,
        requester: requester(mapping, row)?,
        status: word(mapping.status.as_ref(), row, "UnknownStatus")?,
        priority: word(mapping.priority.as_ref(), row, "UnknownPriority")?,
        kind: word(mapping.kind.as_ref(), row, "UnknownType")?,
        tags: tags(mapping.tags.as_ref(), row)?,
        custom_fields: custom_fields(&mapping.custom, account_fields, row)?,
        group_id: number(mapping.group.as_ref(), row)?,
        brand_id: number(mapping.brand.as_ref(), row)?,
        ticket_form_id: number(mapping.form.as_ref(), row)?,
        assignee_email: email(mapping.assignee.as_ref(), row)?,
        created_at: date(mapping.dates.as_ref(), mapping.created.as_ref(), row)?,
        updated_at: date(mapping.dates.as_ref(), mapping.updated.as_ref(), row)?,
        solved_at: date(mapping.dates.as_ref(), mapping.solved.as_ref(), row)?,
    })
}

fn text<'r>(rule: Option<&'r Rule>, row: Row<'r>) -> Result<Option<Cow<'r, str>>, Problem> {
    match rule {
        Some(rule) => rule.text(row),
        None => Ok(None),
    }
}

/// Returns a ticket's single comment, or its conversation with the row's own text first.
fn texts<'r>(
    mapping: &'r Mapping,
    row: Row<'r>,
    conversation: Option<Vec<Comment<'r>>>,
) -> Result<(Option<Comment<'r>>, Vec<Comment<'r>>), Problem> {
    let own = match comment_text(mapping.body.as_ref(), row)? {
        Some(body) => Some(Comment {
            body,
            author: None,
            public: public(mapping.public.as_ref(), row)?,
            created_at: None,
        }),
        None => None,
    };
    let Some(mut comments) = conversation else {
        let own = own.ok_or_else(|| missing_text(mapping, ""))?;
        return Ok((Some(own), Vec::new()));
    };
    if let Some(own) = own {
        let created_at = date(mapping.dates.as_ref(), mapping.created.as_ref(), row)?;
        comments.insert(0, Comment { created_at, ..own });
    }
    match comments.len() {
        0 => Err(missing_text(mapping, " and the ticket has no comments")),
        1..=COMMENTS_MAX => Ok((None, comments)),
        count => Err(too_many_comments(count)),
    }
}

fn missing_text(mapping: &Mapping, also: &str) -> Problem {
    let empty = match &mapping.body {
        Some(body) => format!("is empty{}", body.columns()),
        None => "is not mapped".to_owned(),
    };
    Problem::new(
        "MissingText",
        format!("comment.body {empty}{also}; Zendesk makes no ticket without a text"),
    )
}

/// Builds the problem of a ticket with more comments than Zendesk keeps.
pub(super) fn too_many_comments(count: usize) -> Problem {
    Problem::new(
        "TooManyComments",
        format!(
            "the ticket has {count} comments, and Zendesk takes {COMMENTS_MAX}; join some of them or leave some out"
        ),
    )
}

/// Reads the text of a comment; `None` if it is blank.
pub(super) fn comment_text<'r>(
    rule: Option<&'r Rule>,
    row: Row<'r>,
) -> Result<Option<Cow<'r, str>>, Problem> {
    let Some(rule) = rule else { return Ok(None) };
    let body = rule.text(row)?.filter(|body| !body.trim().is_empty());
    let Some(body) = body else { return Ok(None) };
    // A text has at most as many characters as bytes, so most need not be counted.
    if body.len() > COMMENT_CHARS_MAX {
        let chars = body.chars().count();
        if chars > COMMENT_CHARS_MAX {
            return Err(Problem::new(
                "TextTooLong",
                format!(
                    "{} has {chars} characters{}, and Zendesk takes {COMMENT_CHARS_MAX}; shorten it (\"{}\")",
                    rule.field().name(),
                    rule.columns(),
                    shown(&body)
                ),
            ));
        }
    }
    Ok(Some(body))
}

/// Reads whether the requester can see a comment.
pub(super) fn public(rule: Option<&Rule>, row: Row<'_>) -> Result<Option<bool>, Problem> {
    let Some(rule) = rule else { return Ok(None) };
    let Some(value) = rule.text(row)? else {
        return Ok(None);
    };
    match value.trim() {
        "true" => Ok(Some(true)),
        "false" => Ok(Some(false)),
        other => Err(Problem::new(
            "UnknownPublic",
            format!(
                "{} is \"{}\"{}, neither true nor false; add it to the mapping's values",
                rule.field().name(),
                shown(other),
                rule.columns()
            ),
        )),
    }
}

/// Reads a text without surrounding spaces.
pub(super) fn trimmed_text<'r>(
    rule: Option<&'r Rule>,
    row: Row<'r>,
) -> Result<Option<Cow<'r, str>>, Problem> {
    let text = text(rule, row)?.map(trimmed);
    Ok(text.filter(|text| !text.is_empty()))
}

fn requester<'r>(mapping: &'r Mapping, row: Row<'r>) -> Result<Option<Requester<'r>>, Problem> {
    let address = email(mapping.email.as_ref(), row)?;
    let name = trimmed_text(mapping.name.as_ref(), row)?;
    match (name, address) {
        (None, None) => Ok(None),
        (None, Some(email)) => Ok(Some(Requester::Email(email))),
        (Some(name), Some(email)) => Ok(Some(Requester::Person { name, email })),
        (Some(name), None) => Err(Problem::new(
            "NameWithoutEmail",
            format!(
                "requester.name is \"{}\"{} and requester.email is empty{}; Zendesk needs an email to make a requester",
                shown(&name),
                mapping.name.as_ref().map_or("", Rule::columns),
                mapping.email.as_ref().map_or("", Rule::columns)
            ),
        )),
    }
}

/// Reads an email address.
pub(super) fn email<'r>(
    rule: Option<&'r Rule>,
    row: Row<'r>,
) -> Result<Option<Cow<'r, str>>, Problem> {
    let Some(rule) = rule else { return Ok(None) };
    let Some(value) = rule.text(row)?.map(trimmed) else {
        return Ok(None);
    };
    if checks::is_email(&value) {
        return Ok(Some(value));
    }
    Err(Problem::new(
        "InvalidEmail",
        format!(
            "{} is \"{}\"{}, which is no email address; fix the cell",
            rule.field().name(),
            shown(&value),
            rule.columns()
        ),
    ))
}

fn word<W: Word>(
    rule: Option<&Rule>,
    row: Row<'_>,
    code: &'static str,
) -> Result<Option<W>, Problem> {
    let Some(rule) = rule else { return Ok(None) };
    let Some(value) = rule.text(row)? else {
        return Ok(None);
    };
    let value = value.trim();
    if let Some(word) = W::parse(value) {
        return Ok(Some(word));
    }
    Err(Problem::new(
        code,
        format!(
            "{} is \"{}\"{}, which is none of {}{}; add it to the mapping's values",
            W::WHAT,
            shown(value),
            rule.columns(),
            W::ALL.join(", "),
            checks::meant(value, W::ALL)
        ),
    ))
}

fn tags<'r>(rule: Option<&'r Rule>, row: Row<'r>) -> Result<Vec<Cow<'r, str>>, Problem> {
    let Some(rule) = rule else {
        return Ok(Vec::new());
    };
    let mut tags = Vec::new();
    for tag in rule.list(row)?.into_iter().filter_map(checks::tag) {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    Ok(tags)
}

fn number(rule: Option<&Rule>, row: Row<'_>) -> Result<Option<u64>, Problem> {
    let Some(rule) = rule else { return Ok(None) };
    let Some(value) = rule.text(row)? else {
        return Ok(None);
    };
    match value.trim().parse() {
        Ok(number) => Ok(Some(number)),
        Err(_) => Err(Problem::new(
            "InvalidNumber",
            format!(
                "{} is \"{}\"{}, which is no id; write the number that Zendesk has for it",
                rule.field().name(),
                shown(&value),
                rule.columns()
            ),
        )),
    }
}

/// Reads a date. Without `dates` the endpoint takes none, and the cell is ignored.
pub(super) fn date<'r>(
    dates: Option<&Dates>,
    rule: Option<&Rule>,
    row: Row<'_>,
) -> Result<Option<Cow<'r, str>>, Problem> {
    let (Some(dates), Some(rule)) = (dates, rule) else {
        return Ok(None);
    };
    let Some(value) = rule.text(row)? else {
        return Ok(None);
    };
    let value = value.trim();
    let fault = match dates.utc(value, rule.date_format()) {
        Ok(utc) => return Ok(Some(Cow::Owned(utc))),
        Err(fault) => fault,
    };
    let (code, why) = match (fault, rule.date_format()) {
        (Fault::Unreadable, Some(format)) => (
            "InvalidDate",
            format!("which is no date like {format}; change date_format or fix the cell"),
        ),
        (Fault::Unreadable, None) => (
            "InvalidDate",
            "which is no date like 2024-12-31 23:59; name its date_format in the mapping"
                .to_owned(),
        ),
        (Fault::Ancient, _) => (
            "DateBefore1970",
            "which is before 1970, and Zendesk would change it; fix the cell".to_owned(),
        ),
        (Fault::Future, _) => (
            "FutureDate",
            "which lies in the future; check timezone and date_format in the mapping, or fix the cell"
                .to_owned(),
        ),
    };
    Err(Problem::new(
        code,
        format!(
            "{} is \"{}\"{}, {why}",
            rule.field().name(),
            shown(value),
            rule.columns()
        ),
    ))
}

fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}
