//! Who wrote the comments: every author becomes a user of the account before the first ticket.
//!
//! Users are found or made by their address, so that doing it twice, after a crash, makes no second
//! one. Authors with a name go in bulk jobs, where the account allows these; what a job does not
//! make, and authors without a name (a job would rename existing users), go one by one.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::clock::monotonic;
use super::conversation::{UnknownAuthor, requester_instead_of};
use super::driver::Rows;
use super::error::EngineError;
use super::monitor::Monitor;
use super::scan::CsvRows;
use crate::checkpoint::{Author, Checkpoint};
use crate::lifecycle::retry;
use crate::model::ids::RowNumber;
use crate::model::limits::THROTTLE_HOLD_MS;
use crate::model::problem::Problem;
use crate::model::reply::{Answer, RateLimit, Verdict};
use crate::model::time::{Monotonic, ServerTime};
use crate::source::Source;
use crate::zendesk::pacer::{Pacer, Policy};
use crate::zendesk::{BULK_USERS_MAX, Client, Job, Person};

/// Between two users that are made one by one: the account takes one a second (Zendesk's page of
/// rate limits).
const USER_EVERY_MS: u64 = 1_000;

/// Between two questions about a job, and how often it is asked: ten minutes.
const JOB_EVERY_MS: u64 = 2_000;
const JOB_QUESTIONS_MAX: u32 = 300;

/// How often one question is asked before nothing is sent.
const TRIES_MAX: u32 = 8;

/// Authors with a problem that are named.
const PROBLEMS_SHOWN: usize = 5;

/// Makes every author of `rows` a user, and refuses to go on if one cannot be, unless `unknown` says
/// who stands in. Returns how many requests it took.
pub async fn resolve(
    client: &Client,
    rows: &mut CsvRows,
    checkpoint: &mut Checkpoint,
    unknown: UnknownAuthor,
    (pace, limit): (Policy, Option<RateLimit>),
    (end, monitor): (&CancellationToken, &mut dyn Monitor),
) -> Result<u32, EngineError> {
    if rows.0.comments_path().is_none() {
        return Ok(0);
    }
    note(&rows.0, checkpoint)?;
    let mut pacer = Pacer::new(pace, monotonic());
    pacer.learn(monotonic(), limit, monotonic());
    let mut road = Road {
        client,
        pacer,
        next_user: monotonic(),
        end,
        monitor,
        requests: 0,
    };
    road.make_all(checkpoint).await?;
    let (count, first) = checkpoint.author_problems(PROBLEMS_SHOWN)?;
    if count == 0 {
        return Ok(road.requests);
    }
    let named = |(email, problem): &(String, Problem)| format!("{email} ({problem})");
    let named: Vec<String> = first.iter().map(named).collect();
    let cannot = match count {
        1 => "1 author of comments cannot be made a user".to_owned(),
        n => format!("{n} authors of comments cannot be made users"),
    };
    let sentence = format!(
        "{cannot}: {}{}",
        named.join("; "),
        if count > first.len() as u64 {
            "; …"
        } else {
            ""
        }
    );
    match unknown {
        UnknownAuthor::Fail => Err(EngineError::Refused(format!(
            "{sentence}; nothing was sent: mend the addresses, or add --unknown-author requester \
             (or me) to let somebody stand in for them"
        ))),
        UnknownAuthor::Requester => {
            road.monitor.tell(&sentence);
            stand_ins(rows, checkpoint)?;
            road.make_all(checkpoint).await?;
            Ok(road.requests)
        }
        UnknownAuthor::Me => {
            road.monitor.tell(&sentence);
            Ok(road.requests)
        }
    }
}

fn note(source: &Source, checkpoint: &mut Checkpoint) -> Result<(), EngineError> {
    let mut authors = checkpoint.authors()?;
    source.for_each_author(|email, name| Ok::<_, EngineError>(authors.add(email, name)?))?;
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
        let mut authors = checkpoint.authors()?;
        for email in &needed {
            authors.add(email, None)?;
        }
        authors.finish_keeping_problems()?;
    }
}

/// The way to the account, at its pace.
struct Road<'r> {
    client: &'r Client,
    pacer: Pacer,
    next_user: Monotonic,
    end: &'r CancellationToken,
    monitor: &'r mut dyn Monitor,
    requests: u32,
}

impl Road<'_> {
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
            if let Some(last) = authors.last() {
                after.clone_from(&last.email);
            }
            let people: Vec<Person> = authors.iter().map(person).collect();
            let client = self.client;
            let job = self
                .asked(|| client.create_or_update_users(&people))
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
    async fn wait_for(&mut self, job: &str) -> Result<Vec<(usize, u64)>, EngineError> {
        let client = self.client;
        for _ in 0..JOB_QUESTIONS_MAX {
            self.wait_until(monotonic().plus(JOB_EVERY_MS)).await?;
            match self.asked(|| client.job(job)).await? {
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
        if let Ok(Some(user)) = self.asked(|| client.find_user(&author.email)).await? {
            return Ok(Ok(user));
        }
        self.wait_until(self.next_user).await?;
        let person = person(author);
        let user = self.asked(|| client.create_or_update_user(&person)).await?;
        self.next_user = monotonic().plus(USER_EVERY_MS);
        Ok(user)
    }

    /// Asks until there is an answer or a refusal that will stay.
    async fn asked<T, F: Future<Output = Answer<T>>>(
        &mut self,
        question: impl Fn() -> F,
    ) -> Result<Result<T, Problem>, EngineError> {
        for attempt in 1..=TRIES_MAX {
            self.permit().await?;
            self.requests += 1;
            let sent = monotonic();
            let Answer { answer, meta } = question().await;
            self.pacer.learn(sent, meta.account, monotonic());
            let asked = match answer {
                Ok(value) => return Ok(Ok(value)),
                Err(Verdict::Refused(problem) | Verdict::Forbidden(problem)) => {
                    return Ok(Err(problem));
                }
                Err(Verdict::Unauthorized) => {
                    return Err(EngineError::Credentials(
                        "Zendesk refuses the credentials (401); check them, then run the same \
                         command again"
                            .to_owned(),
                    ));
                }
                Err(Verdict::WrongAccount(problem)) => return Ok(Err(problem)),
                Err(Verdict::Throttled(asked)) => asked.or(Some(
                    crate::model::reply::RetryAfter::Delay(THROTTLE_HOLD_MS),
                )),
                Err(Verdict::ServerError(asked)) => asked,
                Err(
                    Verdict::NotSent(_)
                    | Verdict::Lost(_)
                    | Verdict::Expired
                    | Verdict::Conflict
                    | Verdict::Unreadable
                    | Verdict::KeyMismatch
                    | Verdict::Created { .. },
                ) => None,
            };
            let now = meta.date.unwrap_or(ServerTime(0));
            let ms = retry::delay_ms(attempt, asked, now, 0);
            self.wait_until(monotonic().plus(ms)).await?;
        }
        Err(EngineError::Unreachable(
            "Zendesk did not answer questions about the authors of comments; no ticket was sent: \
             run the same command again later"
                .to_owned(),
        ))
    }

    async fn permit(&mut self) -> Result<(), EngineError> {
        while let Err(later) = self.pacer.take(monotonic()) {
            self.wait_until(later).await?;
        }
        Ok(())
    }

    async fn wait_until(&self, time: Monotonic) -> Result<(), EngineError> {
        let wait = Duration::from_millis(time.since(monotonic()));
        tokio::select! {
            () = tokio::time::sleep(wait) => Ok(()),
            () = self.end.cancelled() => Err(EngineError::Interrupted),
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
