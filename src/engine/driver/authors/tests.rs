//! Authors: what is asked about them, in which order, and what comes of the answers.

use super::told::Learned;
use super::{AHEAD_MAX, Authors, MISSING_MAX};
use crate::checkpoint::{Author, AuthorIs, PendingRow};
use crate::lifecycle::{Past, Stop};
use crate::model::ids::{Fingerprint, Key, RowNumber};
use crate::model::problem::Problem;
use crate::model::reply::Verdict;
use crate::model::time::{Monotonic, ServerTime};
use crate::zendesk::{Heard, USER_EVERY_MS, UserAnswer, UserQuestion};

const NOW: Monotonic = Monotonic(1_000_000);

fn author(name: &str) -> Author {
    Author {
        email: format!("{name}@example.com"),
        name: Some(name.to_uppercase()),
    }
}

fn row(number: u64) -> PendingRow {
    PendingRow {
        number: RowNumber(number),
        line: number + 1,
        offset: 0,
        external_id: "x".into(),
        fingerprint: Fingerprint::from_bytes([0; 32]),
        key: Key::from_bytes([0; 16]),
        past: Past::default(),
        is_fixed: false,
    }
}

/// An account whose answers the tests define.
struct Account {
    authors: Authors,
    now: Monotonic,
}

impl Account {
    fn new() -> Self {
        Self {
            authors: Authors::new(),
            now: NOW,
        }
    }

    fn ask(&mut self) -> (u64, UserQuestion) {
        let wait = self.authors.wake_at().unwrap();
        self.now = self.now.max(wait);
        self.authors.next(self.now).unwrap()
    }

    fn tell(&mut self, number: u64, answer: Result<UserAnswer, Verdict>) -> Learned {
        let now = (ServerTime(0), self.now);
        self.authors.told(number, answer, now, u64::MAX)
    }

    /// Asks what is next, which must be this, and answers it.
    fn answer(&mut self, question: &str, answer: Result<UserAnswer, Verdict>) -> Learned {
        let (number, asked) = self.ask();
        assert_eq!(told(&asked), question);
        self.tell(number, answer)
    }

    fn wants(&mut self, names: &[&str]) {
        for (name, number) in names.iter().zip(1..) {
            self.authors.put_aside(author(name), row(number));
        }
    }

    fn freed(&mut self) -> Vec<u64> {
        std::iter::from_fn(|| self.authors.next_freed())
            .map(|row| row.number.0)
            .collect()
    }
}

fn told(question: &UserQuestion) -> String {
    let local = |email: &str| email.split('@').next().unwrap().to_owned();
    let person =
        |person: &crate::zendesk::Person| format!("{}={}", local(&person.email), person.name);
    match question {
        UserQuestion::Find(email) => format!("find {}", local(email)),
        UserQuestion::Make(one) => format!("make {}", person(one)),
        UserQuestion::Claim(email) => format!("claim {}", local(email)),
        UserQuestion::MakeMany(many) => {
            let many: Vec<String> = many.iter().map(person).collect();
            format!("make many {}", many.join(" "))
        }
        UserQuestion::Job(id) => format!("job {}", id.raw()),
        UserQuestion::Show(ids) => format!("show {ids:?}"),
    }
}

fn refused() -> Verdict {
    Verdict::Refused(Problem::new("RecordInvalid", "no"))
}

fn lost() -> Verdict {
    Verdict::Lost("reset".to_owned())
}

fn forbidden() -> Verdict {
    Verdict::Forbidden(Problem::new("Forbidden", "no"))
}

fn user(name: &str, id: u64) -> Learned {
    Learned {
        authors: vec![(author(name).email, AuthorIs::User(id))],
        stop: None,
    }
}

fn users(users: &[(&str, u64)]) -> Vec<(Heard, u64)> {
    let one = |(email, id): &(&str, u64)| (Heard::from(*email), *id);
    users.iter().map(one).collect()
}

#[test]
fn who_is_found_is_not_made_and_frees_the_rows_that_wait() {
    let mut account = Account::new();
    account.wants(&["a", "a", "b"]);
    let learned = account.answer("find a", Ok(UserAnswer::User(7)));
    assert_eq!(learned, user("a", 7));
    assert_eq!(account.freed(), [1, 2]);
    assert_eq!((account.authors.rows(), account.authors.known), (1, 1));
}

#[test]
fn who_is_missing_is_made_one_a_second_while_others_are_looked_up() {
    let mut account = Account::new();
    account.authors.takes_jobs = false;
    account.wants(&["a", "b", "c"]);
    account.answer("find a", Ok(UserAnswer::Nobody));
    let made = account.answer("make a=A", Ok(UserAnswer::User(7)));
    assert_eq!(made, user("a", 7));
    account.answer("find b", Ok(UserAnswer::Nobody));
    account.answer("find c", Ok(UserAnswer::Nobody));
    assert_eq!(account.now, NOW);
    account.answer("make b=B", Ok(UserAnswer::User(8)));
    assert_eq!(account.now, NOW.plus(USER_EVERY_MS));
    account.answer("make c=C", Ok(UserAnswer::User(9)));
    assert_eq!(account.now, NOW.plus(2 * USER_EVERY_MS));
    assert_eq!(account.authors.wake_at(), None);
    assert_eq!(account.freed(), [1, 2, 3]);
}

#[test]
fn a_refused_address_is_claimed_without_a_name_and_is_nobodys_only_if_that_is_refused_too() {
    for known in [true, false] {
        let mut account = Account::new();
        account.wants(&["a"]);
        account.answer("find a", Ok(UserAnswer::Nobody));
        let nothing = account.answer("make a=A", Err(refused()));
        assert_eq!(nothing, Learned::default());
        if known {
            let learned = account.answer("claim a", Ok(UserAnswer::User(7)));
            assert_eq!(learned, user("a", 7));
        } else {
            let other = Verdict::Refused(Problem::new("Other", "name"));
            let learned = account.answer("claim a", Err(other));
            let Verdict::Refused(problem) = refused() else {
                panic!("a refusal");
            };
            let nobody = AuthorIs::Nobody(problem);
            assert_eq!(learned.authors, [(author("a").email, nobody)]);
        }
        assert_eq!(account.freed(), [1]);
    }
}

/// Three authors who are missing, asked for at once so that a job is due.
fn three_missing() -> Account {
    let mut account = Account::new();
    account.wants(&["a", "b", "c"]);
    let asked: Vec<u64> = (0..3).map(|_| account.ask().0).collect();
    for number in asked {
        account.tell(number, Ok(UserAnswer::Nobody));
    }
    account.authors.next_slow = Monotonic(u64::MAX);
    account
}

#[test]
fn a_jobs_results_are_told_apart_by_address_whatever_their_order_and_case() {
    let mut account = three_missing();
    let queued = Ok(UserAnswer::Queued("j".into()));
    account.answer("make many a=A b=B c=C", queued);
    account.answer("job j", Ok(UserAnswer::Working));
    let ended = UserAnswer::Ended {
        users: users(&[("C@Example.com", 3), ("a@example.com", 1)]),
        without_address: Vec::new(),
    };
    let learned = account.answer("job j", Ok(ended));
    let ids = |(email, is): &(String, AuthorIs)| (email.clone(), is.clone());
    let ids: Vec<_> = learned.authors.iter().map(ids).collect();
    let expected = [("a", 1), ("c", 3)].map(|(name, id)| (author(name).email, AuthorIs::User(id)));
    assert_eq!(ids, expected);
    // The one that the job says nothing of goes alone.
    account.authors.next_slow = NOW;
    account.answer("make b=B", Ok(UserAnswer::User(2)));
    assert_eq!(account.freed(), [1, 3, 2]);
}

#[test]
fn users_that_a_job_names_by_number_alone_are_shown_before_their_authors_go_one_by_one() {
    let mut account = three_missing();
    account.answer("make many a=A b=B c=C", Ok(UserAnswer::Queued("j".into())));
    let ended = UserAnswer::Ended {
        users: Vec::new(),
        without_address: vec![5, 6],
    };
    account.answer("job j", Ok(ended));
    let shown = users(&[("b@example.com", 6), ("A@example.com", 5)]);
    let learned = account.answer("show [5, 6]", Ok(UserAnswer::Users(shown)));
    assert_eq!(learned.authors.len(), 2);
    account.authors.next_slow = NOW;
    account.answer("make c=C", Ok(UserAnswer::User(7)));
}

#[test]
fn an_account_that_takes_no_jobs_is_asked_once_and_then_makes_users_one_by_one() {
    let mut account = three_missing();
    account.answer("make many a=A b=B c=C", Err(forbidden()));
    account.authors.next_slow = NOW;
    for (question, id) in [("make a=A", 1), ("make b=B", 2), ("make c=C", 3)] {
        let learned = account.answer(question, Ok(UserAnswer::User(id)));
        assert_eq!(learned.stop, None);
    }
    assert_eq!(account.freed(), [1, 2, 3]);
}

#[test]
fn who_is_missing_waits_for_lookups_that_are_out_so_that_one_job_makes_them_all() {
    let mut account = Account::new();
    account.wants(&["a", "b"]);
    let (a, b) = (account.ask().0, account.ask().0);
    account.tell(a, Ok(UserAnswer::Nobody));
    assert_eq!(account.authors.wake_at(), None);
    account.tell(b, Ok(UserAnswer::User(8)));
    // Alone after all.
    account.answer("make a=A", Ok(UserAnswer::User(7)));
}

#[test]
fn a_lost_request_is_made_again_later_and_settles_nothing() {
    let mut account = Account::new();
    account.wants(&["a"]);
    account.answer("find a", Err(lost()));
    assert!(account.authors.wake_at().unwrap() > account.now);
    account.answer("find a", Ok(UserAnswer::Nobody));
    account.answer("make a=A", Err(lost()));
    // Made after all: the address is taken.
    account.answer("make a=A", Err(refused()));
    let learned = account.answer("claim a", Ok(UserAnswer::User(7)));
    assert_eq!(learned, user("a", 7));
}

#[test]
fn one_author_without_an_answer_is_nobody_and_two_in_succession_end_the_run() {
    for (verdict, tries) in [(lost(), 8), (Verdict::Unreadable, 8), (forbidden(), 3)] {
        let mut account = Account::new();
        account.wants(&["a", "b", "c"]);
        let held: Vec<u64> = (0..2).map(|_| account.ask().0).collect();
        let (mut number, mut learned) = (account.ask().0, Learned::default());
        for _ in 1..tries {
            account.tell(number, Err(verdict.clone()));
            number = account.ask().0;
        }
        learned
            .authors
            .extend(account.tell(number, Err(verdict.clone())).authors);
        assert_eq!(learned.authors.len(), 1, "{verdict:?}");
        // One that is answered in between shows that it was the author's own trouble.
        account.tell(held[0], Ok(UserAnswer::User(1)));
        let mut number = held[1];
        for _ in 1..tries {
            account.tell(number, Err(verdict.clone()));
            number = account.ask().0;
        }
        let learned = account.tell(number, Err(verdict.clone()));
        assert_eq!((learned.authors.len(), learned.stop), (1, None));
        account.wants(&["d"]);
        let mut number = account.ask().0;
        for _ in 1..tries {
            account.tell(number, Err(verdict.clone()));
            number = account.ask().0;
        }
        let learned = account.tell(number, Err(verdict.clone()));
        assert_eq!(learned.authors, []);
        match verdict {
            Verdict::Forbidden(_) => {
                assert!(matches!(learned.stop, Some(Stop::Credentials(_))));
            }
            _ => assert_eq!(learned.stop, Some(Stop::Outage)),
        }
    }
}

#[test]
fn refused_credentials_end_the_run() {
    let mut account = Account::new();
    account.wants(&["a"]);
    let learned = account.answer("find a", Err(Verdict::Unauthorized));
    assert!(matches!(learned.stop, Some(Stop::Credentials(_))));
}

#[test]
fn an_author_whom_a_row_waits_for_goes_first_and_nobody_is_asked_for_twice() {
    let mut account = Account::new();
    for name in ["x", "a", "y", "x"] {
        account.authors.look_ahead(author(name));
    }
    account.wants(&["a"]);
    let asked: Vec<String> = (0..3).map(|_| told(&account.ask().1)).collect();
    assert_eq!(asked, ["find a", "find x", "find y"]);
    assert_eq!(account.authors.wake_at(), None);
}

#[test]
fn only_so_many_authors_are_looked_up_before_some_of_them_are_made() {
    let mut account = Account::new();
    account.authors.takes_jobs = false;
    let names: Vec<String> = (0..AHEAD_MAX).map(|n| format!("n{n}")).collect();
    for name in &names {
        account.authors.look_ahead(author(name));
    }
    assert_eq!(account.authors.room_ahead(), 0);
    account.authors.next_slow = NOW.plus(1_000);
    let mut found = 0;
    while account.authors.is_ready(NOW) {
        let (number, _) = account.authors.next(NOW).unwrap();
        account.tell(number, Ok(UserAnswer::Nobody));
        found += 1;
    }
    assert_eq!(found, MISSING_MAX);
}
