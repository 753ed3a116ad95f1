//! The arrows between rooms: they point down, or nowhere.

use super::code::{Code, Path};

/// The rooms with their ranks.
const ROOMS: [(&str, u8); 9] = [
    ("model", 0),
    ("lifecycle", 1),
    ("source", 2),
    ("checkpoint", 2),
    ("zendesk", 2),
    ("report", 2),
    ("sandbox", 2),
    ("engine", 3),
    ("cli", 4),
];

/// The room that plays the other side: a word shared with it could be wrong on both sides.
const ALONE: &str = "sandbox";

/// Says which arrows of a file point up, sideways or to no room.
pub(crate) fn wrong(code: &Code) -> Vec<String> {
    let mut wrong = Vec::new();
    for path in code.paths() {
        let Some(to) = target(code, &path) else {
            continue;
        };
        if let Err(why) = judge(code.room(), to) {
            let (file, line) = (code.path, path.first.line);
            wrong.push(format!("{file}:{line}: {}: {why}", path.words.join("::")));
        }
    }
    wrong
}

/// What a path names right under the crate's root; none if it stays in its module or outside.
fn target<'a>(code: &Code, path: &Path<'a>) -> Option<&'a str> {
    let words = match path.words.as_slice() {
        ["self", rest @ ..] => rest,
        words => words,
    };
    if let ["crate" | "zendesk_migrate", to, ..] = words {
        return Some(to);
    }
    let ups = words.iter().take_while(|word| **word == "super").count();
    let reaches_root = ups > 0 && ups >= code.depth() + path.first.depth;
    reaches_root.then(|| words.get(ups).copied().unwrap_or("super"))
}

fn judge(from: Option<&str>, to: &str) -> Result<(), String> {
    let rank = |room: &str| {
        let found = ROOMS.iter().find(|(name, _)| *name == room);
        found
            .map(|(_, rank)| *rank)
            .ok_or_else(|| format!("`{room}` is no room with a rank"))
    };
    let up = rank(to)?;
    let Some(from) = from.filter(|from| *from != to) else {
        return Ok(());
    };
    if from == ALONE {
        return Err(format!("{ALONE} uses no other room"));
    }
    match up.cmp(&rank(from)?) {
        std::cmp::Ordering::Less => Ok(()),
        std::cmp::Ordering::Equal => Err(format!("{from} and {to} are of one rank")),
        std::cmp::Ordering::Greater => Err(format!("{to} stands above {from}")),
    }
}
