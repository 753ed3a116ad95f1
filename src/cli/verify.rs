//! `verify`: does the checkpoint agree with itself?

use super::args::VerifyArguments;
use super::exit::{Exit, Failure};
use super::{output, paths};
use crate::checkpoint::Reader;

pub(super) fn verify(arguments: &VerifyArguments) -> Result<Exit, Failure> {
    if !arguments.offline {
        return Err(Failure::refused(
            "reading the tickets back from Zendesk is not built yet; add --offline to check the \
             checkpoint against its own rules",
        ));
    }
    let path = paths::the_checkpoint(arguments.csv.as_deref(), arguments.checkpoint.as_deref())?;
    let reader = Reader::open(&path)?;
    let findings = reader.audit()?;
    for finding in &findings {
        output::line(finding);
    }
    if findings.is_empty() {
        output::say(&format!("{} agrees with itself", path.display()));
        return Ok(Exit::Done);
    }
    output::say(&format!(
        "{} findings: this should never happen, please report it",
        findings.len()
    ));
    Ok(Exit::Different)
}
