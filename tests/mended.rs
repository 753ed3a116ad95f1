//! `error.csv`, mended and fed back when things are no longer as they were: no row is lost, and none
//! gets two tickets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a broken expectation is a failed test"
)]

#[path = "mended/again.rs"]
mod again;
#[path = "kills/draw.rs"]
mod draw;
#[path = "mended/histories.rs"]
mod histories;
mod support;

use support::folder::Folder;
use support::process::Ended;
use support::sandbox::Sandbox;

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
    fn mend(&mut self, copy: &str, mended: &[(&str, &str)]) {
        let mut text = self.folder.text("error.csv");
        for (old, new) in mended {
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
    scene.mend("mended.csv", &[("\n,Two", "\n2,Two")]);
    scene.write("t.csv", "1,One,First\n,New,Newer\n,Two,Second\n");
    assert_eq!(scene.run("t.csv").status, Some(3));
    let ended = scene.run("mended.csv");
    assert_eq!(ended.status, Some(3), "{ended:?}");
    scene.assert_tickets(&[("1", "One"), ("2", "Two")]);
    let left = scene.error_lines();
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(left[0].starts_with(",New,Newer,3,MissingExternalId,"));
}

#[test]
fn an_id_that_was_no_good_is_mended_in_error_csv_too() {
    let mut scene = Scene::of("1,One,First\n 2,Two,Second\n");
    scene.mend("mended.csv", &[("\n 2,Two", "\n2,Two")]);
    let ended = scene.run("mended.csv");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    scene.assert_tickets(&[("1", "One"), ("2", "Two")]);
}

#[test]
fn a_row_with_a_ticket_that_was_mended_has_not_changed_if_the_recorded_csv_is_as_it_was() {
    let mut scene = Scene::of("1,One,First\n2,Two,\n");
    scene.mend("mended.csv", &[("2,Two,,", "2,Two,Second,")]);
    assert_eq!(scene.run("mended.csv").status, Some(0));
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
    scene.mend("mended.csv", &[("\n,Two", "\n2,Two")]);
    assert_eq!(scene.run("mended.csv").status, Some(0));
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
fn a_mended_row_that_has_moved_in_the_recorded_csv_is_no_new_row() {
    let mut scene = Scene::of("1,One,First\n,Two,Second\n");
    scene.mend("mended.csv", &[("\n,Two", "\n2,Two")]);
    assert_eq!(scene.run("mended.csv").status, Some(0));
    scene.write("t.csv", "0,Zero,Zeroth\n1,One,First\n,Two,Second\n");
    let ended = scene.run("t.csv");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    scene.assert_tickets(&[("0", "Zero"), ("1", "One"), ("2", "Two")]);
}

#[test]
fn an_old_error_csv_that_gives_a_row_with_a_ticket_another_id_is_refused() {
    let mut scene = Scene::of("1,One,First\n,Two,Second\n");
    scene.mend("mended.csv", &[("\n,Two", "\n2,Two")]);
    scene.mend("old.csv", &[("\n,Two", "\n22,Two")]);
    assert_eq!(scene.run("mended.csv").status, Some(0));
    scene.refused("old.csv", "had no external_id when it was exported");
    // Neither is a row that exists overwritten by it.
    scene.mend("old.csv", &[("\n,Two", "\n1,Two")]);
    scene.refused("old.csv", "had no external_id when it was exported");
}

#[test]
fn a_row_that_was_split_in_two_is_refused() {
    let mut scene = Scene::of("1,One,First\n,Two,Second\n");
    let text = scene.folder.text("error.csv");
    let row = text.lines().nth(1).unwrap();
    let two = text.replace(row, &format!("2{row}\n3{row}"));
    scene.folder = scene.folder.with("split.csv", two);
    scene.refused("split.csv", "had no external_id when it was exported");
}

#[test]
fn rows_of_the_same_bytes_get_a_ticket_each_and_no_more() {
    let mut scene = Scene::of("1,One,First\n,Two,Second\n,Two,Second\n");
    scene.mend("mended.csv", &[("\n,Two", "\n2,Two")]);
    let ended = scene.run("mended.csv");
    assert_eq!(ended.status, Some(3), "{ended:?}");
    scene.mend(
        "mended.csv",
        &[("\n,Two", "\n2,Two"), ("\n,Two", "\n3,Two")],
    );
    for csv in ["mended.csv", "mended.csv", "t.csv"] {
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
fn rows_without_an_id_are_not_looked_for_in_a_recorded_csv_that_has_changed() {
    let mut scene = Scene::of("1,One,First\n,Two,Second\n");
    scene.mend("mended.csv", &[("\n,Two", "\n2,Two")]);
    scene.write("t.csv", "1,One,First\n,Six,Second\n");
    scene.refused("mended.csv", "has changed since it was read: run it first");
}

#[test]
fn an_id_that_was_taken_can_be_mended_further_in_the_same_file() {
    let mut scene = Scene::of("1,One,First\n,Two,Second\n");
    scene.mend("mended.csv", &[("\n,Two", "\n1,Two")]);
    assert_eq!(scene.run("mended.csv").status, Some(3));
    scene.mend("mended.csv", &[("\n,Two", "\n2,Two")]);
    let ended = scene.run("mended.csv");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    scene.assert_tickets(&[("1", "One"), ("2", "Two")]);
}

#[test]
fn a_row_that_gets_its_id_in_the_recorded_csv_too_is_sent_from_there() {
    let mut scene = Scene::of("1,One,First\n,Two,Second\n");
    scene.mend("mended.csv", &[("\n,Two", "\n2,Two")]);
    let ended = scene.run_with("mended.csv", "--limit 0");
    assert_eq!(ended.status, Some(4), "{ended:?}");
    scene.write("t.csv", "1,One,First\n2,Two,Second\n");
    std::fs::remove_file(scene.folder.path("mended.csv")).unwrap();
    let ended = scene.run("t.csv");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    scene.assert_tickets(&[("1", "One"), ("2", "Two")]);
}
