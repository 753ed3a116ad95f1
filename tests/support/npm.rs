//! Other people's test cases, fetched by npm into the build folder and never committed.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Fetches a package of this version, once; `None`, with a line that says so, where that cannot be
/// done.
pub(crate) fn package(name: &str, version: &str) -> Option<PathBuf> {
    let place = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("target/npm")
        .join(format!("{name}-{version}"));
    let unpacked = place.join("package");
    let whole = place.join("whole");
    if whole.exists() || (fetch(&place, name, version) && std::fs::write(whole, "").is_ok()) {
        return Some(unpacked);
    }
    skipped(&format!("npm pack {name}@{version} does not work here"));
    None
}

/// Says that a test did not do what its name says.
#[allow(clippy::print_stderr, reason = "the one way to be heard from a test")]
pub(crate) fn skipped(why: &str) {
    eprintln!("SKIPPED: {why}");
}

fn fetch(place: &Path, name: &str, version: &str) -> bool {
    let works = |command: &mut Command| {
        let output = command.current_dir(place).output();
        output.is_ok_and(|output| output.status.success())
    };
    let packed = format!("{name}-{version}.tgz");
    std::fs::create_dir_all(place).is_ok()
        && works(Command::new("npm").args(["pack", "--silent", &format!("{name}@{version}")]))
        && works(Command::new("tar").args(["xzf", &packed]))
}
