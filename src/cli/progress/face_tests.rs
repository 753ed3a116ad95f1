//! Every face at every width.

use super::*;
use crate::engine::monitor::Tally;
use crate::model::counts::Counts;

const START: Monotonic = Monotonic(5_000_000);

fn at(ms: u64) -> Now {
    let noon: ZonedDateTime = "2024-07-01T12:00:00[Europe/Berlin]".parse().unwrap();
    Now {
        monotonic: START.plus(ms),
        wall: noon + SignedDuration::from_millis(i64::try_from(ms).unwrap()),
    }
}

/// A run of 5,000 rows at ten a second, `ms` after it began.
fn view(ms: u64, waiting: Option<Waiting>) -> View {
    let picture = |ms: u64| {
        let created = ms / 100;
        Picture {
            counts: Counts {
                created,
                created_hit: created / 50,
                rejected: 4,
                invalid: 17,
                pending: 4_979 - created,
                ..Counts::default()
            },
            tally: Tally {
                created,
                requests: created + 42,
                ..Tally::default()
            },
            allowed_rpm: Some(640),
            waiting,
            authors: None,
            resting_ms: 0,
        }
    };
    let mut view = View {
        began: START,
        scanned_rows: 5_000,
        picture: Some((picture(ms), START.plus(ms))),
        ..View::default()
    };
    for second in 0..=ms / 1_000 {
        let then = picture(second * 1_000);
        view.rate.note(
            START.plus(second * 1_000),
            settled(&then),
            then.tally.requests,
        );
    }
    view
}

#[test]
fn a_bar_the_counts_the_speed_and_the_reason_of_a_pause() {
    let view = view(120_000, Some(Waiting::Throttled(23_000)));
    assert_eq!(
        lines(&view, &at(120_000), 80),
        [
            "████████████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░  24%  1221 of 5000 rows",
            "1200 created, 24 replayed, 4 rejected, 17 invalid, 3779 waiting",
            "600 of 640 requests/min, 6 min 18 s left, done at 12:08",
            "Zendesk asked for a pause (429), 23 s",
        ]
    );
}

#[test]
fn a_narrow_terminal_gets_what_matters_most() {
    let view = view(120_000, Some(Waiting::Reserve(4_000)));
    assert_eq!(
        lines(&view, &at(120_000), 60),
        [
            "████████░░░░░░░░░░░░░░░░░░░░░░░░░░░  24%  1221 of 5000 rows",
            "1200 created, 4 rejected, 17 invalid, 3779 waiting",
            "600 of 640 requests/min, 6 min 18 s left, done at 12:08",
            "leaving the reserve to others, 4 s",
        ]
    );
}

#[test]
fn nothing_wraps_at_any_width_and_no_width_is_too_small() {
    let pauses = [
        Waiting::Throttled(3_600_000),
        Waiting::Others(90_000),
        Waiting::Reserve(90_000),
        Waiting::Outage(40_000),
        Waiting::Settling(290_000),
    ];
    for columns in [0, 1, 20, 40, 60, 80, 200] {
        for waiting in pauses {
            for mut view in [view(120_000, Some(waiting)), View::default()] {
                if let Some((picture, _)) = &mut view.picture {
                    picture.counts.pending += 4_000_000_000;
                    picture.counts.unknown += 1_000_000;
                }
                for line in lines(&view, &at(120_000), columns) {
                    let wide = line.chars().count();
                    assert!(
                        wide <= columns.saturating_sub(1).max(1),
                        "{columns}: {line}"
                    );
                }
            }
        }
    }
    let wide = lines(&view(120_000, None), &at(120_000), 200);
    assert!(wide[0].chars().count() < 100, "{wide:?}");
}

#[test]
fn at_the_start_nothing_is_guessed() {
    let told = lines(&view(3_000, None), &at(3_000), 80);
    assert_eq!(told[2], "-- of 640 requests/min, -- left");
    let object = object(&view(3_000, None), &at(3_000));
    assert!(object["left_ms"].is_null() && object["rpm"].is_null());
    let nothing = lines(&View::default(), &at(0), 80);
    assert!(nothing[0].ends_with("waiting for Zendesk"), "{nothing:?}");
}

#[test]
fn the_end_tells_its_day_if_that_is_not_today() {
    let mut view = view(120_000, None);
    if let Some((picture, _)) = &mut view.picture {
        picture.counts.pending = 600_000;
    }
    let told = lines(&view, &at(120_000), 80);
    assert_eq!(
        told[2],
        "600 of 640 requests/min, 16 h 40 min left, done at Tue 02 Jul, 04:42"
    );
}

#[test]
fn a_pause_of_a_moment_is_not_shown_and_a_long_one_counts_down() {
    let short = view(120_000, Some(Waiting::Others(900)));
    assert_eq!(lines(&short, &at(120_000), 80).len(), 3);
    let outage = view(120_000, Some(Waiting::Outage(40_000)));
    assert_eq!(
        lines(&outage, &at(131_000), 80)[3],
        "Zendesk is not answering, retrying in 29 s"
    );
    assert_eq!(
        lines(&outage, &at(190_000), 80)[3],
        "Zendesk is not answering, retrying in 0 s"
    );
}

#[test]
fn the_time_left_is_never_less_than_what_is_known_to_be_waited_for() {
    let told = |waiting, resting_ms, passed_ms: u64| {
        let mut view = view(120_000, waiting);
        if let Some((picture, _)) = &mut view.picture {
            picture.counts.pending = 3;
            picture.resting_ms = resting_ms;
        }
        lines(&view, &at(120_000 + passed_ms), 80)
    };
    let settling = told(Some(Waiting::Settling(262_000)), 262_000, 0);
    assert_eq!(
        settling[2..],
        [
            "600 of 640 requests/min, 4 min 22 s left, done at 12:06",
            "rows without an answer are checked again in 4 min 22 s"
        ]
    );
    // Others are still sent, but the last row is known to rest.
    assert!(told(None, 262_000, 60_000)[2].contains("3 min 22 s left"));
    assert!(told(Some(Waiting::Throttled(23_000)), 0, 0)[2].contains("23 s left"));
    assert!(told(Some(Waiting::Settling(262_000)), 262_000, 262_000)[2].contains(" 1 s left"));
}

#[test]
fn a_line_of_a_log_has_it_all() {
    let view = view(120_000, Some(Waiting::Outage(40_000)));
    assert_eq!(
        line(&view, &at(120_000)),
        "1221/5000 rows (24%), 1200 created, 24 replayed, 4 rejected, 17 invalid, 3779 waiting, 600 \
         of 640 requests/min, 6 min 18 s left, done at 12:08, Zendesk is not answering, retrying in 40 s"
    );
}

#[test]
fn an_object_tells_its_times_in_milliseconds_and_utc() {
    let view = view(120_000, Some(Waiting::Throttled(23_000)));
    let object = object(&view, &at(121_000));
    assert_eq!(object["rows"], 5_000);
    assert_eq!(object["settled"], 1_221);
    assert_eq!(object["elapsed_ms"], 121_000);
    assert_eq!(object["waiting_for"], "throttled");
    assert_eq!(object["waiting_ms"], 22_000);
    assert_eq!(object["left_ms"], 381_049);
    assert_eq!(object["done_at"], "2024-07-01T10:08:22Z");
}

#[test]
fn it_is_a_hundred_percent_only_when_nothing_is_left() {
    assert_eq!(percent(0, 0), 100);
    assert_eq!(percent(999_999, 1_000_000), 99);
    assert_eq!(percent(1_000_000, 1_000_000), 100);
}

#[test]
fn authors_are_told_with_the_time_that_they_take_until_all_are_known() {
    let mut view = View::default();
    for second in 0..=412 {
        let known = AuthorsKnown {
            known: second,
            total: 1_190,
        };
        let picture = Picture {
            authors: Some(known),
            ..self::view(1_000 * second, None).picture.unwrap().0
        };
        view.picture(&picture, START.plus(1_000 * second));
    }
    let told = lines(&view, &at(412_000), 80);
    let object = object(&view, &at(412_000));
    let expected = json!({"known": 412, "total": 1_190, "left_ms": 778_000});
    assert_eq!(object["authors"], expected);
    assert_eq!(told[3], "authors: 412 of 1,190, 13 min left");
    assert!(told[2].contains("12 min 58 s left"), "{told:?}");
    if let Some((picture, _)) = &mut view.picture {
        picture.authors = Some(AuthorsKnown {
            known: 1_190,
            total: 1_190,
        });
    }
    assert!(!line(&view, &at(412_000)).contains("authors"));
}

#[test]
fn a_number_has_a_comma_between_each_three_digits() {
    let told = [0, 12, 123, 1_234, 12_345, 123_456, 1_234_567].map(grouped);
    let expected = ["0", "12", "123", "1,234", "12,345", "123,456", "1,234,567"];
    assert_eq!(told, expected);
}
