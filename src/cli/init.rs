//! `init`: propose a mapping file, and never take the place of one that somebody wrote.

use std::path::Path;

use super::args::InitArguments;
use super::exit::{Exit, Failure};
use super::kept::Kept;
use super::target::{Rules, Target};
use super::whole_file::WholeFile;
use super::{output, paths};
use crate::model::shown::shown_path;
use crate::source::propose;

pub(super) fn init(arguments: &InitArguments) -> Result<Exit, Failure> {
    let beside = arguments.csv.with_extension("toml");
    let path = arguments.output.as_deref().unwrap_or(&beside);
    let next = next(&arguments.csv, path, &beside);
    let target = if path == Path::new("-") {
        None
    } else {
        Some(target(arguments, path)?)
    };
    let proposal = propose(&arguments.csv, &next)?;
    match target {
        None => output::line(proposal.text.trim_end()),
        Some(target) => {
            WholeFile::shared(target)?.write_all(proposal.text.as_bytes())?;
            output::say(&format!(
                "wrote {}; look it over, then: {next}",
                shown_path(path)
            ));
        }
    }
    for sentence in &proposal.undecided {
        output::say(sentence);
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

/// A mapping is written by hand from its second line on: none that is there is replaced unasked.
fn target(arguments: &InitArguments, path: &Path) -> Result<Target, Failure> {
    let rules = Rules {
        kept: &Kept::of_init(&arguments.csv),
        force: arguments.force,
        is_own: &|_| false,
        elsewhere: "name another file with -o",
    };
    Target::find(path, &rules)
}
