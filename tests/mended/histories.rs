//! Histories that are drawn: rows are added and moved, `error.csv` is exported, mended in part and
//! fed back now or much later, and runs are cut short. In the end every row has one ticket.

use crate::draw::Draw;
use crate::support::process::Ended;
use crate::{HEAD, Scene};

/// How many histories are played.
const HISTORIES: usize = 8;

/// Who owns the rows, and mends each always in the same way.
struct Owner {
    scene: Scene,
    draw: Draw,
    /// `external_id`, subject, text.
    rows: Vec<[String; 3]>,
    /// Copies of `error.csv` that were mended.
    copies: Vec<String>,
}

impl Owner {
    fn one_of(&mut self, count: usize) -> usize {
        usize::try_from(self.draw.below(count as u64)).unwrap()
    }

    /// Adds a row after the first `kept` ones: as it should be, without an id, without a text, or with
    /// the id of T0.
    fn add(&mut self, kept: usize) {
        let subject = format!("T{}", self.rows.len());
        let row = match self.one_of(8) {
            0..3 => [format!("id{subject}"), subject, "x".to_owned()],
            3..6 => [String::new(), subject, "x".to_owned()],
            6 => [format!("id{subject}"), subject, String::new()],
            _ => ["idT0".to_owned(), subject, "y".to_owned()],
        };
        let place = kept + self.one_of(self.rows.len() + 1 - kept);
        self.rows.insert(place, row);
        self.save();
    }

    fn shuffle(&mut self) {
        for at in 1..self.rows.len() {
            let other = self.one_of(at + 1);
            self.rows.swap(at, other);
        }
        self.save();
    }

    fn save(&mut self) {
        let rows: Vec<String> = self.rows.iter().map(|row| row.join(",") + "\n").collect();
        self.scene.write("t.csv", &rows.concat());
    }

    /// Runs a file, perhaps not to its end. A row of it that is refused is taken out, as the
    /// sentence says.
    fn run(&mut self, csv: &str, to_its_end: bool) -> Ended {
        let limit = if to_its_end || self.one_of(4) > 0 {
            ""
        } else {
            "--limit 1"
        };
        loop {
            let ended = self.scene.run_with(csv, limit);
            let refused = ended.stderr.contains("take that row out");
            let line = ended.stderr.split_once("the row on line ");
            let line = line.and_then(|(_, rest)| rest.split_once(' ')?.0.parse::<usize>().ok());
            match line {
                Some(line) if refused => {
                    let text = self.scene.folder.text(csv);
                    let mut lines: Vec<&str> = text.lines().collect();
                    lines.remove(line - 1);
                    std::fs::write(self.scene.folder.path(csv), lines.join("\n") + "\n").unwrap();
                    if lines.len() == 1 {
                        self.copies.retain(|copy| copy != csv);
                        return ended;
                    }
                }
                _ => return ended,
            }
        }
    }

    /// Exports and mends: all rows, or some of them, leaving others as they are or out.
    fn mend(&mut self, all: bool) -> Option<String> {
        let ended = self.scene.try_export();
        if ended.status != Some(0) {
            assert!(ended.stderr.contains("is not as it was"), "{ended:?}");
            return None;
        }
        let text = self.scene.folder.text("error.csv");
        let mut kept = Vec::new();
        for line in text.lines().skip(1) {
            let cells: Vec<&str> = line.splitn(4, ',').collect();
            let mended = format!(
                "id{},{},{},{}",
                cells[1],
                cells[1],
                if cells[2].is_empty() {
                    "mended"
                } else {
                    cells[2]
                },
                cells[3]
            );
            match self.one_of(4) {
                0 if !all => {}
                1 if !all => kept.push(line.to_owned()),
                _ => kept.push(mended),
            }
        }
        if kept.is_empty() {
            return None;
        }
        let name = format!("copy{}.csv", self.copies.len());
        let head = text.lines().next().unwrap();
        let copy = format!("{head}\n{}\n", kept.join("\n"));
        std::fs::write(self.scene.folder.path(&name), copy).unwrap();
        self.copies.push(name.clone());
        Some(name)
    }

    fn live(&mut self) {
        for _ in 0..12 {
            match self.one_of(8) {
                0 => self.add(0),
                1 => {
                    self.add(0);
                    self.run("t.csv", false);
                }
                2 => {
                    self.shuffle();
                    self.run("t.csv", false);
                }
                3 => drop(self.run("t.csv", false)),
                4 | 5 => drop(self.mend(false)),
                _ if self.copies.is_empty() => {}
                _ => {
                    let at = self.one_of(self.copies.len());
                    let copy = self.copies[at].clone();
                    self.run(&copy, false);
                }
            }
        }
    }

    /// Mends what is left until nothing is.
    fn settle(&mut self) {
        for _ in 0..8 {
            let ended = self.run("t.csv", true);
            if ended.status == Some(0) {
                return;
            }
            for copy in self.copies.clone() {
                self.run(&copy, true);
            }
            if let Some(copy) = self.mend(true) {
                self.run(&copy, true);
            }
        }
        panic!("there are always rows left: {:?}", self.run("t.csv", true));
    }
}

#[test]
fn whatever_is_moved_mended_and_fed_back_every_row_has_one_ticket() {
    let mut draw = Draw::from_environment();
    for _ in 0..HISTORIES {
        let first = ["idT0", "T0", "x"].map(str::to_owned);
        let mut owner = Owner {
            scene: Scene::before(),
            draw: draw.fork(),
            rows: vec![first],
            copies: Vec::new(),
        };
        // Of two rows with one id, the first that is read is meant.
        owner.add(1);
        owner.add(1);
        owner.run("t.csv", true);
        owner.live();
        owner.settle();
        let mut subjects: Vec<String> = owner.rows.iter().map(|row| row[1].clone()).collect();
        subjects.sort();
        let mut found: Vec<String> = owner.scene.tickets().into_iter().map(|t| t.1).collect();
        found.sort();
        assert_eq!(found, subjects, "{HEAD}{:?}", owner.rows);
        let stats = owner.scene.sandbox.stats();
        assert_eq!(
            (stats.tickets, stats.duplicates),
            (subjects.len() as u64, 0)
        );
    }
}
