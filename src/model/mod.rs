//! The vocabulary shared by all rooms: plain values with no surprising behaviour.
//!
//! Nothing in here does I/O, reads a clock or waits.

pub mod counts;
pub mod delta;
pub mod difference;
pub mod external_id;
pub mod fault;
pub mod history;
pub mod ids;
pub mod intent;
pub mod limits;
pub mod problem;
pub mod reply;
pub mod results;
pub mod row_name;
pub mod shown;
mod text;
pub mod ticket;
pub mod time;
pub mod words;
