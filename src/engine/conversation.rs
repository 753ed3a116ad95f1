//! The comments of a body: `source` writes who wrote them, Zendesk wants the ids of users.

use serde_json::{Value, json};

use crate::model::problem::Problem;

/// Who counts as the author of a comment whose author cannot be made a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownAuthor {
    /// Nobody: nothing is sent.
    Fail,
    /// The ticket's requester.
    Requester,
    /// The user whose credentials are used.
    Me,
}

/// Puts `author_id` in the place of each comment's `author`. `user_of` gives the user of an address,
/// as far as it is known, or an error of its own.
pub(super) fn with_author_ids<E>(
    body: &[u8],
    unknown: UnknownAuthor,
    me: u64,
    mut user_of: impl FnMut(&str) -> Result<Option<u64>, E>,
) -> Result<Result<Vec<u8>, Problem>, E> {
    let Ok(mut json) = serde_json::from_slice::<Value>(body) else {
        return Ok(Err(unreadable()));
    };
    let requester = requester(&json).map(str::to_owned);
    let Some(comments) = json["ticket"]["comments"].as_array_mut() else {
        return Ok(Ok(body.to_vec()));
    };
    for comment in comments {
        let Some(comment) = comment.as_object_mut() else {
            return Ok(Err(unreadable()));
        };
        let Some(author) = comment.remove("author") else {
            continue;
        };
        let Some(email) = author["email"].as_str() else {
            return Ok(Err(unreadable()));
        };
        let mut user = user_of(email)?;
        if user.is_none() {
            user = match (unknown, &requester) {
                (UnknownAuthor::Fail, _) => return Ok(Err(no_user(email))),
                (UnknownAuthor::Requester, Some(requester)) => user_of(requester)?,
                (UnknownAuthor::Requester, None) | (UnknownAuthor::Me, _) => None,
            };
        }
        comment.insert("author_id".to_owned(), json!(user.unwrap_or(me)));
    }
    Ok(Ok(json.to_string().into_bytes()))
}

/// The address of the requester, if one of the comments was written by somebody who is no user.
pub(super) fn requester_instead_of<E>(
    body: &[u8],
    mut user_of: impl FnMut(&str) -> Result<Option<u64>, E>,
) -> Result<Option<String>, E> {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    for comment in json["ticket"]["comments"].as_array().into_iter().flatten() {
        if let Some(email) = comment["author"]["email"].as_str()
            && user_of(email)?.is_none()
        {
            return Ok(requester(&json).map(str::to_owned));
        }
    }
    Ok(None)
}

fn requester(json: &Value) -> Option<&str> {
    let requester = &json["ticket"]["requester"];
    requester.as_str().or_else(|| requester["email"].as_str())
}

fn no_user(email: &str) -> Problem {
    Problem::new(
        "UnknownAuthor",
        format!("{email} wrote a comment and is no user of the account; see --unknown-author"),
    )
}

fn unreadable() -> Problem {
    Problem::new("Unreadable", "the comments of this body cannot be read")
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"ticket":{"external_id":"1","requester":{"name":"R","email":"r@example.com"},"comments":[{"body":"first"},{"body":"é\n","author":{"email":"a@example.com","name":"A"},"public":false}]}}"#;

    #[expect(clippy::unnecessary_wraps, reason = "that is how a checkpoint answers")]
    fn known(email: &str) -> Result<Option<u64>, ()> {
        Ok(match email {
            "a@example.com" => Some(7),
            "r@example.com" => Some(9),
            _ => None,
        })
    }

    #[expect(clippy::unnecessary_wraps, reason = "that is how a checkpoint answers")]
    fn nobody_but_r(email: &str) -> Result<Option<u64>, ()> {
        Ok((email == "r@example.com").then_some(9))
    }

    fn author_of(body: Result<Vec<u8>, Problem>) -> Value {
        let json: Value = serde_json::from_slice(&body.unwrap()).unwrap();
        json["ticket"]["comments"][1]["author_id"].clone()
    }

    #[test]
    fn authors_become_ids_and_nothing_else_changes() {
        let body = with_author_ids(BODY.as_bytes(), UnknownAuthor::Fail, 1, known).unwrap();
        let json: Value = serde_json::from_slice(&body.unwrap()).unwrap();
        let mut expected: Value = serde_json::from_str(BODY).unwrap();
        let second = expected["ticket"]["comments"][1].as_object_mut().unwrap();
        second.remove("author");
        second.insert("author_id".to_owned(), json!(7));
        assert_eq!(json, expected);
    }

    #[test]
    fn an_author_without_a_user_is_whom_the_operator_says() {
        let with = |unknown| with_author_ids(BODY.as_bytes(), unknown, 1, nobody_but_r).unwrap();
        assert_eq!(author_of(with(UnknownAuthor::Requester)), json!(9));
        assert_eq!(author_of(with(UnknownAuthor::Me)), json!(1));
        assert_eq!(with(UnknownAuthor::Fail).unwrap_err().code, "UnknownAuthor");
    }

    #[test]
    fn a_requester_is_needed_only_where_an_author_is_no_user() {
        let of = |user_of: fn(&str) -> Result<Option<u64>, ()>| {
            requester_instead_of(BODY.as_bytes(), user_of).unwrap()
        };
        assert_eq!(of(known), None);
        assert_eq!(of(nobody_but_r).as_deref(), Some("r@example.com"));
    }

    #[test]
    fn a_body_without_comments_stays_byte_for_byte() {
        let body = r#"{"ticket": {"external_id":"1" } }"#;
        let same = with_author_ids(body.as_bytes(), UnknownAuthor::Fail, 1, known).unwrap();
        assert_eq!(same.unwrap(), body.as_bytes());
    }
}
