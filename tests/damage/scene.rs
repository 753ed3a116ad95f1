//! A migration that has come halfway, against a double that remembers.

use std::fmt::Write;

use zendesk_migrate::sandbox::faults::{Fault, Faults};

use crate::support::folder::{Files, Folder, Program};
use crate::support::http;
use crate::support::process::until;
use crate::support::sandbox::Sandbox;

/// How many tickets are moved: few enough that the loss check looks every one of them up.
pub(crate) const ROWS: u64 = 12;

pub(crate) const CHECKPOINT: &str = "c.sqlite3";
pub(crate) const WAL: &str = "c.sqlite3-wal";
pub(crate) const SHM: &str = "c.sqlite3-shm";

/// Rows that the first run of every scene has created.
const FIRST: u64 = 4;

/// What a halfway run meets: of five creates two are answered, and three are made but not answered.
const MET: [bool; 5] = [false, true, false, true, true];

/// A folder with CSV and checkpoint, and the account that it belongs to.
pub(crate) struct Scene {
    pub(crate) folder: Folder,
    pub(crate) sandbox: Sandbox,
}

pub(crate) fn csv() -> String {
    let mut csv = String::from("external_id,subject,comment.body\n");
    for row in 1..=ROWS {
        writeln!(csv, "old-{row},Ticket {row},The text of ticket {row}").unwrap();
    }
    csv
}

impl Scene {
    /// Nothing has been done yet.
    pub(crate) fn new() -> Self {
        let folder = Folder::new().with("tickets.csv", csv());
        let sandbox = Sandbox::start(&folder, "");
        Self { folder, sandbox }
    }

    /// A run has ended well with four rows created and eight pending.
    pub(crate) fn ended() -> Self {
        let scene = Self::new();
        let ended = scene.run(&format!("--limit {FIRST}")).run();
        assert_eq!(ended.status, Some(4), "{ended:?}");
        assert!(!scene.folder.path(WAL).exists());
        scene
    }

    /// The next run was killed, when two more rows were created and three were made but not
    /// answered. Three are pending. All that it did is in the WAL.
    pub(crate) fn killed() -> Self {
        let scene = Self::ended();
        let faults = slow();
        scene.set_faults(&faults);
        let run = scene.run("").start();
        until("the creates that are not answered", || {
            scene.sandbox.stats().tickets == FIRST + MET.len() as u64
        });
        run.kill();
        scene.set_faults(&Faults::default());
        assert!(scene.folder.path(WAL).exists());
        scene
    }

    pub(crate) fn set_faults(&self, faults: &Faults) {
        let body = serde_json::to_string(faults).unwrap();
        http::post(self.sandbox.address(), "/sandbox/faults", &body);
    }

    pub(crate) fn set(&self, settings: &str) {
        http::post(self.sandbox.address(), "/sandbox/settings", settings);
    }

    /// The program on its way to the end of this scene.
    pub(crate) fn run(&self, flags: &str) -> Program<'_> {
        let run = format!(
            "run tickets.csv -c {CHECKPOINT} --lookup-settle 200ms --concurrency 3 --url {} {flags}",
            self.sandbox.url()
        );
        self.folder.command(&run).env("ZENDESK_OAUTH_TOKEN", "t")
    }

    /// All that the checkpoint consists of, and nothing of what only goes with a process. An empty
    /// WAL is none.
    pub(crate) fn checkpoint_files(&self) -> Files {
        let mut files = self.folder.files();
        files.retain(|path, bytes| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name == CHECKPOINT || (name == WAL && !bytes.is_empty())
        });
        files
    }
}

/// Faults that strike five creates as [`MET`] says.
fn slow() -> Faults {
    (0..10_000)
        .map(|seed| Faults {
            seed,
            slow: 0.5,
            slow_ms: 60_000,
            ..Faults::default()
        })
        .find(|faults| {
            let mut faults = faults.clone();
            let mut struck = || matches!(faults.draw(), Some(Fault::Slow { .. }));
            MET.iter().all(|met| struck() == *met)
        })
        .expect("a seed among many")
}
