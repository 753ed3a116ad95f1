//! The help: as short as it can be, since it is read in a hurry.

use clap::{CommandFactory, Error, FromArgMatches};

use super::args::Arguments;

/// Reads the arguments of this process.
pub(super) fn arguments() -> Result<Arguments, Error> {
    let mut program = without_variables(Arguments::command());
    let matches = program.try_get_matches_from_mut(std::env::args_os())?;
    Arguments::from_arg_matches(&matches).map_err(|error| error.format(&mut program))
}

/// That every flag has a variable is said once; thirty names of variables would hide the flags.
fn without_variables(command: clap::Command) -> clap::Command {
    command
        .mut_args(|argument| argument.hide_env(true))
        .mut_subcommands(without_variables)
}
