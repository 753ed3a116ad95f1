//! Aggregates the request log in SQL, so that a large log takes no more memory than a small one.

use rusqlite::{Connection, OptionalExtension, params};

use super::error::CheckpointError;
use super::handle::Reader;
use crate::model::history::ThisRun;
use crate::model::results::{Bucket, Latency, Replies, Timeline};

/// The possible bucket widths of the time axis, in seconds.
const BUCKETS_S: [u64; 17] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400,
];

impl Reader {
    /// Returns what all runs together have done.
    pub fn all_runs(&self) -> Result<ThisRun, CheckpointError> {
        self.wrap(all_runs(&self.db))
    }

    /// Counts the replies to requests for rows.
    pub fn replies(&self) -> Result<Vec<Replies>, CheckpointError> {
        self.wrap(replies(&self.db))
    }

    /// Returns how long the answered creates took; `None` if none was answered.
    pub fn latency(&self) -> Result<Option<Latency>, CheckpointError> {
        self.wrap(latency(&self.db))
    }

    /// Returns requests and tickets over time, in about `most` buckets at most.
    pub fn timeline(&self, most: u64) -> Result<Timeline, CheckpointError> {
        self.wrap(timeline(&self.db, most.max(1)))
    }
}

fn all_runs(db: &Connection) -> rusqlite::Result<ThisRun> {
    db.query_row(
        "SELECT coalesce(sum(created), 0), coalesce(sum(requests), 0), coalesce(sum(throttled), 0),
                coalesce(sum(retried), 0), coalesce(sum(lookups), 0), coalesce(sum(elapsed_ms), 0)
         FROM run",
        [],
        |r| {
            Ok(ThisRun {
                created: r.get(0)?,
                requests: r.get(1)?,
                throttled: r.get(2)?,
                retried: r.get(3)?,
                lookups: r.get(4)?,
                elapsed_ms: r.get(5)?,
            })
        },
    )
}

fn replies(db: &Connection) -> rusqlite::Result<Vec<Replies>> {
    db.prepare(
        "SELECT kind, status, key_lookup, count(*) AS n FROM attempt WHERE kind IN (0, 1, 2)
         GROUP BY kind, status, key_lookup ORDER BY kind, n DESC, status",
    )?
    .query_map([], |r| {
        Ok(Replies {
            kind: match r.get(0)? {
                0 => "create",
                1 => "list",
                _ => "search",
            },
            status: r.get(1)?,
            key: r.get::<_, Option<i64>>(2)?.map(|code| match code {
                0 => "miss",
                _ => "hit",
            }),
            requests: r.get(3)?,
        })
    })?
    .collect()
}

fn latency(db: &Connection) -> rusqlite::Result<Option<Latency>> {
    const ANSWERED: &str = "FROM attempt WHERE kind = 0 AND status IS NOT NULL";
    let creates: u64 = db.query_row(&format!("SELECT count(*) {ANSWERED}"), [], |r| r.get(0))?;
    let mut query = db.prepare(&format!(
        "SELECT duration_ms {ANSWERED} ORDER BY duration_ms LIMIT 1 OFFSET ?1"
    ))?;
    // The nearest-rank percentile.
    let mut percentile = |percent: u64| {
        let rank = (creates * percent).div_ceil(100).max(1);
        query.query_row([rank - 1], |r| r.get(0)).optional()
    };
    let (p50, p90, p99, max) = (
        percentile(50)?,
        percentile(90)?,
        percentile(99)?,
        percentile(100)?,
    );
    Ok(match (p50, p90, p99, max) {
        (Some(p50), Some(p90), Some(p99), Some(max)) => Some(Latency {
            creates,
            p50,
            p90,
            p99,
            max,
        }),
        _ => None,
    })
}

fn timeline(db: &Connection, most: u64) -> rusqlite::Result<Timeline> {
    let (first, last): (Option<i64>, Option<i64>) = db.query_row(
        "SELECT min(sent_at), max(sent_at) FROM attempt WHERE kind IN (0, 1, 2)",
        [],
        |r| Ok((r.get(0)?, r.get(1)?)),
    )?;
    let (Some(first), Some(last)) = (first, last) else {
        return Ok(Timeline::default());
    };
    let span_ms = u64::try_from(last - first).unwrap_or(0);
    let days = span_ms / 86_400_000 / most + 1;
    let bucket_ms = BUCKETS_S
        .iter()
        .map(|seconds| seconds * 1_000)
        .find(|ms| span_ms / ms < most)
        .unwrap_or(days * 86_400_000);
    let width = i64::try_from(bucket_ms).unwrap_or(i64::MAX);
    let from = first - first.rem_euclid(width);
    let buckets = usize::try_from((last - from) / width + 1).unwrap_or(0);
    let mut timeline = Timeline {
        from,
        bucket_ms,
        buckets: vec![Bucket::default(); buckets],
    };
    count_requests(db, &mut timeline, width)?;
    count_tickets(db, &mut timeline, width)?;
    Ok(timeline)
}

fn count_requests(db: &Connection, timeline: &mut Timeline, width: i64) -> rusqlite::Result<()> {
    let mut query = db.prepare(
        "SELECT (sent_at - ?1) / ?2 AS bucket,
                count(*) FILTER (WHERE kind = 0),
                count(*) FILTER (WHERE kind = 0 AND status < 400),
                count(*) FILTER (WHERE kind <> 0 AND status < 400),
                count(*) FILTER (WHERE status BETWEEN 400 AND 499 AND status <> 429),
                count(*) FILTER (WHERE status = 429),
                count(*) FILTER (WHERE status IS NULL OR status >= 500)
         FROM attempt WHERE kind IN (0, 1, 2) GROUP BY bucket",
    )?;
    let mut found = query.query(params![timeline.from, width])?;
    while let Some(r) = found.next()? {
        if let Some(bucket) = timeline.buckets.get_mut(r.get::<_, usize>(0)?) {
            *bucket = Bucket {
                tickets: 0,
                creates: r.get(1)?,
                answered: r.get(2)?,
                lookups: r.get(3)?,
                refused: r.get(4)?,
                throttled: r.get(5)?,
                failed: r.get(6)?,
            };
        }
    }
    Ok(())
}

/// Counts tickets. A ticket counts at the time of the request whose answer first named it. Tickets
/// that the operator named or the export showed have no such time.
fn count_tickets(db: &Connection, timeline: &mut Timeline, width: i64) -> rusqlite::Result<()> {
    let mut query = db.prepare(
        "SELECT (at - ?1) / ?2 AS bucket, count(*) FROM (
           SELECT min(a.sent_at) AS at FROM attempt a JOIN row r ON r.number = a.row
           WHERE r.state = 2 AND ((a.kind = 0 AND a.status BETWEEN 200 AND 299)
                                  OR (a.kind IN (1, 2) AND a.found > 0))
           GROUP BY a.row)
         GROUP BY bucket",
    )?;
    let mut found = query.query(params![timeline.from, width])?;
    while let Some(r) = found.next()? {
        if let Some(bucket) = timeline.buckets.get_mut(r.get::<_, usize>(0)?) {
            bucket.tickets = r.get(1)?;
        }
    }
    Ok(())
}
