//! What stands in a mapping.

use super::{EVIL, EVIL_NAME, GOOD, harmless};
use crate::support::folder::Folder;

#[test]
fn mappings_are_shown() {
    let evil = toml_text(EVIL);
    let ticket = "external_id = \"external_id\"\ncomment.body = \"comment.body\"\n";
    for (what, mapping) in [
        ("a section", format!("[{evil}]\na = 1\n")),
        (
            "a key of the source",
            format!("[source]\n{evil} = 1\n[ticket]\n{ticket}"),
        ),
        (
            "a field",
            format!("[ticket]\n{ticket}{evil} = \"subject\"\n"),
        ),
        (
            "a custom field",
            format!("[ticket]\n{ticket}custom_fields.{evil} = \"subject\"\n"),
        ),
        ("a column", format!("[ticket]\n{ticket}subject = {evil}\n")),
        (
            "a template",
            format!("[ticket]\n{ticket}subject = {{ template = \"{{\" }}\n")
                .replace("\"{\"", &toml_text(&format!("{{{EVIL}}}"))),
        ),
        (
            "a zone",
            format!("[source]\ntimezone = {evil}\n[ticket]\n{ticket}"),
        ),
        (
            "a delimiter",
            format!("[source]\ndelimiter = {evil}\n[ticket]\n{ticket}"),
        ),
        (
            "an encoding",
            format!("[source]\nencoding = {evil}\n[ticket]\n{ticket}"),
        ),
        (
            "a constant",
            format!("[ticket]\n{ticket}status = {{ constant = {evil} }}\n"),
        ),
        (
            "values",
            format!(
                "[ticket]\n{ticket}status = {{ column = \"subject\", values = {{ One = {evil} }} }}\n"
            ),
        ),
        (
            "a comments file",
            format!(
                "[comments]\nfile = {evil}\nticket = \"a\"\nbody = \"b\"\n[ticket]\nexternal_id = \"external_id\"\n"
            ),
        ),
        ("what is no TOML", format!("[ticket]\n{EVIL_NAME} = \n")),
    ] {
        let folder = Folder::new()
            .with("two.csv", GOOD)
            .with("two.toml", mapping);
        let ended = harmless(what, folder.command("run two.csv -n"));
        assert_ne!(ended.status, Some(0), "{what}: {ended:?}");
        harmless(
            what,
            folder.command("run two.csv --sandbox --endpoint imports"),
        );
    }
}

/// A text of TOML in which everything is an escape.
fn toml_text(text: &str) -> String {
    let escaped = text.chars().map(|c| format!("\\U{:08X}", u32::from(c)));
    format!("\"{}\"", escaped.collect::<Vec<_>>().concat())
}
