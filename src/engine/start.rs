//! What must be known before the first create: GETs only.

use std::time::Duration;

use super::clock::monotonic;
use super::driver::Timing;
use super::error::EngineError;
use super::log;
use super::monitor::Monitor;
use crate::lifecycle::inquiry::{Failures, Next, Patience, Reason};
use crate::lifecycle::question::unauthorized;
use crate::lifecycle::retry;
use crate::model::ids::TicketId;
use crate::model::limits::REQUEST_TIMEOUT_MS;
use crate::model::reply::{Answer, RateLimit, UNTRUSTED_CERTIFICATE, Verdict};
use crate::model::time::{ServerClock, ServerTime};
use crate::report::text::duration;
use crate::zendesk::{Client, Me, Triggers};

/// How often a question is asked before Zendesk counts as unreachable.
const TRIES: u32 = 5;

/// The longest `Retry-After` that is waited for where nobody says how long an outage may take, in
/// milliseconds.
const PATIENCE_MS: u64 = 60_000;

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
            patience_ms: PATIENCE_MS,
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
    let patience = Patience {
        tries: TRIES,
        retry_after_ms_max: so_far.patience_ms,
    };
    let mut failures = Failures::default();
    let mut attempt = 0;
    loop {
        attempt += 1;
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
        match failures.judge(&verdict, patience, now) {
            Next::GiveUp(reason) => return Err(given_up(reason, what, &why)),
            Next::Again(ms) => {
                monitor.tell(&format!(
                    "Zendesk did not tell {what} ({why}); asking again in {}",
                    duration(ms)
                ));
                tokio::time::sleep(Duration::from_millis(ms)).await;
            }
        }
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

/// What a start says when it cannot go on without an answer.
fn given_up(reason: Reason, what: &str, why: &str) -> EngineError {
    match reason {
        Reason::Unauthorized => EngineError::Credentials(unauthorized().message),
        Reason::Forbidden(problem) => EngineError::Credentials(format!(
            "this user or token may not see {what} ({problem}); it needs the scopes read and write"
        )),
        Reason::WrongAccount(problem) if problem.code == UNTRUSTED_CERTIFICATE => {
            EngineError::Refused(problem.message)
        }
        Reason::WrongAccount(problem) | Reason::Refused(problem) => EngineError::Refused(format!(
            "this does not look like the account's API ({problem}); check --subdomain or --url"
        )),
        Reason::Unexpected => EngineError::Refused(format!(
            "Zendesk answered the question {what} with something else; check --url"
        )),
        Reason::TooLong(ms) => EngineError::Unreachable(format!(
            "Zendesk asks to wait {} (Retry-After) before it tells {what}; nothing was sent: run the \
             same command again after that",
            duration(ms)
        )),
        Reason::Unreadable | Reason::Silent => EngineError::Unreachable(format!(
            "Zendesk did not tell {what}, however often it was asked ({why}); nothing was sent: look \
             at the account's address, or run the same command again later"
        )),
    }
}
