//! The secrets of this program, cut out of whatever a server says.
//!
//! A server, or a proxy for debugging on the way to it, may repeat the `Authorization` header in an
//! error, a redirect or a warning. So no text of a reply leaves this room unless [`Secrets`] has cut
//! the secrets out of it, and only then is it shortened: half a secret that a cut leaves over would
//! not be known again.
//!
//! Not only the whole secret is found but every part of some length, so that it does not matter where
//! somebody else has cut it. White space and what is not seen is passed over, since long values are
//! folded; upper and lower case, and the two alphabets of base64, are taken for one.
//!
//! A reply that Zendesk remembers under its key may hold the token of an earlier process, and a proxy
//! has credentials of its own. So whatever else is written like an `Authorization` header is cut out.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet, VecDeque};
use std::fmt;
use std::ops::Range;
use std::sync::{PoisonError, RwLock};

use secrecy::{ExposeSecret, SecretString};

use super::credentials::Credentials;
use super::escapes::{Read, decoded};
use crate::model::fault::CUT;
use crate::model::shown::{is_hidden, one_line};

/// What stands where a secret was.
const PLACEHOLDER: &str = "[secret]";

/// A secret that is shorter is no secret; it would be found in every text.
const SECRET_CHARS_MIN: usize = 4;

/// The shortest part that is found of a long secret, and of a short one.
const PART_CHARS_MAX: usize = 8;
const PART_CHARS_MIN: usize = 5;

/// Former access tokens that are still known: those of more than a week.
const TOKENS_MAX: usize = 1_000;

/// How much of a text is looked at, in bytes; many times what is kept of any.
const LOOKED_AT_BYTES_MAX: usize = 64 * 1024;

/// The words before credentials in a header, and how long these are at least: longer than the words
/// that people write there.
const SCHEMES: [&str; 2] = ["bearer", "basic"];
const HEADER_CHARS_MIN: usize = 20;

/// Escapes in escapes, as in JSON in JSON, that are undone.
const ROUNDS_MAX: usize = 4;

/// A part of a secret, filled up with zeros.
type Part = [u8; PART_CHARS_MAX];

/// All secrets that requests carry or have carried.
#[derive(Default)]
pub struct Secrets {
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    /// Those that last as long as the program.
    lasting: Vec<SecretString>,
    /// Access tokens, the newest last.
    tokens: VecDeque<SecretString>,
    parts: HashSet<Part>,
    lengths: BTreeSet<usize>,
}

impl Secrets {
    /// The secrets of `credentials`.
    pub fn of(credentials: &Credentials) -> Self {
        let mut known = Known::default();
        match credentials {
            Credentials::Client { secret, .. } => known.lasting.push(secret.clone()),
            Credentials::Bearer(token) => known.lasting.push(token.clone()),
            Credentials::ApiToken { email, token } => {
                known.lasting.push(token.clone());
                let pair = format!("{email}/token:{}", token.expose_secret());
                // The other forms of the token are found anyway; this one as a whole.
                known.lasting.push(base64(pair.as_bytes()).into());
            }
        }
        known.learn_all();
        Self {
            known: RwLock::new(known),
        }
    }

    /// Learns an access token that was fetched. It stays known when it has ended.
    pub(super) fn learn(&self, token: &SecretString) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.tokens.push_back(token.clone());
        if known.tokens.len() > TOKENS_MAX {
            known.tokens.pop_front();
            known.learn_all();
        } else {
            known.learn(token.expose_secret());
        }
    }

    /// A text without the secrets in it.
    pub fn cut_out_of<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.cut_out_of(text)
    }

    /// Whether a text holds a secret, or a part of one.
    pub(super) fn are_in(&self, text: &str) -> bool {
        matches!(self.cut_out_of(text), Cow::Owned(_))
    }

    /// Puts a text on one line of at most `chars_max` characters, without secrets.
    pub(super) fn line(&self, text: &str, chars_max: usize) -> String {
        one_line(&self.cut_out_of(looked_at(text)), chars_max)
    }

    /// The same; what is too long ends with [`CUT`].
    pub(super) fn line_or_cut(&self, text: &str, chars_max: usize) -> String {
        let whole = self.cut_out_of(looked_at(text));
        let line = one_line(&whole, usize::MAX);
        if line.chars().count() <= chars_max {
            return line;
        }
        let mut cut = one_line(&whole, chars_max - 1);
        cut.push(CUT);
        cut
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

impl Known {
    fn learn_all(&mut self) {
        self.parts.clear();
        let all: Vec<SecretString> = self.lasting.iter().chain(&self.tokens).cloned().collect();
        for secret in &all {
            self.learn(secret.expose_secret());
        }
    }

    /// Learns the parts of a secret in the forms that do not look like it.
    fn learn(&mut self, secret: &str) {
        self.learn_parts(secret.as_bytes());
        let hex =
            |byte: u8| [byte >> 4, byte & 15].map(|digit| b"0123456789abcdef"[usize::from(digit)]);
        let hex: Vec<u8> = secret.bytes().flat_map(hex).collect();
        self.learn_parts(&hex);
        // Three bytes become four characters, so what a secret looks like depends on its place.
        for before in 0..3 {
            self.learn_parts(inner_base64(secret.as_bytes(), before).as_bytes());
        }
    }

    fn learn_parts(&mut self, form: &[u8]) {
        let form: Vec<u8> = form
            .iter()
            .map(|byte| folded(char::from(*byte)))
            .filter(|byte| *byte != 0)
            .collect();
        if form.len() < SECRET_CHARS_MIN {
            return;
        }
        // More than half, so that of a secret that was cut no more than half is left.
        let length = (form.len() / 2 + 1)
            .clamp(PART_CHARS_MIN, PART_CHARS_MAX)
            .min(form.len());
        self.lengths.insert(length);
        self.parts.extend(form.windows(length).map(part));
    }

    fn cut_out_of<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let seen: Vec<(usize, char)> = text.char_indices().filter(|(_, c)| is_seen(*c)).collect();
        let mut is_secret = vec![false; seen.len()];
        let mut read: Vec<Read> = (0..seen.len())
            .map(|at| Read::as_is(at, seen[at].1))
            .collect();
        for _ in 0..ROUNDS_MAX {
            self.mark(&read, &mut is_secret);
            match decoded(&read) {
                Some(mut next) => {
                    next.retain(|one| is_seen(one.character));
                    read = next;
                }
                None => break,
            }
        }
        for header in headers(text) {
            let place = |at: usize| seen.partition_point(|(start, _)| *start < at);
            is_secret[place(header.start)..place(header.end)].fill(true);
        }
        if !is_secret.contains(&true) {
            return Cow::Borrowed(text);
        }
        Cow::Owned(without(text, &seen, &is_secret))
    }

    /// Marks the characters from which parts of secrets were read.
    fn mark(&self, read: &[Read], is_secret: &mut [bool]) {
        let bytes: Vec<u8> = read.iter().map(|one| folded(one.character)).collect();
        for length in &self.lengths {
            for (at, window) in bytes.windows(*length).enumerate() {
                if self.parts.contains(&part(window)) {
                    // The padding of base64 goes with it.
                    let after = read[at + length..].iter();
                    let padding = after.take_while(|one| one.character == '=').count();
                    let (first, last) = (read[at].first, read[at + length + padding - 1].last);
                    is_secret[first..=last].fill(true);
                }
            }
        }
    }
}

/// The text with the placeholder in the place of each run of marked characters.
fn without(text: &str, seen: &[(usize, char)], is_secret: &[bool]) -> String {
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    while at < seen.len() {
        if !is_secret[at] {
            at += 1;
            continue;
        }
        let run = is_secret[at..].iter().take_while(|marked| **marked).count();
        let (last, character) = seen[at + run - 1];
        out.push_str(&text[copied..seen[at].0]);
        out.push_str(PLACEHOLDER);
        copied = last + character.len_utf8();
        at += run;
    }
    out.push_str(&text[copied..]);
    out
}

/// Where something is written like the credentials of a header.
fn headers(text: &str) -> Vec<Range<usize>> {
    let is_of_token = |c: char| c.is_ascii_alphanumeric() || "-._~+/=".contains(c);
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    for scheme in SCHEMES {
        for (at, _) in lower.match_indices(scheme) {
            let after = &text[at + scheme.len()..];
            let token = after.trim_start();
            let end = token.find(|c| !is_of_token(c)).unwrap_or(token.len());
            if end >= HEADER_CHARS_MIN && token.len() < after.len() {
                let start = text.len() - token.len();
                found.push(start..start + end);
            }
        }
    }
    found
}

fn looked_at(text: &str) -> &str {
    let mut end = text.len().min(LOOKED_AT_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn is_seen(character: char) -> bool {
    !character.is_whitespace()
        && !is_hidden(character)
        && !matches!(character, '\u{200c}' | '\u{200d}')
}

/// One byte for all characters that are taken for one; 0 for those that no secret holds.
fn folded(character: char) -> u8 {
    match u8::try_from(character) {
        Ok(b'-') => b'+',
        Ok(b'_') => b'/',
        Ok(byte) if byte.is_ascii_graphic() => byte.to_ascii_lowercase(),
        Ok(_) | Err(_) => 0,
    }
}

fn part(bytes: &[u8]) -> Part {
    let mut part = Part::default();
    part[..bytes.len()].copy_from_slice(bytes);
    part
}

/// The characters of base64 that depend on `bytes` alone, if so many bytes are before it.
fn inner_base64(bytes: &[u8], before: usize) -> String {
    let padded = [&vec![0; before][..], bytes].concat();
    let whole = padded.len() * 8 / 6;
    let mixed = (before * 8).div_ceil(6);
    base64(&padded)[mixed..whole].to_owned()
}

/// Base64 without padding.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..=three.len() {
            let value = bits >> (18 - 6 * digit) & 63;
            text.push(char::from(DIGITS[value as usize]));
        }
    }
    text
}

#[cfg(test)]
#[path = "secrets_tests.rs"]
mod tests;
