//! Advice for rows without a ticket, by state.

use super::results::Report;
use crate::model::shown::typed;

/// What to do about the rows in one state.
pub(super) struct Advice {
    /// `unknown`, `rejected` or `invalid`; or `claimed`, which overlaps with the first two.
    pub(super) state: &'static str,
    /// How many rows are in it.
    pub(super) rows: u64,
    /// Sentences, with commands between backticks.
    pub(super) text: String,
}

/// Returns the advice for each state that has rows, the most urgent first.
pub(super) fn advice(report: &Report) -> Vec<Advice> {
    let facts = &report.facts;
    let csv = typed(report.csv_name());
    let unknown = format!(
        "Nobody can tell from here whether there is a ticket. Look for the external_id in Zendesk. If \
         a ticket is there, say so: `zendesk-migrate retry {csv} --unknown --line LINE --as-ticket \
         ID`. If none is, have the row tried again: `zendesk-migrate retry {csv} --unknown --line \
         LINE`, and repeat the run."
    );
    let rejected = format!(
        "Zendesk refused. If the row is wrong, fix it in the error.csv that `zendesk-migrate export \
         {csv}` writes, and run that file with the same mapping (-m) and checkpoint (-c). If the \
         account is wrong, fix that, then `zendesk-migrate retry {csv}`, and repeat the run."
    );
    let invalid = if report.is_dry_run() {
        "These would not be sent. Fix the cells, or leave these rows out."
    } else {
        "These were not sent. Fix the cells and repeat the run."
    };
    let claimed = "The ticket that was named with `--as-ticket` is still to be checked. Repeat the run, \
                   which asks the account first.";
    [
        ("claimed", facts.claimed, claimed.to_owned()),
        ("unknown", facts.unknown, unknown),
        ("rejected", facts.rejected, rejected),
        ("invalid", facts.invalid, invalid.to_owned()),
    ]
    .into_iter()
    .filter(|(_, rows, _)| *rows > 0)
    .map(|(state, rows, text)| Advice { state, rows, text })
    .collect()
}

/// Splits a text at its backticks; the flag says whether a piece was between backticks.
pub(super) fn inline(text: &str) -> impl Iterator<Item = (&str, bool)> {
    text.split('`')
        .enumerate()
        .map(|(at, piece)| (piece, at % 2 == 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_stands_between_backticks() {
        let pieces: Vec<_> = inline("say `a b`, then `c`").collect();
        let expected = [
            ("say ", false),
            ("a b", true),
            (", then ", false),
            ("c", true),
            ("", false),
        ];
        assert_eq!(pieces, expected);
    }
}
