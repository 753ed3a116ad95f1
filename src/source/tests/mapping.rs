//! What the mapping file may say, and what is said about the rest.

use super::{Case, MAPPING, outcome};

#[test]
fn mistakes_in_the_mapping_are_told_with_their_line() {
    let error = |mapping: &str| Case::new("id,text\n1,a\n", mapping).error();
    let lines = |more: &str| error(&format!("{MAPPING}{more}\n"));
    let all = [
        error("[ticket]\nexternal_id = \"ID \"\ncomment.body = \"text\""),
        lines("subjekt = \"text\""),
        lines("[sauce]\nnull = []"),
        lines("[source]\ndelimeter = \",\""),
        lines("status = { column = \"text\", value = {} }"),
        lines("status = { constant = \"Open\" }"),
        lines("priority = { column = \"text\", values = { a = \"hihg\" } }"),
        lines("subject = { template = \"{tekst}\" }"),
        lines("subject = { default = \"x\" }"),
        lines("subject = { column = \"id\", constant = \"x\" }"),
        lines("subject = { column = \"id\", split = \",\" }"),
        lines("created_at = { column = \"text\", date_format = \"%H:%M\" }"),
        lines("created_at = { column = \"text\", prefix = \"x\" }"),
        lines("subject = { column = \"text\", date_format = \"%Y\" }"),
        lines("[source]\ntimezone = \"Europe/Berln\""),
        lines("[comments]\nfile = \"c.csv\""),
        lines("custom_fields.colour = \"text\""),
        lines("requester.name = \"text\""),
        lines("subject = [\"text\"]"),
        lines("subject = "),
        lines("[source]\nencoding = \"klingon\""),
        error("[ticket]\nexternal_id = { constant = 1 }\ncomment.body = \"text\""),
    ];
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn without_a_mapping_columns_named_like_fields_map_to_themselves() {
    let body = outcome(
        "external_id,subject,description,requester.email,tags,custom_fields.7,other\n\
         5,Hello,World,a@example.com,\"b, c\",v,x\n",
        "",
    );
    insta::assert_snapshot!(body, @r#"{"ticket":{"external_id":"5","subject":"Hello","comment":{"body":"World"},"requester":"a@example.com","tags":["b","c"],"custom_fields":[{"id":7,"value":"v"}]}}"#);
}

#[test]
fn without_an_external_id_the_lines_to_write_are_shown() {
    insta::assert_snapshot!(Case::new("Ticket ID,Ticket Description\n1,a\n", "").error(), @r#"
    nothing says which column of t.csv gives the external_id; let `zendesk-migrate init t.csv` propose a mapping, or write these lines into t.toml (with the right columns), and run again

    [ticket]
    external_id = "Ticket ID"
    comment.body = "Ticket Description"
    "#);
}
