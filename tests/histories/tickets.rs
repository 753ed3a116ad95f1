//! What an owner says of tickets, and does to them behind the program's back.

use crate::histories::owner::{NO_FAULTS, Owner};
use crate::support::http::change;
use crate::support::process::Ended;

impl Owner {
    /// Says which ticket is a row's: its own, another one, or one that nobody has.
    pub(crate) fn name_a_ticket(&mut self) {
        let query = "SELECT line FROM rows WHERE state IN ('rejected', 'unknown')
                     ORDER BY number LIMIT 1";
        let Some(line) = self.number(query) else {
            return;
        };
        let tickets = self.tickets();
        let all: Vec<u64> = tickets.values().flatten().map(|(_, id)| *id).collect();
        let ticket = match all.len() {
            0 => 77,
            _ if self.is_likely(20) => 99_999,
            count => all[self.one_of(count)],
        };
        let unknown = if self.is_likely(50) { " --unknown" } else { "" };
        let offline = if self.is_likely(50) { " --offline" } else { "" };
        self.ask(&format!(
            "retry -c {} --line {line} --as-ticket {ticket}{unknown}{offline}",
            self.checkpoint("t")
        ));
    }

    /// Takes back what was said of some row.
    pub(crate) fn take_back(&mut self) {
        let query = "SELECT line FROM rows WHERE claim IS NOT NULL OR how = 'named' LIMIT 1";
        if let Some(line) = self.number(query) {
            self.command(&format!(
                "retry -c {} --line {line} --as-ticket none",
                self.checkpoint("t")
            ));
        }
    }

    /// Deletes a ticket and has its row sent again. Rows that are read from another file stay.
    pub(crate) fn delete_a_ticket(&mut self) -> Result<(), String> {
        let rows = "FROM row WHERE state = 2 AND since IS NOT 2
                    AND number NOT IN (SELECT row FROM fix)";
        let count = self.number(&format!("SELECT count(*) {rows}")).unwrap_or(0);
        if count == 0 {
            return Ok(());
        }
        let at = self.draw.below(count);
        let of_row =
            |what: &str| format!("SELECT {what} {rows} ORDER BY number LIMIT 1 OFFSET {at}");
        let (Some(ticket), Some(line)) = (
            self.number(&of_row("ticket_id")),
            self.number(&of_row("line")),
        ) else {
            return Ok(());
        };
        self.note(format!("delete ticket {ticket} of line {line}"));
        self.set_faults(NO_FAULTS);
        let path = format!("/api/v2/tickets/{ticket}");
        change(self.sandbox.address(), "DELETE", &path, "");
        let ended = self.ask(&format!(
            "retry -c {} --line {line} --deleted",
            self.checkpoint("t")
        ));
        match ended.status {
            Some(0) => Ok(()),
            _ => Err(format!("the row of a deleted ticket was left: {ended:?}")),
        }
    }

    /// Runs a command that asks the account, which answers.
    fn ask(&mut self, command: &str) -> Ended {
        self.set_faults(NO_FAULTS);
        let whole = format!("{command} --url {}", self.sandbox.url());
        let program = self.folder.command(&whole);
        let ended = program.env("ZENDESK_OAUTH_TOKEN", "t").run();
        self.note(format!(
            "{command}\n  -> {:?} {}",
            ended.status, ended.stderr
        ));
        ended
    }
}
