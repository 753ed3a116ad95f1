//! The end of a history: its owner puts right what is left, until every row has its ticket.

use crate::histories::owner::{NO_FAULTS, Owner};
use crate::histories::rows::{HEAD, Row, text};

/// Rounds until all is done.
pub(crate) const ROUNDS: usize = 8;

impl Owner {
    pub(crate) fn settle(&mut self) -> Result<(), String> {
        self.note("settle");
        self.set_faults(NO_FAULTS);
        for round in 0..ROUNDS {
            if round > 2 {
                self.fix_all_in_csv();
            }
            let ended = self.run("t.csv", true)?;
            self.check()?;
            if ended.status == Some(1) && ended.stderr.contains("--recover") {
                self.note("the sample has found a ticket");
            }
            if matches!(ended.status, Some(0 | 3)) && self.is_done() {
                return self.judge();
            }
            self.decide_unknown();
            for copy in self.copies.clone() {
                self.feed(&copy, true)?;
            }
            self.feed_new(true)?;
            if round > 3 {
                self.feed_everything()?;
            }
        }
        Err(format!(
            "rows are left after {ROUNDS} rounds: {:?}",
            self.left()
        ))
    }

    /// Puts every row right in the CSV; of rows that are alike to the byte one stays.
    fn fix_all_in_csv(&mut self) {
        let mut seen = Vec::new();
        self.rows.retain(|row| {
            let is_first = !seen.contains(&row.mark);
            seen.push(row.mark.clone());
            is_first
        });
        for at in 0..self.rows.len() {
            self.fix_row(at);
        }
        self.save();
    }

    /// Looks unknown rows up in Zendesk and says what is found.
    fn decide_unknown(&mut self) {
        let Some(line) = self.number("SELECT line FROM rows WHERE state = 'unknown' LIMIT 1")
        else {
            return;
        };
        let tickets = self.tickets();
        let row = usize::try_from(line)
            .ok()
            .and_then(|line| self.rows.get(line - 2));
        let ticket = row.and_then(|row| Some(tickets.get(&row.mark)?.first()?.1));
        let found = ticket.map_or_else(String::new, |id| format!(" --as-ticket {id}"));
        let checkpoint = self.checkpoint("t");
        self.command(&format!(
            "retry -c {checkpoint} --unknown --line {line}{found}"
        ));
    }

    /// A file of one's own with all rows as they should be, for those that wait in a file from which
    /// they were taken out.
    fn feed_everything(&mut self) -> Result<(), String> {
        let mut lines = vec![HEAD.split(',').map(str::to_owned).collect()];
        lines.extend(self.rows.iter().map(Row::fixed));
        let all = text(&lines, b',', "\n", false);
        std::fs::write(self.folder.path("all.csv"), all).unwrap();
        self.feed("all.csv", true)?;
        Ok(())
    }

    /// The rows that should have a ticket and have none.
    fn left(&self) -> Vec<&Row> {
        let tickets = self.tickets();
        let rows = self.rows.iter();
        rows.filter(|row| !tickets.contains_key(&row.mark))
            .collect()
    }

    /// Rows that Zendesk has refused and that were taken out since need nothing.
    fn is_done(&self) -> bool {
        let open = "SELECT count(*) FROM row WHERE state IN (0, 1, 3, 4, 5) AND since IS NOT 2";
        self.left().is_empty() && self.number(open) == Some(0)
    }

    fn judge(&mut self) -> Result<(), String> {
        if self.has_neighbour {
            self.settle_neighbour()?;
        }
        let checkpoint = self.checkpoint("t");
        let ended = self.command(&format!("verify --offline -c {checkpoint}"));
        if ended.status != Some(0) {
            return Err(format!("the checkpoint contradicts itself: {ended:?}"));
        }
        self.check()
    }
}
