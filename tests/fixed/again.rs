//! Rows that are fixed once more, in part, or no longer.

use crate::fixed::Scene;
use crate::support::process::Ended;

const HEAD: &str = "external_id,subject,comment.body,requester.name,requester.email\n";

/// A CSV whose rows have a requester: one at `bad.example` is refused by Zendesk.
fn scene(rows: &str) -> Scene {
    let mut scene = Scene::before();
    write(&mut scene, "t.csv", rows);
    let ended = scene.run("t.csv");
    assert_eq!(ended.status, Some(3), "{ended:?}");
    scene.export();
    scene
}

fn write(scene: &mut Scene, name: &str, rows: &str) {
    std::fs::write(scene.folder.path(name), HEAD.to_owned() + rows).unwrap();
}

/// Writes the header of `error.csv` and those of its lines that are picked, as they were fixed.
fn pick(scene: &mut Scene, name: &str, pick: impl Fn(&str) -> Option<String>) {
    let text = scene.folder.text("error.csv");
    let (head, lines) = text.split_once('\n').unwrap();
    let picked: Vec<String> = lines.lines().filter_map(pick).collect();
    let text = format!("{head}\n{}\n", picked.join("\n"));
    std::fs::write(scene.folder.path(name), text).unwrap();
}

#[track_caller]
fn assert_status(ended: &Ended, status: i32) {
    assert_eq!(ended.status, Some(status), "{ended:?}");
}

#[test]
fn a_row_that_is_fixed_once_more_never_takes_the_place_of_the_row_whose_id_it_had() {
    let mut scene = scene(
        "1,One,x,N,a@bad.example\n\
         1,Dup,x,N,b@bad.example\n",
    );
    scene.fix("m.csv", &[("\n1,Dup", "\n2,Dup")]);
    assert_status(&scene.run("m.csv"), 3);
    scene.export();
    let only_dup = |id: &'static str| {
        move |line: &str| {
            let rest = line.strip_prefix("1,Dup")?;
            Some(format!("{id},Dup{}", rest.replace("bad", "good")))
        }
    };
    pick(&mut scene, "again.csv", only_dup("1"));
    scene.refused("again.csv", "was sent with external_id \"2\"");
    pick(&mut scene, "again.csv", only_dup("2"));
    assert_status(&scene.run("again.csv"), 3);
    scene.assert_tickets(&[("2", "Dup")]);
    scene.fix("one.csv", &[("a@bad", "a@good"), ("\n1,Dup", "\n2,Dup")]);
    assert_status(&scene.run("one.csv"), 0);
    scene.assert_tickets(&[("1", "One"), ("2", "Dup")]);
}

#[test]
fn rows_that_wait_in_a_file_and_are_no_longer_there_are_named_and_nothing_else_is_stopped() {
    let mut scene = Scene::of("1,One,x\n2,Two,\n3,Three,\n,Four,x\n");
    let texts = [
        ("Two,", "Two,x"),
        ("Three,", "Three,x"),
        (",Four", "4,Four"),
    ];
    scene.fix("m.csv", &texts);
    assert_status(&scene.run_with("m.csv", "--limit 0"), 4);
    let whole = scene.folder.text("m.csv");
    let without = |gone: &[&str]| {
        let kept = |line: &&str| !gone.iter().any(|id| line.starts_with(id));
        let lines: Vec<&str> = whole.lines().filter(kept).collect();
        lines.join("\n") + "\n"
    };
    scene.folder = scene.folder.with("m.csv", without(&["2,", "4,"]));
    for _ in 0..2 {
        scene.refused("m.csv", "no longer has them (external_id \"2\", \"4\")");
    }
    // The recorded CSV is still known to be as it was read.
    assert_status(&scene.try_export(), 0);
    assert_status(&scene.run("t.csv"), 4);
    scene.write("other.csv", "2,Two,y\n4,Four,y\n");
    assert_status(&scene.run_with("other.csv", "--limit 0"), 4);
    assert_status(&scene.run("m.csv"), 4);
    scene.assert_tickets(&[("1", "One"), ("3", "Three")]);
    assert_status(&scene.run("other.csv"), 0);
    scene.assert_tickets(&[("1", "One"), ("2", "Two"), ("3", "Three"), ("4", "Four")]);
}

#[test]
fn a_row_that_has_lost_its_id_in_its_file_keeps_the_one_that_it_has_in_the_recorded_csv() {
    let mut scene = Scene::of("1,One,x\n2,Two,\n3,Three,\n");
    scene.fix("m.csv", &[("Two,", "Two,x"), ("Three,", "Three,x")]);
    assert_status(&scene.run_with("m.csv", "--limit 0"), 4);
    scene.fix("m.csv", &[("2,Two,", ",Two,x"), ("Three,", "Three,x")]);
    assert_status(&scene.run("m.csv"), 0);
    scene.assert_tickets(&[("1", "One"), ("2", "Two"), ("3", "Three")]);
}

#[test]
fn a_fixed_row_is_sent_although_its_unfixed_duplicate_reads_as_it_did() {
    let row = "2,Two,x,N,a@bad.example\n";
    let mut scene = scene(&row.repeat(2));
    scene.fix("m.csv", &[("a@bad", "a@good")]);
    let ended = scene.run("m.csv");
    assert_status(&ended, 3);
    assert!(!ended.stderr.contains("nobody can tell"), "{ended:?}");
    scene.assert_tickets(&[("2", "Two")]);
    let left = scene.error_lines();
    assert_eq!(left.len(), 1, "{left:?}");
    assert!(left[0].contains(",3,DuplicateExternalId,"), "{left:?}");
    assert!(left[0].contains("the row on line 2; only"), "{left:?}");
}

#[test]
fn two_lines_for_one_row_are_refused() {
    let mut scene = Scene::of("1,One,x\n2,Two,\n");
    scene.write("m.csv", "2,Other,y\n2,Two,x\n");
    scene.refused("m.csv", "lines 2 and 3 of ");
    scene.write("m.csv", "2,Two,x\n");
    assert_status(&scene.run("m.csv"), 0);
    scene.assert_tickets(&[("1", "One"), ("2", "Two")]);
}

#[test]
fn rows_with_one_id_that_change_places_in_the_recorded_csv_get_one_ticket_each() {
    let (first, second) = ("1,One,x,N,a@bad.example\n", "1,Dup,x,N,b@good.example\n");
    let mut scene = scene(&[first, second].concat());
    scene.fix("m.csv", &[("\n1,Dup", "\n2,Dup")]);
    assert_status(&scene.run_with("m.csv", "--limit 0"), 4);
    write(&mut scene, "t.csv", &[second, first].concat());
    assert_status(&scene.run("t.csv"), 4);
    scene.fix("m.csv", &[("\n1,Dup", "\n2,Dup"), ("a@bad", "a@good")]);
    assert_status(&scene.run("m.csv"), 0);
    scene.assert_tickets(&[("1", "One"), ("2", "Dup")]);
}

/// Fixes a row of `error.csv` in part, where it is, by a path that leads there.
fn fix_in_part(scene: &mut Scene, path: &str, fixed: (&str, &str)) {
    scene.fix("error.csv", &[fixed]);
    assert_status(&scene.run(path), 3);
    let text = scene.folder.text("error.csv");
    assert!(text.contains(fixed.1), "{text}");
    for _ in 0..2 {
        let ended = scene.try_export();
        assert_status(&ended, 1);
        assert!(ended.stderr.contains("were fixed in"), "{ended:?}");
        assert_eq!(scene.folder.text("error.csv"), text);
        // Also when the recorded CSV is read again and says what it said.
        let csv = scene.folder.text("t.csv") + "9,Nine,x,N,c@good.example\n";
        std::fs::write(scene.folder.path("t.csv"), csv).unwrap();
        assert_status(&scene.run("t.csv"), 3);
    }
}

#[test]
fn a_file_in_which_an_invalid_row_was_fixed_in_part_is_never_overwritten() {
    let mut scene = scene("1,One,x,N,a@good.example\n2,Two,,N,nobody\n");
    fix_in_part(&mut scene, "error.csv", ("Two,,", "Two,x,"));
    scene.fix("error.csv", &[("nobody", "b@good.example")]);
    assert_status(&scene.run("error.csv"), 3);
}

#[test]
fn a_file_in_which_a_refused_row_was_fixed_in_part_is_never_overwritten() {
    let mut scene = scene("1,One,x,N,a@bad.example\n");
    fix_in_part(&mut scene, "error.csv", ("a@bad.example", "nobody"));
}

#[test]
fn a_file_that_was_run_by_another_path_is_known_as_the_one_it_is() {
    let mut scene = scene("1,One,x,N,a@good.example\n2,Two,,N,nobody\n");
    std::os::unix::fs::symlink(".", scene.folder.path("link")).unwrap();
    fix_in_part(&mut scene, "link/error.csv", ("Two,,", "Two,x,"));
}

#[test]
fn fixed_rows_are_taken_back_although_the_recorded_csv_is_to_be_read_again() {
    let mut scene = scene("1,One,x,N,a@bad.example\n,Two,x,N,b@good.example\n");
    let ended = scene.folder.command("retry t.csv -c c.sqlite3").run();
    assert_status(&ended, 0);
    scene.fix("m.csv", &[("\n,Two", "\n2,Two")]);
    assert_status(&scene.run("m.csv"), 4);
    scene.assert_tickets(&[("2", "Two")]);
}
