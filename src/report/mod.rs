//! The facts about a run, and the forms they are shown in.

pub mod facts;
pub mod preview;
pub mod text;

pub use facts::{Facts, ThisRun, Would};
