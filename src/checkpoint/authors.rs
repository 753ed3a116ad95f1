//! The people who wrote comments, and which users of the account they are.

use rusqlite::{OptionalExtension, params};

use super::error::CheckpointError;
use super::open::Checkpoint;
use super::write::Writing;
use crate::model::problem::Problem;

/// Somebody who wrote a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The address, in lower case.
    pub email: String,
    /// The name; `None` if the file gives none.
    pub name: Option<String>,
}

/// Authors being noted down, all or none.
#[derive(Debug)]
pub struct Authors<'c> {
    writing: Writing<'c>,
}

impl Checkpoint {
    /// Starts to note the authors of a file down. Those who are no users yet are forgotten first:
    /// they may have been fixed.
    pub fn authors(&mut self) -> Result<Authors<'_>, CheckpointError> {
        let mut authors = self.more_authors()?;
        authors
            .writing
            .step(|tx| tx.execute("DELETE FROM author WHERE user_id IS NULL", []))?;
        Ok(authors)
    }

    /// Starts to note further authors down.
    pub fn more_authors(&mut self) -> Result<Authors<'_>, CheckpointError> {
        let writing = self.begin()?;
        Ok(Authors { writing })
    }

    /// Up to `most` authors of whom it is not known which user they are, in the order of their
    /// addresses after `after`. With `named`, only those with a name.
    pub fn unknown_authors(
        &self,
        after: &str,
        named: bool,
        most: usize,
    ) -> Result<Vec<Author>, CheckpointError> {
        let read = || {
            let mut query = self.db.prepare_cached(
                "SELECT email, name FROM author
                 WHERE email > ?1 AND user_id IS NULL AND problem_code IS NULL
                   AND (name IS NOT NULL OR NOT ?2)
                 ORDER BY email LIMIT ?3",
            )?;
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            query
                .query_map(params![after, named, most], |r| {
                    Ok(Author {
                        email: r.get(0)?,
                        name: r.get(1)?,
                    })
                })?
                .collect()
        };
        self.wrap(read())
    }

    /// Notes which users authors are, or why they cannot be made.
    pub fn note_users(
        &mut self,
        found: &[(String, Result<u64, Problem>)],
    ) -> Result<(), CheckpointError> {
        self.write(|tx| {
            let mut update = tx.prepare_cached(
                "UPDATE author SET user_id = ?2, problem_code = ?3, problem_message = ?4
                 WHERE email = ?1",
            )?;
            for (email, user) in found {
                let (user, problem) = match user {
                    Ok(user) => (Some(user), None),
                    Err(problem) => (None, Some(problem)),
                };
                let code = problem.map(|p| &*p.code);
                update.execute(params![email, user, code, problem.map(|p| &p.message)])?;
            }
            Ok(())
        })
    }

    /// The user that an address belongs to; `None` if that is not known. The address is compared
    /// without case.
    pub fn user_of(&self, email: &str) -> Result<Option<u64>, CheckpointError> {
        let read = || {
            self.db
                .prepare_cached("SELECT user_id FROM author WHERE email = ?1")?
                .query_row([email.to_lowercase()], |r| r.get::<_, Option<u64>>(0))
                .optional()
        };
        Ok(self.wrap(read())?.flatten())
    }

    /// How many authors cannot be made users, and the first `most` of them with the reason.
    pub fn author_problems(
        &self,
        most: usize,
    ) -> Result<(u64, Vec<(String, Problem)>), CheckpointError> {
        let read = || {
            let count = self.db.query_row(
                "SELECT count(*) FROM author WHERE problem_code IS NOT NULL",
                [],
                |r| r.get(0),
            )?;
            let mut query = self.db.prepare(
                "SELECT email, problem_code, problem_message FROM author
                 WHERE problem_code IS NOT NULL ORDER BY email LIMIT ?1",
            )?;
            let first = query
                .query_map([i64::try_from(most).unwrap_or(i64::MAX)], |r| {
                    let problem = Problem::new(r.get::<_, String>(1)?, r.get::<_, String>(2)?);
                    Ok((r.get(0)?, problem))
                })?
                .collect::<rusqlite::Result<_>>()?;
            Ok((count, first))
        };
        self.wrap(read())
    }
}

impl Authors<'_> {
    /// Notes an author; the first name that is given for an address stays.
    pub fn add(&mut self, email: &str, name: Option<&str>) -> Result<(), CheckpointError> {
        self.writing.step(|tx| {
            tx.prepare_cached(
                "INSERT INTO author (email, name) VALUES (?1, ?2)
                 ON CONFLICT (email) DO UPDATE SET name = excluded.name
                 WHERE author.name IS NULL AND excluded.name IS NOT NULL",
            )?
            .execute(params![email.to_lowercase(), name])?;
            Ok(())
        })
    }

    /// Ends the noting.
    pub fn finish(self) -> Result<(), CheckpointError> {
        self.writing.commit()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unknown(checkpoint: &Checkpoint) -> Vec<Author> {
        checkpoint.unknown_authors("", false, 10).unwrap()
    }

    #[test]
    fn an_author_is_kept_once_whatever_the_case_and_the_first_name_stays() {
        let mut checkpoint = Checkpoint::scratch().unwrap();
        let mut authors = checkpoint.authors().unwrap();
        authors.add("Ada@Example.com", None).unwrap();
        authors.add("ada@example.com", Some("Ada")).unwrap();
        authors.add("ADA@example.com", Some("Countess")).unwrap();
        authors.finish().unwrap();
        let ada = Author {
            email: "ada@example.com".to_owned(),
            name: Some("Ada".to_owned()),
        };
        assert_eq!(unknown(&checkpoint), [ada]);
        checkpoint
            .note_users(&[("ada@example.com".to_owned(), Ok(7))])
            .unwrap();
        assert_eq!(checkpoint.user_of("Ada@example.com").unwrap(), Some(7));
        assert_eq!(unknown(&checkpoint), []);
    }

    #[test]
    fn authors_that_are_not_finished_leave_nothing() {
        let mut checkpoint = Checkpoint::scratch().unwrap();
        let mut authors = checkpoint.authors().unwrap();
        authors.add("a@example.com", None).unwrap();
        drop(authors);
        assert_eq!(unknown(&checkpoint), []);
    }

    #[test]
    fn an_author_who_cannot_be_made_is_told_and_forgotten_when_the_file_is_read_again() {
        let mut checkpoint = Checkpoint::scratch().unwrap();
        let mut authors = checkpoint.authors().unwrap();
        authors.add("a@example.com", None).unwrap();
        authors.finish().unwrap();
        let problem = Problem::new("RecordInvalid", "is suspended");
        checkpoint
            .note_users(&[("a@example.com".to_owned(), Err(problem.clone()))])
            .unwrap();
        let told = checkpoint.author_problems(5).unwrap();
        assert_eq!(told, (1, vec![("a@example.com".to_owned(), problem)]));
        assert_eq!(unknown(&checkpoint), []);
        checkpoint.authors().unwrap().finish().unwrap();
        assert_eq!(checkpoint.author_problems(5).unwrap().0, 0);
    }
}
