//! `error.csv` as three spreadsheets save it, with their habits, run by its name alone.

use encoding_rs::{Encoding, UTF_8, UTF_16LE, WINDOWS_1252};

use crate::support::folder::Folder;
use crate::support::process::Ended;
use crate::support::sandbox::Sandbox;

/// Row 2 lacks its text, 3 its id, 4 is refused by Zendesk, 5 has an id that no spreadsheet leaves
/// alone, and the text of 6 has two lines and a quote.
const ROWS: &str = "external_id,subject,comment.body,requester.name,requester.email\n\
    0001,Grüße,Erstens,Ä,a@good.example\n\
    0002,Käse,,B,b@good.example\n\
    ,Spaß,Drittens,C,c@good.example\n\
    0004,\"1,50\",Viertens,D,d@bad.example\n\
    12345678901234567890,Maß,,E,e@good.example\n\
    0006,Öl,\"Zwei\n\"\"Zeilen\"\"\",F,nobody\n";

const TICKETS: [(&str, &str, &str); 6] = [
    ("0001", "Grüße", "Erstens"),
    ("0002", "Käse", "Zweitens, für \u{201e}Ü\u{201c}"),
    ("0004", "1,50", "Viertens"),
    ("0006", "Öl", "Zwei\n\"Zeilen\""),
    ("12345678901234567890", "Maß", "Fünftens; ja"),
    ("3", "Spaß", "Drittens"),
];

/// How the CSV of a migration is written, and what its mapping says about it.
struct Written {
    delimiter: u8,
    encoding: &'static Encoding,
    source: &'static str,
}

const CSVS: [Written; 4] = [
    Written {
        delimiter: b',',
        encoding: UTF_8,
        source: "",
    },
    Written {
        delimiter: b',',
        encoding: UTF_8,
        source: "[source]\ndelimiter = \",\"\nencoding = \"utf-8\"\n",
    },
    Written {
        delimiter: b';',
        encoding: WINDOWS_1252,
        source: "[source]\ndelimiter = \";\"\nencoding = \"windows-1252\"\n",
    },
    Written {
        delimiter: b'\t',
        encoding: WINDOWS_1252,
        source: "",
    },
];

/// How a spreadsheet writes a file.
struct Habit {
    name: &'static str,
    delimiter: u8,
    encoding: &'static Encoding,
    mark: &'static str,
    line_end: &'static str,
    /// Whether there is one at the very end.
    ends: bool,
    /// What it does to a cell that looks like a number.
    number: fn(&str) -> String,
    trims: bool,
}

const EXCEL: Habit = Habit {
    name: "Excel in German",
    delimiter: b';',
    encoding: WINDOWS_1252,
    mark: "",
    line_end: "\r\n",
    ends: true,
    number: |cell| shortened(cell, ",").replace('.', ","),
    trims: false,
};

const HABITS: [Habit; 6] = [
    EXCEL,
    Habit {
        name: "Excel in German, CSV UTF-8",
        encoding: UTF_8,
        mark: "\u{feff}",
        ..EXCEL
    },
    Habit {
        name: "Excel, Unicode text",
        delimiter: b'\t',
        encoding: UTF_16LE,
        mark: "\u{feff}",
        ..EXCEL
    },
    Habit {
        name: "LibreOffice",
        delimiter: b',',
        encoding: UTF_8,
        line_end: "\n",
        number: |cell| shortened(cell, "."),
        ..EXCEL
    },
    Habit {
        name: "Google Sheets",
        delimiter: b',',
        encoding: UTF_8,
        ends: false,
        number: |cell| shortened(cell, "."),
        trims: true,
        ..EXCEL
    },
    Habit {
        name: "Numbers",
        delimiter: b',',
        encoding: UTF_8,
        line_end: "\n",
        ends: false,
        number: |cell| cell.trim_start_matches('0').to_owned(),
        trims: true,
        ..EXCEL
    },
];

/// A number without the zeros in front, and with an exponent if it is long.
fn shortened(cell: &str, point: &str) -> String {
    let bare = cell.trim_start_matches('0');
    if bare.len() < 12 {
        return bare.to_owned();
    }
    format!("{}{point}{}E+{}", &bare[..1], &bare[1..6], bare.len() - 1)
}

fn encoded(text: &str, encoding: &'static Encoding) -> Vec<u8> {
    if encoding == UTF_16LE {
        return text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    }
    let (bytes, _, replaced) = encoding.encode(text);
    assert!(!replaced, "{text}");
    bytes.into_owned()
}

fn cells(text: &str, delimiter: u8) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let records = reader.records().map(|record| {
        let record = record.unwrap();
        record.iter().map(str::to_owned).collect()
    });
    records.collect()
}

fn written(rows: &[Vec<String>], delimiter: u8) -> String {
    let mut writer = csv::WriterBuilder::new()
        .delimiter(delimiter)
        .from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

impl Habit {
    /// What is left of a file that was opened, fixed and saved.
    fn save(&self, mut rows: Vec<Vec<String>>) -> Vec<u8> {
        for row in rows.iter_mut().skip(1) {
            for cell in row.iter_mut() {
                if self.trims {
                    *cell = cell.trim().to_owned();
                }
                if !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit()) {
                    *cell = (self.number)(cell);
                }
            }
        }
        // A line feed in a cell stays one.
        let rows: Vec<Vec<String>> = rows
            .iter()
            .map(|row| row.iter().map(|cell| cell.replace('\n', "\u{1}")).collect())
            .collect();
        let text = written(&rows, self.delimiter).replace('\n', self.line_end);
        let text = text.split('\u{1}').collect::<Vec<_>>();
        let mut text = self.mark.to_owned() + &quoted_again(&text, self.delimiter);
        if !self.ends {
            text.truncate(text.len() - self.line_end.len());
        }
        encoded(&text, self.encoding)
    }
}

/// A cell with a line feed is quoted, which its stand-in did not need.
fn quoted_again(parts: &[&str], delimiter: u8) -> String {
    let [before, after] = parts else {
        return parts.concat();
    };
    let is_quoted = before.rfind('"') > before.rfind(char::from(delimiter));
    assert!(is_quoted, "{before}");
    format!("{before}\n{after}")
}

struct Scene {
    folder: Folder,
    sandbox: Sandbox,
}

impl Scene {
    fn new(csv: &Written) -> Self {
        let text = written(&cells(ROWS, b','), csv.delimiter);
        let folder = Folder::new()
            .with("settings.toml", "suspended = [\"@bad.example\"]\n")
            .with("t.csv", encoded(&text, csv.encoding));
        let fields = "external_id = \"external_id\"\nsubject = \"subject\"\n\
            comment.body = \"comment.body\"\nrequester.name = \"requester.name\"\n\
            requester.email = \"requester.email\"\n";
        let mapping = format!("{}[ticket]\n{fields}", csv.source);
        let folder = folder.with("t.toml", mapping);
        let sandbox = Sandbox::start(&folder, "--settings settings.toml");
        Self { folder, sandbox }
    }

    fn run(&self, csv: &str) -> Ended {
        let flags = "--lookup-settle 1s --allow-triggers";
        let program = self.folder.command(&format!("run {csv} {flags}"));
        program.env("ZENDESK_OAUTH_TOKEN", "t").run()
    }

    fn tickets(&self) -> Vec<(String, String, String)> {
        let list = self.sandbox.get("/api/v2/tickets.json?per_page=100");
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let tickets = list["tickets"].as_array().unwrap().iter();
        let mut found: Vec<_> = tickets
            .map(|ticket| {
                (
                    text(&ticket["external_id"]),
                    text(&ticket["subject"]),
                    text(&ticket["description"]),
                )
            })
            .collect();
        found.sort();
        found
    }
}

/// What a person writes into the cells.
fn fix(rows: &mut [Vec<String>]) {
    for row in rows {
        let (cell, text) = match row[1].as_str() {
            "Käse" => (2, TICKETS[1].2),
            "Spaß" => (0, "3"),
            "1,50" => (4, "d@good.example"),
            "Maß" => (2, TICKETS[4].2),
            "Öl" => (4, "f@good.example"),
            _ => continue,
        };
        text.clone_into(&mut row[cell]);
    }
}

#[test]
fn a_file_that_any_of_three_spreadsheets_has_saved_is_run_by_its_name_alone() {
    std::thread::scope(|scope| {
        for csv in &CSVS {
            scope.spawn(|| HABITS.iter().for_each(|habit| saved_by(habit, csv)));
        }
    });
}

fn saved_by(habit: &Habit, csv: &Written) {
    let case = format!("{} of {} {}", habit.name, csv.encoding.name(), csv.source);
    let scene = Scene::new(csv);
    let url = scene.sandbox.url();
    let ended = scene.run(&format!("t.csv --url {url} -c c.sqlite3"));
    assert_eq!(ended.status, Some(3), "{case}: {ended:?}");
    assert_eq!(scene.tickets().len(), 1, "{case}");
    let export = "export t.csv -c c.sqlite3 --out results";
    assert_eq!(scene.folder.command(export).run().status, Some(0));
    let path = scene.folder.path("results/error.csv");
    let bytes = std::fs::read(&path).unwrap();
    let (error, _, _) = csv.encoding.decode(&bytes);
    let mut rows = cells(&error, csv.delimiter);
    assert_eq!(rows.len(), 6, "{case}");
    fix(&mut rows);
    std::fs::write(&path, habit.save(rows)).unwrap();
    for _ in 0..2 {
        let ended = scene.run("results/error.csv");
        assert_eq!(ended.status, Some(0), "{case}: {ended:?}");
    }
    let owned = |(id, subject, text): (&str, &str, &str)| {
        (id.to_owned(), subject.to_owned(), text.to_owned())
    };
    assert_eq!(scene.tickets(), TICKETS.map(owned), "{case}");
    assert_eq!(scene.sandbox.stats().duplicates, 0, "{case}");
}
