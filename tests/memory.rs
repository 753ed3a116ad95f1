//! How much memory a large import takes: four million comments of one ticket; and a million tickets
//! with two million comments, half a gigabyte each, in no order that would help. The latter by hand,
//! in release: `cargo test --release --test memory -- --ignored --nocapture`

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test fails by panicking, and tells what it has measured"
)]

use std::fs::{File, read_to_string};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use zendesk_migrate::source::{Endpoint, Source, SourceError, Target};

const TICKETS: u64 = 1_000_000;
const COMMENTS: u64 = 2 * TICKETS;

/// A file of this many rows, with `row` for each.
fn write(path: &Path, header: &str, rows: u64, row: impl Fn(u64) -> String) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    writeln!(file, "{header}").unwrap();
    for number in 0..rows {
        writeln!(file, "{}", row(number)).unwrap();
    }
    file.flush().unwrap();
}

/// The most memory that this process has had, in MiB, where the system tells it.
fn peak_mib() -> Option<u64> {
    let status = read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024)
}

/// Opens `t.csv` with its comments in `c.csv`.
fn open(folder: &Path) -> Source {
    let mapping = "[ticket]\nexternal_id = \"id\"\ncomment.body = \"text\"\n[comments]\n\
                   file = \"c.csv\"\nticket = \"ticket\"\nbody = \"text\"\nauthor.email = \"from\"\n";
    std::fs::write(folder.join("t.toml"), mapping).unwrap();
    let target = Target {
        endpoint: Endpoint::Imports,
        now: None,
    };
    Source::open_for(&folder.join("t.csv"), None, target).unwrap()
}

#[test]
fn four_million_comments_of_one_ticket_take_no_memory_and_make_it_invalid() {
    const MANY: u64 = 4_000_000;
    let folder = tempfile::TempDir::new().unwrap();
    write(&folder.path().join("t.csv"), "id,text", 3, |id| {
        format!("{id},x")
    });
    write(
        &folder.path().join("c.csv"),
        "ticket,text,from",
        MANY,
        |_| "1,Hi,".to_owned(),
    );
    let mut problems = Vec::new();
    let end = open(folder.path())
        .scan::<SourceError>(|chunk| {
            let invalid = chunk.rows.into_iter().filter_map(|row| row.row.err());
            problems.extend(invalid.map(|row| row.problem.to_string()));
            Ok(())
        })
        .unwrap();
    assert_eq!(
        problems,
        [format!(
            "TooManyComments: the ticket has {MANY} comments, and Zendesk takes 5000; join some of \
             them or leave some out"
        )]
    );
    assert_eq!(end.orphans.count, 0);
    eprintln!("peak memory {:?} MiB", peak_mib());
    assert!(peak_mib().is_none_or(|mib| mib < 100));
}

#[test]
#[ignore = "writes a gigabyte and takes half a minute"]
fn a_million_tickets_with_two_million_comments_fit_in_little_memory() {
    let folder = tempfile::TempDir::new().unwrap();
    let place = |name: &str| folder.path().join(name);
    let text = "The wheel is bent and rubs on the brake. ".repeat(11);
    write(&place("t.csv"), "id,text", TICKETS, |id| {
        format!("{id},\"{text}\n{id}\"")
    });
    let text = "We have sent a new one. ".repeat(9);
    write(&place("c.csv"), "ticket,text,from", COMMENTS, |number| {
        let ticket = number * 7_919 % TICKETS;
        format!(
            "{ticket},\"{text}\n{number}\",p{}@example.com",
            number % 9_999
        )
    });
    let source = open(folder.path());
    let began = Instant::now();
    let (mut valid, mut last) = (0, None);
    let end = source
        .scan::<SourceError>(|chunk| {
            valid += chunk.rows.iter().filter(|row| row.row.is_ok()).count() as u64;
            last = chunk.rows.last().map(|row| row.place);
            Ok(())
        })
        .unwrap();
    let scanned = began.elapsed();
    assert_eq!((valid, end.orphans.count), (TICKETS, 0));
    let ready = source.read_again(last.unwrap()).unwrap().unwrap();
    let said = String::from_utf8(ready.body).unwrap();
    assert_eq!(said.matches("We have sent").count(), 2 * 9);
    let size = |name: &str| std::fs::metadata(place(name)).unwrap().len() >> 20;
    eprintln!(
        "{} MiB of tickets with {} MiB of comments: scanned in {scanned:.1?}, peak memory \
         {:?} MiB",
        size("t.csv"),
        size("c.csv"),
        peak_mib()
    );
    assert!(peak_mib().is_none_or(|mib| mib < 100));
}
