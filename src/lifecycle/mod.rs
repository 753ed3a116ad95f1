//! All decisions, as pure functions: which state a row may take, when it may be sent again, what a
//! lookup proves, and when the run pauses or ends.
//!
//! Time, keys and jitter are arguments. Nothing in here does I/O or reads a clock, so the same
//! decisions run in the program, in the grid test and in the simulation.

pub mod claim;
pub mod event;
pub mod fixed;
pub mod inquiry;
mod next;
mod person;
pub mod question;
mod replied;
pub mod retry;
mod scanned;
pub mod state;
pub mod turnover;
mod verdict;
pub mod watch;
pub mod window;

pub use claim::{Shown, without_deleted};
pub use event::{Event, Evidence, Finding, Rules, Sighting, Step, Stop};
pub use next::next;
pub use state::{Flight, How, Past, Row, State};
pub use watch::Watch;

#[cfg(test)]
mod grid_lookups_tests;
#[cfg(test)]
mod grid_replies_tests;
#[cfg(test)]
mod grid_tests;
#[cfg(test)]
mod grid_words_tests;
#[cfg(test)]
mod next_tests;
#[cfg(test)]
mod verdict_tests;
