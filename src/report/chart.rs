//! Charts as inline SVG: shapes and words, no script.

use maud::{Markup, html};

use super::cells::time;
use super::results::{Report, thousands};
use crate::model::results::{Bucket, Timeline};
use crate::model::time::ServerTime;

/// The width of the drawing in its own units; the page scales it to fit.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 200.0;
/// The margins of the plot.
const LEFT: f64 = 66.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 30.0;

/// One segment of a bar of requests, from the bottom up, with its CSS class and its name.
type Part = (fn(&Bucket) -> u64, &'static str, &'static str);

const PARTS: [Part; 5] = [
    (|bucket| bucket.answered, "good", "creates with a ticket"),
    (|bucket| bucket.lookups, "look", "lookups"),
    (|bucket| bucket.refused, "bad", "refused"),
    (|bucket| bucket.throttled, "slow", "throttled (429)"),
    (|bucket| bucket.failed, "lost", "no reply or 5xx"),
];

/// Draws how many rows had their ticket, over time.
pub(super) fn tickets(timeline: &Timeline) -> Markup {
    let mut sum = 0;
    let sums: Vec<u64> = timeline
        .buckets
        .iter()
        .map(|bucket| {
            sum += bucket.tickets;
            sum
        })
        .collect();
    let top = nice(number(sum));
    let mut path = format!("M{LEFT:.1} {:.1}", y(0.0, top));
    for (at, sum) in sums.iter().enumerate() {
        let point = format!(" L{:.1} {:.1}", x(at + 1, sums.len()), y(number(*sum), top));
        path.push_str(&point);
    }
    let area = format!("{path} L{WIDTH:.1} {:.1} Z", y(0.0, top));
    let title = format!("Tickets over time: {} in the end", thousands(sum));
    plot(
        &title,
        top,
        timeline,
        &html! {
            path class="area" d=(area) {}
            path class="line" d=(path) {}
        },
    )
}

/// Draws the requests a minute by outcome, with the permitted rate.
pub(super) fn requests(report: &Report) -> Markup {
    let timeline = &report.timeline;
    let a_minute = 60_000.0 / number(timeline.bucket_ms.max(1));
    let rate = |n: u64| number(n) * a_minute;
    let peak = timeline.buckets.iter().map(Bucket::requests).max();
    let allowed = report.runs.iter().filter_map(|run| run.allowed_rpm).max();
    let top = nice(rate(peak.unwrap_or(0)).max(allowed.map_or(0.0, f64::from)));
    let count = timeline.buckets.len();
    let title = format!(
        "Requests a minute: {} at most",
        thousands(peak.unwrap_or(0) * 60_000 / timeline.bucket_ms.max(1))
    );
    let bars = html! {
        @for (at, bucket) in timeline.buckets.iter().enumerate() {
            // Rounded edges, so that each bar ends exactly where the next one begins.
            @let (left, right) = (tenths(x(at, count)), tenths(x(at + 1, count)));
            @for (class, low, high) in stacked(bucket) {
                @let (top, bottom) = (tenths(y(rate(high), top)), tenths(y(rate(low), top)));
                rect class=(class) x=(fixed(left)) y=(fixed(top))
                    width=(fixed((right - left).max(0.6))) height=(fixed(bottom - top)) {}
            }
        }
        @for (from, to, rpm) in allowed_spans(report) {
            path class="allowed" d={
                "M" (fixed(from)) " " (fixed(y(rpm, top))) " L" (fixed(to)) " " (fixed(y(rpm, top)))
            } {}
        }
    };
    plot(&title, top, timeline, &bars)
}

/// Returns the legend of the request chart, limited to what occurs in it.
pub(super) fn legend(report: &Report) -> Markup {
    let total = |part: fn(&Bucket) -> u64| report.timeline.buckets.iter().map(part).sum::<u64>();
    html! {
        ul class="legend" {
            @for (part, class, name) in PARTS {
                @if total(part) > 0 {
                    li { span class={ "key " (class) } {} (name) " " b { (thousands(total(part))) } }
                }
            }
            @if report.runs.iter().any(|run| run.allowed_rpm.is_some()) {
                li { span class="key dash" {} "the rate that was allowed" }
            }
        }
    }
}

fn stacked(bucket: &Bucket) -> Vec<(&'static str, u64, u64)> {
    let mut low = 0;
    let mut parts = Vec::with_capacity(PARTS.len());
    for (part, class, _) in PARTS {
        let high = low + part(bucket);
        if high > low {
            parts.push((class, low, high));
        }
        low = high;
    }
    parts
}

/// Returns the spans of the axis with the rate permitted in each.
fn allowed_spans(report: &Report) -> Vec<(f64, f64, f64)> {
    let timeline = &report.timeline;
    let whole = number(timeline.bucket_ms) * number(timeline.buckets.len() as u64);
    let place = |ms: i64| {
        let passed = u64::try_from(ms - timeline.from).unwrap_or(0);
        LEFT + (number(passed) / whole).min(1.0) * (WIDTH - LEFT)
    };
    let spans = report.runs.iter().filter_map(|run| {
        let (from, to) = run.span;
        // Even a short run gets a visible line.
        let (from, to) = (place(from), place(to));
        Some((
            from,
            to.max(from + 3.0).min(WIDTH),
            f64::from(run.allowed_rpm?),
        ))
    });
    spans.collect()
}

/// Draws the frame of a chart, with scale, axis and labels, around its content.
fn plot(title: &str, top: f64, timeline: &Timeline, drawn: &Markup) -> Markup {
    let length = number(timeline.bucket_ms) * number(timeline.buckets.len() as u64);
    let end = ServerTime(timeline.from.saturating_add(whole(length)));
    let middle = ServerTime(timeline.from.saturating_add(whole(length / 2.0)));
    html! {
        svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(title) {
            title { (title) }
            @for part in [0.0, 0.5, 1.0] {
                path class="grid" d=(format!("M{LEFT} {0:.1} L{WIDTH} {0:.1}", y(top * part, top))) {}
                text class="scale" x=(LEFT - 6.0) y=(fixed(y(top * part, top) + 4.0)) {
                    (amount(top * part))
                }
            }
            (drawn)
            text class="first" x=(LEFT) y=(HEIGHT - 6.0) { (short(ServerTime(timeline.from))) }
            text class="middle" x=(fixed(f64::midpoint(LEFT, WIDTH))) y=(HEIGHT - 6.0) { (short(middle)) }
            text class="last" x=(WIDTH) y=(HEIGHT - 6.0) { (short(end)) }
        }
    }
}

/// Formats a time on an axis as `01-31 08:00:05`; without the date it would be ambiguous in a long
/// migration.
fn short(at: ServerTime) -> String {
    let whole = time(at);
    whole.get(5..19).unwrap_or(&whole).replace('T', " ")
}

fn amount(n: f64) -> String {
    thousands(u64::try_from(whole(n)).unwrap_or(0))
}

fn x(at: usize, count: usize) -> f64 {
    LEFT + number(at as u64) / number(count.max(1) as u64) * (WIDTH - LEFT)
}

fn tenths(n: f64) -> f64 {
    (n * 10.0).round() / 10.0
}

fn y(value: f64, top: f64) -> f64 {
    HEIGHT - BOTTOM - value / top * (HEIGHT - BOTTOM - TOP)
}

/// Returns the next round number for a scale: 2, 4, 10, 20, 40, 100, …
fn nice(most: f64) -> f64 {
    let mut top = 2.0;
    loop {
        for step in [1.0, 2.0, 3.0, 4.0] {
            if top * step >= most {
                return top * step;
            }
        }
        top *= 5.0;
        if top >= most {
            return top;
        }
        top *= 2.0;
    }
}

fn fixed(n: f64) -> String {
    format!("{n:.1}")
}

#[allow(
    clippy::cast_precision_loss,
    reason = "a drawing needs no more than the first digits"
)]
fn number(n: u64) -> f64 {
    n as f64
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "values of a scale and of a time axis"
)]
fn whole(n: f64) -> i64 {
    n as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_ends_at_a_round_number_that_holds_the_peak() {
        for (most, top) in [
            (0.0, 2.0),
            (3.0, 4.0),
            (9.0, 10.0),
            (61.0, 80.0),
            (8_469.0, 10_000.0),
        ] {
            assert!((nice(most) - top).abs() < 0.01, "{most}: {}", nice(most));
        }
    }
}
