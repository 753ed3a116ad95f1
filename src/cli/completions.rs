//! `completions`: what a shell needs to complete the commands and flags.

use clap::CommandFactory;

use super::args::{Arguments, CompletionsArguments};
use super::exit::Exit;
use super::output;

pub(super) fn completions(arguments: &CompletionsArguments) -> Exit {
    let mut program = Arguments::command();
    let name = program.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut program, name, &mut script);
    output::ours(&script);
    Exit::Done
}
