//! What the user should know about a source that can be used: what was guessed, and what the
//! endpoint makes of the mapping.

use super::Endpoint;
use super::encoding::Guess;
use super::header::Header;
use super::mapping::Mapping;

/// Says it, a sentence each.
pub(super) fn told(header: &Header, mapping: &Mapping, endpoint: Endpoint) -> Vec<String> {
    let mut told = Vec::new();
    told.extend(detected(header));
    if header.guess == Some(Guess::BrokenUtf8) {
        told.push(
            "the file is UTF-8 except for some places; rows that need one of them are invalid"
                .to_owned(),
        );
    }
    if endpoint == Endpoint::Tickets {
        told.extend(left_out(mapping));
        if mapping
            .status
            .as_ref()
            .is_some_and(|rule| rule.says("closed"))
        {
            told.push(
                "the mapping makes closed tickets, and on the tickets endpoint these fire triggers and mail customers; use the imports endpoint, or switch the triggers off for the time"
                    .to_owned(),
            );
        }
    }
    told
}

fn detected(header: &Header) -> Option<String> {
    let mut found = Vec::new();
    // The commonest delimiter and the commonest encoding surprise nobody.
    if header.delimiter_detected && header.delimiter != b',' {
        let delimiter = match header.delimiter {
            b'\t' => "tab".to_owned(),
            other => char::from(other).to_string(),
        };
        found.push(format!("delimiter {delimiter}"));
    }
    if let Some(Guess::Legacy(_) | Guess::Utf16(_)) = header.guess {
        found.push(format!("encoding {}", header.encoding.name()));
    }
    let (was, it) = match found.len() {
        0 => return None,
        1 => ("was", "it"),
        _ => ("were", "them"),
    };
    let found = found.join(" and ");
    Some(format!(
        "{found} {was} detected; set {it} in the mapping's [source] to be sure"
    ))
}

fn left_out(mapping: &Mapping) -> Option<String> {
    let dates = [
        ("created_at", &mapping.created),
        ("updated_at", &mapping.updated),
        ("solved_at", &mapping.solved),
    ];
    let names: Vec<&str> = dates
        .iter()
        .filter(|(_, rule)| rule.is_some())
        .map(|(name, _)| *name)
        .collect();
    (!names.is_empty()).then(|| {
        format!(
            "the tickets endpoint ignores {}; tickets get the date of the import (the imports endpoint keeps dates)",
            names.join(" and ")
        )
    })
}
