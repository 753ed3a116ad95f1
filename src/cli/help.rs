//! The help: as short as it can be, since it is read in a hurry. `-h` lists the flags that most people
//! need, `--help` all of them by subject; both give a flag one line where one is enough.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::builder::PossibleValue;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, CommandFactory, Error, FromArgMatches};
use strsim::damerau_levenshtein;

use super::args::Arguments;
use super::exit::Exit;
use super::{output, paths};
use crate::model::shown::shown;

/// Reads the arguments of this process.
pub(super) fn arguments() -> Result<Arguments, Error> {
    let mut typed: Vec<OsString> = std::env::args_os().collect();
    // The help repeats the name of the program, which a link may have changed.
    if let Some(name) = typed.first_mut() {
        *name = env!("CARGO_PKG_NAME").into();
    }
    let mut program = if asks_for_all(&typed) {
        in_full(Arguments::command())
    } else {
        in_short(Arguments::command())
    };
    let matches = program
        .try_get_matches_from_mut(typed)
        .map_err(|error| put_right(error, &program))?;
    Arguments::from_arg_matches(&matches).map_err(|error| error.format(&mut program))
}

/// Prints help, or what is wrong with the arguments. The latter repeats them, so it goes the way of all
/// that is said, without colours: these would be escapes among those of others.
pub(super) fn print(error: Error) -> Exit {
    let is_help = error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    if error.use_stderr() && !is_help {
        let told = on_its_lines(error).render().to_string();
        output::say(told.trim_end_matches('\n'));
        return Exit::Usage;
    }
    let result = error.print();
    if is_help {
        return Exit::Usage;
    }
    output::printed(result);
    output::judged(Exit::Done)
}

/// Shows what was typed, so that a line end in it does not begin a line of the error.
fn on_its_lines(mut error: Error) -> Error {
    let plain = |text: &dyn ToString| shown(&text.to_string()).into_owned();
    let told: Vec<(ContextKind, ContextValue)> = error
        .context()
        .map(|(kind, value)| {
            let value = match value {
                ContextValue::String(text) => ContextValue::String(plain(text)),
                ContextValue::Strings(all) => {
                    ContextValue::Strings(all.iter().map(|text| plain(text)).collect())
                }
                ContextValue::StyledStrs(all) => {
                    ContextValue::StyledStrs(all.iter().map(|text| plain(text).into()).collect())
                }
                other => other.clone(),
            };
            (kind, value)
        })
        .collect();
    for (kind, value) in told {
        error.insert(kind, value);
    }
    error
}

fn asks_for_all(typed: &[OsString]) -> bool {
    typed.iter().any(|word| word == "--help") || typed.get(1).is_some_and(|word| word == "help")
}

/// Every flag with all its words. Nothing is left that clap keeps for its own long help, whose layout
/// takes three lines a flag; so it uses that of the short one.
fn in_full(command: Command) -> Command {
    let after = command.get_after_long_help();
    let after = after.or_else(|| command.get_after_help()).cloned();
    command
        .after_help(after.unwrap_or_default())
        .after_long_help(None)
        .mut_args(|argument| {
            let words = argument.get_long_help().or_else(|| argument.get_help());
            let words = words.map(|words| words.to_string().replace("\n\n", ". "));
            let words = words.unwrap_or_default();
            in_a_line(argument.hide_short_help(false).long_help(None), &words)
        })
        .mut_subcommands(in_full)
}

/// The flags that most people need, in one list, and where the others are.
fn in_short(command: Command) -> Command {
    let hides = command.get_arguments().any(Arg::is_hide_short_help_set);
    let command = command.mut_args(|argument| {
        let words = argument.get_help().map(ToString::to_string);
        in_a_line(
            argument.help_heading(None::<&str>),
            &words.unwrap_or_default(),
        )
    });
    let command = if hides {
        let name = command.get_name();
        let after = command.get_after_help().cloned().unwrap_or_default();
        let after = format!("{after}\n\n`zendesk-migrate {name} --help` shows all flags.");
        command.after_help(after)
    } else {
        command
    };
    command.mut_subcommands(in_short)
}

/// A flag with its words and the values that it takes. That every flag has a variable is said once;
/// thirty names of variables would hide the flags.
fn in_a_line(argument: Arg, words: &str) -> Arg {
    let words = words.trim_end_matches('.');
    let values = argument.get_possible_values();
    let names: Vec<&str> = values.iter().map(PossibleValue::get_name).collect();
    let argument = argument.hide_env(true);
    if names.is_empty() || !argument.get_action().takes_values() {
        argument.help(words.to_owned())
    } else {
        let told = format!("{words} [{}]", names.join(", "));
        argument.help(told).hide_possible_values(true)
    }
}

/// Says what was meant by a word that is no command, where clap knows nothing.
fn put_right(mut error: Error, program: &Command) -> Error {
    let typed = match error.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(typed)) if error.kind() == ErrorKind::InvalidSubcommand => {
            typed.clone()
        }
        _ => return error,
    };
    if error.get(ContextKind::SuggestedSubcommand).is_some() {
        return error;
    }
    if let Some(meant) = nearest(&typed, program) {
        let meant = ContextValue::Strings(vec![meant]);
        error.insert(ContextKind::SuggestedSubcommand, meant);
    } else if Path::new(&typed).extension() == Some(OsStr::new("csv")) {
        let path = paths::typed(Path::new(&typed));
        let tip = format!("to try that file, type: zendesk-migrate run {path} -n");
        let tip = ContextValue::StyledStrs(vec![tip.into()]);
        error.insert(ContextKind::Suggested, tip);
    }
    error
}

/// The command that is two slips away at most, or one if its name is short. Clap's own measure does
/// not see that two letters have changed places.
fn nearest(typed: &str, program: &Command) -> Option<String> {
    let names = program.get_subcommands().map(Command::get_name);
    names
        .map(|name| (damerau_levenshtein(typed, name), name))
        .filter(|(slips, name)| *slips <= 2 && slips * 2 < name.len())
        .min()
        .map(|(_, name)| name.to_owned())
}
