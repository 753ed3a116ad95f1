//! What is compared with which file: imports, and rows that were fixed in a file of their own.

use crate::support::folder::Folder;
use crate::support::sandbox::Sandbox;
use crate::verify::scene::Scene;
use serde_json::json;

#[test]
fn the_past_of_an_import_its_group_brand_and_form_are_compared() {
    let mapping = "[ticket]\nexternal_id = \"id\"\ncomment.body = \"text\"\ncreated_at = \"at\"\n\
                   group_id = { constant = 900_100_004 }\nbrand_id = { constant = 900_100_001 }\n\
                   ticket_form_id = { constant = 900_100_002 }\n";
    let folder = Folder::new()
        .with(
            "rows.csv",
            "id,text,at\nold-1,One,2019-03-01 08:00\nold-2,Two,2018-03-01 08:00:30\n",
        )
        .with("rows.toml", mapping);
    let sandbox = Sandbox::start(&folder, "");
    let scene = Scene { folder, sandbox };
    let run = "run rows.csv --endpoint imports --lookup-settle 1s";
    let ended = scene.command(run).run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(scene.verified("")["agreeing"], 2);
    let moved = scene.ticket(2);
    scene.put(moved, &json!({"group_id": 5}));
    let ended = scene.verify("");
    assert_eq!(ended.status, Some(5), "{ended:?}");
    let told =
        format!("line 3, external_id \"old-2\", ticket {moved}: group: sent 900100004, found 5\n");
    assert_eq!(ended.stdout, told);
}

#[test]
fn fixed_rows_are_compared_with_their_own_file_and_all_others_with_the_recorded_csv() {
    let scene = Scene::before(4, "");
    let good = scene.folder.text("rows.csv");
    let bad = good.replace("old-2,Subject 2,Text 2,", "old-2,Subject 2,,");
    assert_ne!(bad, good);
    std::fs::write(scene.folder.path("rows.csv"), bad).unwrap();
    let ended = scene.command("run rows.csv --lookup-settle 1s").run();
    assert_eq!(ended.status, Some(3), "{ended:?}");
    let kept = |line: &&str| !line.starts_with("old-") || line.starts_with("old-2,");
    let fixed: Vec<&str> = good.lines().filter(kept).collect();
    std::fs::write(scene.folder.path("m.csv"), fixed.join("\n") + "\n").unwrap();
    let ended = scene
        .command("run m.csv -m rows.toml --lookup-settle 1s")
        .run();
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(
        ended
            .stderr
            .contains("next: zendesk-migrate verify rows.csv -c c.sqlite3\n"),
        "{ended:?}"
    );
    scene.put(scene.ticket(3), &json!({"subject": "Changed"}));
    for (csv, told) in [("rows.csv", false), ("m.csv", true)] {
        let ended = scene.command(&format!("verify {csv}")).run();
        assert_eq!(ended.status, Some(5), "{ended:?}");
        assert!(ended.stdout.contains("found \"Changed\""), "{ended:?}");
        assert!(!ended.stderr.contains("no longer read"), "{ended:?}");
        let says_where = ended.stderr.contains("the rows are read in ");
        assert_eq!(says_where, told, "{ended:?}");
    }
    // Under another name it is still the recorded file.
    let from = scene.folder.path("rows.csv");
    std::fs::rename(from, scene.folder.path("moved.csv")).unwrap();
    let ended = scene.command("verify moved.csv -m rows.toml").run();
    assert!(!ended.stderr.contains("no longer read"), "{ended:?}");
    assert!(!ended.stderr.contains("the rows are"), "{ended:?}");
    assert!(ended.stdout.contains("found \"Changed\""), "{ended:?}");
}
