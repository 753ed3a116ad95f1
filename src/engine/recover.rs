//! `--recover`: what the account holds of the rows that this checkpoint believes unsent.
//!
//! Each of these rows must be looked up before it is sent. One by one that takes up to two requests
//! a row; the incremental export shows a thousand tickets a request, at ten requests a minute. The
//! cheaper way is taken. Rows in flight are always looked up one by one, by the driver.

use tokio_util::sync::CancellationToken;

use super::asking::{unless_ended, wait_until};
use super::clock::monotonic;
use super::error::EngineError;
use super::log;
use super::monitor::Monitor;
use super::plan::Plan;
use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::lifecycle::question::unauthorized;
use crate::lifecycle::retry;
use crate::model::intent::Trust;
use crate::model::reply::{Answer, RetryAfter, Verdict};
use crate::model::time::{ServerClock, ServerTime};
use crate::zendesk::{Client, ExportPage};

/// Requests a minute that the export allows (Zendesk's reference of incremental exports).
const EXPORT_RPM: u64 = 10;

/// Between two pages, in milliseconds.
const PAGE_MS: u64 = 60_000 / EXPORT_RPM;

/// Tickets on a page of the export, at most and at least.
const PAGE_TICKETS_MAX: u32 = 1_000;
const PAGE_TICKETS_MIN: u32 = 100;

/// Failures of one page before the rows are looked up one by one instead, which takes two requests a
/// row.
const FAILURES_MAX: u32 = 8;

/// The longest pause between two tries of a page, in milliseconds. Its limit counts a minute, so a
/// longer `Retry-After` is not about it.
const PAUSE_MS_MAX: u64 = 60_000;

/// Pages without a ticket in succession that end the export: more will not come.
const EMPTY_PAGES_MAX: u32 = 2;

/// The fewest tickets on a page, on average, before the export counts as endless. It also holds
/// deleted tickets, and those that change meanwhile once more.
const PAGE_TICKETS_EXPECTED: u64 = 50;

/// Pages that any account may have.
const PAGES_MIN: u64 = 10;

/// What is known of the account before its export is read.
#[derive(Debug, Clone, Copy)]
pub struct ExportedAccount {
    /// Zendesk's clock.
    pub clock: ServerClock,
    /// About how many tickets there are, so that an export that never ends is noticed.
    pub tickets: u64,
    /// Whether a ticket's date says when it was made; that of an imported ticket does not.
    pub dates_tell: bool,
}

/// Lets every open row be looked up before it is sent, and looks them up by the export if that is
/// the cheaper way. Rows that are left are looked up by the driver. What is asked is counted in
/// `requests`, also when it is cut off.
pub async fn recover(
    client: &Client,
    checkpoint: &mut Checkpoint,
    plan: &Plan,
    clock: ServerClock,
    (end, monitor): (&CancellationToken, &mut dyn Monitor),
    requests: &mut u32,
) -> Result<(), EngineError> {
    checkpoint.recover(clock.at(monotonic()))?;
    let rows = checkpoint.counts()?.pending;
    *requests += 1;
    let Some(tickets) = unless_ended(end, count_tickets(client)).await? else {
        return Ok(());
    };
    let rpm = plan.pace.max_rpm.map_or(u64::MAX, u64::from);
    if !plan.sees_all || !export_is_cheaper(rows, tickets, rpm) {
        return Ok(());
    }
    monitor.tell(&format!(
        "{rows} rows are looked up in the export of all {tickets} tickets, once requests of another \
         copy of this checkpoint must have settled"
    ));
    let settled = monotonic().plus(plan.rules.lookup_settle_ms.max(MOST_RECENT_MS));
    wait_until(settled, end).await?;
    let account = ExportedAccount {
        clock,
        tickets,
        dates_tell: plan.rules.trust == Trust::Key,
    };
    read_export(client, checkpoint, account, (end, monitor), requests).await
}

/// Reads the export to its end and settles the rows that were to be looked up, once everything has
/// settled in the account. If it cannot be read, they are left to be looked up one by one.
pub async fn read_export(
    client: &Client,
    checkpoint: &mut Checkpoint,
    account: ExportedAccount,
    (end, monitor): (&CancellationToken, &mut dyn Monitor),
    requests: &mut u32,
) -> Result<(), EngineError> {
    checkpoint.forget_exported()?;
    let complete = export(client, end, requests, (account, None), |page| {
        let found = page.tickets.iter().map(|t| {
            // The date of an imported ticket says nothing of when it was made.
            let created_at = t.created_at.filter(|_| account.dates_tell);
            (t.external_id.raw().as_str(), t.ticket, created_at)
        });
        checkpoint.note_exported(found)
    })
    .await?;
    if complete {
        checkpoint.settle_recovered()?;
    } else {
        monitor.tell("the export cannot be read; the rows are looked up one by one");
        checkpoint.forget_exported()?;
    }
    Ok(())
}

/// The export leaves out the most recent minute, and `Date` is in whole seconds.
pub(super) const MOST_RECENT_MS: u64 = 62_000;

/// Compares minutes: an export at its own pace with two lookups a row at the account's. The list has
/// a limit of its own in most accounts, so a rate above it is not counted on.
pub(super) fn export_is_cheaper(rows: u64, tickets: u64, rpm: u64) -> bool {
    let lookups_a_minute = rpm.min(100);
    let export_minutes = tickets / u64::from(PAGE_TICKETS_MAX) / EXPORT_RPM + 1;
    let lookup_minutes = 2 * rows / lookups_a_minute;
    export_minutes < lookup_minutes
}

pub(super) async fn count_tickets(client: &Client) -> Option<u64> {
    client.count_tickets().await.answer.ok()
}

/// Hands on every page of the export from `after` on; `false` if it cannot be read to its end.
pub(super) async fn export(
    client: &Client,
    end: &CancellationToken,
    requests: &mut u32,
    (account, mut after): (ExportedAccount, Option<String>),
    mut each: impl FnMut(&ExportPage) -> Result<(), CheckpointError>,
) -> Result<bool, EngineError> {
    let mut size = PAGE_TICKETS_MAX;
    let mut failures = 0;
    let mut empty_pages = 0;
    let mut pages_left = PAGES_MIN + account.tickets / PAGE_TICKETS_EXPECTED;
    let mut next = monotonic();
    loop {
        wait_until(next, end).await?;
        *requests += 1;
        let asked = monotonic();
        let Answer { answer, meta } =
            unless_ended(end, client.export_page(after.as_deref(), size)).await?;
        let is_cached = meta.is_older_than(account.clock.at(asked));
        let answer = answer.and_then(|page| {
            if is_cached {
                Err(Verdict::Cached)
            } else {
                Ok(page)
            }
        });
        log::asked(
            "export",
            failures + 1,
            &answer,
            &meta,
            monotonic().since(asked),
        );
        let verdict = match answer {
            Ok(page) => {
                failures = 0;
                each(&page)?;
                if page.is_last {
                    return Ok(true);
                }
                empty_pages = if page.is_empty { empty_pages + 1 } else { 0 };
                pages_left = pages_left.saturating_sub(1);
                let is_endless = empty_pages >= EMPTY_PAGES_MAX || pages_left == 0;
                if is_endless || page.after.is_none() || page.after == after {
                    return Ok(false);
                }
                after = page.after;
                next = asked.plus(PAGE_MS);
                continue;
            }
            Err(verdict) => verdict,
        };
        failures += 1;
        let Some(pause_ms) = pause_ms(&verdict, failures, meta.date)? else {
            return Ok(false);
        };
        if verdict == Verdict::Unreadable && size > PAGE_TICKETS_MIN {
            size /= 2;
        }
        next = asked.plus(PAGE_MS).max(monotonic().plus(pause_ms));
    }
}

/// How long to wait before a page that failed is asked for again; `None` if that will not help.
fn pause_ms(
    verdict: &Verdict,
    failures: u32,
    date: Option<ServerTime>,
) -> Result<Option<u64>, EngineError> {
    let asked = match verdict {
        Verdict::Unauthorized => return Err(EngineError::Credentials(unauthorized().message)),
        Verdict::Refused(_)
        | Verdict::Forbidden(_)
        | Verdict::WrongAccount(_)
        | Verdict::KeyMismatch
        | Verdict::Created { .. } => return Ok(None),
        Verdict::Throttled(asked) | Verdict::ServerError(asked) => *asked,
        // Another token is fetched, or a smaller page asked for.
        Verdict::Expired | Verdict::Unreadable => Some(RetryAfter::Delay(0)),
        Verdict::Cached | Verdict::Conflict | Verdict::NotSent(_) | Verdict::Lost(_) => None,
    };
    let asked = asked.unwrap_or(RetryAfter::Delay(PAGE_MS << failures));
    let now = date.unwrap_or(ServerTime(0));
    let pause_ms = retry::delay_ms(failures, Some(asked), now, 0).min(PAUSE_MS_MAX);
    Ok((failures <= FAILURES_MAX).then_some(pause_ms))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::problem::Problem;

    #[test]
    fn a_page_that_failed_is_asked_for_again_after_a_minute_at_most_and_not_for_ever() {
        let pause = |verdict: Verdict, failures| pause_ms(&verdict, failures, None).unwrap();
        let long = Some(RetryAfter::Delay(1_000_000_000_000));
        assert_eq!(pause(Verdict::Throttled(long), 1), Some(60_000));
        assert_eq!(pause(Verdict::Lost("x".to_owned()), 1), Some(12_000));
        assert_eq!(pause(Verdict::Lost("x".to_owned()), 8), Some(60_000));
        assert_eq!(pause(Verdict::Lost("x".to_owned()), 9), None);
        assert_eq!(
            pause(Verdict::Expired, 1),
            Some(0),
            "another token is fetched"
        );
        let refused = Verdict::Refused(Problem::new("X", "x"));
        assert_eq!(pause(refused, 1), None);
        let unauthorized = pause_ms(&Verdict::Unauthorized, 1, None);
        assert!(matches!(unauthorized, Err(EngineError::Credentials(_))));
    }

    #[test]
    fn the_export_is_taken_when_it_takes_fewer_minutes() {
        assert!(export_is_cheaper(8_469, 8_469, 400));
        assert!(
            !export_is_cheaper(20, 8_469, 400),
            "twenty rows are one minute of lookups"
        );
        assert!(
            !export_is_cheaper(8_469, 5_000_000, 400),
            "an old account has many tickets"
        );
        assert!(export_is_cheaper(1_000_000, 5_000_000, 400));
    }
}
