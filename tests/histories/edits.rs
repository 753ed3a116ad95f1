//! What the owner changes in `t.csv`.

use crate::histories::owner::Owner;
use crate::histories::rows::{Flaw, Row};

impl Owner {
    /// Gives edited rows the `external_id` that they were sent with from another file, as the document
    /// says: without it they are other rows.
    pub(crate) fn give_ids_of_tickets(&mut self) {
        let tickets = self.tickets();
        for at in 0..self.rows.len() {
            let row = &self.rows[at];
            if row.is_edited && row.flaw.is_of_the_id() && tickets.contains_key(&row.mark) {
                self.fix_row(at);
            }
        }
        self.save();
    }

    pub(crate) fn new_row(&mut self) -> Row {
        let number = self.made;
        self.made += 1;
        let taken = match self.rows.len() {
            0 => format!("0{number}"),
            some => {
                let at = self.one_of(some);
                self.rows[at].id.clone()
            }
        };
        let flaws = [
            Flaw::NoId,
            Flaw::NoId,
            Flaw::TakenId,
            Flaw::Spaced,
            Flaw::NoText,
            Flaw::Refused,
            Flaw::NoAddress,
            Flaw::TooFewCells,
            Flaw::TooManyCells,
        ];
        let mut flaw = if self.rows.is_empty() || self.is_likely(35) {
            Flaw::None
        } else {
            flaws[self.one_of(flaws.len())]
        };
        // In two files, the same external_id is the same ticket.
        if self.has_neighbour && flaw == Flaw::TakenId {
            flaw = Flaw::None;
        }
        Row {
            mark: format!("mark{number}"),
            // A spreadsheet takes the zeros away.
            id: format!("00{}", 100 + number),
            taken,
            subject: format!("Grüße {number}"),
            text: "first, text".to_owned(),
            flaw,
            is_edited: false,
        }
    }

    /// Gives every row the `external_id` of its ticket.
    pub(crate) fn put_ids_back(&mut self) {
        let tickets = self.tickets();
        for row in &mut self.rows {
            if let Some((id, _)) = tickets.get(&row.mark).and_then(|all| all.first()) {
                row.id.clone_from(id);
            }
        }
        self.note("put the ids of tickets back into t.csv");
        self.save();
    }

    pub(crate) fn add(&mut self) {
        let row = self.new_row();
        self.note(format!("add {row:?}"));
        self.insert(row);
    }

    fn insert(&mut self, row: Row) {
        let at = self.one_of(self.rows.len() + 1);
        self.rows.insert(at, row);
        self.save();
    }

    pub(crate) fn remove(&mut self) {
        if self.rows.len() < 2 {
            return;
        }
        let at = self.one_of(self.rows.len());
        let row = self.rows.remove(at);
        self.note(format!("remove {}", row.mark));
        self.removed.push(row);
        self.save();
    }

    pub(crate) fn restore(&mut self) {
        if self.removed.is_empty() {
            return;
        }
        let at = self.one_of(self.removed.len());
        let row = self.removed.remove(at);
        self.note(format!("restore {}", row.mark));
        self.insert(row);
    }

    pub(crate) fn shuffle(&mut self) {
        for at in 1..self.rows.len() {
            let other = self.one_of(at + 1);
            self.rows.swap(at, other);
        }
        self.note("shuffle");
        self.save();
    }

    /// Changes a text, also of a row that was sent.
    pub(crate) fn edit(&mut self) {
        let at = self.one_of(self.rows.len());
        let time = self.log.len();
        self.rows[at].is_edited = true;
        if self.is_likely(50) {
            self.rows[at].subject = format!("Edited {time}");
        } else {
            self.rows[at].text = format!("edited {time}");
        }
        self.note(format!("edit {}", self.rows[at].mark));
        self.save();
    }

    pub(crate) fn fix_in_csv(&mut self) {
        let at = self.one_of(self.rows.len());
        self.fix_row(at);
        self.save();
    }

    /// Puts a row right in the CSV. The `external_id` of a row that was sent is never changed.
    pub(crate) fn fix_row(&mut self, at: usize) {
        if self.rows[at].flaw.is_of_the_id() && self.something_is_under_way() {
            return;
        }
        self.choose_id(at);
        let fixed = Row {
            flaw: Flaw::None,
            ..self.rows[at].clone()
        };
        self.note(format!("fix {fixed:?} in t.csv"));
        // Rows that are alike to the byte are put right alike.
        for row in &mut self.rows {
            if row.mark == fixed.mark {
                row.clone_from(&fixed);
            }
        }
    }

    /// The id of a row's ticket, if it has one; else one that is no other row's.
    fn choose_id(&mut self, at: usize) {
        let tickets = self.tickets();
        let mark = self.rows[at].mark.clone();
        if let Some((id, _)) = tickets.get(&mark).and_then(|all| all.first()) {
            self.rows[at].id.clone_from(id);
            return;
        }
        let is_taken = |id: &str| {
            tickets.values().flatten().any(|(taken, _)| taken == id)
                || self.rows.iter().any(|row| row.mark != mark && row.id == id)
        };
        let mut id = self.rows[at].id.clone();
        while is_taken(&id) {
            id.push('1');
        }
        self.rows[at].id = id;
    }

    /// Copies a row, to the byte or as a row of its own with the same `external_id`.
    pub(crate) fn duplicate(&mut self) {
        let at = self.one_of(self.rows.len());
        let mut row = self.rows[at].clone();
        if !self.has_neighbour && self.is_likely(60) {
            let new = self.new_row();
            row.cells()[0].trim().clone_into(&mut row.taken);
            if !row.taken.is_empty() {
                row.flaw = Flaw::TakenId;
            }
            (row.mark, row.id) = (new.mark, new.id);
        }
        self.note(format!("duplicate as {row:?}"));
        self.insert(row);
    }
}
