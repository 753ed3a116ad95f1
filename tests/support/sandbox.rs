//! The double as a process of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use serde::Deserialize;
use serde_json::Value;

use super::folder::Folder;
use super::http;
use super::process::terminate;

/// A running `zendesk-migrate sandbox`; ended with the test.
pub(crate) struct Sandbox {
    child: Child,
    address: SocketAddr,
}

/// What it has counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct Stats {
    pub(crate) tickets: u64,
    pub(crate) external_ids: u64,
    pub(crate) duplicates: u64,
    pub(crate) requests: u64,
    pub(crate) throttled: u64,
}

impl Sandbox {
    /// Starts it on any free port, with these flags.
    pub(crate) fn start(folder: &Folder, flags: &str) -> Self {
        Self::start_at(folder, "127.0.0.1:0", flags)
    }

    /// Starts it where it is told to listen.
    pub(crate) fn start_at(folder: &Folder, listen: &str, flags: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_zendesk-migrate"))
            .args(["sandbox", "--listen", listen])
            .args(flags.split_whitespace())
            .current_dir(folder.path(""))
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the built program");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("a piped stdout");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let address = line
            .trim()
            .strip_prefix("http://")
            .and_then(|address| address.parse().ok());
        let Some(address) = address else {
            let _gone = child.kill();
            panic!("the sandbox at {listen} said {line:?}: {:?}", child.wait());
        };
        Self { child, address }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn stats(&self) -> Stats {
        let stats = http::get(self.address, "/sandbox/stats");
        serde_json::from_value(stats).expect("the counts")
    }

    /// Asks the account as a client would.
    pub(crate) fn get(&self, path: &str) -> Value {
        http::get(self.address, path)
    }

    /// Asks it to end, as a service manager does, and waits until it has.
    pub(crate) fn terminate(mut self) {
        terminate(self.child.id());
        let status = self.child.wait().expect("a child of ours");
        assert_eq!(status.code(), Some(0));
    }

    /// Ends it with SIGKILL and waits until it is gone.
    pub(crate) fn kill(self) {
        drop(self);
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _gone = self.child.kill();
        self.child.wait().expect("a child of ours");
    }
}
