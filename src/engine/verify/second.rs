//! Second tickets: others with the `external_id` of a row that has its ticket.

use super::Verifier;
use crate::checkpoint::{SentRow, Setting};
use crate::engine::asking::{Unanswered, wait_until};
use crate::engine::clock::monotonic;
use crate::engine::error::EngineError;
use crate::engine::recover::{ExportedAccount, MOST_RECENT_MS, export, export_is_cheaper};
use crate::model::ids::{RowNumber, TicketId};
use crate::model::reply::{Candidate, Found};
use crate::zendesk::LOOKUP_PAGE_MAX;
use crate::zendesk::pacer::{Pacer, Policy};

/// Rows that are read from the checkpoint at a time.
const ROWS_AT_A_TIME: usize = 1_000;

impl Verifier<'_> {
    /// Looks for them in the cheaper way: the export of all tickets, or two lookups a row.
    pub(super) async fn look_for_second_tickets(&mut self) -> Result<(), EngineError> {
        let far = self.checkpoint.verification()?;
        let left = far.rows - far.searched;
        if left == 0 {
            return Ok(());
        }
        let may_export = self.reading.account.role == "admin" && !self.reading.is_embedded;
        let tickets = if may_export {
            self.tickets_to_export(left).await?
        } else {
            None
        };
        if let Some(tickets) = tickets
            && self.by_export(tickets).await?
        {
            let now = self.now();
            return Ok(self.checkpoint.note_all_searched(now)?);
        }
        self.by_lookups().await
    }

    /// About how many tickets the export holds, if it is the cheaper way to look `rows` up. An export
    /// that was begun is continued.
    async fn tickets_to_export(&mut self, rows: u64) -> Result<Option<u64>, EngineError> {
        let client = self.client;
        let tickets = self.asker.asked("count", || client.count_tickets()).await?;
        let rpm = self.reading.pace.max_rpm.map_or(u64::MAX, u64::from);
        let is_begun = self.cursor()?.is_some();
        Ok(tickets
            .ok()
            .filter(|tickets| is_begun || export_is_cheaper(rows, *tickets, rpm)))
    }

    /// Reads the export; `false` if it cannot be read to its end.
    async fn by_export(&mut self, tickets: u64) -> Result<bool, EngineError> {
        if let Some(last) = self.checkpoint.last_sent_at()? {
            let due_ms = last.plus(MOST_RECENT_MS).since(self.now());
            let due_ms = u64::try_from(due_ms).unwrap_or(0);
            if due_ms > 0 {
                self.monitor.tell(&format!(
                    "waiting {} s, because the export of all tickets leaves out the most recent \
                     minute",
                    due_ms.div_ceil(1_000)
                ));
            }
            wait_until(monotonic().plus(due_ms), self.end).await?;
        }
        self.monitor
            .tell("looking for second tickets in the export of all tickets");
        let after = self.cursor()?;
        let checkpoint = &mut *self.checkpoint;
        let requests = &mut self.asker.requests;
        let account = ExportedAccount {
            clock: self.reading.account.clock,
            tickets,
            dates_tell: false,
        };
        let complete = export(self.client, self.end, requests, (account, after), |page| {
            let tickets = page
                .tickets
                .iter()
                .map(|t| (t.external_id.raw().as_str(), t.ticket));
            checkpoint.note_exported_page(tickets, page.after.as_deref().unwrap_or_default())
        });
        let complete = complete.await?;
        if !complete {
            self.monitor
                .tell("the export cannot be read; the rows are looked up one by one");
            self.checkpoint.set(&[(Setting::VerifyingFrom, "")])?;
        }
        Ok(complete)
    }

    fn cursor(&self) -> Result<Option<String>, EngineError> {
        let cursor = self.checkpoint.setting(Setting::VerifyingFrom)?;
        Ok(cursor.filter(|cursor| !cursor.is_empty()))
    }

    async fn by_lookups(&mut self) -> Result<(), EngineError> {
        let mut paces = [(); 2].map(|()| Pacer::new(Policy::default(), monotonic()));
        let mut after = RowNumber(0);
        let mut unsearchable = 0_u64;
        loop {
            let rows = self.checkpoint.to_search(after, ROWS_AT_A_TIME)?;
            let Some(last) = rows.last().map(|row| row.number) else {
                break;
            };
            for row in rows {
                let found = self.look_up(&row, &mut paces, &mut unsearchable).await?;
                let now = self.now();
                self.checkpoint.note_searched(row.number, &found, now)?;
                self.tell_how_far()?;
            }
            after = last;
        }
        if unsearchable > 0 {
            self.monitor.tell(&format!(
                "the external_id of {unsearchable} rows cannot be searched for, so that second \
                 tickets of theirs would not be found in the archive"
            ));
        }
        Ok(())
    }

    /// All tickets with the `external_id` of a row, as far as the list and the search show them.
    async fn look_up(
        &mut self,
        row: &SentRow,
        [lists, searches]: &mut [Pacer; 2],
        unsearchable: &mut u64,
    ) -> Result<Vec<TicketId>, EngineError> {
        let client = self.client;
        let list = || client.list_by_external_id(&row.external_id, LOOKUP_PAGE_MAX);
        let listed = match self.asker.asked_at(Some(lists), "list", list).await? {
            Ok(listed) => listed,
            Err(why) => return Err(self.asker.cannot("list tickets", why)),
        };
        let search = || client.search_by_external_id(&row.external_id, LOOKUP_PAGE_MAX);
        let more = match self
            .asker
            .asked_at(Some(searches), "search", search)
            .await?
        {
            Ok(found) => found,
            Err(Unanswered::Refused(_)) => {
                *unsearchable += 1;
                Found::default()
            }
            Err(why) => return Err(self.asker.cannot("search for tickets", why)),
        };
        let ticket = |candidate: Candidate| candidate.ticket;
        Ok(listed
            .exact
            .into_iter()
            .chain(more.exact)
            .map(ticket)
            .collect())
    }
}
