//! The local double of Zendesk: enough of the ticketing API to prove a migration against it.
//!
//! The double is written from the outside: it knows the wire format and nothing of the importer,
//! so that one wrong serializer cannot agree with itself. It uses no other room of this crate.
//!
//! From the inside out:
//!
//! - [`state`] is the service as a plain struct. Time is an argument, nothing is random and
//!   nothing waits, so a simulation can drive it directly.
//! - [`faults`] draws, from a seed, what goes wrong with a request.
//! - [`store`] keeps what was answered in a SQLite file.
//! - [`server`] puts all of it behind a socket.
//!
//! What is not known of the real service is a knob in [`settings`], so that the importer can be
//! proven to be safe both ways.
//!
//! Absent: attachments, organizations, views, and everything that runs by itself in an account:
//! triggers, automations, mails.

mod api;
mod dates;
mod dice;
pub mod faults;
pub mod http;
pub mod server;
mod service;
pub mod settings;
pub mod state;
pub mod store;
