//! Histories that are drawn: rows are added and moved, `error.csv` is exported, mended in part and
//! fed back now or much later, and runs are cut short. In the end every row has one ticket.

use crate::Scene;
use crate::draw::Draw;
use crate::support::process::Ended;

const HEAD: &str = "external_id,subject,comment.body,requester.name,requester.email\n";

/// How many histories are played.
const HISTORIES: usize = 10;

/// Who owns the rows, and mends each always in the same way.
struct Owner {
    scene: Scene,
    draw: Draw,
    /// `external_id`, subject, text, address; Zendesk refuses those at `bad.example`.
    rows: Vec<[String; 4]>,
    /// Copies of `error.csv` that were mended.
    copies: Vec<String>,
}

impl Owner {
    fn one_of(&mut self, count: usize) -> usize {
        usize::try_from(self.draw.below(count as u64)).unwrap()
    }

    /// Adds a row after the first `kept` ones: as it should be, without an id, without a text, or with
    /// the id of T0; and with an address that is refused or not.
    fn add(&mut self, kept: usize) {
        let subject = format!("T{}", self.rows.len());
        let address = ["a@good.example", "a@bad.example"][self.one_of(2)].to_owned();
        let row = match self.one_of(8) {
            0..2 => [format!("id{subject}"), subject, "x".to_owned(), address],
            2..4 => [String::new(), subject, "x".to_owned(), address],
            4 => [format!("id{subject}"), subject, String::new(), address],
            _ => ["idT0".to_owned(), subject, "y".to_owned(), address],
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
        let line = |[id, subject, text, address]: &[String; 4]| {
            format!("{id},{subject},{text},N,{address}\n")
        };
        let rows: String = self.rows.iter().map(line).collect();
        std::fs::write(self.scene.folder.path("t.csv"), HEAD.to_owned() + &rows).unwrap();
    }

    /// Runs a file, perhaps not to its end. A row of it that is refused is taken out or given its
    /// id, as the sentence says.
    fn run(&mut self, csv: &str, to_its_end: bool) -> Ended {
        let limit = if to_its_end || self.one_of(4) > 0 {
            ""
        } else {
            "--limit 1"
        };
        loop {
            let ended = self.scene.run_with(csv, limit);
            let take_out = ended.stderr.contains("take that row out");
            let id = ended.stderr.split_once("given external_id \"");
            let id = id.and_then(|(_, rest)| Some(rest.split_once('"')?.0.to_owned()));
            let line = ended.stderr.split_once("the row on line ");
            let line = line.and_then(|(_, rest)| rest.split_once(' ')?.0.parse::<usize>().ok());
            match line {
                Some(line) if take_out || id.is_some() => {
                    let text = self.scene.folder.text(csv);
                    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
                    match id {
                        Some(id) => {
                            let rest = lines[line - 1].split_once(',').unwrap().1;
                            lines[line - 1] = format!("{id},{rest}");
                        }
                        None => drop(lines.remove(line - 1)),
                    }
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
            match self.one_of(6) {
                0 if !all => {}
                1 if !all => kept.push(line.to_owned()),
                2..4 if !all => kept.push(mended),
                _ => kept.push(mended.replace("@bad", "@good")),
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
        let first = ["idT0", "T0", "x", "a@good.example"].map(str::to_owned);
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
