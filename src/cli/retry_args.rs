//! The arguments of `retry`.

use std::path::PathBuf;

use clap::Args;

use super::shared_args::{AccountArguments, LogArguments};
use crate::checkpoint::Selection;
use crate::model::ids::TicketId;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  zendesk-migrate retry tickets.csv --code RecordInvalid
  zendesk-migrate retry tickets.csv --unknown --line 17 --as-ticket 4711
  zendesk-migrate retry tickets.csv --line 17 --as-ticket none
  zendesk-migrate retry tickets.csv --deleted")]
pub(super) struct RetryArguments {
    /// The CSV file beside which the checkpoint is
    #[arg(value_name = "FILE.csv", required_unless_present = "checkpoint")]
    pub(super) csv: Option<PathBuf>,
    /// The checkpoint
    #[arg(short, long, value_name = "FILE", env = "ZENDESK_MIGRATE_CHECKPOINT")]
    pub(super) checkpoint: Option<PathBuf>,
    /// Only rows with this problem code
    #[arg(long, value_name = "CODE", env = "ZENDESK_MIGRATE_CODE")]
    pub(super) code: Option<String>,
    /// Only the row that starts on this line of the CSV
    #[arg(long, value_name = "N", env = "ZENDESK_MIGRATE_LINE")]
    pub(super) line: Option<u64>,
    /// The unknown rows instead of the rejected ones, after a person has looked at them
    #[arg(long, env = "ZENDESK_MIGRATE_UNKNOWN")]
    pub(super) unknown: bool,
    /// Send nothing: this ticket is the row's, as the account confirms; none takes that back
    #[arg(long, value_name = "ID", env = "ZENDESK_MIGRATE_AS_TICKET", value_parser = as_ticket)]
    pub(super) as_ticket: Option<AsTicket>,
    /// The rows whose ticket somebody has deleted, as the account confirms
    #[arg(long, env = "ZENDESK_MIGRATE_DELETED",
          conflicts_with_all = ["code", "unknown", "as_ticket"])]
    pub(super) deleted: bool,
    #[command(flatten)]
    pub(super) account: AccountArguments,
    /// Do not ask the account: the next run checks the ticket
    #[arg(long, env = "ZENDESK_MIGRATE_OFFLINE")]
    pub(super) offline: bool,
    #[command(flatten)]
    pub(super) log: LogArguments,
}

/// What is said of a row's ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AsTicket {
    /// This is it.
    Ticket(TicketId),
    /// What was said before counts no longer.
    Nothing,
}

/// Zendesk writes a number with a `#` in front.
fn as_ticket(text: &str) -> Result<AsTicket, String> {
    if text.eq_ignore_ascii_case("none") {
        return Ok(AsTicket::Nothing);
    }
    let number = text.strip_prefix('#').unwrap_or(text).parse::<i64>();
    match number.ok().and_then(|number| u64::try_from(number).ok()) {
        Some(number @ 1..) => Ok(AsTicket::Ticket(TicketId(number))),
        Some(0) | None => Err(
            "a ticket has a whole number, as Zendesk shows it; `none` takes a ticket back"
                .to_owned(),
        ),
    }
}

impl RetryArguments {
    /// The rows that are meant.
    pub(super) fn selection(&self) -> Selection {
        Selection {
            unknown: self.unknown,
            code: self.code.clone(),
            line: self.line,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_the_number_of_a_ticket_is_one() {
        let ticket = |number| Ok(AsTicket::Ticket(TicketId(number)));
        assert_eq!(as_ticket("4711"), ticket(4711));
        assert_eq!(as_ticket("#4711"), ticket(4711));
        assert_eq!(as_ticket("None"), Ok(AsTicket::Nothing));
        for text in [
            "0",
            "-1",
            "4.7",
            "",
            "#",
            "9223372036854775808",
            "https://x",
        ] {
            assert!(as_ticket(text).is_err(), "{text}");
        }
    }
}
