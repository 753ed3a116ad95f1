//! What the tests of the built program share: a folder, a command in it whose every word is
//! compared, and the double as a process.

pub(crate) mod draw;
pub(crate) mod folder;
pub(crate) mod http;
pub(crate) mod npm;
pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod sandbox;
