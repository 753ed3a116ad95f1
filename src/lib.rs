//! Moves legacy tickets from a CSV file into Zendesk: one create per row, and never two tickets of
//! one row, whatever dies when.
//!
//! The rooms, from the ground up. A room may use the rooms of lower ranks and nothing else;
//! `tests/architecture.rs` checks it.
//!
//! | rank | room | holds |
//! |---|---|---|
//! | 0 | [`model`] | the words: ids, ticket, reply, time, limits |
//! | 1 | [`lifecycle`] | every decision: a row's states and transitions, retry, key window, when to halt |
//! | 2 | [`source`] | CSV and mapping in, ticket bodies out |
//! | 2 | [`checkpoint`] | the SQLite file |
//! | 2 | [`zendesk`] | the HTTP client: auth, wire, classification, pacing |
//! | 2 | [`report`] | facts, and their faces |
//! | 2 | [`sandbox`] | the local Zendesk double |
//! | 3 | [`engine`] | the loop where the rooms of rank 2 meet |
//! | 4 | [`cli`] | arguments, commands, exit codes, progress |

pub mod checkpoint;
pub mod cli;
pub mod engine;
pub mod lifecycle;
pub mod model;
pub mod report;
pub mod sandbox;
pub mod source;
pub mod zendesk;
