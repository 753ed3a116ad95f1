//! A second export of the old system in the same folder: some of its rows are rows of `t.csv`, and
//! both files are imported in turn.

use crate::histories::owner::Owner;
use crate::histories::rows::{Flaw, HEAD, Row, mark_of, parse, text};
use crate::histories::settle::ROUNDS;
use crate::support::process::Ended;

impl Owner {
    /// Exports rows that are right in `t.csv` by now, and one that only this export has.
    pub(crate) fn export_neighbour(&mut self) {
        let mut rows: Vec<Row> = Vec::new();
        for row in self.rows.clone() {
            let is_new = rows.iter().all(|other| other.id != row.id);
            if row.flaw == Flaw::None && is_new && self.is_likely(60) {
                rows.push(row);
            }
        }
        let own = self.new_row();
        rows.push(Row {
            flaw: Flaw::None,
            ..own
        });
        let mut lines = vec![HEAD.split(',').map(str::to_owned).collect()];
        lines.extend(rows.iter().map(Row::fixed));
        let text = text(&lines, b',', "\n", false);
        self.note(format!("write u.csv\n{text}"));
        std::fs::write(self.folder.path("u.csv"), text).unwrap();
    }

    pub(crate) fn run_neighbour(&mut self, to_its_end: bool) -> Result<Option<Ended>, String> {
        if !self.folder.path("u.csv").exists() {
            return Ok(None);
        }
        let checkpoint = self.checkpoint("u");
        self.run_on(&checkpoint, "u.csv", to_its_end).map(Some)
    }

    /// Runs the second file until each of its rows has a ticket.
    pub(crate) fn settle_neighbour(&mut self) -> Result<(), String> {
        let checkpoint = self.checkpoint("u");
        for _ in 0..ROUNDS {
            let Some(ended) = self.run_neighbour(true)? else {
                return Ok(());
            };
            self.check()?;
            let open =
                "SELECT count(*) FROM row WHERE state != 2 AND since IS NOT 2 AND state != 6";
            if ended.status == Some(0) && self.number_of(&checkpoint, open) == Some(0) {
                return self.every_row_of_the_neighbour_has_a_ticket();
            }
            self.command(&format!("retry -c {checkpoint} --unknown"));
            self.command(&format!("retry -c {checkpoint}"));
        }
        Err(format!("rows of u.csv are left after {ROUNDS} rounds"))
    }

    fn every_row_of_the_neighbour_has_a_ticket(&self) -> Result<(), String> {
        let tickets = self.tickets();
        let lines = parse(&std::fs::read(self.folder.path("u.csv")).unwrap());
        let mut marks = lines[1..].iter().filter_map(|line| mark_of(line));
        match marks.find(|mark| !tickets.contains_key(mark)) {
            Some(mark) => Err(format!("{mark} of u.csv has no ticket")),
            None => Ok(()),
        }
    }
}
