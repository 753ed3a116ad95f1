//! What the program may do about damage, and what it may not.

use rusqlite::Connection;

use crate::damage::scene::{CHECKPOINT, ROWS, Scene};
use crate::support::folder::Files;
use crate::support::process::Ended;

/// How a run with a damaged checkpoint came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Every row has its one ticket.
    Done,
    /// It could not go on, or not to the end; the sentence says why.
    Refused(String),
}

/// What is expected of the program.
enum Expected {
    Done,
    Refused(&'static str),
    Either,
}

/// Something that is done to a scene, and what is expected then.
pub(crate) struct Damage {
    what: &'static str,
    how: Box<dyn Fn(&Scene) + Sync>,
    expected: Expected,
}

impl Damage {
    /// The program refuses with a sentence that has this part.
    pub(crate) fn refused(
        what: &'static str,
        sentence: &'static str,
        how: impl Fn(&Scene) + Sync + 'static,
    ) -> Self {
        Self::new(what, Expected::Refused(sentence), how)
    }

    /// The program reaches the right end.
    pub(crate) fn repaired(what: &'static str, how: impl Fn(&Scene) + Sync + 'static) -> Self {
        Self::new(what, Expected::Done, how)
    }

    /// The program may do either, but nothing else.
    pub(crate) fn either(what: &'static str, how: impl Fn(&Scene) + Sync + 'static) -> Self {
        Self::new(what, Expected::Either, how)
    }

    fn new(what: &'static str, expected: Expected, how: impl Fn(&Scene) + Sync + 'static) -> Self {
        Self {
            what,
            how: Box::new(how),
            expected,
        }
    }
}

/// Does each damage to a scene of its own and judges what becomes of it; then takes the way out, if
/// the program refused. All that went wrong is told at the end.
#[track_caller]
pub(crate) fn judge_all(scene: fn() -> Scene, damages: &[Damage]) {
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let judged: Vec<_> = damages
            .iter()
            .map(|damage| (damage, scope.spawn(move || judge(&scene(), damage))))
            .collect();
        judged
            .into_iter()
            .flat_map(|(damage, found)| {
                let found = found.join().unwrap();
                found
                    .into_iter()
                    .map(|why| format!("{}: {why}", damage.what))
            })
            .collect()
    });
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn judge(scene: &Scene, damage: &Damage) -> Vec<String> {
    (damage.how)(scene);
    let before = scene.checkpoint_files();
    let ended = scene.run("").run();
    let after = scene.checkpoint_files();
    let mut wrong = wrongs(scene, &ended);
    let verdict = verdict(&ended);
    eprintln!("{}: {verdict:?}", damage.what);
    match (&verdict, &damage.expected) {
        (Verdict::Done, Expected::Done | Expected::Either) => wrong.extend(unfinished(scene)),
        (Verdict::Done, Expected::Refused(part)) => wrong.push(format!("done, not {part:?}")),
        (Verdict::Refused(sentence), Expected::Refused(part)) if sentence.contains(part) => {}
        (Verdict::Refused(_), Expected::Either) => {}
        (Verdict::Refused(sentence), Expected::Done | Expected::Refused(_)) => {
            wrong.push(format!("not expected: {sentence}"));
        }
    }
    let checkpoint = scene.folder.path(CHECKPOINT);
    let size = |files: &Files| files.get(&checkpoint).map_or(0, Vec::len);
    if size(&before) > 0 && size(&after) == 0 {
        wrong.push("the checkpoint was taken away".to_owned());
    }
    if let Verdict::Refused(sentence) = verdict {
        wrong.extend(malformed(&ended, &sentence));
        if sentence.starts_with("error: ") && before != after {
            wrong.push("nothing was sent, but the checkpoint was changed".to_owned());
        }
        wrong.extend(start_anew(scene));
    }
    wrong
}

/// What must not be, whatever happens.
pub(crate) fn wrongs(scene: &Scene, ended: &Ended) -> Vec<String> {
    let mut wrong = Vec::new();
    let stats = scene.sandbox.stats();
    if stats.duplicates != 0 {
        wrong.push(format!("{stats:?}"));
    }
    if ended.stderr.contains("panicked") || ended.status.is_none() {
        wrong.push(format!("{ended:?}"));
    }
    wrong
}

/// How a run came out.
pub(crate) fn verdict(ended: &Ended) -> Verdict {
    if ended.status == Some(0) {
        return Verdict::Done;
    }
    let starts = ["error: ", "stopped: ", "done, but "];
    let begins = |line: &&str| starts.iter().any(|start| line.starts_with(start));
    // What to type next is no part of the sentence.
    let said = ended
        .stderr
        .lines()
        .filter(|line| !line.starts_with("next: "));
    let mut lines = said.skip_while(|line| !begins(line));
    let first = lines
        .next()
        .unwrap_or_else(|| panic!("no sentence: {ended:?}"));
    let rest = lines.map(|line| format!("\n{line}"));
    Verdict::Refused(std::iter::once(first.to_owned()).chain(rest).collect())
}

/// What is wrong with a refusal: it is one line, and nothing else is said if nothing was sent.
fn malformed(ended: &Ended, sentence: &str) -> Option<String> {
    let is_alone = ended.stderr.trim_end() == sentence;
    if sentence.contains('\n') {
        Some(format!("more than one line: {sentence}"))
    } else if sentence.starts_with("error: ") && !is_alone {
        Some(format!("more than a sentence: {ended:?}"))
    } else {
        None
    }
}

/// What is missing at an end that is said to be good.
pub(crate) fn unfinished(scene: &Scene) -> Vec<String> {
    let mut wrong = Vec::new();
    let stats = scene.sandbox.stats();
    if (stats.tickets, stats.external_ids) != (ROWS, ROWS) {
        wrong.push(format!("not done: {stats:?}"));
    }
    let verify = format!("verify -c {CHECKPOINT} --offline");
    let verified = scene.folder.command(&verify).run();
    if verified.status != Some(0) {
        wrong.push(format!("{verified:?}"));
    }
    let db = Connection::open(scene.folder.path(CHECKPOINT)).unwrap();
    let number = |query: &str| -> u64 { db.query_row(query, [], |row| row.get(0)).unwrap() };
    let created = number("SELECT count(*) FROM rows WHERE state = 'created'");
    let bodies = number("SELECT count(*) FROM flight");
    if (created, bodies) != (ROWS, 0) {
        wrong.push(format!("{created} rows created, {bodies} bodies kept"));
    }
    wrong
}

/// The way out that is left after every damage: the checkpoint is moved away, and every row looked
/// up before it is sent.
fn start_anew(scene: &Scene) -> Vec<String> {
    for (path, _) in scene.checkpoint_files() {
        let mut away = path.clone().into_os_string();
        away.push(".away");
        std::fs::rename(&path, away).unwrap();
    }
    let ended = scene.run("--recover").run();
    let mut wrong = wrongs(scene, &ended);
    if ended.status == Some(0) {
        wrong.extend(unfinished(scene));
    } else {
        wrong.push(format!("--recover: {ended:?}"));
    }
    wrong
}
