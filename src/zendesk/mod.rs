//! The zendesk room.
pub mod pacer;
