//! The command line: arguments in, sentences and exit codes out. Nothing is decided here.

mod args;
mod ask_account;
mod beside;
mod choices;
mod claims;
mod completions;
mod confirm;
mod dry_run;
mod environment;
pub mod exit;
mod export;
mod find;
mod help;
mod init;
mod interrupt;
mod kept;
mod link;
mod log;
mod man;
mod meet;
mod origins;
mod output;
mod own;
mod paths;
mod place;
mod plan;
mod progress;
mod report;
mod requesters;
mod retry;
mod retry_args;
mod retry_deleted;
mod retry_ticket;
mod retry_told;
mod run;
mod sandbox;
mod session;
mod settle;
mod shared_args;
mod status;
mod target;
mod tell;
mod verify;
mod verify_args;
mod whole_file;

use std::process::ExitCode;

use args::Command;
use exit::{Exit, Failure};

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    let mut arguments = match help::arguments() {
        Ok(arguments) => arguments,
        Err(error) => {
            return help::print(error).into();
        }
    };
    let settled = settle::settle(&mut arguments.command);
    let started = settled.and_then(|()| log::start(&arguments.command));
    let result = started.and_then(|()| {
        tracing::info!(version = env!("CARGO_PKG_VERSION"), "started");
        perform(arguments.command)
    });
    let exit = result
        .as_ref()
        .map_or_else(|failure| failure.exit, |exit| *exit);
    tracing::info!(exit = exit as u8, "ended");
    match result {
        Ok(exit) => output::judged(exit).into(),
        Err(Failure { exit, sentence }) => {
            output::error(&sentence);
            exit.into()
        }
    }
}

fn perform(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Init(arguments) => init::init(&arguments),
        Command::Status(arguments) => status::status(&arguments),
        Command::Report(arguments) => report::report(&arguments),
        Command::Export(arguments) => export::export(&arguments),
        Command::Retry(arguments) => retry::retry(&arguments),
        Command::Verify(arguments) => verify::verify(&arguments),
        Command::Sandbox(arguments) => sandbox::sandbox(&arguments),
        Command::Completions(arguments) => Ok(completions::completions(&arguments)),
        Command::Man(arguments) => man::man(&arguments),
    }
}
