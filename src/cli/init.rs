//! `init`: propose a mapping file, and never take the place of one that somebody wrote.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use super::args::InitArguments;
use super::exit::{Exit, Failure};
use super::output;
use crate::source::propose;

pub(super) fn init(arguments: &InitArguments) -> Result<Exit, Failure> {
    let proposal = propose(&arguments.csv)?;
    let beside = arguments.csv.with_extension("toml");
    let path = arguments.output.as_deref().unwrap_or(&beside);
    if path == Path::new("-") {
        output::line(proposal.text.trim_end());
    } else {
        write(path, &proposal.text, arguments.force)?;
        let named = if path == beside {
            String::new()
        } else {
            format!(" -m {}", path.display())
        };
        let csv = arguments.csv.display();
        output::say(&format!(
            "wrote {}; look it over, then: zendesk-migrate run {csv}{named} -n",
            path.display()
        ));
    }
    output::say(&format!(
        "with it, {} of the first {} rows are valid",
        proposal.valid, proposal.rows
    ));
    Ok(Exit::Done)
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
            path.display()
        )),
        _ => Failure::refused(format!(
            "cannot write {} ({error}); check the path and the disk",
            path.display()
        )),
    })
}
