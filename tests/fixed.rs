//! `error.csv`, fixed and fed back when things are no longer as they were: no row is lost, and none
//! gets two tickets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a broken expectation is a failed test"
)]

mod again;
mod alone;
mod habits;
mod spreadsheets;

use crate::support::folder::Folder;
use crate::support::process::Ended;
use crate::support::sandbox::Sandbox;

const HEAD: &str = "external_id,subject,comment.body\n";

struct Scene {
    folder: Folder,
    sandbox: Sandbox,
}

impl Scene {
    fn before() -> Self {
        let settings = "suspended = [\"@bad.example\"]\n";
        let folder = Folder::new().with("settings.toml", settings);
        let sandbox = Sandbox::start(&folder, "--settings settings.toml");
        Self { folder, sandbox }
    }

    /// A CSV with these rows that was run, and its `error.csv`.
    fn of(rows: &str) -> Self {
        let mut scene = Self::before();
        scene.write("t.csv", rows);
        assert_eq!(scene.run("t.csv").status, Some(3));
        scene.export();
        scene
    }

    fn write(&mut self, name: &str, rows: &str) {
        std::fs::write(self.folder.path(name), HEAD.to_owned() + rows).unwrap();
    }

    fn run(&self, csv: &str) -> Ended {
        self.run_with(csv, "")
    }

    fn run_with(&self, csv: &str, more: &str) -> Ended {
        let url = self.sandbox.url();
        let flags = format!("--lookup-settle 1s --allow-triggers {more}");
        let run = format!("run {csv} -c c.sqlite3 --url {url} {flags}");
        let run = self.folder.command(&run);
        run.env("ZENDESK_OAUTH_TOKEN", "t").run()
    }

    fn export(&self) {
        let ended = self.try_export();
        assert_eq!(ended.status, Some(0), "{ended:?}");
    }

    fn try_export(&self) -> Ended {
        let export = "export t.csv -c c.sqlite3 --force";
        self.folder.command(export).run()
    }

    /// What a person would do to a copy of `error.csv`.
    fn fix(&mut self, copy: &str, fixed: &[(&str, &str)]) {
        let mut text = self.folder.text("error.csv");
        for (old, new) in fixed {
            assert!(text.contains(old), "{text}");
            text = text.replacen(old, new, 1);
        }
        std::fs::write(self.folder.path(copy), text).unwrap();
    }

    /// The `external_id` and the subject of every ticket.
    fn tickets(&self) -> Vec<(String, String)> {
        let list = self.sandbox.get("/api/v2/tickets.json?per_page=100");
        let tickets = list["tickets"].as_array().unwrap().iter();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let mut all: Vec<_> = tickets
            .map(|ticket| (text(&ticket["external_id"]), text(&ticket["subject"])))
            .collect();
        all.sort();
        all
    }

    #[track_caller]
    fn assert_tickets(&self, expected: &[(&str, &str)]) {
        let expected: Vec<_> = expected
            .iter()
            .map(|(id, subject)| ((*id).to_owned(), (*subject).to_owned()))
            .collect();
        assert_eq!(self.tickets(), expected);
    }

    /// Runs a file that is refused as a whole.
    #[track_caller]
    fn refused(&self, csv: &str, sentence: &str) {
        let before = self.tickets();
        let ended = self.run(csv);
        assert_eq!(ended.status, Some(1), "{ended:?}");
        assert!(ended.stderr.contains(sentence), "{ended:?}");
        assert_eq!(self.tickets(), before);
    }

    fn error_lines(&self) -> Vec<String> {
        self.export();
        let text = self.folder.text("error.csv");
        text.lines().skip(1).map(str::to_owned).collect()
    }
}

#[test]
fn a_row_without_an_id_is_known_again_after_lines_have_moved_and_another_stands_on_its_line() {
    let mut scene = Scene::of("1,One,First\n,Two,Second\n");
    scene.fix("fixed.csv", &[("\n,Two", "\n2,Two")]);
    scene.write("t.csv", "1,One,First\n,New,Newer\n,Two,Second\n");
    assert_eq!(scene.run("t.csv").status, Some(3));
    let ended = scene.run("fixed.csv");
    assert_eq!(ended.status, Some(3), "{ended:?}");
    scene.assert_tickets(&[("1", "One"), ("2", "Two")]);
    let left = scene.error_lines();
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(left[0].starts_with(",New,Newer,3,MissingExternalId,"));
}

#[test]
fn an_id_that_was_no_good_is_fixed_in_error_csv_too() {
    let mut scene = Scene::of("1,One,First\n 2,Two,Second\n");
    scene.fix("fixed.csv", &[("\n 2,Two", "\n2,Two")]);
    let ended = scene.run("fixed.csv");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    scene.assert_tickets(&[("1", "One"), ("2", "Two")]);
}

#[test]
fn a_row_with_a_ticket_that_was_fixed_has_not_changed_if_the_recorded_csv_is_as_it_was() {
    let mut scene = Scene::of("1,One,First\n2,Two,\n");
    scene.fix("fixed.csv", &[("2,Two,,", "2,Two,Second,")]);
    assert_eq!(scene.run("fixed.csv").status, Some(0));
    scene.write("t.csv", "1,One,First\n2,Two,\n3,Three,Third\n");
    let ended = scene.run("t.csv");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(!ended.stderr.contains("changed since"), "{ended:?}");
    scene.write("t.csv", "1,One,First\n2,Two,Other\n3,Three,Third\n");
    let ended = scene.run("t.csv");
    assert!(
        ended.stderr.contains("changed since it was sent: 2"),
        "{ended:?}"
    );
    scene.assert_tickets(&[("1", "One"), ("2", "Two"), ("3", "Three")]);
}

#[test]
fn another_row_without_an_id_at_the_very_same_place_is_not_lost() {
    let mut scene = Scene::of("1,One,First\n,Two,Second\n");
    scene.fix("fixed.csv", &[("\n,Two", "\n2,Two")]);
    assert_eq!(scene.run("fixed.csv").status, Some(0));
    // As many bytes, on the same line.
    scene.write("t.csv", "1,One,First\n,Six,Second\n");
    let ended = scene.run("t.csv");
    assert_eq!(ended.status, Some(3), "{ended:?}");
    let left = scene.error_lines();
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(left[0].starts_with(",Six,Second,3,MissingExternalId,"));
    scene.assert_tickets(&[("1", "One"), ("2", "Two")]);
}

#[test]
fn a_fixed_row_that_has_moved_in_the_recorded_csv_is_no_new_row() {
    let mut scene = Scene::of("1,One,First\n,Two,Second\n");
    scene.fix("fixed.csv", &[("\n,Two", "\n2,Two")]);
    assert_eq!(scene.run("fixed.csv").status, Some(0));
    scene.write("t.csv", "0,Zero,Zeroth\n1,One,First\n,Two,Second\n");
    let ended = scene.run("t.csv");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    scene.assert_tickets(&[("0", "Zero"), ("1", "One"), ("2", "Two")]);
}

#[test]
fn an_old_error_csv_that_gives_a_row_with_a_ticket_another_id_is_refused() {
    let mut scene = Scene::of("1,One,First\n,Two,Second\n");
    scene.fix("fixed.csv", &[("\n,Two", "\n2,Two")]);
    scene.fix("old.csv", &[("\n,Two", "\n22,Two")]);
    assert_eq!(scene.run("fixed.csv").status, Some(0));
    scene.refused("old.csv", "was sent with external_id \"2\"");
    // Neither is a row that exists overwritten by it.
    scene.fix("old.csv", &[("\n,Two", "\n1,Two")]);
    scene.refused("old.csv", "was sent with external_id \"2\"");
}

#[test]
fn a_row_that_was_split_in_two_is_refused() {
    let mut scene = Scene::of("1,One,First\n,Two,Second\n");
    let text = scene.folder.text("error.csv");
    let row = text.lines().nth(1).unwrap();
    let two = text.replace(row, &format!("2{row}\n3{row}"));
    scene.folder = scene.folder.with("split.csv", two);
    scene.refused("split.csv", "the rows on lines 2 and 3 of ");
}

#[test]
fn rows_of_the_same_bytes_get_a_ticket_each_and_no_more() {
    let mut scene = Scene::of("1,One,First\n,Two,Second\n,Two,Second\n");
    scene.fix("fixed.csv", &[("\n,Two", "\n2,Two")]);
    let ended = scene.run("fixed.csv");
    assert_eq!(ended.status, Some(3), "{ended:?}");
    scene.fix("fixed.csv", &[("\n,Two", "\n2,Two"), ("\n,Two", "\n3,Two")]);
    for csv in ["fixed.csv", "fixed.csv", "t.csv"] {
        let ended = scene.run(csv);
        assert_eq!(ended.status, Some(0), "{ended:?}");
    }
    scene.write(
        "t.csv",
        ",Two,Second\n,Two,Second\n,Two,Second\n1,One,First\n",
    );
    let ended = scene.run("t.csv");
    assert_eq!(ended.status, Some(3), "{ended:?}");
    assert!(ended.stderr.contains("1 new"), "{ended:?}");
    scene.assert_tickets(&[("1", "One"), ("2", "Two"), ("3", "Two")]);
}

#[test]
fn a_row_that_was_fixed_in_the_recorded_csv_too_is_one_row_whichever_is_run_first() {
    for first in ["fixed.csv", "t.csv"] {
        let mut scene = Scene::of("1,One,First\n,Two,Second\n");
        scene.fix("fixed.csv", &[("\n,Two", "\n2,Two")]);
        scene.write("t.csv", "1,One,First\n2,Two,Second\n");
        assert_eq!(scene.run(first).status, Some(0));
        let ended = scene.run("fixed.csv");
        assert_eq!(ended.status, Some(0), "{ended:?}");
        let is_gone = ended.stderr.contains("1 no longer in the recorded CSV");
        assert_eq!(is_gone, first == "t.csv", "{ended:?}");
        assert_eq!(scene.run("t.csv").status, Some(0));
        scene.assert_tickets(&[("1", "One"), ("2", "Two")]);
    }
}

#[test]
fn a_fixed_row_that_leaves_the_recorded_csv_is_not_sent_and_a_row_without_an_id_comes_back() {
    let mut scene = Scene::of("1,One,First\n,Two,Second\n");
    scene.fix("fixed.csv", &[("\n,Two", "\n2,Two")]);
    assert_eq!(scene.run_with("fixed.csv", "--limit 0").status, Some(4));
    scene.write("t.csv", "1,One,First\n");
    let ended = scene.run("t.csv");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(
        ended.stderr.contains("1 gone before they were sent"),
        "{ended:?}"
    );
    scene.write("t.csv", "1,One,First\n,Two,Second\n");
    assert_eq!(scene.run("t.csv").status, Some(3));
    let ended = scene.run("fixed.csv");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    scene.assert_tickets(&[("1", "One"), ("2", "Two")]);
}

#[test]
fn a_duplicate_that_was_given_another_id_stays_what_it_is_when_its_double_is_taken_out() {
    let mut scene = Scene::of("1,One,First\n1,Two,Second\n");
    scene.fix("fixed.csv", &[("\n1,Two", "\n2,Two")]);
    assert_eq!(scene.run("fixed.csv").status, Some(0));
    scene.write("t.csv", "1,Two,Second\n");
    let ended = scene.run("t.csv");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(!ended.stderr.contains("changed since"), "{ended:?}");
    scene.assert_tickets(&[("1", "One"), ("2", "Two")]);
}

#[test]
fn a_new_row_with_the_id_that_a_row_was_given_elsewhere_does_not_take_its_place() {
    let mut scene = Scene::of("1,One,First\n,Two,Second\n");
    scene.fix("fixed.csv", &[("\n,Two", "\n2,Two")]);
    assert_eq!(scene.run_with("fixed.csv", "--limit 0").status, Some(4));
    scene.write("t.csv", "1,One,First\n2,Six,Sixth\n,Two,Second\n");
    let ended = scene.run("t.csv");
    assert!(
        ended
            .stderr
            .contains("line 3 is invalid: external_id \"2\" is already that of the row on line 4"),
        "{ended:?}"
    );
    scene.run("fixed.csv");
    scene.assert_tickets(&[("1", "One"), ("2", "Two")]);
}

#[test]
fn a_file_that_was_exported_from_another_checkpoint_is_refused_where_its_numbers_are_other_rows() {
    let mut scene = Scene::of("1,One,First\n,Two,Second\n,Six,Sixth\n");
    scene.fix("fixed.csv", &[("\n,Two", "\n2,Two"), ("\n,Six", "\n6,Six")]);
    // The same file, read anew after a row was taken out.
    scene.write("t.csv", "1,One,First\n,Six,Sixth\n");
    std::fs::remove_file(scene.folder.path("c.sqlite3")).unwrap();
    scene.run_with("t.csv", "--recover");
    scene.refused(
        "fixed.csv",
        "which names no row of this checkpoint, or another one",
    );
    scene.assert_tickets(&[("1", "One")]);
}

#[test]
fn an_id_that_was_taken_can_be_fixed_further_in_the_same_file() {
    let mut scene = Scene::of("1,One,First\n,Two,Second\n");
    scene.fix("fixed.csv", &[("\n,Two", "\n1,Two")]);
    assert_eq!(scene.run("fixed.csv").status, Some(3));
    scene.fix("fixed.csv", &[("\n,Two", "\n2,Two")]);
    let ended = scene.run("fixed.csv");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    scene.assert_tickets(&[("1", "One"), ("2", "Two")]);
}

#[test]
fn a_row_that_gets_its_id_in_the_recorded_csv_too_is_sent_from_there() {
    let mut scene = Scene::of("1,One,First\n,Two,Second\n");
    scene.fix("fixed.csv", &[("\n,Two", "\n2,Two")]);
    let ended = scene.run_with("fixed.csv", "--limit 0");
    assert_eq!(ended.status, Some(4), "{ended:?}");
    scene.write("t.csv", "1,One,First\n2,Two,Second\n");
    std::fs::remove_file(scene.folder.path("fixed.csv")).unwrap();
    let ended = scene.run("t.csv");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    scene.assert_tickets(&[("1", "One"), ("2", "Two")]);
}
