//! The ticket as it is sent.
