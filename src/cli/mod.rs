//! The command line: arguments in, sentences and exit codes out. Nothing is decided here.

mod args;
mod choices;
mod completions;
mod confirm;
mod dry_run;
mod environment;
pub mod exit;
mod export;
mod help;
mod init;
mod interrupt;
mod man;
mod meet;
mod origins;
mod output;
mod paths;
mod progress;
mod report;
mod retry;
mod run;
mod sandbox;
mod status;
mod tell;
mod verify;
mod whole_file;

use std::process::ExitCode;

use args::Command;
use exit::{Exit, Failure};

/// Runs the program with the arguments of this process.
pub fn main() -> ExitCode {
    let arguments = match help::arguments() {
        Ok(arguments) => arguments,
        Err(error) => {
            let exit = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Done
            };
            // A closed pipe is the reader's wish.
            let _closed_pipe = error.print();
            return exit.into();
        }
    };
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_writer(std::io::stderr)
        .init();
    let result = match arguments.command {
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
    };
    match result {
        Ok(exit) => output::judged(exit).into(),
        Err(Failure { exit, sentence }) => {
            output::error(&sentence);
            exit.into()
        }
    }
}
