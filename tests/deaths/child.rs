//! A run with a body of its own, which dies where it is told to.

use std::cell::Cell;
use std::path::Path;
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::LocalSet;
use tokio_util::sync::CancellationToken;
use zendesk_migrate::checkpoint::Checkpoint;
use zendesk_migrate::engine::clock::monotonic;
use zendesk_migrate::engine::csv_rows::CsvRows;
use zendesk_migrate::engine::driver::{Driver, Effect, Message, Rows};
use zendesk_migrate::engine::monitor::{Monitor, Picture};
use zendesk_migrate::engine::plan::Plan;
use zendesk_migrate::engine::request::Requests;
use zendesk_migrate::engine::scan::{NewIds, scan};
use zendesk_migrate::engine::start;
use zendesk_migrate::lifecycle::{Rules, Stop};
use zendesk_migrate::model::ids::Key;
use zendesk_migrate::model::intent::{Route, Trust};
use zendesk_migrate::model::limits::REQUEST_TIMEOUT_MS;
use zendesk_migrate::model::time::Monotonic;
use zendesk_migrate::source::Source;
use zendesk_migrate::zendesk::pacer::Policy;
use zendesk_migrate::zendesk::{Account, Client, Credentials, Timeouts};

/// The test that is the child's body.
pub(crate) const NAME: &str = "deaths::a_child_lives_until_the_effect_at_which_it_is_to_die";

/// The checkpoint, in the child's folder.
pub(crate) const CHECKPOINT: &str = "tickets.sqlite3";

/// How the line begins in which a child says before what it dies.
pub(crate) const FACTS: &str = "dies before ";

const TURN: &str = "a turn";
const EFFECT: &str = "the effects of a COMMIT";
const REQUEST: &str = "a request";
const HANDING_ON: &str = "handing a reply on";

/// All that a child can die before once it sends.
pub(crate) const EFFECTS: [&str; 4] = [TURN, EFFECT, REQUEST, HANDING_ON];

const URL: &str = "DEATHS_URL";
const DIES_AT: &str = "DEATHS_AT";

/// Long enough that what a dead process has sent is done, short enough for a test.
const LOOKUP_SETTLE_MS: u64 = 300;

/// What a child is told.
pub(crate) struct Task {
    pub(crate) url: String,
    /// The effect at which it dies, from 1; 0 is none.
    pub(crate) dies_at: u64,
}

impl Task {
    pub(crate) fn tell(&self, command: &mut Command) {
        command
            .env(URL, &self.url)
            .env(DIES_AT, self.dies_at.to_string());
    }

    /// What this process was told; `None` if it is not a child.
    #[expect(clippy::disallowed_methods, reason = "this is how a child is told")]
    pub(crate) fn told() -> Option<Self> {
        let url = std::env::var(URL).ok()?;
        let dies_at = std::env::var(DIES_AT).ok()?.parse().ok()?;
        Some(Self { url, dies_at })
    }
}

/// Counts the effects down, and dies at the one that was named.
#[derive(Clone)]
struct Fate(Rc<Cell<u64>>);

impl Fate {
    fn strikes_before(&self, what: &str) {
        match self.0.get() {
            0 => {}
            1 => {
                eprintln!("{FACTS}{what}");
                std::process::abort();
            }
            left => self.0.set(left - 1),
        }
    }
}

struct Silent;

impl Monitor for Silent {
    fn scanned(&mut self, _bytes: u64, _rows: u64) {}
    fn moved(&mut self, _picture: &Picture) {}
    fn tell(&mut self, _sentence: &str) {}
}

/// Imports `tickets.csv`, or continues the import.
pub(crate) fn live(task: &Task) {
    let fate = Fate(Rc::new(Cell::new(task.dies_at)));
    fate.strikes_before("the checkpoint is opened");
    let mut checkpoint = Checkpoint::open(Path::new(CHECKPOINT), "the child").unwrap();
    fate.strikes_before("the scan");
    let source = Source::open(Path::new("tickets.csv"), None).unwrap();
    scan(
        &source,
        &mut checkpoint,
        NewIds::Refuse,
        &mut Silent,
        &CancellationToken::new(),
    )
    .unwrap();
    fate.strikes_before("the first question");
    let account = Account::from_url(&task.url).unwrap();
    let credentials = Credentials::Bearer("token".into());
    let client = Client::new(account, credentials, Timeouts::default(), monotonic).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let stop = LocalSet::new().block_on(&runtime, async {
        let mut so_far = start::SoFar::default();
        let known = start::ask(&client, &mut so_far, &mut Silent).await.unwrap();
        let plan = plan(client.account().host(), &known);
        let rows = CsvRows(source);
        let make_key = Box::new(Key::random);
        let now = monotonic();
        let driver = Driver::new(plan, checkpoint, rows, make_key, known.clock, now).unwrap();
        drive(driver, client, fate).await
    });
    assert_eq!(stop, Stop::Done);
    eprintln!("lived to its end");
}

fn plan(host: &str, known: &start::Account) -> Plan {
    Plan {
        rules: Rules {
            trust: Trust::Key,
            lookup_settle_ms: LOOKUP_SETTLE_MS,
            request_timeout_ms: REQUEST_TIMEOUT_MS,
            resend_after_ms: 0,
            keys_max: zendesk_migrate::model::limits::KEYS_PER_ROW_MAX,
        },
        route: Route {
            method: "POST".into(),
            path: "/api/v2/tickets".into(),
            host: host.into(),
            user: known.user,
        },
        unknown_author: zendesk_migrate::engine::conversation::UnknownAuthor::Fail,
        sees_all: known.role == "admin",
        pace: Policy::default(),
        concurrency: 3,
        limit: None,
        max_errors: 100,
        max_outage_ms: 60_000,
        max_duration_ms: None,
        seed: 5,
    }
}

async fn drive<R: Rows>(mut driver: Driver<R>, client: Client, fate: Fate) -> Stop {
    let (sender, mut inbox) = unbounded_channel();
    let mut messages = Vec::new();
    loop {
        fate.strikes_before(TURN);
        let effects = driver.turn(monotonic(), messages.drain(..)).unwrap();
        fate.strikes_before(EFFECT);
        for effect in effects {
            tokio::task::spawn_local(perform(
                effect,
                client.clone(),
                sender.clone(),
                fate.clone(),
            ));
        }
        if let Some(stop) = driver.finished() {
            return stop.clone();
        }
        wait(&mut inbox, driver.wake_at(), &mut messages).await;
    }
}

async fn wait(
    inbox: &mut UnboundedReceiver<Message>,
    until: Option<Monotonic>,
    messages: &mut Vec<Message>,
) {
    let first = match until {
        None => inbox.recv().await,
        Some(time) => {
            let left = Duration::from_millis(time.since(monotonic()));
            tokio::time::timeout(left, inbox.recv())
                .await
                .ok()
                .flatten()
        }
    };
    messages.extend(first);
    while let Ok(message) = inbox.try_recv() {
        messages.push(message);
    }
}

async fn perform(effect: Effect, client: Client, sender: UnboundedSender<Message>, fate: Fate) {
    fate.strikes_before(REQUEST);
    let message = client.make(effect).await;
    fate.strikes_before(HANDING_ON);
    sender.send(message).unwrap();
}
