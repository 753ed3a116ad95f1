//! What becomes of single cells.

use super::{Case, MAPPING, outcome};

/// Maps `id` and `text`, and one field more from column `x`, whose cell is given.
fn with(line: &str, cell: &str) -> String {
    let cell = cell.replace('"', "\"\"");
    let body = outcome(
        format!("id,text,x\n1,Hi,\"{cell}\"\n"),
        &format!("[source]\nnull = [\"N/A\"]\n{MAPPING}{line}\n"),
    );
    let known = "{\"ticket\":{\"external_id\":\"1\",\"comment\":{\"body\":\"Hi\"}";
    body.replace(known, "")
}

#[test]
fn values_of_closed_lists_pass_through_the_mapping() {
    let status = "status = { column = \"x\", values = { Done = \"solved\" } }";
    assert_eq!(with(status, "Done"), ",\"status\":\"solved\"}}");
    assert_eq!(with(status, " hold "), ",\"status\":\"hold\"}}");
    assert_eq!(with(status, "Open"), "UnknownStatus");
    assert_eq!(with(status, ""), "}}");
    let lenient = "priority = { column = \"x\", otherwise = \"normal\", default = \"low\" }";
    assert_eq!(with(lenient, "whatever"), ",\"priority\":\"normal\"}}");
    assert_eq!(with(lenient, "high"), ",\"priority\":\"high\"}}");
    assert_eq!(with(lenient, "N/A"), ",\"priority\":\"low\"}}");
    assert_eq!(with("type = \"x\"", "bug"), "UnknownType");
    assert_eq!(
        with("type = { constant = \"task\" }", ""),
        ",\"type\":\"task\"}}"
    );
    let public = "comment.public = { column = \"x\", values = { internal = false } }";
    assert!(with(public, "internal").contains("\"public\":false"));
    assert_eq!(with(public, "maybe"), "UnknownPublic");
}

#[test]
fn tags_are_split_cleaned_and_unique() {
    let tags = "tags = { column = \"x\", split = \",\", also = [\"Legacy\"] }";
    assert_eq!(
        with(tags, "Flat Tyre, ,flat tyre,B"),
        ",\"tags\":[\"flat_tyre\",\"b\",\"legacy\"]}}"
    );
    assert_eq!(with("tags = { also = [\"a\"] }", ""), ",\"tags\":[\"a\"]}}");
}

#[test]
fn templates_defaults_and_prefixes_fill_text() {
    let template = "subject = { template = \"{x}: {{{text}}}\" }";
    assert!(with("subject = \"x\"", "{id}").contains("\"subject\":\"{id}\""));
    assert!(with(template, "{id}").contains("\"{id}: {Hi}\""));
    let empty = "subject = { template = \"Re: {x}\", default = \"(none)\", prefix = \"> \" }";
    assert!(with(empty, "N/A").contains("\"> (none)\""));
    let joined = "subject = { columns = [\"x\", \"text\", \"id\"] }";
    assert!(with(joined, "").contains("\"Hi 1\""));
}

#[test]
fn requesters_need_an_address_that_can_be_one() {
    assert_eq!(
        with("requester = \"x\"", " a@example.com "),
        ",\"requester\":\"a@example.com\"}}"
    );
    assert_eq!(
        with("requester.email = \"x\"", "a@localhost"),
        "InvalidEmail"
    );
    let both = "requester.name = \"text\"\nrequester.email = \"x\"";
    assert_eq!(
        with(both, "a@example.com"),
        ",\"requester\":{\"name\":\"Hi\",\"email\":\"a@example.com\"}}}"
    );
    assert_eq!(with(both, ""), "NameWithoutEmail");
}

#[test]
fn numbers_and_constants_keep_their_kind() {
    assert_eq!(with("group_id = \"x\"", "42"), ",\"group_id\":42}}");
    assert_eq!(with("brand_id = \"x\"", "north"), "InvalidNumber");
    assert_eq!(
        with("custom_fields.9 = { constant = true }", ""),
        ",\"custom_fields\":[{\"id\":9,\"value\":true}]}}"
    );
    assert_eq!(
        with(
            "custom_fields.9 = { column = \"x\", split = \";\" }",
            "a; b"
        ),
        ",\"custom_fields\":[{\"id\":9,\"value\":[\"a\",\"b\"]}]}}"
    );
}

#[test]
fn an_identity_and_a_text_are_required() {
    assert_eq!(outcome("id,text\n ,a\n", MAPPING), "MissingExternalId");
    assert_eq!(outcome("id,text\n1, \n", MAPPING), "MissingText");
    let long = format!("id,text\n1,{}\n", "x".repeat(65_536));
    assert_eq!(outcome(&long, MAPPING), "TextTooLong");
    let fits = format!("id,text\n1,{}\n", "é".repeat(65_535));
    assert_ne!(outcome(&fits, MAPPING), "TextTooLong");
}

#[test]
fn the_spelling_of_the_identity_follows_its_meaning() {
    let mapping =
        "[ticket]\nexternal_id = { column = \"id\", prefix = \"old-\" }\ncomment.body = \"text\"\n";
    let source = Case::new("id,text\n1,a\n", mapping);
    let source = source.open().unwrap();
    assert_eq!(
        source.external_id_mapping(),
        "column \"id\" prefix \"old-\""
    );
}

#[test]
fn an_identity_that_a_lookup_might_miss_makes_the_row_invalid() {
    let problem = |csv: &str, mapping: &str| {
        let rows = Case::new(csv, mapping).scan().unwrap();
        let invalid = rows[0].row.as_ref().unwrap_err();
        assert_eq!(invalid.external_id, None);
        invalid.problem.to_string()
    };
    insta::assert_snapshot!(problem("id,text\n 1,a\n", MAPPING), @r#"InvalidExternalId: external_id is " 1" (column "id"), which begins or ends with a space, so that a lookup might miss its ticket; fix the cell"#);
    insta::assert_snapshot!(problem("id,text\n\"1\u{7}2\",a\n", MAPPING), @r#"InvalidExternalId: external_id is "1\u{7}2" (column "id"), which holds a control character, so that a lookup might miss its ticket; fix the cell"#);
    let prefixed = MAPPING.replace("\"id\"", "{ column = \"id\", prefix = \"old-\" }");
    insta::assert_snapshot!(problem("id,text\n1\u{a0},a\n", &prefixed), @r#"InvalidExternalId: external_id is "old-1\u{a0}" (column "id"), which begins or ends with a space, so that a lookup might miss its ticket; fix the cell"#);
    assert!(outcome("id,text\n1 2,a\n", &prefixed).contains("\"old-1 2\""));
}

#[test]
fn an_identity_that_is_too_long_for_a_lookup_makes_the_row_invalid() {
    let id = |bytes: usize| format!("id,text\n{},a\n", "é".repeat(bytes / 2));
    assert_eq!(outcome(id(2_002), MAPPING), "InvalidExternalId");
    assert_ne!(outcome(id(2_000), MAPPING), "InvalidExternalId");
    let rows = Case::new(id(65_536), MAPPING).scan().unwrap();
    let told = rows[0].row.as_ref().unwrap_err().problem.to_string();
    assert!(told.len() < 400, "{told}");
    assert!(told.contains("65536 bytes long; more than 2000"), "{told}");
}

#[test]
fn a_cell_beyond_all_bounds_makes_the_row_invalid_whatever_its_column() {
    let csv = |bytes: usize| format!("id,text,x\n1,a,{}\n2,a,b\n", "y".repeat(bytes));
    let rows = Case::new(csv((1 << 20) + 1), MAPPING).scan().unwrap();
    let invalid = rows[0].row.as_ref().unwrap_err();
    assert_eq!(invalid.external_id.as_deref(), Some("1"));
    insta::assert_snapshot!(invalid.problem, @r#"CellTooLarge: column "x" holds 1048577 bytes, and a cell may have 1048576 ("yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy…"); shorten it, or look for a quote that closes too late"#);
    assert!(rows[1].row.is_ok());
    assert!(
        Case::new(csv(1 << 20), MAPPING).scan().unwrap()[0]
            .row
            .is_ok()
    );
}
