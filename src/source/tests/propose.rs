//! The mappings that are proposed.

use super::Case;
use super::encodings::encoded;
use crate::source::{Endpoint, Proposal, Source, SourceError, Target, propose};

fn proposal(csv: impl AsRef<[u8]>) -> Proposal {
    propose(&Case::new(csv, "").csv(), "try it").unwrap()
}

/// The line of a proposal that gives a field.
#[track_caller]
fn line(csv: impl AsRef<[u8]>, key: &str) -> String {
    let text = proposal(csv).text;
    let start = format!("{key} = ");
    let found = text.lines().find(|line| line.starts_with(&start));
    found
        .unwrap_or_else(|| panic!("{key} in {text}"))
        .to_owned()
}

#[test]
fn cells_choose_where_no_name_does() {
    let csv = "ref1,who,what,short\n\
               A-1,ada@example.com,The wheel is bent and rubs on the brake,x\n\
               A-2,bo@example.com,The bell does not ring any more at all,x\n";
    assert_eq!(
        line(csv, "external_id"),
        "external_id = { column = \"ref1\", prefix = \"legacy-\" }"
    );
    assert_eq!(line(csv, "requester.email"), "requester.email = \"who\"");
    assert_eq!(line(csv, "comment.body"), "comment.body = \"what\"");
    let text = proposal(csv).text;
    assert!(text.contains("#   short\n"), "{text}");
}

#[test]
fn cells_that_contradict_a_name_win() {
    let csv = "Number,Key,Email,Requester,Name,Text\n\
               1,a,yes,ada@example.com,7,Hi\n\
               1,b,no,bo@example.com,8,Ho\n";
    assert_eq!(
        line(csv, "external_id"),
        "external_id = { column = \"Key\", prefix = \"legacy-\" }"
    );
    assert_eq!(
        line(csv, "requester.email"),
        "requester.email = \"Requester\""
    );
    assert!(!proposal(csv).text.contains("requester.name ="));
}

#[test]
fn the_order_of_day_and_month_is_proved_by_the_cells() {
    let csv = |date: &str| format!("id,text,Created\n1,a,03/04/2024\n2,b,{date}\n");
    assert!(line(csv("13/04/2024"), "created_at").contains("\"%d/%m/%Y\""));
    assert!(line(csv("04/13/2024"), "created_at").contains("\"%m/%d/%Y\""));
    let text = proposal(csv("05/04/2024")).text;
    assert!(
        text.contains("if the other order is right, write \"%m/%d/%Y\""),
        "{text}"
    );
    let other = "id,text,Created,Due\n1,a,03/04/2024,04/30/2024 10:00\n2,b,05/04/2024,\n";
    assert!(line(other, "created_at").contains("\"%m/%d/%Y\""));
    assert!(!proposal(csv("soon")).text.contains("created_at ="));
}

#[test]
fn a_word_that_is_not_known_is_told_and_makes_its_rows_invalid() {
    let csv = "id,text,State,Urgency\n1,a,Offen,3\n2,b,Verliehen,2\n3,c,Verliehen,2\n";
    let Proposal {
        text,
        undecided,
        valid,
        ..
    } = proposal(csv);
    assert!(
        text.contains("# NOT PLACED are the words below: "),
        "{text}"
    );
    assert!(text.contains("\n#   \"Verliehen\" (2 rows)\n"), "{text}");
    assert!(!text.contains("otherwise"), "{text}");
    assert_eq!(
        line(csv, "status"),
        "status = { column = \"State\", values = { \"Offen\" = \"open\" } }"
    );
    assert_eq!(valid, 1);
    assert_eq!(
        undecided,
        [
            "status: it is not known what a word of column \"State\" means: \"Verliehen\" (2 rows); the \
             mapping makes 2 rows invalid until you add it to its values",
            "column \"Urgency\" is not used: its name is one for priority, but none of its words is \
             known: \"2\" (2 rows), \"3\" (1 row)",
        ]
    );
}

#[test]
fn a_word_of_the_last_row_of_a_large_file_is_in_the_mapping() {
    let rows = (0..40_000)
        .map(|id| format!("{id},a text with some words in it for a ticket,Open,Incident\n"));
    let mut csv = "id,text,State,Type\n".to_owned() + &rows.collect::<String>();
    csv += "x,a,Merged,Question\ny,b,Verliehen,N/A\n";
    assert!(csv.len() > 2 << 20, "more than one piece");
    let proposal = proposal(&csv);
    let text = &proposal.text;
    assert!(text.contains("\"Merged\" = \"closed\""), "{text}");
    assert!(text.contains("\"Question\" = \"question\""), "{text}");
    assert!(text.contains("\"Verliehen\" (1 row)"), "{text}");
    assert!(text.contains("null = [\"N/A\"]"), "{text}");
    assert!(text.contains("those of all 40002 rows"), "{text}");
    assert!(proposal.undecided[0].contains("\"Verliehen\" (1 row)"));
}

#[test]
fn a_column_with_too_many_different_cells_is_no_list_of_words() {
    let rows = (0..60).map(|id| format!("{id},a text with words,Open {id}\n"));
    let csv = "id,text,State\n".to_owned() + &rows.collect::<String>();
    let proposal = proposal(&csv);
    assert!(!proposal.text.contains("status ="), "{}", proposal.text);
    assert_eq!(
        proposal.undecided,
        [
            "column \"State\" is not used: its name is one for status, but it has more than 50 different cells"
        ]
    );
}

#[test]
fn empty_texts_and_words_for_nothing_do_not_make_rows_invalid() {
    let csv = "id,Message,Email\n1,,a@example.com\n2,N/A,NULL\n3,Hi,b@example.com\n";
    let proposal = proposal(csv);
    assert_eq!((proposal.rows, proposal.valid), (3, 3), "{}", proposal.text);
    assert!(proposal.text.contains("null = [\"N/A\", \"NULL\"]\n"));
    assert!(proposal.text.contains("default = \"(no text)\""));
}

#[test]
fn without_a_text_the_subject_is_the_text() {
    let csv = "id,Subject,Age\n1,Bell,20\n2,Wheel,30\n";
    assert_eq!(line(csv, "comment.body"), "comment.body = \"Subject\"");
    assert_eq!(line(csv, "subject"), "subject = \"Subject\"");
}

#[test]
fn names_that_mean_something_to_toml_are_quoted() {
    let csv = "id,\"Say \"\"what\"\"\n# [now]\",Betreff\n1,a text of some words,b\n2,another text of words,b\n";
    let proposal = proposal(csv);
    assert_eq!((proposal.rows, proposal.valid), (2, 2), "{}", proposal.text);
}

#[test]
fn a_proposal_for_any_encoding_opens_the_file() {
    let text = "id;Größe;Nachricht;Erstellt\n1;groß;schön weiß und grün;01.05.2020\n\
                2;klein;Grüße aus Köln;31.05.2020\n";
    for label in ["utf-8", "utf-16le", "utf-16be", "windows-1252"] {
        let case = Case::new(encoded(text, label), "");
        let proposal = propose(&case.csv(), "try it").unwrap();
        std::fs::write(case.csv().with_extension("toml"), &proposal.text).unwrap();
        let target = Target {
            endpoint: Endpoint::Imports,
            now: None,
        };
        let source: Source = case.open_for(target);
        assert_eq!(source.encoding().to_lowercase(), label);
        assert!(source.told().is_empty(), "{:?}", source.told());
        let mut valid = 0;
        source
            .scan::<SourceError>(|chunk| {
                valid += chunk.rows.iter().filter(|row| row.row.is_ok()).count();
                Ok(())
            })
            .unwrap();
        assert_eq!((proposal.valid, valid), (2, 2), "{label}");
    }
}

#[test]
fn a_file_without_ids_is_refused() {
    let case = Case::new("Subject,Text\nHi there,a b\nHi there,a b\n", "");
    let error = propose(&case.csv(), "try it").unwrap_err();
    assert!(matches!(error, SourceError::NoColumn { .. }), "{error}");
}
