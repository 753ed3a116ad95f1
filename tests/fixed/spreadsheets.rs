//! `error.csv` as a spreadsheet saves it: it is taken back and means the same rows.

use crate::fixed::{HEAD, Scene};

/// Saves a copy of `error.csv` with other cells: `fix` gets those of a row, with `_row` last.
fn saved(scene: &Scene, name: &str, delimiter: u8, fix: impl Fn(&mut Vec<String>)) {
    let text = scene.folder.text("error.csv");
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut writer = csv::WriterBuilder::new()
        .delimiter(delimiter)
        .quote_style(csv::QuoteStyle::Always)
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    for (at, line) in reader.records().enumerate() {
        let mut cells: Vec<String> = line.unwrap().iter().map(str::to_owned).collect();
        if at > 0 {
            for cell in &mut cells {
                *cell = cell.trim().to_owned();
                if cell.bytes().all(|byte| byte.is_ascii_digit()) {
                    *cell = cell.trim_start_matches('0').to_owned();
                }
            }
            fix(&mut cells);
        }
        writer.write_record(cells).unwrap();
    }
    let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
    let (bytes, _, replaced) = encoding_rs::WINDOWS_1252.encode(&text);
    assert!(!replaced);
    std::fs::write(scene.folder.path(name), bytes).unwrap();
}

#[test]
fn a_file_that_a_spreadsheet_has_saved_means_the_same_rows() {
    let mut scene = Scene::of(
        "001,Grüße,First\n\
         002,Käse,\n\
         ,Spaß,Third\n\
         001,Füße,Fourth\n",
    );
    saved(&scene, "saved.csv", b';', |cells| {
        match cells[1].as_str() {
            "Käse" => cells[2] = "Zweite".to_owned(),
            "Spaß" => cells[0] = "3".to_owned(),
            _ => {}
        }
        if cells[1] != "Käse" {
            assert_eq!(cells[2].len(), cells[2].trim().len());
        }
    });
    let ahead = scene.run_with("saved.csv", "-n --format json");
    assert_eq!(ahead.status, Some(3), "{ahead:?}");
    for part in ["\"002\"", "Zweite", "\"3\""] {
        assert!(ahead.stdout.contains(part), "{part}: {ahead:?}");
    }
    let ended = scene.run("saved.csv");
    assert_eq!(ended.status, Some(3), "{ended:?}");
    assert!(ended.stderr.contains("1 not fixed"), "{ended:?}");
    // The id of the second is the one that it has in the recorded CSV; the fourth was not fixed, and
    // "1" is no new id for it.
    let tickets = [("001", "Grüße"), ("002", "Käse"), ("3", "Spaß")];
    scene.assert_tickets(&tickets);
    assert_eq!(scene.run("saved.csv").status, Some(3));
    assert_eq!(scene.run("t.csv").status, Some(3));
    scene.assert_tickets(&tickets);
    scene.write(
        "t.csv",
        "1,Füße,Fourth\n,Spaß,Third\n002,Käse,\n001,Grüße,First\n",
    );
    assert_eq!(scene.run("t.csv").status, Some(0));
    scene.assert_tickets(&[
        ("001", "Grüße"),
        ("002", "Käse"),
        ("1", "Füße"),
        ("3", "Spaß"),
    ]);
}

#[test]
fn an_id_that_lost_its_zeros_or_its_digits_is_no_new_id_for_a_duplicate() {
    let scene = Scene::of("007,One,First\n007,Two,Second\n,Six,Sixth\n");
    saved(&scene, "saved.csv", b';', |cells| {
        if cells[1] == "Two" {
            cells[2] = "Second, edited".to_owned();
            assert_eq!(cells[0], "7");
        } else {
            cells[0] = "1,23457E+11".to_owned();
        }
    });
    let ended = scene.run("saved.csv");
    assert_eq!(ended.status, Some(3), "{ended:?}");
    for sentence in [
        "external_id \"7\" is already that of the row on line 2, but for zeros in front (\"007\")",
        "is what a spreadsheet has left of a long number",
    ] {
        assert!(ended.stderr.contains(sentence), "{ended:?}");
    }
    scene.assert_tickets(&[("007", "One")]);
}

#[test]
fn cells_that_were_moved_from_row_to_row_are_refused() {
    let mut scene = Scene::of("1,One,First\n2,Two,\n3,Three,\n");
    scene.fix(
        "sorted.csv",
        &[("2,Two,,", "3,Two,x,"), ("3,Three,,", "2,Three,y,")],
    );
    scene.refused("sorted.csv", "here it has \"3\", which is another row's");
    scene.assert_tickets(&[("1", "One")]);
}

#[test]
fn rows_with_too_few_or_too_many_cells_are_exported_under_their_headers_and_stay_unfixed() {
    let mut scene = Scene::of("1,One,First\n2,Two\n3,Three,Third, and more\n");
    let lines: Vec<String> = scene
        .folder
        .text("error.csv")
        .lines()
        .map(str::to_owned)
        .collect();
    assert_eq!(
        lines[0],
        HEAD.trim_end().to_owned() + ",_more,_line,_code,_message,_row"
    );
    assert!(lines[1].starts_with("2,Two,,,3,FieldCount,"), "{lines:?}");
    assert!(
        lines[2].starts_with("3,Three,Third, and more,4,FieldCount,"),
        "{lines:?}"
    );
    for name in ["same.csv", "saved.csv"] {
        if name == "same.csv" {
            scene.fix(name, &[]);
        } else {
            saved(&scene, name, b';', |_| {});
        }
        let ended = scene.run(name);
        assert_eq!(ended.status, Some(3), "{ended:?}");
        assert!(ended.stderr.contains("2 not fixed"), "{ended:?}");
        scene.assert_tickets(&[("1", "One")]);
    }
    // Text that stays beyond the last column is still in the way.
    scene.fix("part.csv", &[("3,Three,Third,", "3,Three,\"Third\",")]);
    scene.fix(
        "part.csv",
        &[
            ("2,Two,,", "2,Two,Second,"),
            ("Third, and more", "Third!, and more"),
        ],
    );
    let ended = scene.run("part.csv");
    assert_eq!(ended.status, Some(3), "{ended:?}");
    assert!(ended.stderr.contains("what stands in _more"), "{ended:?}");
    saved(&scene, "whole.csv", b'\t', |cells| {
        match cells[1].as_str() {
            "Three" => {
                cells[2] = "Third, and more".to_owned();
                cells[3].clear();
            }
            _ => cells[2] = "Second".to_owned(),
        }
    });
    let ended = scene.run("whole.csv");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    scene.assert_tickets(&[("1", "One"), ("2", "Two"), ("3", "Three")]);
}

#[test]
fn a_csv_with_a_column_that_is_called_like_one_of_an_export_is_told_from_exports_of_it() {
    let mut scene = Scene::before();
    let head = HEAD.trim_end();
    let first = format!("{head},_code\n,One,First,x\n2,Two,,y\n");
    std::fs::write(scene.folder.path("t.csv"), first).unwrap();
    assert_eq!(scene.run("t.csv").status, Some(3));
    scene.export();
    let text = scene.folder.text("error.csv");
    assert!(text.starts_with(&format!("{head},_code,__line,__code,__message,__row\n")));
    scene.fix(
        "fixed.csv",
        &[("\n,One", "\n1,One"), ("2,Two,,", "2,Two,Second,")],
    );
    let ended = scene.run("fixed.csv");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    scene.assert_tickets(&[("1", "One"), ("2", "Two")]);
}

#[test]
fn a_mapping_that_names_how_the_csv_is_written_does_not_keep_a_spreadsheet_from_writing_otherwise()
{
    let mapping = "[source]\ndelimiter = \",\"\nencoding = \"utf-8\"\n[ticket]\n\
                   external_id = \"external_id\"\nsubject = \"subject\"\n\
                   comment.body = \"comment.body\"\n";
    let mut scene = Scene::before();
    std::fs::write(scene.folder.path("t.toml"), mapping).unwrap();
    scene.write("t.csv", "1,Grüße,First\n2,Käse,\n3,Spaß,\n");
    assert_eq!(scene.run("t.csv").status, Some(3));
    scene.export();
    saved(&scene, "saved.csv", b';', |cells| {
        cells[2] = format!("Zweitens: {}", cells[1]);
    });
    let ended = scene.run_with("saved.csv", "-m t.toml");
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(!ended.stderr.contains("in the mapping's"), "{ended:?}");
    scene.assert_tickets(&[("1", "Grüße"), ("2", "Käse"), ("3", "Spaß")]);
}

#[test]
fn a_legacy_csv_whose_export_was_saved_as_utf_8_is_read_as_that() {
    let mapping = "[source]\nencoding = \"windows-1252\"\n[ticket]\n\
                   external_id = \"external_id\"\nsubject = \"subject\"\n\
                   comment.body = \"comment.body\"\n";
    for mark in ["", "\u{feff}"] {
        let mut scene = Scene::before();
        std::fs::write(scene.folder.path("t.toml"), mapping).unwrap();
        let csv = HEAD.to_owned() + "1,Grüße,First\n2,Käse,\n";
        let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode(&csv);
        std::fs::write(scene.folder.path("t.csv"), bytes).unwrap();
        assert_eq!(scene.run("t.csv").status, Some(3));
        scene.export();
        let error = std::fs::read(scene.folder.path("error.csv")).unwrap();
        let (error, _, _) = encoding_rs::WINDOWS_1252.decode(&error);
        let error = mark.to_owned() + &error.replace("Käse,,", "Käse,Über alles,");
        scene.folder = scene.folder.with("saved.csv", error);
        let ended = scene.run_with("saved.csv", "-m t.toml");
        assert_eq!(ended.status, Some(0), "{ended:?}");
        scene.assert_tickets(&[("1", "Grüße"), ("2", "Käse")]);
    }
}
