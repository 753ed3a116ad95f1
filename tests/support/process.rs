//! The program while it runs, and what it leaves when it has ended.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long anything is waited for before the test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running program; killed if the test leaves it behind.
pub(crate) struct Running {
    child: Option<Child>,
}

/// What an ended program has left.
#[derive(Debug)]
pub(crate) struct Ended {
    /// None if a signal ended it.
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the built program");
        Self { child: Some(child) }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    /// Whether it is over.
    pub(crate) fn has_ended(&mut self) -> bool {
        let ended = self.child.as_mut().map(Child::try_wait);
        !matches!(ended, Some(Ok(None)))
    }

    /// Asks it to end, as a service manager does.
    pub(crate) fn terminate(&self) {
        terminate(self.id());
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, name: &str) {
        signal(self.id(), name);
    }

    /// Ends it with SIGKILL and waits until it is gone.
    pub(crate) fn kill(mut self) {
        self.end();
    }

    /// Waits for its end.
    pub(crate) fn wait(mut self) -> Ended {
        let child = self
            .child
            .take()
            .expect("a program that was not waited for");
        let output = child.wait_with_output().expect("the program's output");
        Ended {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("text"),
            stderr: String::from_utf8(output.stderr).expect("text"),
        }
    }

    fn end(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            let _gone = child.kill();
            child.wait().expect("a child of ours");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// Asks a process to end, as a service manager does.
pub(crate) fn terminate(process: u32) {
    signal(process, "TERM");
}

fn signal(process: u32, name: &str) {
    let kill = format!("kill -{name} {process}");
    let status = Command::new("sh").args(["-c", &kill]).status();
    assert!(status.expect("a shell").success(), "{kill}");
}

/// Asks again and again until it is so; fails loudly if it never is.
#[track_caller]
pub(crate) fn until(what: &str, is_so: impl FnMut() -> bool) {
    until_within(what, PATIENCE, is_so);
}

/// The same with less patience, where the waiting is what is tested.
#[track_caller]
#[allow(clippy::disallowed_methods, reason = "a test may watch the clock")]
pub(crate) fn until_within(what: &str, patience: Duration, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < patience, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(1));
    }
}
