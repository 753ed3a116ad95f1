//! The one place where the importer reads a clock.

use jiff::Timestamp;

use crate::model::time::Monotonic;

/// Reads the monotonic clock.
///
/// On Linux and macOS this clock keeps running while the machine sleeps: a laptop that was closed for
/// three hours must know that its keys are three hours older.
pub fn monotonic() -> Monotonic {
    #[cfg(target_os = "linux")]
    let id = rustix::time::ClockId::Boottime;
    #[cfg(not(target_os = "linux"))]
    let id = rustix::time::ClockId::Monotonic;
    let now = rustix::time::clock_gettime(id);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(now.tv_nsec).unwrap_or(0);
    Monotonic(seconds * 1_000 + nanos / 1_000_000)
}

/// Reads the wall clock, for dates that people read and to recognise dates that lie in the future. No
/// decision about a row that was sent depends on it.
#[expect(clippy::disallowed_methods, reason = "this is the clock")]
pub fn wall() -> Timestamp {
    Timestamp::now()
}
