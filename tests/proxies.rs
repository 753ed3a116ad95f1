//! What stands between the program and the account may lie: it refuses lookups, drops keys, caches,
//! repeats. No row gets two tickets of it, and none is lost without a word.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::support::folder::Folder;
use crate::support::process::Ended;
use crate::support::proxy::{Account, Asked, Proxy, Reply};
use crate::support::sandbox::Sandbox;

/// An account behind a proxy, and rows to move there.
struct Scene {
    folder: Folder,
    sandbox: Sandbox,
    proxy: Proxy,
    rows: u64,
}

impl Scene {
    fn new(rows: u64, settings: &str) -> Self {
        let mut csv = String::from("external_id,subject,comment.body\n");
        for row in 1..=rows {
            writeln!(csv, "Old-{row},Ticket {row},The text of ticket {row}").unwrap();
        }
        let folder = Folder::new()
            .with("t.csv", csv)
            .with("account.toml", settings);
        let sandbox = Sandbox::start(&folder, "--settings account.toml");
        let proxy = Proxy::start(sandbox.address());
        Self {
            folder,
            sandbox,
            proxy,
            rows,
        }
    }

    fn run(&self, flags: &str) -> Ended {
        let url = self.proxy.url();
        let run = format!("run t.csv -c c.sqlite3 --lookup-settle 300ms --url {url} {flags}");
        self.folder
            .command(&run)
            .env("ZENDESK_OAUTH_TOKEN", "t")
            .run()
    }

    fn lose_checkpoint(&self) {
        for end in ["", "-wal", "-shm"] {
            let _it_may_not_be_there =
                std::fs::remove_file(self.folder.path(&format!("c.sqlite3{end}")));
        }
    }

    /// The rows in a state, by their codes.
    fn codes(&self, state: &str) -> BTreeMap<String, String> {
        let db = rusqlite::Connection::open(self.folder.path("c.sqlite3")).unwrap();
        let mut query = db
            .prepare("SELECT external_id, coalesce(problem_code, '') FROM rows WHERE state = ?1")
            .unwrap();
        let rows = query.query_map([state], |r| Ok((r.get(0)?, r.get(1)?)));
        rows.unwrap().map(Result::unwrap).collect()
    }

    /// No second ticket, and each row is either created or unknown for this reason.
    fn judge(&self, ended: &Ended, reason: &str) {
        let stats = self.sandbox.stats();
        assert_eq!(stats.duplicates, 0, "{ended:?}");
        assert_eq!(stats.external_ids, stats.tickets, "{ended:?}");
        let (created, unknown) = (self.codes("created"), self.codes("unknown"));
        assert_eq!(
            (created.len() + unknown.len()) as u64,
            self.rows,
            "{ended:?}"
        );
        let reasons: BTreeSet<&String> = unknown.values().collect();
        assert!(
            reasons.iter().all(|code| *code == reason),
            "{unknown:?} {ended:?}"
        );
        assert!(stats.tickets >= created.len() as u64, "{stats:?}");
    }
}

/// Answers that are no answer to a lookup.
const REFUSALS: [(u16, &str); 7] = [
    (400, r#"{"error":"BadRequest","description":"no"}"#),
    (404, r#"{"error":"RecordNotFound","description":"no"}"#),
    (404, "not found"),
    (410, "gone"),
    (413, "too large"),
    (422, r#"{"error":"Unprocessable","description":"no"}"#),
    (
        200,
        r#"{"tickets":[],"results":[],"count":0,"next_page":"/the/same"}"#,
    ),
];

#[test]
fn a_start_whose_sample_gets_no_answer_sends_nothing() {
    std::thread::scope(|scope| {
        for (status, body) in REFUSALS {
            scope.spawn(move || {
                let scene = Scene::new(40, "");
                assert_eq!(scene.run("").status, Some(0));
                scene.lose_checkpoint();
                scene.proxy.does(move |asked, account| {
                    Some(if asked.is_lookup() {
                        Reply::new(status, body)
                    } else {
                        account.ask(asked)
                    })
                });
                let ended = scene.run("");
                assert_eq!(ended.status, Some(1), "{status} {body}: {ended:?}");
                assert!(
                    ended.stderr.contains("cannot be told which rows"),
                    "{ended:?}"
                );
                assert_eq!(scene.sandbox.stats().tickets, 40, "{status} {body}");
            });
        }
    });
}

/// Drops keys, and loses the replies to the first creates although their tickets are made.
fn drop_keys(scene: &Scene) {
    let mut creates = 0;
    scene.proxy.does(move |asked, account| {
        if !asked.is_create() {
            return Some(account.ask(asked));
        }
        creates += 1;
        let reply = account
            .ask(&asked.without_key())
            .without_header("x-idempotency-lookup");
        Some(if creates <= 10 {
            Reply::new(504, "gateway timeout")
        } else {
            reply
        })
    });
}

#[test]
fn keys_that_another_way_honoured_are_not_believed_on_this_one() {
    for lanes in [4, 200] {
        let scene = Scene::new(25, "");
        assert_eq!(scene.run("--limit 5").status, Some(4));
        drop_keys(&scene);
        let ended = scene.run(&format!("--concurrency {lanes}"));
        assert_eq!(ended.status, Some(0), "{ended:?}");
        scene.judge(&ended, "");
        assert_eq!(scene.sandbox.stats().tickets, 25);
    }
}

#[test]
fn a_row_in_flight_is_looked_up_by_the_next_run_and_not_sent_again_under_its_key() {
    let scene = Scene::new(10, "");
    // The way honours keys, but the replies after the third are lost, and then the run is stopped.
    let mut creates = 0;
    scene.proxy.does(move |asked, account| {
        creates += usize::from(asked.is_create());
        let reply = account.ask(asked);
        (!asked.is_create() || creates <= 3).then_some(reply)
    });
    let ended = scene.run("--max-duration 3s --concurrency 2");
    assert_eq!(ended.status, Some(4), "{ended:?}");
    assert!(!scene.codes("sending").is_empty(), "{ended:?}");
    drop_keys(&scene);
    let ended = scene.run("");
    scene.judge(&ended, "");
    assert_eq!(ended.status, Some(0), "{ended:?}");
}

/// How a cache shows itself, or does not.
#[derive(Debug, Clone, Copy)]
enum Cache {
    Age,
    OldDate,
    Hit,
    /// It passes an old answer off as a new one.
    Hidden,
}

#[test]
fn an_answer_from_a_cache_is_no_answer_to_whether_a_ticket_exists() {
    std::thread::scope(|scope| {
        for cache in [Cache::Age, Cache::OldDate, Cache::Hit, Cache::Hidden] {
            scope.spawn(move || {
                let scene = Scene::new(30, "");
                let mut kept: BTreeMap<String, Reply> = BTreeMap::new();
                let mut creates = 0;
                scene.proxy.does(move |asked, account| {
                    if asked.is_create() {
                        creates += 1;
                        let reply = account.ask(asked);
                        // A third of the replies is lost, but not those of the first tickets.
                        return (creates <= 6 || creates % 3 > 0).then_some(reply);
                    }
                    if !asked.is_lookup() {
                        return Some(account.ask(asked));
                    }
                    Some(cached(&mut kept, cache, asked, account))
                });
                let ended = scene.run("--endpoint imports --concurrency 1");
                scene.judge(
                    &ended,
                    match cache {
                        Cache::Hidden => "StaleLookups",
                        Cache::Age | Cache::OldDate | Cache::Hit => "LookupFailed",
                    },
                );
            });
        }
    });
}

/// A cache that knows an answer by the `external_id` alone, whatever else is asked for.
fn cached(
    kept: &mut BTreeMap<String, Reply>,
    cache: Cache,
    asked: &Asked,
    account: &Account,
) -> Reply {
    let name = asked.path.split("&per_page").next().unwrap().to_owned();
    match (kept.get(&name), cache) {
        (None, _) => {
            let reply = account.ask(asked);
            kept.insert(name, reply.clone());
            reply
        }
        (Some(old), Cache::Age) => old.clone().with_header("age", "7"),
        (Some(old), Cache::Hit) => old.clone().with_header("x-cache", "HIT from here"),
        (Some(old), Cache::OldDate) => old
            .clone()
            .with_header("date", "Tue, 24 Nov 2020 13:00:00 GMT"),
        (Some(old), Cache::Hidden) => {
            let fresh = account.ask(asked);
            let date = fresh
                .head
                .lines()
                .find_map(|line| line.strip_prefix("date: "))
                .unwrap();
            old.clone().with_header("date", date)
        }
    }
}

#[test]
fn a_ticket_whose_external_id_was_changed_a_little_is_neither_found_nor_absent() {
    for (settings, column) in [("external_ids = 'fold'", ""), ("", "null")] {
        let scene = Scene::new(12, settings);
        let mut creates = 0;
        scene.proxy.does(move |asked, account| {
            let reply = account.ask(asked);
            if asked.is_create() {
                creates += 1;
                return (creates % 3 > 0).then_some(reply);
            }
            if asked.is_lookup() && !column.is_empty() {
                let Reply { head, body } = reply;
                let body = body.replace("\"external_id\":\"Old-", "\"external_id\":null,\"x\":\"");
                return Some(Reply { head, body });
            }
            Some(reply)
        });
        let ended = scene.run("--endpoint imports --concurrency 1");
        assert_eq!(ended.status, Some(3), "{ended:?}");
        scene.judge(&ended, "NearMatch");
        assert_eq!(scene.sandbox.stats().tickets, 12);
        assert_eq!(scene.codes("unknown").len(), 4);
    }
}

/// Answers to the lookups of one row that come whatever is asked.
const POISONS: [(u16, &str, &str); 5] = [
    (403, "forbidden by the firewall", "Http403"),
    (302, "", "Http302"),
    (404, "not found", "Http404"),
    (500, "oops", "LookupFailed"),
    (200, r#"{"tickets":[{"id":12"#, "LookupFailed"),
];

#[test]
fn a_row_whose_lookups_never_get_an_answer_does_not_stop_the_others() {
    std::thread::scope(|scope| {
        for (status, body, code) in POISONS {
            scope.spawn(move || {
                let scene = Scene::new(8, "");
                scene.proxy.does(move |asked, account| {
                    let is_poisoned = asked.is_about("Old-3");
                    if is_poisoned && asked.is_lookup() {
                        return Some(Reply::new(status, body));
                    }
                    let reply = account.ask(asked);
                    (!asked.is_create() || !is_poisoned).then_some(reply)
                });
                let ended = scene.run("--endpoint imports");
                assert_eq!(ended.status, Some(3), "{status} {body}: {ended:?}");
                scene.judge(&ended, code);
                let unknown = scene.codes("unknown");
                assert_eq!(unknown.keys().collect::<Vec<_>>(), ["Old-3"], "{ended:?}");
            });
        }
    });
}

#[test]
fn a_wait_that_is_longer_than_the_longest_outage_is_told_as_such() {
    for at_start in [false, true] {
        let scene = Scene::new(4, "");
        scene.proxy.does(move |asked, account| {
            Some(if at_start || asked.is_create() {
                Reply::new(429, "").with_header("retry-after", "1200")
            } else {
                account.ask(asked)
            })
        });
        let ended = scene.run("--max-outage 1m");
        assert_eq!(ended.status, Some(4), "{ended:?}");
        assert!(
            ended.stderr.contains("Zendesk asks to wait 20 min"),
            "{ended:?}"
        );
        assert_eq!(scene.sandbox.stats().tickets, 0);
    }
}

#[test]
fn a_request_that_was_repeated_on_the_way_is_recognised_by_its_two_tickets() {
    let scene = Scene::new(4, "");
    scene.proxy.does(|asked, account| {
        if asked.is_create() && asked.is_about("Old-2") {
            // A proxy that repeats what it gets no answer to.
            account.ask(&asked.without_key());
            account.ask(&asked.without_key());
            return None;
        }
        Some(account.ask(asked))
    });
    let ended = scene.run("--endpoint imports");
    assert_eq!(ended.status, Some(3), "{ended:?}");
    assert!(
        ended.stderr.contains("a proxy on the way repeats requests"),
        "{ended:?}"
    );
    let unknown = scene.codes("unknown");
    assert_eq!(unknown["Old-2"], "SeveralTickets");
    assert_eq!((scene.sandbox.stats().tickets, unknown.len()), (5, 1));
}
