//! The five things that a row costs, each alone: its mapping, its place in a new checkpoint, its two
//! turns in the lifecycle, its part in a COMMIT, and the reading of its reply.
//!
//! ```sh
//! cargo bench --bench hot_paths
//! ```

use std::cell::RefCell;
use std::fmt::Write;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use reqwest::header::HeaderMap;
use zendesk_migrate::checkpoint::{
    Attempt, Batch, Checkpoint, Kind, NewIntent, NewRow, Outcome, PendingRow, Setting,
};
use zendesk_migrate::lifecycle::{Event, Evidence, How, Row, Rules, State, next};
use zendesk_migrate::model::ids::{CellsHash, Fingerprint, Key, RowNumber, TicketId};
use zendesk_migrate::model::intent::{Intent, Route, Trust};
use zendesk_migrate::model::reply::{KeyLookup, Verdict};
use zendesk_migrate::model::time::ServerTime;
use zendesk_migrate::source::{Source, SourceError};
use zendesk_migrate::zendesk::{Credentials, Hearing, Secrets, classify};

/// Rows of the generated CSV and of the checkpoints.
const ROWS: u64 = 10_000;

/// Rows in one COMMIT, as in a run without a limit.
const ROWS_A_COMMIT: u64 = 32;

const NOW: ServerTime = ServerTime(1_750_000_000_000);

const RULES: Rules = Rules {
    trust: Trust::Key,
    lookup_settle_ms: 300_000,
    request_timeout_ms: 60_000,
    resend_after_ms: 30_000,
    keys_max: zendesk_migrate::model::limits::KEYS_PER_ROW_MAX,
};

fn csv() -> String {
    let mut text = "external_id,subject,comment.body,requester.email,status,tags\n".to_owned();
    for n in 0..ROWS {
        let said = "The rear wheel is out of true since the first ride. ".repeat(8);
        writeln!(
            text,
            "LEGACY-{n:07},Wheel {n},\"{said}\n\"\"Thanks\"\"\",c{n}@example.org,open,\"legacy,bike\""
        )
        .expect("a string takes everything");
    }
    text
}

fn mapping(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("tickets.csv");
    let text = csv();
    std::fs::write(&path, &text).expect("the folder takes a file");
    let source = Source::open(&path, None).expect("the generated CSV is a good one");
    let mut group = c.benchmark_group("source");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("map and hash 10,000 rows, all cores", |b| {
        b.iter(|| {
            let end = source.scan::<SourceError>(|chunk| {
                black_box(chunk);
                Ok(())
            });
            assert_eq!(end.expect("it is still a good one").rows, ROWS);
        });
    });
    group.finish();
}

fn classification(c: &mut Criterion) {
    let ticket = serde_json::json!({"ticket": {
        "url": "https://example.zendesk.com/api/v2/tickets/35436.json", "id": 35_436,
        "external_id": "LEGACY-0000001", "via": {"channel": "api", "source": {"from": {}, "to": {}}},
        "created_at": "2026-01-01T08:00:00Z", "updated_at": "2026-01-01T08:00:00Z",
        "subject": "Wheel 1", "description": "The rear wheel is out of true. ".repeat(12),
        "priority": null, "status": "open", "tags": ["legacy", "bike"], "custom_fields": [],
        "requester_id": 20_978_392, "submitter_id": 76_872, "brand_id": 123,
    }, "audit": {"id": 1, "ticket_id": 35_436, "events": [{"id": 2, "type": "Comment",
        "body": "The rear wheel is out of true. ".repeat(12)}]}});
    let body = serde_json::to_vec(&ticket).expect("it is JSON");
    let headers = HeaderMap::new();
    let secrets = Secrets::of(&Credentials::Bearer("a-secret-of-some-length".into()));
    let hearing = Hearing::new(&secrets);
    c.bench_function("zendesk: classify the reply to a create", |b| {
        b.iter(|| {
            let verdict = classify(201, &headers, black_box(&body), hearing);
            assert!(matches!(verdict, Verdict::Created { .. }));
        });
    });
}

fn due() -> Event {
    Event::Due {
        now: NOW,
        evidence: Evidence::Honoured,
        local_age_ms: 0,
        same_route: true,
        highest_ticket: None,
    }
}

fn created(ticket: u64) -> Event {
    Event::Replied {
        verdict: Verdict::Created {
            ticket: TicketId(ticket),
            external_id: None,
        },
        key_lookup: Some(KeyLookup::Miss),
        ours: true,
        evidence: Evidence::Honoured,
        now: NOW,
        jitter: 0,
    }
}

fn decisions(c: &mut Criterion) {
    c.bench_function("lifecycle: a row from pending to created", |b| {
        b.iter(|| {
            let (row, _) = next(black_box(Row::fresh()), due(), &RULES);
            let (row, _) = next(row, created(7), &RULES);
            assert!(matches!(row.state, State::Created { how: How::Miss, .. }));
        });
    });
}

fn loaded(path: &Path) -> Checkpoint {
    let mut checkpoint = Checkpoint::open(path, "bench").expect("a new checkpoint");
    let mut load = checkpoint.load().expect("nothing is in it");
    for n in 1..=ROWS {
        let external_id = format!("LEGACY-{n:07}");
        let fingerprint = Fingerprint::from_bytes([7; 32]);
        load.add([NewRow {
            line: n + 1,
            offset: n * 517,
            cells: CellsHash(0),
            external_id: Some(&external_id),
            has_requester: true,
            body: Ok(Some((fingerprint, Key::random()))),
        }])
        .expect("a row can be added");
    }
    load.finish(&[(Setting::CsvSha256, "none".to_owned())])
        .expect("the scan can end");
    checkpoint
}

fn load(c: &mut Criterion) {
    let mut group = c.benchmark_group("checkpoint");
    group.throughput(Throughput::Elements(ROWS));
    group.bench_function("load 10,000 rows, synced", |b| {
        b.iter_batched(
            || tempfile::tempdir().expect("a temporary folder"),
            |folder| {
                drop(loaded(&folder.path().join("checkpoint")));
                folder
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

/// Takes the next rows, and commits their intents together with the outcomes of the last ones.
struct Turns {
    checkpoint: Checkpoint,
    rows: Vec<PendingRow>,
    out: Vec<(RowNumber, Key, Row)>,
    body: Arc<[u8]>,
}

impl Turns {
    fn batch(&mut self) -> Batch {
        let mut batch = Batch::default();
        for (number, key, row) in self.out.drain(..) {
            let (row, _) = next(row, created(number.0), &RULES);
            batch.attempts.push(Attempt {
                row: number,
                kind: Kind::Create,
                key: Some(key),
                sent_at: NOW,
                duration_ms: 300,
                status: Some(201),
                key_lookup: Some(KeyLookup::Miss),
                request_id: Some("8f2c5a5e-93f3-4f0e-a44c-1f6f6e0a2f55".to_owned()),
                found: None,
            });
            batch.outcomes.push(Outcome {
                number,
                row,
                key: None,
            });
        }
        let route = Route {
            method: "POST".to_owned(),
            path: "/api/v2/tickets".to_owned(),
            host: "example.zendesk.com".to_owned(),
            user: 1,
        };
        let from = self.rows.len().saturating_sub(32);
        for pending in self.rows.drain(from..) {
            let (row, _) = next(Row::fresh(), due(), &RULES);
            self.out.push((pending.number, pending.key, row.clone()));
            let intent = Intent {
                row: pending.number,
                external_id: pending.external_id,
                key: pending.key,
                body: Arc::clone(&self.body),
                fingerprint: pending.fingerprint,
                route: route.clone(),
                trust: Trust::Key,
                highest_ticket: None,
                first_sent_at: NOW,
                sent_at: NOW,
                attempt: 1,
            };
            batch.intents.push(NewIntent { intent, row });
        }
        batch
    }
}

fn turns(path: &Path) -> Turns {
    let checkpoint = loaded(path);
    let rows = usize::try_from(ROWS).expect("it is small");
    let rows = checkpoint.pending(RowNumber(0), rows);
    Turns {
        checkpoint,
        rows: rows.expect("the rows can be read"),
        out: Vec::new(),
        body: vec![b'x'; 600].into(),
    }
}

fn commit(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |n: u64| folder.path().join(format!("{n}.checkpoint"));
    let mut files = 0;
    let current = RefCell::new(turns(&path(files)));
    let mut group = c.benchmark_group("checkpoint");
    group.throughput(Throughput::Elements(ROWS_A_COMMIT));
    group.bench_function("commit 32 replies and 32 intents, synced", |b| {
        b.iter_batched(
            || {
                let mut current = current.borrow_mut();
                if current.rows.is_empty() {
                    files += 1;
                    *current = turns(&path(files));
                }
                current.batch()
            },
            |batch| {
                let durable = current.borrow_mut().checkpoint.commit(batch);
                assert!(!durable.expect("the disk takes it").is_empty());
            },
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn short() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(20)
}

criterion_group! {
    name = hot_paths;
    config = short();
    targets = mapping, classification, decisions, load, commit
}
criterion_main!(hot_paths);
