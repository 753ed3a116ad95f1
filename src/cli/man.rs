//! `man`: the manual page, made of the same words as the help.

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::args::{Arguments, ManArguments};
use super::exit::{Exit, Failure};
use super::output;

/// The exit codes, as the README has them.
const CODES: [(Exit, &str); 9] = [
    (
        Exit::Done,
        "every row has its ticket; in a dry run, every row is valid",
    ),
    (
        Exit::Failed,
        "it could not run, or had to stop; the reason is on stderr",
    ),
    (Exit::Usage, "the command line makes no sense"),
    (
        Exit::Problems,
        "finished, but some rows are rejected, invalid or unknown",
    ),
    (
        Exit::Early,
        "stopped early, or rows are still open: run the same command again",
    ),
    (Exit::Different, "verify found a difference"),
    (Exit::Held, "another run holds the checkpoint"),
    (Exit::Credentials, "the credentials are missing or refused"),
    (Exit::Interrupted, "interrupted; the checkpoint is kept"),
];

const FILES: [(&str, &str); 4] = [
    (
        "tickets.toml",
        "the mapping of tickets.csv, used if it is there",
    ),
    (
        "tickets.ACCOUNT.checkpoint.sqlite3",
        "the checkpoint of tickets.csv for an account: never delete it",
    ),
    (
        "tickets.ACCOUNT.checkpoint.sqlite3.lock",
        "keeps a second run out",
    ),
    (
        "tickets.sandbox.tickets.sqlite3",
        "the tickets of run --sandbox",
    ),
];

const SECRETS: [(&str, &str); 3] = [
    (
        "ZENDESK_CLIENT_ID, ZENDESK_CLIENT_SECRET",
        "a confidential OAuth client; access tokens are fetched and renewed",
    ),
    ("ZENDESK_OAUTH_TOKEN", "an access token"),
    (
        "ZENDESK_EMAIL, ZENDESK_API_TOKEN",
        "an API token; these stop working on 2027-04-30",
    ),
];

pub(super) fn man(arguments: &ManArguments) -> Result<Exit, Failure> {
    let mut program = Arguments::command();
    program.build();
    let page = match &arguments.of {
        None => of_program(&program),
        Some(name) => {
            let names = program.get_subcommands().map(Command::get_name);
            let unknown = format!(
                "there is no command {name:?}; there are {}",
                names.collect::<Vec<_>>().join(", ")
            );
            let command = program.find_subcommand(name);
            of_command(command.ok_or_else(|| Failure::usage(unknown))?)
        }
    };
    let page = page
        .map_err(|error| Failure::refused(format!("the manual page cannot be made ({error})")))?;
    output::ours(&page);
    Ok(Exit::Done)
}

fn of_program(program: &Command) -> std::io::Result<Vec<u8>> {
    let man = Man::new(program.clone());
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_subcommands_section(&mut page)?;
    man.render_options_section(&mut page)?;
    let codes = CODES.map(|(exit, meaning)| ((exit as u8).to_string(), meaning));
    let more = [
        after(program),
        list("EXIT STATUS", codes),
        list("ENVIRONMENT", SECRETS),
        list("FILES", FILES),
    ];
    for section in more {
        section.to_writer(&mut page)?;
    }
    Ok(page)
}

fn of_command(command: &Command) -> std::io::Result<Vec<u8>> {
    let man = Man::new(command.clone());
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    after(command).to_writer(&mut page)?;
    Ok(page)
}

/// The examples, line by line as they are, and what is said after them.
fn after(command: &Command) -> Roff {
    let mut section = Roff::new();
    let text = command
        .get_after_help()
        .map_or_else(String::new, ToString::to_string);
    for paragraph in text.split("\n\n") {
        let lines: Vec<&str> = paragraph.lines().collect();
        match lines.as_slice() {
            [] => {}
            ["Examples:", examples @ ..] => {
                section.control("SH", ["EXAMPLES"]).control("nf", []);
                for example in examples {
                    section.text([roman(example.trim_start())]);
                }
                section.control("fi", []);
            }
            lines => {
                section.control("PP", []).text([roman(lines.join(" "))]);
            }
        }
    }
    section
}

fn list<N: Into<String>>(
    title: &str,
    entries: impl IntoIterator<Item = (N, &'static str)>,
) -> Roff {
    let mut section = Roff::new();
    section.control("SH", [title]);
    for (name, meaning) in entries {
        section
            .control("TP", [])
            .text([bold(name)])
            .text([roman(meaning)]);
    }
    section
}
