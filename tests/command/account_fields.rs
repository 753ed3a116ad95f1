//! Values of the account's own ticket fields that Zendesk would reject are known before the first create.

use crate::support::folder::{Folder, Program};
use crate::support::sandbox::Sandbox;

const MAPPING: &str = "[ticket]\nexternal_id = \"id\"\ncomment.body = \"body\"\n\
    custom_fields.1 = \"vip\"\ncustom_fields.2 = \"due\"\ncustom_fields.3 = \"count\"\n\
    custom_fields.4 = \"price\"\ncustom_fields.5 = \"code\"\ncustom_fields.6 = \"colour\"\n\
    custom_fields.7 = { column = \"parts\", split = \"|\" }\ncustom_fields.8 = \"odd\"\n";

const ACCOUNT: &str = r#"
custom_fields = [
 { id = 1, type = "checkbox", title = "VIP" },
 { id = 2, type = "date", title = "Due" },
 { id = 3, type = "integer", title = "Count" },
 { id = 4, type = "decimal", title = "Price" },
 { id = 5, type = "regexp", title = "Code", pattern = '\A[A-Z]{2}\d+\z' },
 { id = 6, type = "tagger", title = "Colour", options = [{ name = "Red", value = "col_red" }] },
 { id = 7, type = "multiselect", title = "Parts", options = [{ name = "Bell", value = "bell" }, { name = "Lock", value = "lock" }] },
 { id = 8, type = "regexp", title = "Odd", pattern = '(?=o)odd' },
]
"#;

/// A row with good values, one with none, and one for each field with a bad value.
const CSV: &str = "id,body,vip,due,count,price,code,colour,parts,odd\n\
    1,b,true,2024-12-31,12,3.14,AB12,col_red,bell|lock,anything\n\
    2,b,,,,,,,,\n\
    3,b,Yes,,,,,,,\n\
    4,b,,31.12.2024,,,,,,\n\
    5,b,,,\"1,234\",,,,,\n\
    6,b,,,,\"3,14\",,,,\n\
    7,b,,,,,ab12,,,\n\
    8,b,,,,,,Red,,\n\
    9,b,,,,,,,bell|horn,\n";

fn account() -> (Folder, Sandbox) {
    let folder = Folder::new()
        .with("t.csv", CSV)
        .with("t.toml", MAPPING)
        .with("account.toml", ACCOUNT);
    let sandbox = Sandbox::start(&folder, "--settings account.toml");
    (folder, sandbox)
}

fn run<'f>(folder: &'f Folder, sandbox: &Sandbox, flags: &str) -> Program<'f> {
    let command = format!("run t.csv --url {} --allow-triggers {flags}", sandbox.url());
    folder.command(&command).env("ZENDESK_OAUTH_TOKEN", "t")
}

/// What is told of each row with a bad value, by its line.
const TOLD: [(u32, &str); 7] = [
    (
        4,
        "\"Yes\" (column \"vip\"), which is neither true nor false",
    ),
    (
        5,
        "\"31.12.2024\" (column \"due\"), which is no date like 2024-12-31",
    ),
    (
        6,
        "\"1,234\" (column \"count\"), which is no whole number like 1234",
    ),
    (
        7,
        "\"3,14\" (column \"price\"), which is no number like 1234.5",
    ),
    (8, "\"ab12\" (column \"code\"), which does not match"),
    (
        9,
        "\"Red\" (column \"colour\"), which is no option of the ticket field \"Colour\" (did you mean its option col_red?)",
    ),
    (
        10,
        "\"bell\", \"horn\" (column \"parts\"), which is no option of the ticket field \"Parts\" (it takes bell, lock)",
    ),
];

#[test]
fn a_dry_run_that_asks_the_account_names_every_value_that_it_would_reject() {
    let (folder, sandbox) = account();
    let offline = run(&folder, &sandbox, "-n").run();
    assert!(offline.stderr.contains("9 rows: 9 valid"), "{offline:?}");
    let told = "the values of custom fields were not checked; add --online";
    assert!(offline.stderr.contains(told), "{offline:?}");
    let ended = run(&folder, &sandbox, "-n --online").run();
    assert_eq!(ended.status, Some(3), "{ended:?}");
    let said = ended.stderr;
    assert!(said.contains("9 rows: 2 valid, 7 invalid"), "{said}");
    for (line, told) in TOLD.into_iter().take(5) {
        assert!(
            said.contains(&format!("line {line}: ")) && said.contains(told),
            "{said}"
        );
    }
    assert!(
        said.contains("not checked: the values of the ticket field 8"),
        "{said}"
    );
    assert_eq!(sandbox.stats().tickets, 0);
}

#[test]
fn a_run_sends_no_row_with_such_a_value_and_sends_it_when_the_account_takes_it() {
    let (folder, sandbox) = account();
    let ended = run(&folder, &sandbox, "").run();
    assert_eq!(ended.status, Some(3), "{ended:?}");
    assert_eq!(sandbox.stats().tickets, 2);
    for (line, told) in TOLD {
        let told = format!(
            "line {line} is invalid: custom_fields.{} is {told}",
            line - 3
        );
        assert!(ended.stderr.contains(&told), "{told}\n{}", ended.stderr);
    }
    let address = sandbox.address().to_string();
    sandbox.kill();
    let wider = ACCOUNT
        .replace(r#""checkbox""#, r#""text""#)
        .replace(r#""col_red""#, r#""Red""#);
    let folder = folder.with("account.toml", wider);
    let sandbox = Sandbox::start_at(&folder, &address, "--settings account.toml");
    let ended = run(&folder, &sandbox, "").run();
    assert_eq!(sandbox.stats().tickets, 2, "{ended:?}");
    assert!(
        ended.stderr.contains("9 rows: 4 created, 5 invalid"),
        "{ended:?}"
    );
}

#[test]
fn a_value_of_the_mapping_itself_that_the_account_rejects_stops_the_run_before_any_row() {
    let (folder, sandbox) = account();
    let mapping = MAPPING.replace(
        "\"vip\"",
        "{ column = \"vip\", values = { Yes = \"yes\" } }",
    );
    let folder = folder.with("t.toml", mapping);
    let ended = run(&folder, &sandbox, "").run();
    assert_eq!(ended.status, Some(1), "{ended:?}");
    let told = "the mapping does not fit the account: custom_fields.1 is \"yes\", which is neither true nor false";
    assert!(ended.stderr.contains(told), "{ended:?}");
    assert_eq!(sandbox.stats().tickets, 0);
}
