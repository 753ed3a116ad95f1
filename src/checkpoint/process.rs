//! Processes: how one is identified, and whether another one is still alive.
//!
//! A process number alone proves nothing: it is reused after the process has ended, and it means a
//! different process on another machine or in another container. So a process is identified by the
//! boot id of its machine, its namespaces, its number and its start time. If one of these cannot be
//! read, the fate of the process counts as unknown.

use std::fmt;

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

/// The identity of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Process {
    /// The name of its machine.
    pub(super) host: String,
    /// The id of its machine, which survives a reboot; containers often have none.
    pub(super) machine_id: Option<String>,
    /// The boot id of its machine.
    pub(super) boot: Option<String>,
    /// The namespaces to which its number and its start time refer.
    pub(super) namespaces: Option<String>,
    /// Its process number.
    pub(super) number: u32,
    /// Its start time, in ticks since boot.
    pub(super) started: Option<String>,
}

/// Whether a process is still alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It lives on this machine.
    Lives,
    /// It has ended.
    Gone,
    /// It cannot be seen from here.
    Unknown,
}

impl Process {
    /// This process.
    pub(super) fn this() -> Self {
        let number = std::process::id();
        // A /proc of another namespace uses other numbers and would show a different process as
        // this one.
        let own = stat("self").filter(|own| own.number == number);
        Self {
            host: rustix::system::uname()
                .nodename()
                .to_string_lossy()
                .into_owned(),
            machine_id: word_of("/etc/machine-id"),
            boot: boot(),
            namespaces: own.as_ref().and(namespaces()),
            number,
            started: own.map(|own| own.started),
        }
    }

    /// Returns the fate of this process, as far as the asking process `here` can determine it.
    pub(super) fn fate(&self, here: &Self) -> Fate {
        match (&self.boot, &here.boot) {
            (Some(then), Some(now)) if then == now && self.counts_like(here) => {
                self.fate_beside(here)
            }
            (Some(then), Some(now)) if then != now && self.is_of_the_machine_of(here) => Fate::Gone,
            (Some(_) | None, Some(_) | None) => Fate::Unknown,
        }
    }

    /// Reports whether a process number means the same process to both.
    fn counts_like(&self, here: &Self) -> bool {
        let known = self.namespaces.is_some() || cfg!(target_os = "macos");
        known && self.namespaces == here.namespaces
    }

    /// Reports whether both are on one machine. A name alone does not prove it: many machines are
    /// called `localhost`.
    fn is_of_the_machine_of(&self, here: &Self) -> bool {
        self.host == here.host && self.machine_id.is_some() && self.machine_id == here.machine_id
    }

    fn fate_beside(&self, here: &Self) -> Fate {
        // Two processes never have the same number at the same time.
        if self.number == here.number {
            return Fate::Gone;
        }
        let Some(pid) = i32::try_from(self.number).ok().and_then(Pid::from_raw) else {
            return Fate::Gone;
        };
        if test_kill_process(pid) == Err(Errno::SRCH) {
            return Fate::Gone;
        }
        let found = here
            .started
            .as_ref()
            .and_then(|_| stat(&self.number.to_string()));
        match (&self.started, found) {
            (Some(then), Some(found)) if found.has_ended || found.started != *then => Fate::Gone,
            (Some(_), Some(_)) => Fate::Lives,
            (Some(_) | None, Some(_) | None) => Fate::Unknown,
        }
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} on {}", self.number, self.host)
    }
}

/// The contents of `/proc/…/stat`.
struct Stat {
    number: u32,
    has_ended: bool,
    started: String,
}

fn stat(process: &str) -> Option<Stat> {
    parse_stat(&std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
}

/// Parses a stat line. Its second field is the program's name in brackets, which may itself contain
/// brackets and spaces.
fn parse_stat(text: &str) -> Option<Stat> {
    let (number, _) = text.split_once(' ')?;
    let (_, after_name) = text.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace();
    let state = fields.next()?;
    Some(Stat {
        number: number.parse().ok()?,
        // A process that has ended keeps its entry until its parent collects it.
        has_ended: matches!(state, "Z" | "X" | "x"),
        started: fields.nth(18)?.to_owned(),
    })
}

fn namespaces() -> Option<String> {
    let link = |name: &str| {
        let link = std::fs::read_link(format!("/proc/self/ns/{name}")).ok()?;
        Some(link.to_string_lossy().into_owned())
    };
    let numbers = link("pid")?;
    // Start times depend on the time namespace, which older kernels do not have.
    Some([numbers, link("time").unwrap_or_default()].join(" "))
}

#[cfg(target_os = "macos")]
fn boot() -> Option<String> {
    let ended = std::process::Command::new("/usr/sbin/sysctl")
        .args(["-n", "kern.bootsessionuuid"])
        .output()
        .ok()?;
    word(&String::from_utf8(ended.stdout).ok()?)
}

#[cfg(not(target_os = "macos"))]
fn boot() -> Option<String> {
    word_of("/proc/sys/kernel/random/boot_id")
}

fn word_of(file: &str) -> Option<String> {
    word(&std::fs::read_to_string(file).ok()?)
}

fn word(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> Process {
        Process {
            host: "desk".to_owned(),
            machine_id: Some("m".to_owned()),
            boot: Some("b".to_owned()),
            namespaces: Some("pid:[1] time:[2]".to_owned()),
            number: std::process::id(),
            started: Some("5".to_owned()),
        }
    }

    /// The first process of the machine, which always lives.
    fn first() -> Process {
        Process {
            number: 1,
            started: stat("1").map(|first| first.started),
            ..here()
        }
    }

    #[test]
    fn a_program_may_be_called_what_it_likes() {
        let text = "4711 (a) b) ( c) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 987 20";
        let found = parse_stat(text).unwrap();
        assert_eq!((found.number, found.has_ended), (4711, false));
        assert_eq!(found.started, "987");
        assert!(parse_stat(&text.replace(" S ", " Z ")).unwrap().has_ended);
        assert!(parse_stat("4711 (a").is_none());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_that_lives_is_known_and_one_that_took_its_number_is_not_it() {
        assert_eq!(first().fate(&here()), Fate::Lives);
        let earlier = Process {
            started: Some("another time".to_owned()),
            ..first()
        };
        assert_eq!(earlier.fate(&here()), Fate::Gone);
        let gone = Process {
            number: 0x3fff_ffff,
            ..first()
        };
        assert_eq!(gone.fate(&here()), Fate::Gone);
        assert_eq!(here().fate(&here()), Fate::Gone, "it is this one itself");
    }

    #[test]
    fn an_earlier_boot_has_ended_and_another_machine_is_not_judged_by_its_name() {
        let other_boot = |machine_id: Option<&str>, host: &str| Process {
            boot: Some("an earlier one".to_owned()),
            machine_id: machine_id.map(str::to_owned),
            host: host.to_owned(),
            ..first()
        };
        assert_eq!(other_boot(Some("m"), "desk").fate(&here()), Fate::Gone);
        assert_eq!(other_boot(Some("n"), "desk").fate(&here()), Fate::Unknown);
        assert_eq!(other_boot(Some("m"), "till").fate(&here()), Fate::Unknown);
        let unidentified = Process {
            machine_id: None,
            ..here()
        };
        assert_eq!(other_boot(None, "desk").fate(&unidentified), Fate::Unknown);
    }

    #[test]
    fn a_process_of_another_container_is_not_judged_by_its_number() {
        for number in [1, 0x3fff_ffff, std::process::id()] {
            let elsewhere = Process {
                namespaces: Some("pid:[3] time:[2]".to_owned()),
                number,
                ..first()
            };
            assert_eq!(elsewhere.fate(&here()), Fate::Unknown);
        }
    }

    #[test]
    fn without_a_boot_or_a_start_nobody_is_declared_alive() {
        let no_boot = |process: Process| Process {
            boot: None,
            ..process
        };
        assert_eq!(no_boot(first()).fate(&no_boot(here())), Fate::Unknown);
        assert_eq!(no_boot(first()).fate(&here()), Fate::Unknown);
        let no_start = |process: Process| Process {
            started: None,
            ..process
        };
        assert_eq!(no_start(first()).fate(&no_start(here())), Fate::Unknown);
        let no_namespaces = |process: Process| Process {
            namespaces: None,
            ..process
        };
        let gone = Process {
            number: 0x3fff_ffff,
            ..no_namespaces(here())
        };
        if !cfg!(target_os = "macos") {
            assert_eq!(gone.fate(&no_namespaces(here())), Fate::Unknown);
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_knows_all_about_itself() {
        let this = Process::this();
        assert!(this.boot.is_some() && this.started.is_some() && this.namespaces.is_some());
        assert_eq!(this, Process::this());
    }
}
