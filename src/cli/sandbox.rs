//! `sandbox`: serve the double.

use super::args::SandboxArguments;
use super::exit::{Exit, Failure};
use super::{interrupt, output};
use crate::engine::run::runtime;
use crate::model::shown::one_line;
use crate::sandbox::faults::Faults;
use crate::sandbox::server::{self, Config};
use crate::sandbox::settings::Settings;

pub(super) fn sandbox(arguments: &SandboxArguments) -> Result<Exit, Failure> {
    let mut faults = match &arguments.faults {
        Some(path) => Faults::read(path).map_err(|error| refused(&error))?,
        None => Faults::default(),
    };
    if let Some(seed) = arguments.seed {
        faults.seed = seed;
    }
    let config = Config {
        listen: arguments.listen,
        data: arguments.data.clone(),
        latency_ms: arguments.latency_ms,
        settings: settings(arguments)?,
        faults,
    };
    let server = server::start(config).map_err(|error| refused(&error))?;
    let runtime = runtime()?;
    let mut signals = interrupt::Signals::catch(&runtime)?;
    output::line(&format!("http://{}", server.address()));
    runtime.block_on(signals.next());
    server.stop();
    Ok(Exit::Done)
}

/// The sandbox uses no other room, and so shows names as they are.
fn refused(error: &dyn std::error::Error) -> Failure {
    Failure::refused(one_line(&error.to_string(), usize::MAX))
}

/// The account of the file, with what the other flags say on top.
fn settings(arguments: &SandboxArguments) -> Result<Settings, Failure> {
    let mut settings = match &arguments.settings {
        Some(path) => Settings::read(path).map_err(|error| refused(&error))?,
        None => Settings::default(),
    };
    settings.rpm = arguments.rpm.unwrap_or(settings.rpm);
    settings.strict_auth |= arguments.strict_auth;
    Ok(settings)
}
