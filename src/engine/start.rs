//! What must be known before the first create: GETs only.

use std::time::Duration;

use super::clock::monotonic;
use super::driver::Timing;
use super::error::EngineError;
use super::log;
use super::monitor::Monitor;
use crate::lifecycle::retry;
use crate::model::ids::TicketId;
use crate::model::limits::REQUEST_TIMEOUT_MS;
use crate::model::reply::{Answer, RateLimit, RetryAfter, UNTRUSTED_CERTIFICATE, Verdict};
use crate::model::time::{ServerClock, ServerTime};
use crate::report::text::duration;
use crate::zendesk::{Client, Me, Triggers};

/// How often a question is asked before Zendesk counts as unreachable.
const TRIES: u32 = 5;

/// The longest pause between two tries for which Zendesk does not ask, in milliseconds.
const PAUSE_MS_MAX: u64 = 60_000;

/// What the account said of itself.
#[derive(Debug, Clone)]
pub struct Account {
    /// The id of the authenticated user.
    pub user: u64,
    /// That user's name.
    pub name: String,
    /// That user's role: `admin`, `agent` or `end-user`.
    pub role: String,
    /// Zendesk's clock.
    pub clock: ServerClock,
    /// The account's limit, if the replies tell one.
    pub limit: Option<RateLimit>,
    /// The triggers that would run on a create, if that was asked.
    pub triggers: Triggers,
    /// The highest number of a ticket, if it was asked for.
    pub highest_ticket: Option<TicketId>,
}

/// How far a start is, also when it is cut off.
#[derive(Debug, Clone, Copy)]
pub struct SoFar {
    /// The longest `Retry-After` that is waited for, in milliseconds.
    pub patience_ms: u64,
    /// Requests made.
    pub requests: u32,
    /// Whether anything but server errors came back.
    pub answered: bool,
    /// Zendesk's clock, once a reply has told it.
    pub clock: Option<ServerClock>,
}

impl Default for SoFar {
    fn default() -> Self {
        Self {
            patience_ms: PAUSE_MS_MAX,
            requests: 0,
            answered: false,
            clock: None,
        }
    }
}

/// Asks who we are, what time it is there, how fast we may be, and which triggers would run.
pub async fn ask(
    client: &Client,
    so_far: &mut SoFar,
    monitor: &mut dyn Monitor,
) -> Result<Account, EngineError> {
    let mut account = who(client, so_far, monitor).await?;
    let triggers = asked(
        || client.active_triggers(),
        "which triggers are active",
        so_far,
        monitor,
    )
    .await?;
    account.limit = triggers.meta.account.or(account.limit);
    account.triggers = triggers.value;
    Ok(account)
}

/// Asks who we are, what time it is there, and how fast we may be.
pub async fn who(
    client: &Client,
    so_far: &mut SoFar,
    monitor: &mut dyn Monitor,
) -> Result<Account, EngineError> {
    let me = loop {
        let me = asked(|| client.me(), "who the user is", so_far, monitor).await?;
        // A reply that lay in a socket while the machine slept tells the time of hours ago.
        if me.timing.round_trip_ms() <= REQUEST_TIMEOUT_MS {
            break me;
        }
    };
    let Me {
        id: Some(user),
        role,
        name,
        is_restricted,
        ..
    } = me.value
    else {
        return Err(EngineError::Credentials(
            "Zendesk does not know this user (it treats us as anonymous); check the credentials"
                .to_owned(),
        ));
    };
    if is_restricted {
        return Err(EngineError::Refused(
            "this user sees only part of the account's tickets, so a ticket that is not found proves \
             nothing; use an administrator's credentials"
                .to_owned(),
        ));
    }
    let Some(date) = me.meta.date else {
        return Err(EngineError::Refused(
            "replies come without a Date header, so the age of a key cannot be told; something on \
             the way removes it"
                .to_owned(),
        ));
    };
    let clock = ServerClock::new(date, me.timing.arrived);
    so_far.clock = Some(clock);
    Ok(Account {
        user,
        name,
        role,
        clock,
        limit: me.meta.account,
        triggers: Triggers::default(),
        highest_ticket: None,
    })
}

/// Asks which number the newest ticket has: what is imported gets a higher one, whatever its date.
pub async fn ask_highest_ticket(
    client: &Client,
    known: &mut Account,
    so_far: &mut SoFar,
    monitor: &mut dyn Monitor,
) -> Result<(), EngineError> {
    let question = || client.highest_ticket();
    let told = asked(question, "which ticket is the newest", so_far, monitor).await?;
    known.highest_ticket = Some(TicketId(told.value));
    Ok(())
}

pub(super) struct Told<T> {
    pub(super) value: T,
    meta: crate::model::reply::Meta,
    timing: Timing,
}

/// Asks one question until it is answered, a few times and with growing pauses.
pub(super) async fn asked<T, F: Future<Output = Answer<T>>>(
    question: impl Fn() -> F,
    what: &str,
    so_far: &mut SoFar,
    monitor: &mut dyn Monitor,
) -> Result<Told<T>, EngineError> {
    let mut attempt = 1;
    loop {
        so_far.requests += 1;
        let sent = monotonic();
        let Answer { answer, meta } = question().await;
        let timing = Timing {
            sent,
            arrived: monotonic(),
        };
        log::asked(what, attempt, &answer, &meta, timing.round_trip_ms());
        // A gateway answers for an account that is not there with a 5xx.
        so_far.answered |= meta.status.is_some_and(|status| status < 500);
        let verdict = match answer {
            Ok(value) => {
                return Ok(Told {
                    value,
                    meta,
                    timing,
                });
            }
            Err(verdict) => verdict,
        };
        let now = meta.date.unwrap_or(ServerTime(0));
        let why = cause(&verdict, meta.status, now);
        let asked = passing(verdict, what)?;
        if attempt == TRIES {
            return Err(EngineError::Unreachable(format!(
                "Zendesk did not tell {what} in {TRIES} tries ({why}); nothing was sent: look at \
                 the account's address, or run the same command again later"
            )));
        }
        let ms = match asked {
            Some(asked) => retry::delay_ms(attempt, Some(asked), now, 0),
            None => (500 << attempt).min(PAUSE_MS_MAX),
        };
        if ms > so_far.patience_ms {
            return Err(EngineError::Unreachable(format!(
                "Zendesk asks to wait {} (Retry-After) before it tells {what}; nothing was sent: run \
                 the same command again after that",
                duration(ms)
            )));
        }
        monitor.tell(&format!(
            "Zendesk did not tell {what} ({why}); asking again in {}",
            duration(ms)
        ));
        tokio::time::sleep(Duration::from_millis(ms)).await;
        attempt += 1;
    }
}

/// Why there is no answer, in a few words.
fn cause(verdict: &Verdict, status: Option<u16>, now: ServerTime) -> String {
    match (verdict, status) {
        (Verdict::Throttled(Some(asked)) | Verdict::ServerError(Some(asked)), Some(status)) => {
            format!(
                "status {status}; Zendesk asks to wait {}",
                duration(retry::delay_ms(1, Some(*asked), now, 0))
            )
        }
        (Verdict::NotSent(why) | Verdict::Lost(why), _) => why.clone(),
        (Verdict::Cached, _) => "a cache on the way answers instead of Zendesk".to_owned(),
        (_, Some(status)) => format!("status {status}"),
        (_, None) => "no reply".to_owned(),
    }
}

/// Tells a failure that may pass from one that will not.
fn passing(verdict: Verdict, what: &str) -> Result<Option<RetryAfter>, EngineError> {
    match verdict {
        Verdict::Throttled(asked) | Verdict::ServerError(asked) => Ok(asked),
        Verdict::NotSent(_)
        | Verdict::Expired
        | Verdict::Lost(_)
        | Verdict::Conflict
        | Verdict::Unreadable
        | Verdict::Cached => Ok(None),
        Verdict::Unauthorized => Err(EngineError::Credentials(
            "Zendesk refuses the credentials (401); check them, then run the same command again"
                .to_owned(),
        )),
        Verdict::Forbidden(problem) => Err(EngineError::Credentials(format!(
            "this user or token may not see {what} ({problem}); it needs the scopes read and write"
        ))),
        Verdict::WrongAccount(problem) if problem.code == UNTRUSTED_CERTIFICATE => {
            Err(EngineError::Refused(problem.message))
        }
        Verdict::WrongAccount(problem) | Verdict::Refused(problem) => {
            Err(EngineError::Refused(format!(
                "this does not look like the account's API ({problem}); check --subdomain or --url"
            )))
        }
        Verdict::Created { .. } | Verdict::KeyMismatch => Err(EngineError::Refused(format!(
            "Zendesk answered the question {what} with something else; check --url"
        ))),
    }
}
