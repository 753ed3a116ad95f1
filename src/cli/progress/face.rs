//! What a picture of a run looks like: as a few lines of any width, as one line, as JSON.

use jiff::{SignedDuration, Unit, ZonedDateTime};
use serde_json::{Value, json};

use super::rate::Rate;
use crate::engine::clock::wall;
use crate::engine::monitor::{AuthorsKnown, Picture, Waiting};
use crate::model::time::Monotonic;

/// All that there is to show.
#[derive(Debug, Clone, Default)]
pub(super) struct View {
    /// When the command began.
    pub(super) began: Monotonic,
    pub(super) scanned_bytes: u64,
    pub(super) scanned_rows: u64,
    pub(super) total_bytes: u64,
    /// The latest picture, and when it was made.
    pub(super) picture: Option<(Picture, Monotonic)>,
    pub(super) rate: Rate,
    /// How fast the authors of comments become known.
    pub(super) authors: Rate,
}

impl View {
    /// Takes a new picture.
    pub(super) fn picture(&mut self, picture: &Picture, now: Monotonic) {
        self.rate
            .note(now, settled(picture), picture.tally.requests);
        if let Some(authors) = picture.authors {
            self.authors
                .note(now, authors.known, picture.tally.requests);
        }
        self.picture = Some((*picture, now));
    }
}

/// A moment on both clocks.
#[derive(Debug, Clone)]
pub(super) struct Now {
    pub(super) monotonic: Monotonic,
    pub(super) wall: ZonedDateTime,
}

/// The longest bar; a longer one tells no more.
const BAR_CELLS_MAX: usize = 50;

/// Pauses shorter than this come and go; telling them would only flicker.
const PAUSE_MS_MIN: u64 = 1_000;

/// The lines of a terminal with so many columns. None of them reaches the last one, where some
/// terminals wrap.
pub(super) fn lines(view: &View, now: &Now, columns: usize) -> Vec<String> {
    let room = columns.saturating_sub(1);
    let Some((picture, seen)) = &view.picture else {
        return vec![bar(
            view.scanned_bytes,
            view.total_bytes,
            &before(view),
            room,
        )];
    };
    let (rows, settled) = (picture.counts.rows(), settled(picture));
    let mut lines = vec![
        bar(settled, rows, &format!("{settled} of {rows} rows"), room),
        fitted(&counts(picture), room),
        fitted(&speed(view, picture, now), room),
    ];
    lines.extend(authors(view, picture, now).map(|told| cut(told, room)));
    lines.extend(pause(picture, now.monotonic.since(*seen)).map(|why| cut(why, room)));
    lines
}

/// One line for a log.
pub(super) fn line(view: &View, now: &Now) -> String {
    let Some((picture, seen)) = &view.picture else {
        return before(view);
    };
    let (rows, settled) = (picture.counts.rows(), settled(picture));
    let head = format!("{settled}/{rows} rows ({}%)", percent(settled, rows));
    let pause = pause(picture, now.monotonic.since(*seen));
    let parts = std::iter::once(head)
        .chain(counts(picture).into_iter().map(|part| part.text))
        .chain(speed(view, picture, now).into_iter().map(|part| part.text))
        .chain(authors(view, picture, now))
        .chain(pause);
    parts.collect::<Vec<_>>().join(", ")
}

/// One object for a program. Times are milliseconds, moments UTC.
pub(super) fn object(view: &View, now: &Now) -> Value {
    let picture = view.picture.as_ref().map(|(picture, _)| picture);
    let seen = view.picture.as_ref().map(|(_, seen)| *seen);
    let passed_ms = seen.map_or(0, |seen| now.monotonic.since(seen));
    let waiting = picture.and_then(|picture| picture.waiting);
    let left_ms = picture.and_then(|picture| left_ms(view, picture, now));
    json!({
        "elapsed_ms": now.monotonic.since(view.began),
        "scanned_rows": view.scanned_rows,
        "rows": picture.map(|picture| picture.counts.rows()),
        "settled": picture.map(settled),
        "counts": picture.map(|picture| picture.counts),
        "this_run": picture.map(|picture| picture.tally),
        "rpm": picture.and_then(|picture| rpm(view, picture, now)),
        "allowed_rpm": picture.and_then(|picture| picture.allowed_rpm),
        "left_ms": left_ms,
        "done_at": left_ms.and_then(|ms| done_at(now, ms)).map(|time| whole_seconds(&time)),
        "authors": picture.and_then(|picture| picture.authors).map(|authors| json!({
            "known": authors.known,
            "total": authors.total,
            "left_ms": picture.and_then(|picture| authors_left_ms(view, picture, now)),
        })),
        "waiting": waiting.map(|waiting| why(waiting, passed_ms)),
        "waiting_for": waiting.map(word),
        "waiting_ms": waiting.map(|waiting| pause_ms(waiting).saturating_sub(passed_ms)),
    })
}

fn before(view: &View) -> String {
    match view.scanned_rows {
        0 => "waiting for Zendesk".to_owned(),
        rows => format!("{rows} rows read"),
    }
}

fn settled(picture: &Picture) -> u64 {
    picture.counts.rows() - picture.counts.open()
}

/// Rounded down: it is 100 only when nothing is left.
fn percent(done: u64, all: u64) -> u64 {
    done.saturating_mul(100)
        .checked_div(all)
        .unwrap_or(100)
        .min(100)
}

fn bar(done: u64, all: u64, told: &str, room: usize) -> String {
    let tail = format!(" {:>3}%  {told}", percent(done, all));
    let cells = room.saturating_sub(width(&tail)).min(BAR_CELLS_MAX);
    let full = usize::try_from((cells as u64).saturating_mul(done) / all.max(1)).unwrap_or(cells);
    let full = full.min(cells);
    cut("█".repeat(full) + &"░".repeat(cells - full) + &tail, room)
}

/// A part of a line; those of low rank go first where there is no room.
struct Part {
    rank: u8,
    text: String,
}

fn part(rank: u8, text: impl Into<String>) -> Part {
    let text = text.into();
    Part { rank, text }
}

fn counts(picture: &Picture) -> Vec<Part> {
    let counts = &picture.counts;
    let some = |rank, n: u64, what: &str| (n > 0).then(|| part(rank, format!("{n} {what}")));
    [
        Some(part(9, format!("{} created", counts.created))),
        some(2, counts.created_hit, "replayed"),
        some(1, counts.created_found, "found"),
        some(8, counts.rejected, "rejected"),
        some(4, counts.invalid, "invalid"),
        some(7, counts.unknown, "unknown"),
        some(5, counts.open(), "waiting"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn speed(view: &View, picture: &Picture, now: &Now) -> Vec<Part> {
    let rpm = rpm(view, picture, now).map_or("--".to_owned(), |rpm| rpm.to_string());
    let rate = match picture.allowed_rpm {
        Some(allowed) => format!("{rpm} of {allowed} requests/min"),
        None => format!("{rpm} requests/min"),
    };
    let left = left_ms(view, picture, now);
    let at = left.and_then(|ms| done_at(now, ms));
    let left = left.map_or("--".to_owned(), span);
    let mut parts = vec![part(2, rate), part(3, format!("{left} left"))];
    parts.extend(at.map(|at| part(1, format!("done at {}", clock(&at, now)))));
    parts
}

fn rpm(view: &View, picture: &Picture, now: &Now) -> Option<u64> {
    let requests = picture.tally.requests;
    view.rate.requests_a_minute(now.monotonic, requests)
}

/// What the rate says, but not less than what is known to be waited for.
fn left_ms(view: &View, picture: &Picture, now: &Now) -> Option<u64> {
    let (_, seen) = view.picture.as_ref()?;
    let known_ms = picture
        .resting_ms
        .max(picture.waiting.map_or(0, pause_ms))
        .saturating_sub(now.monotonic.since(*seen));
    let open = picture.counts.open();
    let left_ms = view.rate.left_ms(now.monotonic, settled(picture), open);
    let authors_ms = authors_left_ms(view, picture, now);
    let left_ms = left_ms.into_iter().chain(authors_ms).max()?;
    Some(left_ms.max(known_ms))
}

/// How long it takes until all authors are known; `None` if they are, or if it would be a guess.
fn authors_left_ms(view: &View, picture: &Picture, now: &Now) -> Option<u64> {
    let AuthorsKnown { known, total } = picture.authors?;
    let left = total.checked_sub(known).filter(|left| *left > 0)?;
    view.authors.left_ms(now.monotonic, known, left)
}

/// How far the authors of comments are, as long as some are not known.
fn authors(view: &View, picture: &Picture, now: &Now) -> Option<String> {
    let AuthorsKnown { known, total } = picture.authors.filter(|a| a.known < a.total)?;
    let left = authors_left_ms(view, picture, now).map_or("--".to_owned(), about);
    let (known, total) = (grouped(known), grouped(total));
    Some(format!("authors: {known} of {total}, {left} left"))
}

/// A number with a comma between each three digits.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let first = (digits.len() + 2) % 3 + 1;
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at >= first && (at - first).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A time that is still to pass, to the minute.
fn about(ms: u64) -> String {
    match ms.div_ceil(1_000) {
        seconds @ 60..3_600 => format!("{} min", seconds.div_ceil(60)),
        _ => span(ms),
    }
}

fn done_at(now: &Now, left_ms: u64) -> Option<ZonedDateTime> {
    let left = SignedDuration::from_millis(i64::try_from(left_ms).ok()?);
    now.wall.checked_add(left).ok()
}

fn whole_seconds(time: &ZonedDateTime) -> String {
    let time = time.timestamp();
    time.round(Unit::Second).unwrap_or(time).to_string()
}

/// The time of day, with the day if it is not today's.
fn clock(time: &ZonedDateTime, now: &Now) -> String {
    let format = if time.date() == now.wall.date() {
        "%H:%M"
    } else {
        "%a %d %b, %H:%M"
    };
    time.strftime(format).to_string()
}

fn pause(picture: &Picture, passed_ms: u64) -> Option<String> {
    let waiting = picture.waiting?;
    (pause_ms(waiting) >= PAUSE_MS_MIN).then(|| why(waiting, passed_ms))
}

fn pause_ms(waiting: Waiting) -> u64 {
    match waiting {
        Waiting::Throttled(ms)
        | Waiting::Others(ms)
        | Waiting::Reserve(ms)
        | Waiting::Outage(ms)
        | Waiting::Settling(ms) => ms,
    }
}

fn word(waiting: Waiting) -> &'static str {
    match waiting {
        Waiting::Throttled(_) => "throttled",
        Waiting::Others(_) => "others",
        Waiting::Reserve(_) => "reserve",
        Waiting::Outage(_) => "outage",
        Waiting::Settling(_) => "settling",
    }
}

/// Why nothing is sent, as a countdown.
fn why(waiting: Waiting, passed_ms: u64) -> String {
    let left = span(pause_ms(waiting).saturating_sub(passed_ms));
    match waiting {
        Waiting::Throttled(_) => format!("Zendesk asked for a pause (429), {left}"),
        Waiting::Others(_) => format!("leaving room for others, {left}"),
        Waiting::Reserve(_) => format!("leaving the reserve to others, {left}"),
        Waiting::Outage(_) => format!("Zendesk is not answering, retrying in {left}"),
        Waiting::Settling(_) => format!("rows without an answer are checked again in {left}"),
    }
}

/// A time that is still to pass, in the two largest units.
fn span(ms: u64) -> String {
    let seconds = ms.div_ceil(1_000);
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{minutes} min {} s", seconds % 60),
        3_600..86_400 => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

/// Joins what there is room for.
fn fitted(parts: &[Part], room: usize) -> String {
    let joined = |least: u8| {
        let kept = parts.iter().filter(|part| part.rank >= least);
        let kept: Vec<&str> = kept.map(|part| part.text.as_str()).collect();
        kept.join(", ")
    };
    let all = (0..10).map(joined).find(|line| width(line) <= room);
    all.unwrap_or_else(|| cut(joined(9), room))
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn cut(text: String, room: usize) -> String {
    if width(&text) <= room {
        return text;
    }
    text.chars()
        .take(room.saturating_sub(1))
        .chain(['…'])
        .collect()
}

/// Now, in the time zone of whoever looks.
pub(super) fn now(monotonic: Monotonic) -> Now {
    let wall = wall().to_zoned_datetime(jiff::tz::TimeZone::system());
    Now { monotonic, wall }
}

#[cfg(test)]
#[path = "face_tests.rs"]
mod tests;
