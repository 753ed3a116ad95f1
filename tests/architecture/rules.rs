//! The rules for single files.

use super::code::{Code, is_test_file};

/// A file that is longer usually holds two ideas.
const LINES_MAX: usize = 400;

/// The one room that may say that something is on disk.
const MINTERS: &str = "src/checkpoint/";

/// Where the proof is defined.
const MINT: &str = "src/model/intent.rs";

/// Where the text of a reply is defined.
const SAID: &str = "src/zendesk/said.rs";

/// Says where a proof of durability is made by somebody who cannot know.
pub(crate) fn mints(code: &Code) -> Vec<String> {
    if code.path.starts_with(MINTERS) || code.path.ends_with("_tests.rs") {
        return Vec::new();
    }
    let mut wrong = Vec::new();
    let mut before = "";
    for token in &code.tokens {
        let defined = code.path == MINT && before == "fn";
        if token.text == "mint" && !defined {
            wrong.push(told(code, token.line, "only checkpoint mints"));
        }
        before = token.text;
    }
    wrong
}

/// Says where a glob hides what is imported; `use super::*` in tests hides nothing.
pub(crate) fn globs(code: &Code) -> Vec<String> {
    let mut wrong = Vec::new();
    for path in code.paths() {
        let allowed = path.first.in_test && path.words == ["super", "*"];
        if path.words.last() == Some(&"*") && !allowed {
            wrong.push(told(code, path.first.line, "a glob import hides arrows"));
        }
    }
    wrong
}

/// Says where a decision would swallow a case that nobody has thought of yet.
pub(crate) fn catch_alls(code: &Code) -> Vec<String> {
    let mut wrong = Vec::new();
    for pair in code.tokens.windows(2) {
        if !pair[0].in_test && pair[0].text == "_" && pair[1].text == "=>" {
            wrong.push(told(code, pair[0].line, "lifecycle names every case"));
        }
    }
    if code.room() == Some("lifecycle") && !is_test_file(code.path) {
        wrong
    } else {
        Vec::new()
    }
}

/// The files that write to a stream: what is said and printed, the bar, and the help.
const EXITS: [&str; 3] = [
    "src/cli/output.rs",
    "src/cli/progress/terminal.rs",
    "src/cli/help.rs",
];

/// Says where something is written to a stream past the places that see to what a terminal would
/// obey. To ask a stream what it is is no harm.
pub(crate) fn writes(code: &Code) -> Vec<String> {
    const STREAMS: [&str; 4] = ["stdout", "stderr", "buffered_stdout", "buffered_stderr"];
    const MACROS: [&str; 5] = ["print", "println", "eprint", "eprintln", "dbg"];
    const QUESTIONS: [&str; 3] = ["is_terminal", "size", "size_checked"];
    let mut wrong = Vec::new();
    let mut in_use = false;
    for (at, token) in code.tokens.iter().enumerate() {
        let text = |offset: usize| code.tokens.get(at + offset).map_or("", |token| token.text);
        let after_dot = at > 0 && code.tokens[at - 1].text == ".";
        in_use = (in_use || token.text == "use") && token.text != ";";
        let is_asked = text(1) == "(" && text(3) == "." && QUESTIONS.contains(&text(4));
        // What a child process has written is a field.
        let is_field = after_dot && text(1) != "(";
        let is_stream = STREAMS.contains(&token.text) && !is_asked && !in_use && !is_field;
        let is_print = MACROS.contains(&token.text) && (text(1) == "!" || after_dot);
        if (is_stream || is_print) && !token.in_test && !EXITS.contains(&code.path) {
            wrong.push(told(code, token.line, "only `output` writes to a stream"));
        }
    }
    wrong
}

/// Where paths are shown, and the room that may not use it.
const SHOWN: &str = "src/model/shown.rs";

/// Says where a path is shown as it is.
pub(crate) fn raw_paths(code: &Code) -> Vec<String> {
    let mut wrong = Vec::new();
    for pair in code.tokens.windows(2) {
        let is_raw = pair[0].text == "." && pair[1].text == "display" && !pair[1].in_test;
        if is_raw && code.path != SHOWN && code.room() != Some("sandbox") {
            wrong.push(told(code, pair[1].line, "`shown_path` shows a path"));
        }
    }
    wrong
}

/// Says where a reply is read into a plain text, which could leave the client with a secret in it.
pub(crate) fn plain_replies(code: &Code) -> Vec<String> {
    let mut wrong = Vec::new();
    if code.room() != Some("zendesk") || code.path == SAID || is_test_file(code.path) {
        return wrong;
    }
    let text = |at: usize| code.tokens.get(at).map_or("", |token| token.text);
    let mut at = 0;
    while at < code.tokens.len() {
        if text(at) != "Deserialize" || code.tokens[at].in_test || !is_derived(code, at) {
            at += 1;
            continue;
        }
        while !matches!(text(at), "struct" | "enum" | "") {
            at += 1;
        }
        let mut open = 0_usize;
        loop {
            match text(at) {
                "{" | "(" => open += 1,
                "}" | ")" => open = open.saturating_sub(1),
                "String" => wrong.push(told(
                    code,
                    code.tokens[at].line,
                    "a text of a reply is a `Said`",
                )),
                _ => {}
            }
            at += 1;
            if matches!(text(at), "") || (open == 0 && matches!(text(at - 1), "}" | ")" | ";")) {
                break;
            }
        }
    }
    wrong
}

/// Whether a word stands in a `derive(…)`.
fn is_derived(code: &Code, at: usize) -> bool {
    let before = code.tokens[..at].iter().rev();
    let mut before = before
        .map(|token| token.text)
        .skip_while(|text| *text != "(" && *text != "]");
    before.next() == Some("(") && before.next() == Some("derive")
}

/// Says which file is too long.
pub(crate) fn length(path: &str, text: &str) -> Vec<String> {
    let lines = text.lines().count();
    if lines > LINES_MAX {
        vec![format!("{path} has {lines} lines, more than {LINES_MAX}")]
    } else {
        Vec::new()
    }
}

/// Says where a text names a folder that only one machine has.
pub(crate) fn foreign_words(path: &str, text: &str) -> Vec<String> {
    // In pieces, so that this file may be read too.
    let words = [concat!("/wo", "rk/"), concat!("../sha", "red")];
    let mut wrong = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for word in words.iter().filter(|word| line.contains(**word)) {
            wrong.push(format!("{path}:{}: {word} does not belong here", index + 1));
        }
    }
    wrong
}

/// Says what lies at the top of the repository and should not.
pub(crate) fn strangers(names: &[&str]) -> Vec<String> {
    const KNOWN: [&str; 16] = [
        "Cargo.toml",
        "Cargo.lock",
        "src",
        "fixtures",
        "tests",
        "docs",
        "README.md",
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "target",
        "clippy.toml",
        "rustfmt.toml",
        "deny.toml",
        "justfile",
    ];
    let strange = |name: &&&str| !name.starts_with('.') && !KNOWN.contains(*name);
    let strangers = names.iter().filter(strange);
    strangers
        .map(|name| format!("{name} does not belong at the top"))
        .collect()
}

fn told(code: &Code, line: usize, why: &str) -> String {
    format!("{}:{line}: {why}", code.path)
}

/// Crates whose version in `lock` is not the one that `read` names.
pub(crate) fn unread_versions(read: &str, lock: &str, crates: &[&str]) -> Vec<String> {
    let read: Vec<&str> = read
        .split(|c: char| c.is_whitespace() || c == ',')
        .map(|word| word.trim_end_matches(':'))
        .collect();
    let unread = |name: &&str| {
        let entry = format!("name = \"{name}\"\nversion = \"");
        let (_, rest) = lock.split_once(&entry)?;
        let (version, _) = rest.split_once('"')?;
        let is_read = read.windows(2).any(|pair| pair == [*name, version]);
        (!is_read).then(|| {
            format!(
                "Cargo.lock has {name} {version}: read src/zendesk/exchange.rs again, then name \
                 that version there"
            )
        })
    };
    crates.iter().filter_map(unread).collect()
}
