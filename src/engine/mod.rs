//! The loop where source, checkpoint, client and pacer meet.
//!
//! [`driver`] is the loop's whole mind, as a synchronous value: messages and the time go in, effects
//! come out. [`run`] is its body: threads, sockets and clocks. The simulation gives the same mind
//! another body.

mod asking;
pub mod authors;
pub mod belongs;
pub mod claims;
pub mod clock;
pub mod conversation;
pub mod csv_rows;
pub mod driver;
mod error;
pub mod fields;
mod fixes;
pub mod history;
mod log;
pub mod monitor;
pub mod plan;
pub mod preflight;
mod reading;
pub mod recover;
pub mod request;
pub mod run;
pub mod scan;
pub mod siblings;
pub mod start;
mod turnover;
pub mod verify;

pub use error::EngineError;
