//! Conversations from a second CSV.

use std::fmt::Write;
use std::fs;

use super::encodings::encoded;
use super::{Case, MAPPING, Seen, outcomes, scan};
use crate::source::{Endpoint, Orphan, ScanEnd, Source, SourceError, Target};

const SECTION: &str = "[comments]\nfile = \"c.csv\"\nticket = \"ticket\"\nbody = \"text\"\n\
                       author.email = \"from\"\nauthor.name = \"who\"\n\
                       public = { column = \"public\", values = { internal = false } }\n\
                       created_at = \"sent\"\n";

const HEAD: &str = "ticket,text,from,who,public,sent\n";

impl Case {
    pub(super) fn with_comments(
        csv: impl AsRef<[u8]>,
        mapping: &str,
        comments: impl AsRef<[u8]>,
    ) -> Case {
        let case = Case::new(csv, mapping);
        fs::write(case.comments(), comments).unwrap();
        case
    }

    fn comments(&self) -> std::path::PathBuf {
        self.csv().with_file_name("c.csv")
    }

    pub(super) fn try_imports(&self) -> Result<Source, SourceError> {
        let target = Target {
            endpoint: Endpoint::Imports,
            now: Some("2026-01-01T00:00:00Z".parse().unwrap()),
        };
        Source::open_for(&self.csv(), None, target)
    }

    fn imports(&self) -> (Vec<Seen>, ScanEnd) {
        let source = self.try_imports().unwrap();
        let (rows, end) = scan(&source).unwrap();
        let identity = source.identity().unwrap();
        assert_eq!(end.comments_sha256, identity.comments_sha256);
        (rows, end)
    }

    fn imports_error(&self) -> String {
        let error = match self.try_imports() {
            Ok(source) => scan(&source).err().unwrap().to_string(),
            Err(error) => error.to_string(),
        };
        error.replace(&format!("{}/", self.dir.path().display()), "")
    }
}

fn problems(rows: &[Seen]) -> String {
    let problems = rows.iter().filter_map(|row| row.row.as_ref().err());
    let problems: Vec<_> = problems.map(|row| row.problem.to_string()).collect();
    problems.join("\n")
}

fn mapping() -> String {
    format!("{MAPPING}{SECTION}")
}

#[test]
fn a_conversation_follows_the_tickets_own_text_in_the_files_order() {
    let mapping = "[ticket]\nexternal_id = { column = \"id\", prefix = \"old-\" }\n\
                   comment.body = \"text\"\ncomment.public = { constant = true }\n\
                   created_at = \"at\"\n"
        .to_owned()
        + SECTION;
    let comments = format!(
        "{HEAD}2,Second of two,,,,\n\
         1,\"Hello,\nI wait\", a@example.com ,Ada,internal,2020-01-02 10:00\n\
         2,Third of two,b@example.com,,true,\n\
         1,Thanks,,,,\n"
    );
    let case = Case::with_comments("id,text,at\n1,One,2020-01-01\n2,Two,\n", &mapping, comments);
    let (rows, end) = case.imports();
    insta::assert_snapshot!(outcomes(&rows).join("\n"), @r#"
    {"ticket":{"external_id":"old-1","comments":[{"body":"One","public":true,"created_at":"2020-01-01T00:00:00Z"},{"body":"Hello,\nI wait","author":{"email":"a@example.com","name":"Ada"},"public":false,"created_at":"2020-01-02T10:00:00Z"},{"body":"Thanks"}],"created_at":"2020-01-01T00:00:00Z"}}
    {"ticket":{"external_id":"old-2","comments":[{"body":"Two","public":true},{"body":"Second of two"},{"body":"Third of two","author":{"email":"b@example.com"},"public":true}]}}
    "#);
    assert_eq!(end.orphans.count, 0);
}

#[test]
fn a_ticket_needs_a_text_of_its_own_or_a_comment() {
    let bare = mapping().replace("comment.body = \"text\"\n", "");
    let case = Case::with_comments("id\n1\n2\n", &bare, format!("{HEAD}1,Hi,,,,\n"));
    let (rows, _) = case.imports();
    insta::assert_snapshot!(outcomes(&rows)[0], @r#"{"ticket":{"external_id":"1","comments":[{"body":"Hi"}]}}"#);
    insta::assert_snapshot!(problems(&rows), @"MissingText: comment.body is not mapped and the ticket has no comments; Zendesk makes no ticket without a text");
    let case = Case::with_comments("id,text\n1,\n2,\n", &mapping(), format!("{HEAD}1,Hi,,,,\n"));
    insta::assert_snapshot!(problems(&case.imports().0), @r#"MissingText: comment.body is empty (column "text") and the ticket has no comments; Zendesk makes no ticket without a text"#);
}

#[test]
fn a_comment_that_cannot_be_used_makes_its_ticket_invalid() {
    let comments = format!(
        "{HEAD}a,Hi,,,,soon\n\
         b, ,,,,\n\
         c,{},,,,\n\
         d,Hi,nobody,,,\n\
         e,Hi,,,perhaps,\n\
         f,Hi,,\n\
         g,\"Hi\" there,,,,\n\
         h,Hi,,,,2027-01-01\n\
         i,fine,,,,\n\
         i,H\0i,,,,\n",
        "x".repeat(65_536)
    );
    let ids = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    let csv = ids
        .iter()
        .fold("id,text\n".to_owned(), |csv, id| csv + id + ",x\n");
    let case = Case::with_comments(csv, &mapping(), comments);
    let (rows, end) = case.imports();
    insta::assert_snapshot!(problems(&rows).replace(&"x".repeat(60), "xx"), @r#"
    InvalidDate: c.csv line 2: created_at is "soon" (column "sent"), which is no date like 2024-12-31 23:59; name its date_format in the mapping
    MissingText: c.csv line 3: body is empty (column "text"); fill the cell or take the row out
    TextTooLong: c.csv line 4: body has 65536 characters (column "text"), and Zendesk takes 65535; shorten it ("xx…")
    InvalidEmail: c.csv line 5: author.email is "nobody" (column "from"), which is no email address; fix the cell
    UnknownPublic: c.csv line 6: public is "perhaps" (column "public"), neither true nor false; add it to the mapping's values
    FieldCount: c.csv line 7: the row has 4 cells and the header 6 columns ("f,Hi,,"); look for a missing or stray delimiter or quote
    TextAfterQuote: c.csv line 8: text follows a closing quote on line 8 in column "text" ("g,\"Hi\" there,,,,\n"); double the quotes that belong to the text
    FutureDate: c.csv line 9: created_at is "2027-01-01" (column "sent"), which lies in the future; check timezone and date_format in the mapping, or fix the cell
    NulCharacter: c.csv line 11: column "text" holds a NUL character ("H\0i"); take it out
    "#);
    assert!(rows[9].row.is_ok());
    assert_eq!(end.orphans.count, 0);
}

#[test]
fn comments_of_no_row_are_counted_and_the_first_are_shown() {
    let mut comments = HEAD.to_owned();
    comments.push_str("9,Hi,,,,\n1,Hi,,,,\n\u{20},Hi,,,,\n");
    for id in 100..200 {
        writeln!(comments, "{id},Hi,,,,").unwrap();
    }
    comments.push_str("short\n");
    let case = Case::with_comments("id,text\n1,x\n2\n", &mapping(), comments);
    let (_, end) = case.imports();
    assert_eq!(end.orphans.count, 103);
    let shown = |line, ticket: &str| Orphan {
        line,
        ticket: ticket.to_owned(),
    };
    assert_eq!(
        end.orphans.first,
        [
            shown(2, "9"),
            shown(4, ""),
            shown(5, "100"),
            shown(6, "101"),
            shown(7, "102")
        ]
    );
}

#[test]
fn an_invalid_ticket_has_its_comments_all_the_same() {
    let status = mapping().replace("[comments]", "status = \"state\"\n[comments]");
    let case = Case::with_comments(
        "id,text,state\n1,x,odd\n",
        &status,
        format!("{HEAD}1,Hi,,,,\n"),
    );
    let (rows, end) = case.imports();
    assert_eq!(outcomes(&rows), ["UnknownStatus"]);
    assert_eq!(end.orphans.count, 0);
}

#[test]
fn more_comments_than_zendesk_takes_make_the_ticket_invalid() {
    let comments = |count: usize| HEAD.to_owned() + &"1,Hi,,,,\n".repeat(count);
    let bare = mapping().replace("comment.body = \"text\"\n", "");
    let outcome = |mapping: &str, count| {
        let case = Case::with_comments("id,text\n1,x\n", mapping, comments(count));
        let (rows, end) = case.imports();
        assert_eq!(end.orphans.count, 0);
        let body = outcomes(&rows).remove(0);
        (body.matches("\"Hi\"").count(), problems(&rows))
    };
    assert_eq!(outcome(&bare, 5_000), (5_000, String::new()));
    insta::assert_snapshot!(outcome(&bare, 5_001).1, @"TooManyComments: the ticket has 5001 comments, and Zendesk takes 5000; join some of them or leave some out");
    // The ticket's own text is a comment too.
    assert_eq!(outcome(&mapping(), 4_999).0, 4_999);
    insta::assert_snapshot!(outcome(&mapping(), 5_000).1, @"TooManyComments: the ticket has 5001 comments, and Zendesk takes 5000; join some of them or leave some out");
}

#[test]
fn a_conversation_beyond_all_bounds_makes_the_ticket_invalid() {
    let comments = HEAD.to_owned() + &format!("1,{},,,,\n", "x".repeat(60_000)).repeat(150);
    let case = Case::with_comments("id,text\n1,x\n2,x\n", &mapping(), comments);
    let (rows, end) = case.imports();
    insta::assert_snapshot!(problems(&rows), @"ConversationTooLarge: the ticket's 150 comments in c.csv have 9001050 bytes, and a conversation may have 8388608; shorten some of them or leave some out");
    assert_eq!((rows.len(), end.orphans.count), (2, 0));
}

#[test]
fn many_comments_in_any_order_find_their_tickets() {
    // More than are sorted in memory at a time.
    let (tickets, each) = (3_000_u64, 100_u64);
    let mut comments = HEAD.to_owned();
    for number in 0..tickets * each {
        // Every ticket comes once before any comes twice, in an order of its own each time.
        let ticket = (number % tickets * 7_919 + number / tickets) % tickets;
        writeln!(comments, "{ticket},\"c\n{number}\",,,,").unwrap();
    }
    let mut csv = "id,text\n".to_owned();
    for ticket in 0..tickets {
        writeln!(csv, "{ticket},t").unwrap();
    }
    let case = Case::with_comments(csv, &mapping(), comments);
    let (rows, end) = case.imports();
    assert_eq!((end.rows, end.orphans.count), (tickets, 0));
    for (ticket, row) in rows.iter().enumerate().step_by(97) {
        let body = String::from_utf8(row.row.as_ref().unwrap().body.clone()).unwrap();
        let said: Vec<u64> = body
            .split("c\\n")
            .skip(1)
            .map(|rest| rest[..rest.find('"').unwrap()].parse().unwrap())
            .collect();
        assert_eq!(said.len() as u64, each);
        assert!(said.is_sorted());
        let of = |number| (number % tickets * 7_919 + number / tickets) % tickets;
        assert!(said.iter().all(|number| of(*number) == ticket as u64));
    }
}

#[test]
fn the_two_files_may_differ_in_encoding_and_delimiter() {
    let csv = encoded(
        "id;text\nmüller;Grüße aus Köln, schön weiß\n",
        "windows-1252",
    );
    for label in ["utf-8", "utf-16le", "windows-1252"] {
        let comments = encoded("ticket\ttext\nmüller\t\"Größe\n1\"\nmüller\tfür 2\n", label);
        let section = "[comments]\nfile = \"c.csv\"\nticket = \"ticket\"\nbody = \"text\"\n";
        let named = format!("{section}encoding = \"{label}\"\ndelimiter = \"\\t\"\n");
        for section in [section, &named] {
            let case = Case::with_comments(&csv, &format!("{MAPPING}{section}"), &comments);
            let (rows, _) = case.imports();
            insta::allow_duplicates! {
                insta::assert_snapshot!(outcomes(&rows)[0], @r#"{"ticket":{"external_id":"müller","comments":[{"body":"Grüße aus Köln, schön weiß"},{"body":"Größe\n1"},{"body":"für 2"}]}}"#);
            }
        }
    }
}

#[test]
fn what_is_detected_is_told_for_each_file() {
    let comments = "ticket;text;from;who;public;sent\n1;Hi;;;;\n";
    let case = Case::with_comments("id,text\n1,x\n", &mapping(), comments);
    insta::assert_snapshot!(case.try_imports().unwrap().told().join("\n"), @"c.csv: delimiter ; was detected; set it in the mapping's [comments] to be sure");
}

#[test]
fn mistakes_in_the_comments_file_name_it() {
    let error = |comments: &str| {
        Case::with_comments("id,text\n1,x\n", &mapping(), comments).imports_error()
    };
    let all = [
        error(""),
        error("ticket,text,from,who,public,sent\n"),
        error("ticket,ticket\n1,2\n"),
        error("ticket,body,from,who,public,sent\n1,Hi,,,,\n"),
        error(&format!("{HEAD}1,\"Hi,,,,\n2,Ho,,,,\n")),
        error("PK\u{3}\u{4}"),
        Case::new("id,text\n1,x\n", &mapping()).imports_error(),
    ];
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn mistakes_in_the_section_are_told_with_their_line() {
    let error = |mapping: &str| {
        Case::with_comments("id,text\n1,x\n", mapping, format!("{HEAD}1,Hi,,,,\n")).imports_error()
    };
    let all = [
        error(&mapping().replace("file = \"c.csv\"\n", "")),
        error(&mapping().replace("ticket = \"ticket\"\n", "")),
        error(&mapping().replace("body = \"text\"\nauthor", "author")),
        error(&mapping().replace("author.email = \"from\"\n", "")),
        error(&mapping().replace("ticket = \"ticket\"", "ticket = \"Ticket\"")),
        error(&mapping().replace("public =", "pubic =")),
        error(&mapping().replace("author.name", "author.nmae")),
        error(&mapping().replace("internal = false", "internal = \"no\"")),
        error(&mapping().replace(
            "external_id = \"id\"",
            "external_id = { template = \"{id}\" }",
        )),
        Case::with_comments("id,text\n1,x\n", &mapping(), HEAD).error(),
    ];
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn comments_that_changed_are_noticed_when_a_row_is_read_again() {
    let case = Case::with_comments("id,text\n1,x\n", &mapping(), format!("{HEAD}1,Hi,,,,\n"));
    let source = case.try_imports().unwrap();
    let place = scan(&source).unwrap().0[0].place;
    for changed in [format!("{HEAD}2,Hi,,,,\n"), HEAD.to_owned()] {
        fs::write(case.comments(), changed).unwrap();
        let again = source.read_again(place);
        assert!(
            matches!(again, Err(SourceError::Changed { .. })),
            "{again:?}"
        );
    }
}

#[test]
fn a_row_is_read_again_by_a_process_that_never_scanned() {
    let case = Case::with_comments("id,text\n1,x\n", &mapping(), format!("{HEAD}1,Hi,,,,\n"));
    let (rows, _) = case.imports();
    let again = case.try_imports().unwrap().read_again(rows[0].place);
    assert_eq!(again.unwrap(), rows[0].row);
}

#[test]
fn a_comment_that_was_cut_makes_its_row_invalid_and_a_repeated_header_is_no_comment() {
    let head = HEAD.trim_end();
    let lines = [
        &format!("{head}\r\n"),
        "1,Hi,a@example.com,,,\r\n",
        &format!("{head}\r\n"),
        "2,First half,,,,\n",
        "3,second half,b@example.com,,,\r\n",
        "4,Hi,c@example.com,,,\r\n",
    ];
    let rows = "id,text\n1,w\n2,x\n3,y\n4,z\n";
    let case = Case::with_comments(rows, &mapping(), lines.concat());
    let (rows, end) = case.imports();
    let is_broken = |row: &Seen| matches!(&row.row, Err(row) if row.problem.code == "BrokenLine");
    let broken: Vec<bool> = rows.iter().map(is_broken).collect();
    assert_eq!(broken, [false, true, true, false], "{}", problems(&rows));
    assert_eq!(end.orphans.count, 1, "the header");
    let any = format!("[source]\nline_ends = \"any\"\n{}", mapping());
    fs::write(case.csv().with_extension("toml"), any).unwrap();
    let (rows, _) = case.imports();
    assert_eq!(problems(&rows), "");
}
