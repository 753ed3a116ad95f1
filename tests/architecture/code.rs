//! As much of Rust's grammar as the checks need: words, paths and modules, without comments and
//! literals.

/// A source file as the checks see it.
pub(crate) struct Code<'a> {
    /// Its path from the repository's root, with `/` between the parts.
    pub(crate) path: &'a str,
    /// Its words and signs, in order.
    pub(crate) tokens: Vec<Token<'a>>,
}

/// A word or a sign.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token<'a> {
    /// As it is written.
    pub(crate) text: &'a str,
    /// Its line, from 1.
    pub(crate) line: usize,
    /// How many inline modules it is in.
    pub(crate) depth: usize,
    /// Whether it is compiled for tests only.
    pub(crate) in_test: bool,
}

/// A path with its group written out: `a::{b, c::*}` is `a::b` and `a::c::*`.
pub(crate) struct Path<'a> {
    /// Its words; `*` for a glob.
    pub(crate) words: Vec<&'a str>,
    /// Where it begins.
    pub(crate) first: Token<'a>,
}

impl<'a> Code<'a> {
    /// Reads a file.
    pub(crate) fn new(path: &'a str, text: &'a str) -> Self {
        let mut tokens = lex(text);
        mark_modules(&mut tokens, is_test_file(path));
        Self { path, tokens }
    }

    /// The first folder below `src`; none for the files that lie there themselves.
    pub(crate) fn room(&self) -> Option<&'a str> {
        let below = self.path.strip_prefix("src/")?;
        below.split_once('/').map(|(room, _)| room)
    }

    /// How many names the path of the file's own module has.
    pub(crate) fn depth(&self) -> usize {
        let parts: Vec<&str> = self.path.split('/').skip(1).collect();
        match parts.last() {
            Some(&("mod.rs" | "lib.rs" | "main.rs")) | None => parts.len().saturating_sub(1),
            Some(_) => parts.len(),
        }
    }

    /// Every path in the file, of one word or of many.
    pub(crate) fn paths(&self) -> Vec<Path<'a>> {
        let mut paths = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            if is_word(self.tokens[at].text) {
                at = self.tree(at, &[], &mut paths);
            } else {
                at += 1;
            }
        }
        paths
    }

    /// Reads one tree of paths and returns where it ends.
    fn tree(&self, mut at: usize, before: &[&'a str], paths: &mut Vec<Path<'a>>) -> usize {
        let first = self.tokens[at];
        let text = |at: usize| self.tokens.get(at).map_or("", |token| token.text);
        let mut words = before.to_vec();
        loop {
            match text(at) {
                "{" => {
                    at += 1;
                    while !matches!(text(at), "}" | "") {
                        let starts = is_word(text(at)) || matches!(text(at), "{" | "*");
                        at = if starts {
                            self.tree(at, &words, paths)
                        } else {
                            at + 1
                        };
                    }
                    return at + 1;
                }
                word => {
                    words.push(word);
                    at += 1;
                }
            }
            let goes_on = text(at) == "::" && {
                let next = text(at + 1);
                is_word(next) || matches!(next, "{" | "*")
            };
            if !goes_on {
                paths.push(Path { words, first });
                return at;
            }
            at += 1;
        }
    }
}

/// Whether a whole file is compiled for tests only.
pub(crate) fn is_test_file(path: &str) -> bool {
    path.ends_with("_tests.rs") || path.ends_with("/tests.rs") || path.contains("/tests/")
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c == '_' || c.is_alphabetic())
}

/// Notes for every token the inline modules around it.
fn mark_modules(tokens: &mut [Token], test_file: bool) {
    let mut braces = 0_usize;
    let mut modules: Vec<(usize, bool)> = Vec::new();
    for at in 0..tokens.len() {
        let text = tokens[at].text;
        let in_test = test_file || modules.iter().any(|(_, test)| *test);
        tokens[at].depth = modules.len();
        tokens[at].in_test = in_test;
        if text == "{" {
            braces += 1;
            if at >= 2 && tokens[at - 2].text == "mod" {
                modules.push((braces, tokens[at - 1].text == "tests"));
            }
        } else if text == "}" {
            if modules.last().is_some_and(|(brace, _)| *brace == braces) {
                modules.pop();
            }
            braces = braces.saturating_sub(1);
        }
    }
}

fn lex(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < text.len() {
        let rest = &text[at..];
        let (length, keep) = piece(rest);
        if keep {
            tokens.push(Token {
                text: &rest[..length],
                line,
                depth: 0,
                in_test: false,
            });
        }
        line += rest[..length].matches('\n').count();
        at += length;
    }
    tokens
}

/// The length of what stands at the beginning, and whether it is a token.
fn piece(rest: &str) -> (usize, bool) {
    if rest.starts_with("//") {
        (rest.find('\n').unwrap_or(rest.len()), false)
    } else if rest.starts_with("/*") {
        (comment(rest), false)
    } else if let Some(length) = literal(rest) {
        (length, false)
    } else if rest.starts_with("::") || rest.starts_with("=>") {
        (2, true)
    } else if is_word(rest) {
        let end = rest.find(|c: char| c != '_' && !c.is_alphanumeric());
        (end.unwrap_or(rest.len()), true)
    } else {
        let sign = rest.chars().next().unwrap_or_default();
        (sign.len_utf8(), !sign.is_whitespace())
    }
}

/// A block comment, which may hold others.
fn comment(rest: &str) -> usize {
    let mut open = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            open += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            open -= 1;
            at += 2;
            if open == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// A string or a character; not a lifetime, whose quote nobody closes.
fn literal(rest: &str) -> Option<usize> {
    let prefix = rest.find(|c| !matches!(c, 'b' | 'c' | 'r'))?;
    match (&rest[..prefix], &rest[prefix..]) {
        ("" | "b" | "c", quoted) if quoted.starts_with('"') => Some(prefix + escaped(quoted, '"')),
        ("" | "b", quoted) if quoted.starts_with('\'') => {
            let mut inside = quoted[1..].chars();
            let (first, second) = (inside.next()?, inside.next()?);
            (first == '\\' || second == '\'').then(|| prefix + escaped(quoted, '\''))
        }
        ("r" | "br" | "cr", raw) => {
            let marks = raw.len() - raw.trim_start_matches('#').len();
            let body = raw[marks..].strip_prefix('"')?;
            let end = format!("\"{}", "#".repeat(marks));
            let length = body
                .find(&end)
                .map_or(body.len(), |found| found + end.len());
            Some(prefix + marks + 1 + length)
        }
        _ => None,
    }
}

/// The length of a literal that begins with its quote and may escape it.
fn escaped(quoted: &str, quote: char) -> usize {
    let mut escapes = false;
    for (at, c) in quoted.char_indices().skip(1) {
        match c {
            _ if escapes => escapes = false,
            '\\' => escapes = true,
            _ if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    quoted.len()
}
