//! After one write has failed, no writer writes.

use super::batch::Batch;
use super::error::CheckpointError;
use super::fixture_tests::{Fixture, START};
use super::handle::Checkpoint;
use super::history::{RunEnd, RunId, RunNote};
use super::retry::Selection;
use super::settings::Setting;
use super::verified::Compared;
use super::verify_scope::Scope;
use crate::model::history::ThisRun;
use crate::model::ids::{Key, RowNumber, TicketId};

type Writer = fn(&mut Checkpoint) -> Result<(), CheckpointError>;

/// Every writer of the checkpoint, by name.
const WRITERS: &[(&str, Writer)] = &[
    ("commit", |c| c.commit(Batch::default()).map(drop)),
    ("begin_run", |c| c.begin_run(START, "1", "{}").map(drop)),
    ("end_run", |c| {
        let note = RunNote {
            run: RunId::first(),
            done: ThisRun::default(),
            allowed_rpm: None,
        };
        let end = RunEnd {
            at: START,
            stopped_because: "done",
            message: None,
        };
        c.end_run(&note, end)
    }),
    ("set", |c| c.set(&[(Setting::Machine, "m")])),
    ("read_anew", Checkpoint::read_anew),
    ("note_authors", |c| c.note_authors(&[])),
    ("forget_unknown_authors", Checkpoint::forget_unknown_authors),
    ("take_up_unknown_authors", |c| {
        c.take_up_unknown_authors("UnknownAuthor", Key::random)
            .map(drop)
    }),
    ("recover", |c| c.recover(START)),
    ("forget_exported", Checkpoint::forget_exported),
    ("note_exported", |c| c.note_exported(std::iter::empty())),
    ("settle_recovered", Checkpoint::settle_recovered),
    ("retry", |c| {
        c.retry(&Selection::default(), Key::random).map(drop)
    }),
    ("verify", |c| c.verify(Scope::All).map(drop)),
    ("verify_ends", Checkpoint::verify_ends),
    ("note_compared", |c| {
        c.note_compared(&[(RowNumber(1), Compared::Agrees)], START)
    }),
    ("note_searched", |c| {
        c.note_searched(RowNumber(1), &[TicketId(1)], START)
    }),
    ("note_exported_page", |c| {
        c.note_exported_page(std::iter::empty(), "x")
    }),
    ("note_all_searched", |c| c.note_all_searched(START)),
    ("load", |c| c.load().map(drop)),
    ("rescan", |c| c.rescan().map(drop)),
];

fn query_only(checkpoint: &Checkpoint, is_on: bool) {
    let set = checkpoint.db.pragma_update(None, "query_only", is_on);
    set.unwrap();
}

#[test]
fn after_any_writer_has_failed_no_writer_writes() {
    for (failing, fails) in WRITERS {
        let mut fixture = Fixture::of(&[("a", Some("1"))]);
        query_only(&fixture.checkpoint, true);
        let failed = fails(&mut fixture.checkpoint);
        assert!(
            matches!(failed, Err(CheckpointError::Sqlite { .. })),
            "{failing}: {failed:?}"
        );
        query_only(&fixture.checkpoint, false);
        for (next, writes) in WRITERS {
            let refused = writes(&mut fixture.checkpoint);
            assert!(
                matches!(refused, Err(CheckpointError::Poisoned { .. })),
                "{next} after {failing}: {refused:?}"
            );
        }
    }
}

#[test]
fn every_writer_writes_where_none_has_failed() {
    let mut fixture = Fixture::of(&[("a", Some("1"))]);
    for (name, writes) in WRITERS {
        writes(&mut fixture.checkpoint).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn of_a_write_that_fails_half_way_nothing_is_kept() {
    let mut fixture = Fixture::of(&[("a", Some("1"))]);
    let trigger = "CREATE TEMP TRIGGER full BEFORE INSERT ON main.setting WHEN new.name = 'user'
                   BEGIN SELECT raise(FAIL, 'no'); END";
    fixture.checkpoint.db.execute_batch(trigger).unwrap();
    let half = [(Setting::Machine, "half"), (Setting::User, "1")];
    fixture.checkpoint.set(&half).unwrap_err();
    assert!(fixture.checkpoint.db.is_autocommit(), "it is still open");
    let machine = fixture.checkpoint.setting(Setting::Machine).unwrap();
    assert_eq!(machine, None);
}
