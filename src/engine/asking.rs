//! Questions to the account, one after the other: each at the account's pace, and asked again until
//! there is an answer or a refusal that will stay.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::clock::monotonic;
use super::error::EngineError;
use super::log;
use crate::lifecycle::inquiry::{Failures, Next, Patience, Reason};
use crate::lifecycle::question::unauthorized;
use crate::model::problem::Problem;
use crate::model::reply::{Answer, RateLimit};
use crate::model::time::{Monotonic, ServerTime};
use crate::report::text::duration;
use crate::zendesk::pacer::{Pacer, Policy};

/// How long one question is asked.
const PATIENCE: Patience = Patience {
    tries: 8,
    retry_after_ms_max: 15 * 60_000,
};

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
        let mut failures = Failures::default();
        let mut attempt = 0;
        loop {
            attempt += 1;
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
            let verdict = match answer {
                Ok(value) => return Ok(Ok(value)),
                Err(verdict) => verdict,
            };
            let now = meta.date.unwrap_or(ServerTime(0));
            match failures.judge(&verdict, PATIENCE, now) {
                Next::Again(ms) => self.wait_until(monotonic().plus(ms)).await?,
                Next::GiveUp(reason) => return given_up(reason),
            }
        }
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

/// What it means to the one who asks that a question is asked no more; `Err` if nothing else need be
/// asked either.
fn given_up<T>(reason: Reason) -> Result<Result<T, Unanswered>, EngineError> {
    Ok(Err(match reason {
        Reason::Unauthorized => return Err(EngineError::Credentials(unauthorized().message)),
        Reason::TooLong(ms) => {
            return Err(EngineError::Unreachable(format!(
                "Zendesk asks to wait {} (Retry-After): run the same command again after that",
                duration(ms)
            )));
        }
        Reason::Forbidden(problem) | Reason::Refused(problem) | Reason::WrongAccount(problem) => {
            Unanswered::Refused(problem)
        }
        Reason::Unexpected | Reason::Unreadable => Unanswered::Unreadable,
        Reason::Silent => Unanswered::Silent,
    }))
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
