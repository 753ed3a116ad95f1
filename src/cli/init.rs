//! `init`: propose a mapping file, and never take the place of one that somebody wrote.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use super::args::InitArguments;
use super::exit::{Exit, Failure};
use super::{output, paths};
use crate::model::shown::shown_path;
use crate::source::propose;

pub(super) fn init(arguments: &InitArguments) -> Result<Exit, Failure> {
    let beside = arguments.csv.with_extension("toml");
    let path = arguments.output.as_deref().unwrap_or(&beside);
    let next = next(&arguments.csv, path, &beside);
    let proposal = propose(&arguments.csv, &next)?;
    if path == Path::new("-") {
        output::line(proposal.text.trim_end());
    } else {
        write(path, &proposal.text, arguments.force)?;
        output::say(&format!(
            "wrote {}; look it over, then: {next}",
            shown_path(path)
        ));
    }
    output::say(&format!(
        "with it, {} of the first {} rows are valid",
        proposal.valid, proposal.rows
    ));
    Ok(Exit::Done)
}

/// The command that tries the mapping out.
fn next(csv: &Path, path: &Path, beside: &Path) -> String {
    let named = if path == beside {
        String::new()
    } else if path == Path::new("-") {
        " -m FILE".to_owned()
    } else {
        format!(" -m {}", paths::typed(path))
    };
    format!("zendesk-migrate run {}{named} -n", paths::typed(csv))
}

fn write(path: &Path, text: &str, force: bool) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true);
    if force {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    let written = options
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::refused(format!(
            "{} is there already; --force overwrites it, and -o writes to another file",
            shown_path(path)
        )),
        _ => Failure::refused(format!(
            "cannot write {} ({error}); check the path and the disk",
            shown_path(path)
        )),
    })
}
