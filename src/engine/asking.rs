//! Questions to the account, one after the other: each at the account's pace, and asked again until
//! there is an answer or a refusal that will stay.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::clock::monotonic;
use super::error::EngineError;
use super::log;
use crate::lifecycle::retry;
use crate::model::limits::THROTTLE_HOLD_MS;
use crate::model::problem::Problem;
use crate::model::reply::{Answer, RateLimit, RetryAfter, Verdict};
use crate::model::time::{Monotonic, ServerTime};
use crate::zendesk::pacer::{Pacer, Policy};

/// How often one question is asked.
pub(super) const TRIES_MAX: u32 = 8;

/// How often in succession an answer may be none of use before asking again will not help.
const UNREADABLE_MAX: u32 = 3;

/// The longest pause between two tries, in milliseconds.
const PAUSE_MS_MAX: u64 = 60_000;

/// Why a question has no answer.
#[derive(Debug)]
pub(super) enum Unanswered {
    /// Zendesk refuses it, and will again.
    Refused(Problem),
    /// The answer is none, again and again: too long, or not what it should be.
    Unreadable,
    /// There is none.
    Silent,
}

/// Asks.
pub(super) struct Asker<'r> {
    pacer: Pacer,
    end: &'r CancellationToken,
    /// What a person is told to have not been answered.
    about: &'static str,
    /// Requests made.
    pub(super) requests: u32,
}

impl<'r> Asker<'r> {
    pub(super) fn new(
        (pace, limit): (Policy, Option<RateLimit>),
        end: &'r CancellationToken,
        about: &'static str,
    ) -> Self {
        let mut pacer = Pacer::new(pace, monotonic());
        pacer.learn(monotonic(), limit, monotonic());
        Self {
            pacer,
            end,
            about,
            requests: 0,
        }
    }

    /// Asks until there is an answer or a refusal that will stay. `what` names the question in the
    /// log.
    pub(super) async fn asked<T, F: Future<Output = Answer<T>>>(
        &mut self,
        what: &'static str,
        question: impl Fn() -> F,
    ) -> Result<Result<T, Problem>, EngineError> {
        match self.asked_at(None, what, question).await? {
            Ok(value) => Ok(Ok(value)),
            Err(Unanswered::Refused(problem)) => Ok(Err(problem)),
            Err(Unanswered::Unreadable | Unanswered::Silent) => Err(self.unreachable()),
        }
    }

    /// The same for a question with a limit of its own.
    pub(super) async fn asked_at<T, F: Future<Output = Answer<T>>>(
        &mut self,
        mut own: Option<&mut Pacer>,
        what: &'static str,
        question: impl Fn() -> F,
    ) -> Result<Result<T, Unanswered>, EngineError> {
        let mut unreadable = 0;
        for attempt in 1..=TRIES_MAX {
            if let Some(own) = own.as_deref_mut() {
                permit(own, self.end).await?;
            }
            permit(&mut self.pacer, self.end).await?;
            self.requests += 1;
            let sent = monotonic();
            let Answer { answer, meta } = unless_ended(self.end, question()).await?;
            let arrived = monotonic();
            log::asked(what, attempt, &answer, &meta, arrived.since(sent));
            self.pacer.learn(sent, meta.account, arrived);
            if let Some(own) = own.as_deref_mut() {
                own.learn_endpoint(meta.endpoint, arrived);
            }
            unreadable = match answer {
                Err(Verdict::Unreadable) => unreadable + 1,
                _ => 0,
            };
            if unreadable == UNREADABLE_MAX {
                return Ok(Err(Unanswered::Unreadable));
            }
            let asked = match answer {
                Ok(value) => return Ok(Ok(value)),
                Err(
                    Verdict::Refused(problem)
                    | Verdict::Forbidden(problem)
                    | Verdict::WrongAccount(problem),
                ) => return Ok(Err(Unanswered::Refused(problem))),
                Err(Verdict::Unauthorized) => {
                    return Err(EngineError::Credentials(
                        "Zendesk refuses the credentials (401); check them, then run the same \
                         command again"
                            .to_owned(),
                    ));
                }
                Err(Verdict::Throttled(asked)) => {
                    asked.or(Some(RetryAfter::Delay(THROTTLE_HOLD_MS)))
                }
                Err(Verdict::ServerError(asked)) => asked,
                Err(
                    Verdict::NotSent(_)
                    | Verdict::Lost(_)
                    | Verdict::Expired
                    | Verdict::Conflict
                    | Verdict::Unreadable
                    | Verdict::Cached
                    | Verdict::KeyMismatch
                    | Verdict::Created { .. },
                ) => None,
            };
            let asked = asked.or(Some(RetryAfter::Delay(500 << attempt)));
            let now = meta.date.unwrap_or(ServerTime(0));
            let ms = retry::delay_ms(attempt, asked, now, 0).min(PAUSE_MS_MAX);
            self.wait_until(monotonic().plus(ms)).await?;
        }
        Ok(Err(Unanswered::Silent))
    }

    /// What is told when a question cannot be done without.
    pub(super) fn cannot(&self, what: &str, why: Unanswered) -> EngineError {
        match why {
            Unanswered::Refused(problem) => EngineError::Refused(format!(
                "this user or token may not {what} ({problem}); it needs the scope read"
            )),
            Unanswered::Unreadable | Unanswered::Silent => self.unreachable(),
        }
    }

    pub(super) async fn wait_until(&self, time: Monotonic) -> Result<(), EngineError> {
        wait_until(time, self.end).await
    }

    fn unreachable(&self) -> EngineError {
        EngineError::Unreachable(format!(
            "Zendesk did not answer {}: run the same command again later",
            self.about
        ))
    }
}

async fn permit(pacer: &mut Pacer, end: &CancellationToken) -> Result<(), EngineError> {
    while let Err(later) = pacer.take(monotonic()) {
        wait_until(later, end).await?;
    }
    Ok(())
}

/// Waits for a time, unless somebody asks for the end.
pub(super) async fn wait_until(
    time: Monotonic,
    end: &CancellationToken,
) -> Result<(), EngineError> {
    let wait = Duration::from_millis(time.since(monotonic()));
    unless_ended(end, tokio::time::sleep(wait)).await
}

/// A question changes nothing, so that its answer need not be waited for when the end is asked for.
pub(super) async fn unless_ended<T>(
    end: &CancellationToken,
    task: impl Future<Output = T>,
) -> Result<T, EngineError> {
    tokio::select! {
        done = task => Ok(done),
        () = end.cancelled() => Err(EngineError::Interrupted),
    }
}
