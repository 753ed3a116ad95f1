//! Damage, what × where: a checkpoint that was cut, overwritten, emptied, locked away or tampered
//! with. The program reaches the right end or refuses with one sentence; it never makes a second
//! ticket, never takes the checkpoint away, and never panics.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    reason = "a test fails by panicking, and tells what it has seen"
)]

mod csv;
mod files;
mod places;
mod scene;
mod tampering;
mod verdict;
mod wal;
