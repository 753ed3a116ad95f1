//! The words.

pub mod problem;
pub mod ticket;
