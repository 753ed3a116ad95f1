//! Who wrote the comments: every author becomes a user of the account before the first ticket.
//!
//! Users are found or made by their address, so that doing it twice, after a crash, makes no second
//! one. Authors with a name go in bulk jobs, where the account allows these; what a job does not
//! make, and authors without a name (a job would rename existing users), go one by one.

use tokio_util::sync::CancellationToken;

use super::asking::{Asker, TRIES_MAX, Unanswered};
use super::clock::monotonic;
use super::conversation::{UnknownAuthor, requester_instead_of};
use super::csv_rows::CsvRows;
use super::driver::Rows;
use super::error::EngineError;
use super::monitor::Monitor;
use crate::checkpoint::{Author, Checkpoint};
use crate::model::ids::RowNumber;
use crate::model::problem::Problem;
use crate::model::reply::{Answer, RateLimit};
use crate::model::shown::shown;
use crate::model::time::Monotonic;
use crate::source::Source;
use crate::zendesk::pacer::Policy;
use crate::zendesk::{BULK_USERS_MAX, Client, Heard, Job, Person};

/// Between two users that are made one by one: the account takes one a second (Zendesk's page of
/// rate limits).
const USER_EVERY_MS: u64 = 1_000;

/// Between two questions about a job, and how often it is asked: ten minutes.
const JOB_EVERY_MS: u64 = 2_000;
const JOB_QUESTIONS_MAX: u32 = 300;

/// Authors with a problem that are named.
const PROBLEMS_SHOWN: usize = 5;

/// Makes every author of `rows` a user, and refuses to go on if one cannot be, unless `unknown` says
/// who stands in. What it asks is counted in `requests`, also when it is cut off.
pub async fn resolve(
    client: &Client,
    rows: &mut CsvRows,
    checkpoint: &mut Checkpoint,
    unknown: UnknownAuthor,
    (pace, limit): (Policy, Option<RateLimit>),
    (end, monitor): (&CancellationToken, &mut dyn Monitor),
    requests: &mut u32,
) -> Result<(), EngineError> {
    if rows.0.comments_path().is_none() {
        return Ok(());
    }
    note(&rows.0, checkpoint, end)?;
    let about = "questions about the authors of comments; no ticket was sent";
    let mut road = Road {
        client,
        asker: Asker::new((pace, limit), end, about),
        next_user: monotonic(),
        monitor,
        unanswered: false,
    };
    let resolved = road.resolve(rows, checkpoint, unknown).await;
    *requests += road.asker.requests;
    resolved
}

/// How authors who cannot be made users are told.
fn sentence(count: u64, first: &[(String, Problem)]) -> String {
    let named = |(email, problem): &(String, Problem)| format!("{} ({problem})", shown(email));
    let named: Vec<String> = first.iter().map(named).collect();
    let cannot = match count {
        1 => "1 author of comments cannot be made a user".to_owned(),
        n => format!("{n} authors of comments cannot be made users"),
    };
    format!(
        "{cannot}: {}{}",
        named.join("; "),
        if count > first.len() as u64 {
            "; …"
        } else {
            ""
        }
    )
}

fn note(
    source: &Source,
    checkpoint: &mut Checkpoint,
    end: &CancellationToken,
) -> Result<(), EngineError> {
    let mut authors = checkpoint.authors()?;
    source.for_each_author(|email, name| {
        if end.is_cancelled() {
            return Err(EngineError::Interrupted);
        }
        Ok(authors.add(email, name)?)
    })?;
    Ok(authors.finish()?)
}

/// Notes the requesters of those tickets whose authors they stand in for.
fn stand_ins(rows: &mut CsvRows, checkpoint: &mut Checkpoint) -> Result<(), EngineError> {
    let mut after = RowNumber(0);
    loop {
        let pending = checkpoint.pending(after, 1_000)?;
        let Some(last) = pending.last() else {
            return Ok(());
        };
        after = last.number;
        let mut needed = Vec::new();
        for row in &pending {
            let body = rows
                .read_again(row)
                .map_err(|problem| EngineError::Refused(problem.message))?;
            needed.extend(requester_instead_of(&body, |email| {
                checkpoint.user_of(email)
            })?);
        }
        let mut authors = checkpoint.more_authors()?;
        for email in &needed {
            authors.add(email, None)?;
        }
        authors.finish()?;
    }
}

/// The way to the account, at its pace.
struct Road<'r> {
    client: &'r Client,
    asker: Asker<'r>,
    next_user: Monotonic,
    monitor: &'r mut dyn Monitor,
    /// Whether the last question got no answer in all its tries.
    unanswered: bool,
}

impl Road<'_> {
    async fn resolve(
        &mut self,
        rows: &mut CsvRows,
        checkpoint: &mut Checkpoint,
        unknown: UnknownAuthor,
    ) -> Result<(), EngineError> {
        self.make_all(checkpoint).await?;
        let (count, first) = checkpoint.author_problems(PROBLEMS_SHOWN)?;
        if count == 0 {
            return Ok(());
        }
        let sentence = sentence(count, &first);
        if unknown == UnknownAuthor::Fail {
            return Err(EngineError::Refused(format!(
                "{sentence}; nothing was sent: fix the addresses, or add --unknown-author \
                 requester (or me) to let somebody stand in for them"
            )));
        }
        self.monitor.tell(&sentence);
        if unknown == UnknownAuthor::Requester {
            stand_ins(rows, checkpoint)?;
            self.make_all(checkpoint).await?;
            let more = checkpoint.author_problems(0)?.0 - count;
            if more > 0 {
                self.monitor.tell(&format!(
                    "{more} of the requesters who stand in cannot be made users either: there the \
                     user whose credentials are used counts as the author"
                ));
            }
        }
        Ok(())
    }

    async fn make_all(&mut self, checkpoint: &mut Checkpoint) -> Result<(), EngineError> {
        self.in_bulk(checkpoint).await?;
        let mut made = 0_u64;
        loop {
            let authors = checkpoint.unknown_authors("", false, 10)?;
            if authors.is_empty() {
                return Ok(());
            }
            let mut found = Vec::new();
            for author in authors {
                let user = self.one(&author).await?;
                found.push((author.email, user));
                made += 1;
            }
            checkpoint.note_users(&found)?;
            if made.is_multiple_of(100) {
                self.monitor
                    .tell(&format!("{made} authors of comments were looked up"));
            }
        }
    }

    /// Bulk jobs for all who have a name, until the account refuses one.
    async fn in_bulk(&mut self, checkpoint: &mut Checkpoint) -> Result<(), EngineError> {
        let mut after = String::new();
        loop {
            let authors = checkpoint.unknown_authors(&after, true, BULK_USERS_MAX)?;
            // A job for a handful takes longer than asking for each.
            if authors.len() < 3 {
                return Ok(());
            }
            if after.is_empty() {
                self.monitor.tell(
                    "the authors of comments are made users; those who are users already get the \
                     names that the file has",
                );
            }
            if let Some(last) = authors.last() {
                after.clone_from(&last.email);
            }
            let people: Vec<Person> = authors.iter().map(person).collect();
            let client = self.client;
            let job = self
                .asked("make authors", || client.create_or_update_users(&people))
                .await?;
            let Ok(job) = job else {
                return Ok(());
            };
            let made = self.wait_for(&job).await?;
            let found: Vec<(String, Result<u64, Problem>)> = made
                .into_iter()
                .filter_map(|(place, user)| Some((authors.get(place)?.email.clone(), Ok(user))))
                .collect();
            checkpoint.note_users(&found)?;
        }
    }

    /// What a job has made; nothing if that cannot be learned: its people then go one by one.
    async fn wait_for(&mut self, job: &Heard) -> Result<Vec<(usize, u64)>, EngineError> {
        let client = self.client;
        for _ in 0..JOB_QUESTIONS_MAX {
            let next = monotonic().plus(JOB_EVERY_MS);
            self.asker.wait_until(next).await?;
            match self.asked("job", || client.job(job)).await? {
                Ok(Job::Working) => {}
                Ok(Job::Ended(made)) => return Ok(made),
                // A job may not be known right after it was queued, and is forgotten after a day.
                Err(_) => return Ok(Vec::new()),
            }
        }
        Ok(Vec::new())
    }

    /// Finds one author, or makes a user of them.
    async fn one(&mut self, author: &Author) -> Result<Result<u64, Problem>, EngineError> {
        let client = self.client;
        let find = || client.find_user(&author.email);
        if let Ok(Some(user)) = self.asked("find author", find).await? {
            return Ok(Ok(user));
        }
        self.asker.wait_until(self.next_user).await?;
        let person = person(author);
        let make = || client.create_or_update_user(&person);
        let user = self.asked("make author", make).await?;
        self.next_user = monotonic().plus(USER_EVERY_MS);
        Ok(user)
    }

    /// Asks until there is an answer or a refusal that will stay. One question may be cursed; two in
    /// succession without an answer are an outage.
    async fn asked<T, F: Future<Output = Answer<T>>>(
        &mut self,
        what: &'static str,
        question: impl Fn() -> F,
    ) -> Result<Result<T, Problem>, EngineError> {
        let answer = self.asker.asked_at(None, what, question).await?;
        heard(answer, &mut self.unanswered).map_err(|why| self.asker.cannot("make users", why))
    }
}

/// What is made of the end of a question; an error ends the run. A refusal is an answer, too.
fn heard<T>(
    answer: Result<T, Unanswered>,
    unanswered: &mut bool,
) -> Result<Result<T, Problem>, Unanswered> {
    let before = std::mem::take(unanswered);
    match answer {
        Ok(value) => Ok(Ok(value)),
        Err(Unanswered::Refused(problem)) => Ok(Err(problem)),
        Err(why) if before => Err(why),
        Err(Unanswered::Unreadable | Unanswered::Silent) => {
            *unanswered = true;
            Ok(Err(Problem::new(
                "NoAnswer",
                format!("Zendesk gave no usable answer in {TRIES_MAX} tries"),
            )))
        }
    }
}

/// Without a name, the part of the address before the @ is one: Zendesk makes no user without.
fn person(author: &Author) -> Person {
    let local = || {
        author
            .email
            .split('@')
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    Person::new(
        author.name.clone().unwrap_or_else(local),
        author.email.clone(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_questions_in_succession_without_an_answer_are_an_outage() {
        let silent = || Err::<u64, _>(Unanswered::Silent);
        let refused = || Err(Unanswered::Refused(Problem::new("No", "no")));
        for between in [Ok(1), refused()] {
            let mut unanswered = false;
            for answer in [silent(), between, silent()] {
                assert!(heard(answer, &mut unanswered).is_ok());
            }
            assert!(heard(silent(), &mut unanswered).is_err());
        }
    }
}
