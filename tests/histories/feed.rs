//! `error.csv`: exported, fixed, saved by a spreadsheet, and fed back.

use crate::histories::owner::Owner;
use crate::histories::rows::{HEAD, mark_of, parse, text};
use crate::support::process::Ended;

/// How often a file that is refused is put right and fed again.
const ATTEMPTS: usize = 60;

impl Owner {
    /// Exports, fixes all rows or some, and feeds the file back or puts it aside.
    pub(crate) fn feed_new(&mut self, all: bool) -> Result<bool, String> {
        let ended = self.command(&format!("export t.csv -c {} --force", self.checkpoint("t")));
        if ended.status != Some(0) {
            return Ok(false);
        }
        let bytes = std::fs::read(self.folder.path("error.csv")).unwrap();
        let lines = parse(&bytes);
        let mut kept = vec![lines[0].clone()];
        for line in &lines[1..] {
            if let Some(line) = self.fixed(&lines[0], line, all) {
                kept.push(line);
            }
        }
        if kept.len() == 1 {
            return Ok(false);
        }
        let name = format!("copy{}.csv", self.copies.len());
        self.write(&name, &kept);
        self.copies.push(name.clone());
        if all || self.is_likely(70) {
            self.feed(&name, all)?;
        }
        Ok(true)
    }

    /// A line as its owner leaves it: put right, put right in part, as it was, or not at all.
    fn fixed(&mut self, head: &[String], line: &[String], all: bool) -> Option<Vec<String>> {
        let columns = HEAD.split(',').count();
        let how = if all { 9 } else { self.one_of(10) };
        match how {
            0 => return None,
            1 | 2 => return Some(line.to_vec()),
            _ => {}
        }
        let mark = mark_of(line)?;
        let at = self.rows.iter().position(|row| row.mark == mark)?;
        let mut fixed = line.to_vec();
        let mut right = self.rows[at].fixed();
        // Nobody gives a row a second ticket by giving its twin, or itself, another id.
        let twins = self.rows.iter().filter(|row| row.mark == mark).count();
        if twins > 1 && !line[0].is_empty() {
            right[0].clone_from(&line[0]);
        } else if let Some((id, _)) = self.tickets().get(&mark).and_then(|all| all.first()) {
            right[0].clone_from(id);
        }
        match how {
            3 => fixed[0].clone_from(&right[0]),
            4 => "fixed, in part".clone_into(&mut fixed[2]),
            _ => fixed[..columns].clone_from_slice(&right),
        }
        if how > 4 && self.is_likely(30) {
            fixed[1] = format!("Fixed {}", self.log.len());
        }
        // Cells beyond the columns of the CSV that the person has put into their places.
        for (cell, name) in fixed.iter_mut().zip(head).skip(columns) {
            if how > 4 && name.ends_with("more") {
                cell.clear();
            }
        }
        Some(fixed)
    }

    /// Changes a file that may have been fed before: edits a line, or takes it out.
    pub(crate) fn edit_copy(&mut self) {
        let at = self.one_of(self.copies.len());
        let name = self.copies[at].clone();
        let bytes = std::fs::read(self.folder.path(&name)).unwrap();
        let mut lines: Vec<Vec<u8>> = bytes
            .split_inclusive(|byte| *byte == b'\n')
            .map(<[u8]>::to_vec)
            .collect();
        let line = 1 + self.one_of(lines.len() - 1);
        let text = b"first, text";
        let found = lines[line]
            .windows(text.len())
            .position(|part| part == text);
        match found {
            Some(at) => lines[line][at] = b'F',
            None if lines.len() > 2 => drop(lines.remove(line)),
            None => return,
        }
        self.note(format!("change line {} of {name}", line + 1));
        std::fs::write(self.folder.path(&name), lines.concat()).unwrap();
    }

    /// Saves a file as it is, or as a spreadsheet saves it.
    fn write(&mut self, name: &str, lines: &[Vec<String>]) {
        let mut lines = lines.to_vec();
        let is_spreadsheet = self.is_likely(40);
        let mut bytes = text(&lines, b',', "\n", false).into_bytes();
        if is_spreadsheet {
            for line in lines.iter_mut().skip(1) {
                for cell in line.iter_mut() {
                    *cell = cell.trim().to_owned();
                }
                let zeros = line[0].find(|c| c != '0').unwrap_or(0);
                line[0].drain(..zeros);
            }
            let text = text(&lines, b';', "\r\n", self.draw.below(2) == 0);
            let (encoded, _, _) = encoding_rs::WINDOWS_1252.encode(&text);
            bytes = encoded.into_owned();
        }
        let shown = String::from_utf8_lossy(&bytes).into_owned();
        self.note(format!("write {name}\n{shown}"));
        std::fs::write(self.folder.path(name), bytes).unwrap();
    }

    /// Runs a file with fixed rows. A line to which the program objects is taken out.
    pub(crate) fn feed(&mut self, copy: &str, to_its_end: bool) -> Result<Ended, String> {
        for _ in 0..ATTEMPTS {
            let ended = self.run(copy, to_its_end)?;
            self.check()?;
            let Some(line) = refused_line(&ended, copy) else {
                if ended.stderr.contains("read again first")
                    || ended.stderr.contains("run it first")
                {
                    self.run("t.csv", to_its_end)?;
                    if to_its_end {
                        continue;
                    }
                }
                return Ok(ended);
            };
            let bytes = std::fs::read(self.folder.path(copy)).unwrap();
            let mut lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
            if lines.len() < line {
                return Err(format!("there is no such line: {ended:?}"));
            }
            lines.remove(line - 1);
            if lines.len() == 1 {
                self.copies.retain(|known| known != copy);
                return Ok(ended);
            }
            std::fs::write(self.folder.path(copy), lines.concat()).unwrap();
        }
        Err(format!("{copy} is refused again and again"))
    }
}

/// The line of a file that was refused because of it.
fn refused_line(ended: &Ended, copy: &str) -> Option<usize> {
    if ended.status != Some(1) {
        return None;
    }
    let after = [
        "the row on line ",
        "the rows on lines ",
        "first is on line ",
    ];
    let name = format!("/{copy}");
    let error = ended
        .stderr
        .lines()
        .find(|line| line.starts_with("error: "))?;
    if !error.contains(&name) {
        return None;
    }
    after.iter().find_map(|after| {
        let (_, rest) = error.split_once(after)?;
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        rest[..digits].parse().ok()
    })
}
