//! What Zendesk warns of in `x-zendesk-api-warn`: keys of a body that it has dropped without a word.
//!
//! Thousands of rows bring the same warning, so each key is told once and counted.

use std::collections::BTreeMap;

/// Keys that are counted one by one; whatever comes after them is counted together.
const KEYS_MAX: usize = 50;

/// The name under which the others are counted.
const OTHERS: &str = "other keys";

/// The keys that were dropped, with how often each was.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    counts: BTreeMap<String, u64>,
}

impl Warnings {
    /// Counts what a reply warns of, and gives a sentence for what is new.
    pub(super) fn take(&mut self, warning: &str) -> Option<String> {
        let mut new = Vec::new();
        for key in keys(warning) {
            let is_full = self.counts.len() >= KEYS_MAX && !self.counts.contains_key(key);
            let name = if is_full { OTHERS } else { key };
            if !self.counts.contains_key(name) {
                new.push(name.to_owned());
            }
            *self.counts.entry(name.to_owned()).or_default() += 1;
        }
        (!new.is_empty()).then(|| {
            format!(
                "Zendesk takes tickets but drops {} from them (x-zendesk-api-warn); see whether it \
                 matters",
                new.join(", ")
            )
        })
    }

    /// A sentence with all counts, for the end of a run.
    pub(super) fn summary(&self) -> Option<String> {
        let counted = |(key, n): (&String, &u64)| format!("{key} from {n}");
        let all: Vec<String> = self.counts.iter().map(counted).collect();
        (!all.is_empty()).then(|| format!("dropped by Zendesk, in replies: {}", all.join(", ")))
    }
}

/// The keys that a warning names, as in `{:allowed_parameters=>{:controller=>"…",
/// :unpermitted_keys=>["ticket.id"], :invalid_values=>[]}}` (recorded); a text of another form is
/// one key.
fn keys(warning: &str) -> Vec<&str> {
    let after = warning
        .split_once("unpermitted_keys")
        .map(|(_, after)| after);
    let list = after
        .and_then(|after| after.split_once('['))
        .and_then(|(_, list)| list.split_once(']'))
        .map(|(list, _)| list);
    match list {
        Some(list) => list.split('"').skip(1).step_by(2).collect(),
        None => vec![warning],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORDED: &str = r#"{:allowed_parameters=>{:unpermitted_keys=>["ticket.id", "ticket.x"],:invalid_values=>[]}}"#;

    #[test]
    fn each_dropped_key_is_told_once_and_counted() {
        let mut warnings = Warnings::default();
        let told = warnings.take(RECORDED).unwrap();
        assert!(told.contains("ticket.id, ticket.x"), "{told}");
        assert_eq!(warnings.take(RECORDED), None);
        let summary = warnings.summary().unwrap();
        assert!(summary.contains("ticket.id from 2"), "{summary}");
    }

    #[test]
    fn a_warning_of_another_form_is_told_as_it_is() {
        let mut warnings = Warnings::default();
        assert!(
            warnings
                .take("something else")
                .unwrap()
                .contains("something else")
        );
    }

    #[test]
    fn memory_of_keys_is_bounded() {
        let mut warnings = Warnings::default();
        for n in 0..1_000 {
            let _told_or_not = warnings.take(&n.to_string());
        }
        assert!(warnings.counts.len() <= KEYS_MAX + 1);
    }
}
