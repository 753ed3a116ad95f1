//! What the sources declare and a document lists: fields of a mapping, columns and
//! settings of the checkpoint, states.

use std::fs;
use std::path::Path;

/// The names that a mapping may give a field, those of the comments file included.
pub(crate) fn mapping_fields() -> Vec<String> {
    let text = source("src/source/mapping/field.rs");
    let lines = text.lines().filter_map(|line| {
        let (name, after) = line.trim().strip_prefix("(\"")?.split_once("\", ")?;
        after.starts_with("Field::").then(|| name.to_owned())
    });
    lines.collect()
}

/// The columns of the checkpoint's tables.
pub(crate) fn columns() -> Vec<String> {
    let text = source("src/checkpoint/schema.rs");
    let tables = text.split("CREATE TABLE ").skip(1);
    let bodies = tables.filter_map(|table| Some(table.split_once("\n)")?.0.to_owned()));
    let columns = bodies.flat_map(|body| {
        let lines = body.lines().skip(1).map(|line| {
            let name = line.split_whitespace().next().unwrap_or_default();
            name.to_owned()
        });
        lines.collect::<Vec<_>>()
    });
    columns
        .filter(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        .collect()
}

/// The names in the checkpoint's table of settings.
pub(crate) fn checkpoint_settings() -> Vec<String> {
    let text = source("src/checkpoint/settings.rs");
    let names = text.split("=> \"").skip(1);
    names
        .filter_map(|after| Some(after.split_once('"')?.0.to_owned()))
        .collect()
}

/// The states of a row, as people read them.
pub(crate) fn states() -> Vec<String> {
    let text = source("src/lifecycle/state.rs");
    let (_, after) = text.split_once("pub enum State {").unwrap();
    let (body, _) = after.split_once("\n}").unwrap();
    let variants = body.lines().filter_map(|line| line.strip_prefix("    "));
    let variants = variants.filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()));
    variants
        .map(|line| {
            let name = line.split(|c: char| !c.is_ascii_alphabetic()).next();
            name.unwrap_or_default().to_lowercase()
        })
        .collect()
}

fn source(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}
