//! A CSV that a spreadsheet has saved: the same rows under other ids.

use crate::support::folder::{Folder, Program};
use crate::support::sandbox::Sandbox;

fn csv(ids: impl Iterator<Item = String>) -> String {
    let rows = ids.map(|id| format!("\"{id}\",Subject,Text\n"));
    std::iter::once("external_id,subject,comment.body\n".to_owned())
        .chain(rows)
        .collect()
}

/// An account with thirty tickets of `old.csv`, whose ids have zeros in front.
fn imported() -> (Folder, Sandbox) {
    let folder = Folder::new().with("old.csv", csv((1001..1031).map(|n| format!("0{n}"))));
    let sandbox = Sandbox::start(&folder, "");
    let ended = run(&folder, &sandbox, "").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    (folder, sandbox)
}

fn run<'f>(folder: &'f Folder, sandbox: &Sandbox, flags: &str) -> Program<'f> {
    let url = sandbox.url();
    let command = format!("run old.csv --url {url} --allow-triggers {flags}");
    folder.command(&command).env("ZENDESK_OAUTH_TOKEN", "t")
}

/// What a spreadsheet makes of a number, and of 1001.
type Shape = (&'static str, fn(u32) -> String);

#[test]
fn ids_that_changed_their_shape_stop_the_run_until_a_person_accepts_them() {
    let shapes: [Shape; 3] = [
        ("1001", |n| n.to_string()),
        ("1001.0", |n| format!("{n}.0")),
        ("1,001", |n| format!("{},{:03}", n / 1000, n % 1000)),
    ];
    for (first, shape) in shapes {
        let (folder, sandbox) = imported();
        let folder = folder.with("old.csv", csv((1001..1031).map(shape)));
        for flags in ["", "-n", "", "--recover"] {
            let ended = run(&folder, &sandbox, flags).run();
            assert_eq!(ended.status, Some(1), "{flags}: {ended:?}");
            let told =
                "30 of 30 rows with a ticket are no longer in old.csv, and 30 rows are new in it";
            assert!(ended.stderr.contains(told), "{ended:?}");
            let pairs = ended.stderr.matches(" is now ").count();
            assert_eq!(pairs, 5, "{ended:?}");
            let pair = format!("(01001 is now {first}?");
            assert!(ended.stderr.contains(&pair), "{ended:?}");
            assert!(ended.stderr.contains("--accept-new-ids"), "{ended:?}");
            assert_eq!(sandbox.stats().tickets, 30);
        }
        let ended = run(&folder, &sandbox, "--accept-new-ids").run();
        assert_eq!(ended.status, Some(0), "{ended:?}");
        assert_eq!(sandbox.stats().tickets, 60);
    }
}

#[test]
fn the_old_ids_put_back_go_on_as_if_nothing_had_happened() {
    let (folder, sandbox) = imported();
    let old = folder.text("old.csv");
    let folder = folder.with("old.csv", csv((1001..1031).map(|n| n.to_string())));
    assert_eq!(run(&folder, &sandbox, "").run().status, Some(1));
    let folder = folder.with("old.csv", old + "\"02000\",Subject,Text\n");
    let ended = run(&folder, &sandbox, "").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(sandbox.stats().tickets, 31);
}

/// What was accepted once is not asked again by the next delta.
#[test]
fn rows_that_were_gone_before_do_not_make_new_rows_doubtful() {
    let (folder, sandbox) = imported();
    let other = |numbers: std::ops::Range<u32>| csv(numbers.map(|n| format!("b{n}")));
    let folder = folder.with("old.csv", other(0..30));
    let ended = run(&folder, &sandbox, "--accept-new-ids").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let folder = folder.with("old.csv", other(0..90));
    let ended = run(&folder, &sandbox, "").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(sandbox.stats().tickets, 120);
}

#[test]
fn rows_that_go_without_others_coming_are_no_changed_ids() {
    let (folder, sandbox) = imported();
    let few = (1011..1031).map(|n| format!("0{n}"));
    let folder = folder.with("old.csv", csv(few.chain((1..10).map(|n| format!("b{n}")))));
    let ended = run(&folder, &sandbox, "").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(sandbox.stats().tickets, 39);
}

#[test]
fn a_single_row_that_comes_back_under_a_reshaped_id_stops_the_run() {
    let (folder, sandbox) = imported();
    let others = |first: &str| {
        let ids = (1002..1031).map(|n| format!("0{n}"));
        csv(std::iter::once(first.to_owned()).chain(ids))
    };
    let folder = folder.with("old.csv", others("1001"));
    let ended = run(&folder, &sandbox, "").run();
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("(01001 is now 1001?)"), "{ended:?}");
    // Also if the row was missing for a while.
    let without = csv((1002..1031).map(|n| format!("0{n}")));
    let folder = folder.with("old.csv", without);
    assert_eq!(run(&folder, &sandbox, "").run().status, Some(0));
    let folder = folder.with("old.csv", others("1001"));
    assert_eq!(run(&folder, &sandbox, "").run().status, Some(1));
    assert_eq!(sandbox.stats().tickets, 30);
    let other_id = folder.with("old.csv", others("2001"));
    assert_eq!(run(&other_id, &sandbox, "").run().status, Some(0));
    assert_eq!(sandbox.stats().tickets, 31);
    let folder = other_id.with("old.csv", others("1001"));
    let ended = run(&folder, &sandbox, "--accept-new-ids").run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(sandbox.stats().tickets, 32);
}
