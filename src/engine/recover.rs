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
use crate::model::intent::Trust;
use crate::model::reply::{Answer, RetryAfter, Verdict};
use crate::model::time::ServerClock;
use crate::zendesk::{Client, ExportPage};

/// Requests a minute that the export allows (Zendesk's reference of incremental exports).
const EXPORT_RPM: u64 = 10;

/// Tickets on a page of the export, at most and at least.
const PAGE_TICKETS_MAX: u32 = 1_000;
const PAGE_TICKETS_MIN: u32 = 100;

/// Failures of one page before the rows are looked up one by one instead.
const FAILURES_MAX: u32 = 5;

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
    let dates_tell = plan.rules.trust == Trust::Key;
    read_export(client, checkpoint, dates_tell, (end, monitor), requests).await
}

/// Reads the export to its end and settles the rows that were to be looked up, once everything has
/// settled in the account. If it cannot be read, they are left to be looked up one by one.
/// `dates_tell` is false if tickets have dates of the past.
pub async fn read_export(
    client: &Client,
    checkpoint: &mut Checkpoint,
    dates_tell: bool,
    (end, monitor): (&CancellationToken, &mut dyn Monitor),
    requests: &mut u32,
) -> Result<(), EngineError> {
    checkpoint.forget_exported()?;
    let complete = export(client, end, requests, None, |page| {
        let found = page.tickets.iter().map(|t| {
            // The date of an imported ticket says nothing of when it was made.
            let created_at = t.created_at.filter(|_| dates_tell);
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
    mut after: Option<String>,
    mut each: impl FnMut(&ExportPage) -> Result<(), CheckpointError>,
) -> Result<bool, EngineError> {
    let mut size = PAGE_TICKETS_MAX;
    let mut failures = 0;
    let mut next = monotonic();
    loop {
        wait_until(next, end).await?;
        *requests += 1;
        let asked = monotonic();
        next = asked.plus(60_000 / EXPORT_RPM);
        let Answer { answer, meta } =
            unless_ended(end, client.export_page(after.as_deref(), size)).await?;
        log::asked(
            "export",
            failures + 1,
            &answer,
            &meta,
            monotonic().since(asked),
        );
        match answer {
            Ok(page) => {
                failures = 0;
                each(&page)?;
                if page.is_last {
                    return Ok(true);
                }
                if page.after.is_none() || page.after == after {
                    return Ok(false);
                }
                after = page.after;
            }
            Err(Verdict::Unreadable) if size > PAGE_TICKETS_MIN => size /= 2,
            Err(Verdict::Throttled(asked) | Verdict::ServerError(asked))
                if failures < FAILURES_MAX =>
            {
                failures += 1;
                if let Some(RetryAfter::Delay(ms)) = asked {
                    next = next.max(monotonic().plus(ms));
                }
            }
            Err(Verdict::NotSent(_) | Verdict::Lost(_)) if failures < FAILURES_MAX => failures += 1,
            Err(_) => return Ok(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
