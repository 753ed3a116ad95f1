//! Who wrote the comments: the authors whose users are being found or made, and the rows that wait
//! for them.
//!
//! An author is looked up first. Only who is not found is made a user, in a job where the account
//! allows these, else one by one. The search is minutes behind: making somebody who is there after
//! all is refused, and then the address is claimed. Nothing of this changes a user, and all of it can
//! be done twice, so that an author whose request is lost is just asked for again.

mod drive;
#[cfg(test)]
mod tests;
mod told;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use crate::checkpoint::{Author, PendingRow};
use crate::lifecycle::question::Tries;
use crate::model::ids::RowNumber;
use crate::model::problem::Problem;
use crate::model::time::Monotonic;
use crate::zendesk::{BULK_USERS_MAX, Heard, Person, USER_EVERY_MS, UserQuestion};

/// Authors that are worked on at once, of those that no row waits for yet.
const AHEAD_MAX: usize = 500;

/// Authors that may wait to be made before another one is looked up.
const MISSING_MAX: usize = 2 * BULK_USERS_MAX;

/// Rows that may wait for their authors.
const ASIDE_MAX: usize = 2_000;

/// A job for fewer takes longer than making each.
const JOB_MIN: usize = 3;

/// Jobs at once; the account has thirty for everybody.
const JOBS_MAX: usize = 4;

/// One request about authors: its kind, the authors it is about, and how often it has failed.
#[derive(Debug)]
struct Task {
    kind: Kind,
    people: Vec<Author>,
    tries: Tries,
}

#[derive(Debug, Clone)]
enum Kind {
    Find,
    Make,
    /// To be claimed, since making was refused for this reason.
    Claim(Problem),
    MakeMany,
    /// A job, and how often it was asked for.
    Job(Heard, u32),
    Show(Vec<u64>),
}

impl Kind {
    /// Whether the account takes only one of these a second.
    fn is_slow(&self) -> bool {
        matches!(self, Self::Make | Self::Claim(_))
    }

    /// Whether it is a part of making many at once.
    fn is_bulk(&self) -> bool {
        matches!(self, Self::MakeMany | Self::Job(..) | Self::Show(_))
    }
}

/// The authors that are being resolved.
#[derive(Debug)]
pub(super) struct Authors {
    /// All of them, by address.
    people: HashSet<String>,
    /// To be looked up: those that a row waits for, and others.
    wanted: VecDeque<Author>,
    ahead: VecDeque<Author>,
    /// Looked up, not found, and to be made.
    missing: VecDeque<Author>,
    /// Requests that wait for a certain time, by that time and their number.
    due: BTreeMap<(Monotonic, u64), Task>,
    /// The same for those that the account takes one a second of.
    slow: BTreeMap<(Monotonic, u64), Task>,
    next_slow: Monotonic,
    /// Requests that are out.
    out: BTreeMap<u64, Task>,
    numbers: u64,
    /// Whether the account may take jobs.
    takes_jobs: bool,
    /// Whether the last author that came to an end got no answer.
    is_unanswered: bool,
    aside: HashMap<String, Vec<PendingRow>>,
    rows_aside: usize,
    freed: VecDeque<PendingRow>,
    /// The row up to which the authors of rows are noted, `None` if all are; and how many rows that
    /// were.
    noted_to: Option<RowNumber>,
    noted_rows: u64,
    /// The address up to which noted authors were taken, `None` if all were; and whether more have
    /// been noted since that began.
    taken_to: Option<String>,
    are_more_noted: bool,
    /// Requests about authors since the last create.
    pub(super) since_create: u32,
    /// Authors who were asked for to the end, and how many this run was thought to need.
    known: u64,
    expected: u64,
    /// Authors whom the run has named as a problem.
    told_of: u64,
}

impl Authors {
    pub(super) fn new() -> Self {
        Self {
            people: HashSet::new(),
            wanted: VecDeque::new(),
            ahead: VecDeque::new(),
            missing: VecDeque::new(),
            due: BTreeMap::new(),
            slow: BTreeMap::new(),
            next_slow: Monotonic(0),
            out: BTreeMap::new(),
            numbers: 0,
            takes_jobs: true,
            is_unanswered: false,
            aside: HashMap::new(),
            rows_aside: 0,
            freed: VecDeque::new(),
            noted_to: Some(RowNumber(0)),
            noted_rows: 0,
            taken_to: None,
            are_more_noted: false,
            since_create: 0,
            known: 0,
            expected: 0,
            told_of: 0,
        }
    }

    /// Lets a row wait for an author, who is asked for before those that no row waits for.
    pub(super) fn put_aside(&mut self, author: Author, row: PendingRow) {
        let rows = self.aside.entry(author.email.clone()).or_default();
        rows.push(row);
        self.rows_aside += 1;
        if self.people.insert(author.email.clone()) {
            self.wanted.push_back(author);
        } else if let Some(at) = self.ahead.iter().position(|one| one.email == author.email) {
            self.wanted.extend(self.ahead.remove(at));
        }
    }

    /// Asks for an author before a row waits for them.
    fn look_ahead(&mut self, author: Author) {
        if self.people.insert(author.email.clone()) {
            self.ahead.push_back(author);
        }
    }

    /// How many more may be asked for before a row waits for them.
    fn room_ahead(&self) -> usize {
        AHEAD_MAX.saturating_sub(self.people.len())
    }

    /// Rows that wait, or have waited and may go.
    pub(super) fn rows(&self) -> usize {
        self.rows_aside + self.freed.len()
    }

    /// Whether no further row may be put aside.
    pub(super) fn is_full(&self) -> bool {
        self.rows_aside >= ASIDE_MAX
    }

    /// The next row that need not wait any more.
    pub(super) fn next_freed(&mut self) -> Option<PendingRow> {
        self.freed.pop_front()
    }

    /// Whether a request could leave now.
    fn is_ready(&self, now: Monotonic) -> bool {
        self.wake_at().is_some_and(|time| time <= now)
    }

    /// When the next request may leave; `None` if there is none, or only an answer can help.
    pub(super) fn wake_at(&self) -> Option<Monotonic> {
        let due = self.due.keys().next().map(|(time, _)| *time);
        let slow = self.slow.keys().next().map(|(time, _)| *time);
        let makes_one = !self.missing.is_empty() && self.makes_one_by_one();
        let slow = [slow, makes_one.then_some(Monotonic(0))]
            .into_iter()
            .flatten();
        let slow = slow.min().map(|time| time.max(self.next_slow));
        let at_once = (self.job_is_due() || self.may_look_up()).then_some(Monotonic(0));
        [due, slow, at_once].into_iter().flatten().min()
    }

    /// The next request and its number, if one may leave now.
    fn next(&mut self, now: Monotonic) -> Option<(u64, UserQuestion)> {
        let task = self.next_task(now)?;
        self.numbers += 1;
        let question = question(&task);
        self.out.insert(self.numbers, task);
        self.since_create += 1;
        Some((self.numbers, question))
    }

    fn next_task(&mut self, now: Monotonic) -> Option<Task> {
        let is_due = |tasks: &BTreeMap<(Monotonic, u64), Task>| {
            tasks.keys().next().is_some_and(|(time, _)| *time <= now)
        };
        if is_due(&self.due) {
            return self.due.pop_first().map(|(_, task)| task);
        }
        if self.next_slow <= now {
            let one = if is_due(&self.slow) {
                self.slow.pop_first().map(|(_, task)| task)
            } else if self.makes_one_by_one() {
                let missing = self.missing.pop_front();
                missing.map(|author| task(Kind::Make, vec![author]))
            } else {
                None
            };
            if one.is_some() {
                self.next_slow = now.plus(USER_EVERY_MS);
                return one;
            }
        }
        if self.job_is_due() {
            let most = self.missing.len().min(BULK_USERS_MAX);
            return Some(task(Kind::MakeMany, self.missing.drain(..most).collect()));
        }
        if self.may_look_up() {
            let next = self.wanted.pop_front().or_else(|| self.ahead.pop_front());
            return next.map(|author| task(Kind::Find, vec![author]));
        }
        None
    }

    fn jobs(&self) -> usize {
        let tasks = self.due.values().chain(self.out.values());
        tasks.filter(|task| task.kind.is_bulk()).count()
    }

    /// A small job goes only while there is none, so that the first rows need not wait for a large
    /// one.
    fn job_is_due(&self) -> bool {
        self.takes_jobs
            && match self.jobs() {
                0 => self.missing.len() >= JOB_MIN,
                1..JOBS_MAX => self.missing.len() >= BULK_USERS_MAX,
                _ => false,
            }
    }

    /// Where the account may take jobs, only who is missing alone is made alone: others who are being
    /// looked up may be missing, too.
    fn makes_one_by_one(&self) -> bool {
        let looks_up = || {
            let is_find = |task: &Task| matches!(task.kind, Kind::Find);
            let are_left = !self.wanted.is_empty() || !self.ahead.is_empty();
            are_left || self.out.values().any(is_find)
        };
        let are_few = self.missing.len() < JOB_MIN && self.jobs() == 0;
        !self.takes_jobs || (are_few && !looks_up())
    }

    fn may_look_up(&self) -> bool {
        self.missing.len() + self.slow.len() < MISSING_MAX
            && !(self.wanted.is_empty() && self.ahead.is_empty())
    }

    fn schedule(&mut self, task: Task, time: Monotonic) {
        self.numbers += 1;
        let tasks = if task.kind.is_slow() {
            &mut self.slow
        } else {
            &mut self.due
        };
        tasks.insert((time, self.numbers), task);
    }

    /// What the request asks, for a log.
    fn name(&self, number: u64) -> &'static str {
        let asked = self.out.get(&number);
        asked.map_or("authors", |task| question(task).name())
    }

    /// How many there are in all, as far as is known.
    fn total(&self) -> u64 {
        self.expected.max(self.known + self.people.len() as u64)
    }
}

fn task(kind: Kind, people: Vec<Author>) -> Task {
    Task {
        kind,
        people,
        tries: Tries::default(),
    }
}

fn question(task: &Task) -> UserQuestion {
    let first = task.people.first();
    let email = || first.map_or_else(String::new, |author| author.email.clone());
    match &task.kind {
        Kind::Find => UserQuestion::Find(email()),
        Kind::Make => UserQuestion::Make(
            first.map_or_else(|| Person::new(String::new(), String::new()), person),
        ),
        Kind::Claim(_) => UserQuestion::Claim(email()),
        Kind::MakeMany => UserQuestion::MakeMany(task.people.iter().map(person).collect()),
        Kind::Job(job, _) => UserQuestion::Job(job.clone()),
        Kind::Show(users) => UserQuestion::Show(users.clone()),
    }
}

/// Without a name, the part of the address before the @ is one: Zendesk makes no user without.
fn person(author: &Author) -> Person {
    let local = || author.email.split('@').next().unwrap_or_default();
    let name = author
        .name
        .as_deref()
        .filter(|name| !name.trim().is_empty());
    Person::new(name.unwrap_or_else(local).to_owned(), author.email.clone())
}
