//! Turns one record of the comments file into a comment, or says what is wrong with it.

use csv::ByteRecord;

use super::Comments;
use crate::model::problem::Problem;
use crate::model::ticket::{Author, Comment};
use crate::source::build;
use crate::source::mapping::Row;
use crate::source::pieces::Place;

/// A comment as the file has it.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) place: Place,
    pub(super) cells: ByteRecord,
    /// The problem that makes it doubtful which cell belongs to which column.
    pub(super) fault: Option<Problem>,
}

impl Comments {
    /// Makes the comment of a record; a problem names the file and the line.
    pub(super) fn comment<'r>(&'r self, said: &'r Said) -> Result<Comment<'r>, Problem> {
        let made = match &said.fault {
            Some(problem) => Err(problem.clone()),
            None => self.build(self.row(&said.cells)),
        };
        made.map_err(|problem| self.at(said.place, problem))
    }

    fn row<'r>(&'r self, cells: &'r ByteRecord) -> Row<'r> {
        Row {
            record: cells,
            columns: &self.file.header.columns,
            null: &self.null,
            encoding: self.file.header.encoding,
            has_nul: true,
        }
    }

    fn build<'r>(&'r self, row: Row<'r>) -> Result<Comment<'r>, Problem> {
        let rules = &self.rules;
        let Some(body) = build::comment_text(Some(&rules.body), row)? else {
            return Err(Problem::new(
                "MissingText",
                format!(
                    "{} is empty{}; fill the cell or take the row out",
                    rules.body.field().name(),
                    rules.body.columns()
                ),
            ));
        };
        Ok(Comment {
            body,
            author: self.build_author(row)?,
            public: build::public(rules.public.as_ref(), row)?,
            created_at: build::date(Some(&self.dates), rules.created.as_ref(), row)?,
        })
    }

    fn build_author<'r>(&'r self, row: Row<'r>) -> Result<Option<Author<'r>>, Problem> {
        let Some(email) = build::email(self.rules.email.as_ref(), row)? else {
            return Ok(None);
        };
        let name = build::trimmed_text(self.rules.name.as_ref(), row)?;
        Ok(Some(Author { email, name }))
    }

    fn at(&self, place: Place, problem: Problem) -> Problem {
        Problem {
            message: format!("{} line {}: {}", self.name, place.line, problem.message),
            ..problem
        }
    }
}
