//! The facts about a run, and the formats in which they are shown.

mod advice;
pub mod cells;
mod chart;
pub mod facts;
pub mod origins;
pub mod page;
pub mod preview;
pub mod requesters;
pub mod results;
pub mod summary;
pub mod text;
mod troubles;
mod words;

pub use facts::{Facts, ThisRun, Would};
