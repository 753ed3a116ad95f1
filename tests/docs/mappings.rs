//! A piece of a mapping is completed to a whole one, and tried on a CSV that has its columns.

use std::collections::BTreeSet;

use toml::{Table, Value};

use crate::support::folder::Folder;

/// Checks that the program accepts a mapping, or the part of one that a document shows.
#[track_caller]
pub(crate) fn check(place: &str, text: &str) {
    let has_section = text.lines().any(|line| line.starts_with('['));
    let text = if has_section {
        text.to_owned()
    } else {
        format!("[ticket]\n{text}")
    };
    let mut mapping: Table = text
        .parse()
        .unwrap_or_else(|error| panic!("{place}: {error}"));
    complete(&mut mapping);
    let comments = mapping.get("comments").and_then(Value::as_table).cloned();
    let mut folder = Folder::new().with("t.csv", csv(&mapping, "ticket"));
    if let Some(comments) = &comments {
        let file = comments["file"].as_str().unwrap().to_owned();
        folder = folder.with(&file, csv(&mapping, "comments"));
    }
    folder = folder.with("t.toml", mapping.to_string());
    let endpoint = comments.map_or("", |_| " --endpoint imports");
    let ended = folder.command(&format!("run t.csv -n{endpoint}")).run();
    // Its one row says nothing that makes sense, and may be invalid.
    assert!(
        matches!(ended.status, Some(0 | 3)),
        "{place}: {ended:?}\n{mapping}"
    );
}

/// Adds what every mapping needs.
fn complete(mapping: &mut Table) {
    let ticket = mapping
        .entry("ticket")
        .or_insert(Value::Table(Table::new()));
    let ticket = ticket.as_table_mut().unwrap();
    let column = |name: &str| Value::String(name.to_owned());
    ticket.entry("external_id").or_insert(column("Number"));
    let comment = ticket
        .entry("comment")
        .or_insert(Value::Table(Table::new()));
    let comment = comment.as_table_mut().unwrap();
    comment.entry("body").or_insert(column("Words"));
}

/// A header with every column that a section names, and a row of ones.
fn csv(mapping: &Table, section: &str) -> String {
    let mut columns = BTreeSet::new();
    for (key, value) in mapping[section].as_table().unwrap() {
        let is_setting = ["file", "encoding", "delimiter"].contains(&key.as_str());
        if !(section == "comments" && is_setting) {
            collect(value, &mut columns);
        }
    }
    let source = mapping.get("source").and_then(Value::as_table);
    let delimiter = source
        .filter(|_| section == "ticket")
        .and_then(|source| source.get("delimiter"))
        .and_then(Value::as_str)
        .filter(|delimiter| *delimiter != "auto")
        .unwrap_or(",");
    let header: Vec<String> = columns.into_iter().collect();
    let cells = vec!["1"; header.len()];
    format!("{}\n{}\n", header.join(delimiter), cells.join(delimiter))
}

fn collect(value: &Value, columns: &mut BTreeSet<String>) {
    match value {
        Value::String(column) => {
            columns.insert(column.clone());
        }
        Value::Table(rule) => {
            let is_rule = ["column", "columns", "template", "constant", "also"]
                .iter()
                .any(|key| rule.contains_key(*key));
            if !is_rule {
                rule.values().for_each(|inner| collect(inner, columns));
                return;
            }
            if let Some(column) = rule.get("column").and_then(Value::as_str) {
                columns.insert(column.to_owned());
            }
            let several = rule.get("columns").and_then(Value::as_array);
            for column in several.into_iter().flatten() {
                columns.insert(column.as_str().unwrap().to_owned());
            }
            let template = rule.get("template").and_then(Value::as_str).unwrap_or("");
            let template = template.replace("{{", "").replace("}}", "");
            let named = template.split('{').skip(1);
            columns.extend(named.filter_map(|rest| Some(rest.split_once('}')?.0.to_owned())));
        }
        _ => {}
    }
}
