//! The comments of a body: `source` writes who wrote them, Zendesk wants the ids of users.

use serde_json::{Value, json};

use crate::checkpoint::{Author, AuthorIs};
use crate::model::problem::Problem;

/// Who counts as the author of a comment whose author cannot be made a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownAuthor {
    /// Nobody: the ticket is not sent.
    Fail,
    /// The ticket's requester.
    Requester,
    /// The user whose credentials are used.
    Me,
}

/// What can be sent of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sendable {
    /// These bytes: each author is a user.
    Now(Vec<u8>),
    /// Nothing yet: it is not known which user this person is.
    Once(Author),
    /// Nothing: this author cannot be made a user, and nobody stands in.
    Never(Problem),
    /// Nothing: the body cannot be read.
    Unreadable(Problem),
}

/// Puts `author_id` in the place of each comment's `author`. `who` tells which user an address
/// belongs to, `None` if that has not been asked yet, or fails with an error of its own.
pub(super) fn with_author_ids<E>(
    body: &[u8],
    unknown: UnknownAuthor,
    me: u64,
    mut who: impl FnMut(&str) -> Result<Option<AuthorIs>, E>,
) -> Result<Sendable, E> {
    let Ok(mut json) = serde_json::from_slice::<Value>(body) else {
        return Ok(unreadable());
    };
    let requester = requester(&json);
    let Some(comments) = json["ticket"]["comments"].as_array_mut() else {
        return Ok(Sendable::Now(body.to_vec()));
    };
    for comment in comments {
        let Some(comment) = comment.as_object_mut() else {
            return Ok(unreadable());
        };
        let Some(author) = comment.remove("author") else {
            continue;
        };
        let Some(author) = person(&author) else {
            return Ok(unreadable());
        };
        let user = match (who(&author.email)?, unknown, &requester) {
            (None, ..) => return Ok(Sendable::Once(author)),
            (Some(AuthorIs::User(user)), ..) => user,
            (Some(AuthorIs::Nobody(problem)), UnknownAuthor::Fail, _) => {
                return Ok(Sendable::Never(no_user(&author.email, &problem)));
            }
            (Some(AuthorIs::Nobody(_)), UnknownAuthor::Requester, Some(requester)) => {
                match who(&requester.email)? {
                    None => return Ok(Sendable::Once(requester.clone())),
                    Some(AuthorIs::User(user)) => user,
                    Some(AuthorIs::Nobody(_)) => me,
                }
            }
            (Some(AuthorIs::Nobody(_)), UnknownAuthor::Requester, None)
            | (Some(AuthorIs::Nobody(_)), UnknownAuthor::Me, _) => me,
        };
        comment.insert("author_id".to_owned(), json!(user));
    }
    Ok(Sendable::Now(json.to_string().into_bytes()))
}

/// The authors of a body's comments, with repeats.
pub(super) fn authors_of(body: &[u8]) -> Vec<Author> {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let comments = json["ticket"]["comments"].as_array();
    let comments = comments.into_iter().flatten();
    comments
        .filter_map(|comment| person(&comment["author"]))
        .collect()
}

fn requester(json: &Value) -> Option<Author> {
    let requester = &json["ticket"]["requester"];
    match requester.as_str() {
        Some(email) => Some(Author {
            email: email.to_lowercase(),
            name: None,
        }),
        None => person(requester),
    }
}

fn person(json: &Value) -> Option<Author> {
    Some(Author {
        email: json["email"].as_str()?.to_lowercase(),
        name: json["name"].as_str().map(str::to_owned),
    })
}

/// The code of a row with a comment whose author cannot be made a user.
pub(super) const UNKNOWN_AUTHOR: &str = "UnknownAuthor";

fn no_user(email: &str, problem: &Problem) -> Problem {
    Problem::new(
        UNKNOWN_AUTHOR,
        format!(
            "{email} wrote a comment and cannot be made a user ({problem}); fix the address, or let \
             somebody stand in with --unknown-author requester (or me)"
        ),
    )
}

fn unreadable() -> Sendable {
    Sendable::Unreadable(Problem::new(
        "Unreadable",
        "the comments of this body cannot be read",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"ticket":{"external_id":"1","requester":{"name":"R","email":"R@example.com"},"comments":[{"body":"first"},{"body":"é\n","author":{"email":"A@example.com","name":"A"},"public":false}]}}"#;

    fn nobody() -> AuthorIs {
        AuthorIs::Nobody(Problem::new("RecordInvalid", "blocked"))
    }

    fn sendable(
        unknown: UnknownAuthor,
        author: Option<&AuthorIs>,
        requester: Option<&AuthorIs>,
    ) -> Sendable {
        let who = |email: &str| {
            Ok::<_, ()>(match email {
                "a@example.com" => author.cloned(),
                "r@example.com" => requester.cloned(),
                _ => None,
            })
        };
        with_author_ids(BODY.as_bytes(), unknown, 1, who).unwrap()
    }

    fn author_id(sendable: Sendable) -> Value {
        let Sendable::Now(body) = sendable else {
            panic!("{sendable:?}");
        };
        let json: Value = serde_json::from_slice(&body).unwrap();
        json["ticket"]["comments"][1]["author_id"].clone()
    }

    #[test]
    fn authors_become_ids_and_nothing_else_changes() {
        let Sendable::Now(body) = sendable(UnknownAuthor::Fail, Some(&AuthorIs::User(7)), None)
        else {
            panic!("the author is known");
        };
        let json: Value = serde_json::from_slice(&body).unwrap();
        let mut expected: Value = serde_json::from_str(BODY).unwrap();
        let second = expected["ticket"]["comments"][1].as_object_mut().unwrap();
        second.remove("author");
        second.insert("author_id".to_owned(), json!(7));
        assert_eq!(json, expected);
    }

    #[test]
    fn an_author_without_a_user_is_whom_the_operator_says() {
        fn with(unknown: UnknownAuthor, requester: Option<&AuthorIs>) -> Sendable {
            sendable(unknown, Some(&nobody()), requester)
        }
        let stands_in = with(UnknownAuthor::Requester, Some(&AuthorIs::User(9)));
        assert_eq!(author_id(stands_in), json!(9));
        let neither = with(UnknownAuthor::Requester, Some(&nobody()));
        assert_eq!(author_id(neither), json!(1));
        assert_eq!(author_id(with(UnknownAuthor::Me, None)), json!(1));
        let Sendable::Never(problem) = with(UnknownAuthor::Fail, None) else {
            panic!("nobody stands in");
        };
        assert_eq!(problem.code, UNKNOWN_AUTHOR);
        for told in ["a@example.com", "RecordInvalid", "--unknown-author"] {
            assert!(problem.message.contains(told), "{problem}");
        }
    }

    #[test]
    fn a_body_waits_for_an_author_and_for_a_requester_who_stands_in() {
        let person = |email: &str, name: &str| {
            Sendable::Once(Author {
                email: email.to_owned(),
                name: Some(name.to_owned()),
            })
        };
        let waits = sendable(UnknownAuthor::Fail, None, None);
        assert_eq!(waits, person("a@example.com", "A"));
        let waits = sendable(UnknownAuthor::Requester, Some(&nobody()), None);
        assert_eq!(waits, person("r@example.com", "R"));
    }

    #[test]
    fn a_body_without_comments_stays_byte_for_byte() {
        let body = r#"{"ticket": {"external_id":"1" } }"#;
        let same = with_author_ids(body.as_bytes(), UnknownAuthor::Fail, 1, |_| Err(()));
        assert_eq!(same, Ok(Sendable::Now(body.as_bytes().to_vec())));
        assert_eq!(authors_of(body.as_bytes()), []);
        assert_eq!(authors_of(BODY.as_bytes()).len(), 1);
    }
}
