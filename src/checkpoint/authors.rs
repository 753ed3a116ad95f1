//! The authors of comments, and the users of the account that they correspond to.

use rusqlite::{Connection, OptionalExtension, params};

use super::codes;
use super::error::CheckpointError;
use super::handle::Checkpoint;
use super::row_update::write_row;
use super::rows::past_at;
use crate::lifecycle::{Event, Row, Rules, Sighting, State, Step, next};
use crate::model::ids::{Key, RowNumber};
use crate::model::problem::Problem;

/// The author of a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The address, in lower case.
    pub email: String,
    /// The name; `None` if the file gives none.
    pub name: Option<String>,
}

/// What the account has answered about an author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthorIs {
    /// The author is this user.
    User(u64),
    /// The author is not a user and cannot become one, for this reason.
    Nobody(Problem),
}

impl Checkpoint {
    /// Forgets the authors without a user, so that they are looked up again.
    pub fn forget_unknown_authors(&mut self) -> Result<(), CheckpointError> {
        self.write(|tx| {
            tx.execute("DELETE FROM author WHERE user_id IS NULL", [])?;
            Ok(())
        })
    }

    /// Stores authors, all or none; the first name given for an address is kept.
    pub fn note_authors(&mut self, authors: &[Author]) -> Result<(), CheckpointError> {
        self.write(|tx| {
            let mut note = tx.prepare_cached(
                "INSERT INTO author (email, name) VALUES (?1, ?2)
                 ON CONFLICT (email) DO UPDATE SET name = excluded.name
                 WHERE author.name IS NULL AND excluded.name IS NOT NULL",
            )?;
            for author in authors {
                note.execute(params![author.email, author.name])?;
            }
            Ok(())
        })
    }

    /// Counts the stored authors that have not been looked up yet.
    pub fn count_unasked_authors(&self) -> Result<u64, CheckpointError> {
        let query = "SELECT count(*) FROM author WHERE user_id IS NULL AND problem_code IS NULL";
        self.wrap(self.db.query_row(query, [], |r| r.get(0)))
    }

    /// Returns up to `most` stored authors that have not been looked up yet, ordered by address,
    /// starting after `after`.
    pub fn unasked_authors(
        &self,
        after: &str,
        most: usize,
    ) -> Result<Vec<Author>, CheckpointError> {
        let read = || {
            let mut query = self.db.prepare_cached(
                "SELECT email, name FROM author
                 WHERE email > ?1 AND user_id IS NULL AND problem_code IS NULL
                 ORDER BY email LIMIT ?2",
            )?;
            query
                .query_map(
                    params![after, i64::try_from(most).unwrap_or(i64::MAX)],
                    |r| {
                        Ok(Author {
                            email: r.get(0)?,
                            name: r.get(1)?,
                        })
                    },
                )?
                .collect()
        };
        self.wrap(read())
    }

    /// Returns what is known about the author with this lower-case address; `None` if nothing is.
    pub fn author(&self, email: &str) -> Result<Option<AuthorIs>, CheckpointError> {
        let read = || {
            self.db
                .prepare_cached(
                    "SELECT user_id, problem_code, problem_message FROM author WHERE email = ?1",
                )?
                .query_row([email], |r| {
                    let (code, message): (Option<String>, Option<String>) = (r.get(1)?, r.get(2)?);
                    let nobody = code.map(|code| Problem::new(code, message.unwrap_or_default()));
                    let user: Option<u64> = r.get(0)?;
                    Ok(user.map(AuthorIs::User).or(nobody.map(AuthorIs::Nobody)))
                })
                .optional()
        };
        Ok(self.wrap(read())?.flatten())
    }

    /// Puts the rows that were left out because of an author back to pending, each with a new key.
    /// They were never sent in this form. Returns the number of rows.
    pub fn take_up_unknown_authors(
        &mut self,
        code: &str,
        mut make_key: impl FnMut() -> Key,
    ) -> Result<u64, CheckpointError> {
        self.write(|tx| {
            let left_out = left_out(tx, code)?;
            let count = left_out.len() as u64;
            for (number, row) in left_out {
                let (after, step) = next(row, Event::Scanned(Sighting::Same), &Rules::at_rest());
                let key = (step == Step::NewKey).then(&mut make_key);
                write_row(tx, number, &after, key)?;
            }
            Ok(count)
        })
    }
}

/// Returns the rows that were left out with this code and could otherwise be sent.
fn left_out(db: &Connection, code: &str) -> rusqlite::Result<Vec<(RowNumber, Row)>> {
    let mut query = db.prepare(
        "SELECT number, problem_message, keys, first_sent_at, last_sent_at, look_up_since, claim
         FROM row WHERE state = ?1 AND problem_code = ?2 AND fingerprint IS NOT NULL
         ORDER BY number",
    )?;
    let rows = query.query_map(params![codes::INVALID, code], |r| {
        let message: Option<String> = r.get(1)?;
        let problem = Problem::new(code.to_owned(), message.unwrap_or_default());
        let row = Row {
            state: State::Invalid(problem),
            past: past_at(r, 2)?,
        };
        Ok((RowNumber(r.get(0)?), row))
    })?;
    rows.collect()
}

/// Stores what the account has answered about authors.
pub(super) fn write_authors(
    db: &Connection,
    authors: &[(String, AuthorIs)],
) -> rusqlite::Result<()> {
    let mut write = db.prepare_cached(
        "INSERT INTO author (email, user_id, problem_code, problem_message)
         VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (email) DO UPDATE SET user_id = excluded.user_id,
           problem_code = excluded.problem_code, problem_message = excluded.problem_message",
    )?;
    for (email, is) in authors {
        let (user, problem) = match is {
            AuthorIs::User(user) => (Some(user), None),
            AuthorIs::Nobody(problem) => (None, Some(problem)),
        };
        let code = problem.map(|p| &*p.code);
        write.execute(params![email, user, code, problem.map(|p| &p.message)])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::{Batch, NewRow, Outcome};
    use crate::model::ids::{CellsHash, Fingerprint};

    fn author(email: &str, name: Option<&str>) -> Author {
        Author {
            email: email.to_owned(),
            name: name.map(str::to_owned),
        }
    }

    fn learn(checkpoint: &mut Checkpoint, email: &str, is: &AuthorIs) {
        let batch = Batch {
            authors: vec![(email.to_owned(), is.clone())],
            ..Batch::default()
        };
        checkpoint.commit(batch).unwrap();
    }

    #[test]
    fn an_author_is_kept_once_and_the_first_name_stays() {
        let mut checkpoint = Checkpoint::scratch().unwrap();
        let named = |name| author("ada@example.com", name);
        let said = [named(None), named(Some("Ada")), named(Some("Countess"))];
        checkpoint.note_authors(&said).unwrap();
        assert_eq!(
            checkpoint.unasked_authors("", 10).unwrap(),
            [named(Some("Ada"))]
        );
        assert_eq!(checkpoint.count_unasked_authors().unwrap(), 1);
        assert_eq!(checkpoint.author("ada@example.com").unwrap(), None);
        learn(&mut checkpoint, "ada@example.com", &AuthorIs::User(7));
        let known = checkpoint.author("ada@example.com").unwrap();
        assert_eq!(known, Some(AuthorIs::User(7)));
        assert_eq!(checkpoint.count_unasked_authors().unwrap(), 0);
    }

    #[test]
    fn only_authors_who_are_no_users_are_asked_for_again() {
        let mut checkpoint = Checkpoint::scratch().unwrap();
        let nobody = AuthorIs::Nobody(Problem::new("RecordInvalid", "is suspended"));
        learn(&mut checkpoint, "a@example.com", &nobody);
        learn(&mut checkpoint, "b@example.com", &AuthorIs::User(7));
        assert_eq!(checkpoint.author("a@example.com").unwrap(), Some(nobody));
        checkpoint.forget_unknown_authors().unwrap();
        assert_eq!(checkpoint.author("a@example.com").unwrap(), None);
        let known = checkpoint.author("b@example.com").unwrap();
        assert_eq!(known, Some(AuthorIs::User(7)));
    }

    #[test]
    fn rows_left_out_because_of_an_author_are_taken_up_and_other_invalid_rows_are_not() {
        let mut checkpoint = Checkpoint::scratch().unwrap();
        let problem = Problem::new("FieldCount", "cells");
        let row = |line, id, body| NewRow {
            line,
            offset: 0,
            cells: CellsHash(0),
            external_id: Some(id),
            has_requester: true,
            body,
        };
        let good = Ok(Some((Fingerprint::of(b"x"), Key::from_bytes([1; 16]))));
        let mut load = checkpoint.load().unwrap();
        load.add([row(2, "a", good), row(3, "b", Err(&problem))])
            .unwrap();
        load.finish(&[]).unwrap();
        let left_out = Row {
            state: State::Invalid(Problem::new("UnknownAuthor", "nobody")),
            ..Row::fresh()
        };
        let outcome = Outcome {
            number: RowNumber(1),
            row: left_out,
            key: None,
        };
        let batch = Batch {
            outcomes: vec![outcome],
            ..Batch::default()
        };
        checkpoint.commit(batch).unwrap();
        assert_eq!(checkpoint.counts().unwrap().invalid, 2);
        let new_key = || Key::from_bytes([2; 16]);
        let take_up = checkpoint.take_up_unknown_authors("UnknownAuthor", new_key);
        assert_eq!(take_up.unwrap(), 1);
        let counts = checkpoint.counts().unwrap();
        assert_eq!((counts.pending, counts.invalid), (1, 1));
        let pending = checkpoint.pending(RowNumber(0), 10).unwrap();
        assert_eq!(pending[0].key, new_key());
        assert_eq!(checkpoint.audit().unwrap(), Vec::<String>::new());
    }
}
