//! How requests and replies travel through the world.

use std::cmp::Reverse;

use zendesk_migrate::engine::driver::{Effect, Message, Timing};
use zendesk_migrate::model::intent::{Durable, Intent};
use zendesk_migrate::model::reply::{Answer, Verdict};
use zendesk_migrate::model::time::Monotonic;
use zendesk_migrate::sandbox::faults::{Delivery, deliver};
use zendesk_migrate::sandbox::http::{Request, Response};

use crate::letters::{Letter, Outcome, Post, Question};
use crate::network;
use crate::users;
use crate::world::{TIMEOUT_MS, World};

impl World {
    /// Does what the driver wants done.
    pub(crate) fn perform(&mut self, effect: Effect, messages: &mut Vec<Message>) {
        let sent = self.now;
        match effect {
            Effect::Create { intent, latest } => {
                // The COMMIT took a while, and the machine may have slept meanwhile.
                self.happen();
                if latest.is_some_and(|latest| Monotonic(self.now) >= latest) {
                    messages.push(Message::NotBegun { row: intent.row });
                    return;
                }
                self.check_intent(&intent);
                let question = Question::Create {
                    row: intent.row,
                    sent: self.now,
                };
                self.send(question, network::create(&intent));
            }
            Effect::LookUp {
                subject,
                external_id,
                way,
                page_size,
            } => {
                let external_id = external_id.to_string();
                let request = network::look_up(&external_id, way, page_size);
                self.send(
                    Question::LookUp {
                        subject,
                        external_id,
                        way,
                        sent,
                    },
                    request,
                );
            }
            Effect::AskUsers { number, question } => {
                let request = users::request(&question);
                let question = Question::AskUsers {
                    number,
                    question,
                    sent,
                };
                self.send(question, request);
            }
            Effect::Probe => self.send(Question::Probe { sent }, network::me()),
            Effect::CheckCredentials { row } => {
                self.send(Question::Check { row, sent }, network::me());
            }
        }
    }

    /// A row's bytes are those of its scan, whatever has happened since, with the right users in the
    /// place of authors.
    fn check_intent(&self, intent: &Durable<Intent>) {
        let scanned = &self.bodies[&intent.row];
        if self.scenario.authors == 0 {
            assert_eq!(scanned[..], intent.body[..], "other bytes");
        } else {
            users::check_authors(&self.server, scanned, &intent.body);
        }
    }

    fn send(&mut self, question: Question, request: Request) {
        if self.now < self.dark_until {
            let outcome = if self.dice.per_mille(500) {
                Outcome::NotSent
            } else {
                Outcome::Lost
            };
            let way = self.dice.between(1, TIMEOUT_MS);
            self.post(way, question, Post::Outcome(outcome));
            return;
        }
        let way = self.way();
        self.post(way, question, Post::Request(request));
    }

    fn way(&mut self) -> u64 {
        self.dice.between(1, self.scenario.way_ms + 1)
    }

    fn post(&mut self, way: u64, question: Question, post: Post) {
        self.letters += 1;
        let letter = Letter {
            at: self.now + way,
            number: self.letters,
            process: self.process,
            question,
            post,
        };
        self.mail.push(Reverse(letter));
    }

    /// Delivers a letter to the double or to the client.
    pub(crate) fn deliver(&mut self, letter: Letter, messages: &mut Vec<Message>) {
        match letter.post {
            Post::Request(request) => self.at_server(letter.process, letter.question, &request),
            // A reply to a process that has died reaches nobody.
            Post::Outcome(_) if letter.process != self.process => {}
            Post::Outcome(outcome) => messages.push(self.message(letter.question, outcome)),
        }
    }

    pub(crate) fn at_server(&mut self, process: u64, question: Question, request: &Request) {
        let fault = self.faults.draw_for(request);
        let strike = self.faults.strike();
        let now = self.server_now();
        let delivery = match self.instead_of_server(&question, request) {
            Some(response) => Delivery::Reply(response),
            None => deliver(&mut self.server, request, now, fault, strike),
        };
        self.remember(&question, request, &delivery);
        self.note(&format!("{question} {fault:?}"));
        self.check_safety();
        let way = self.way();
        let (way, outcome) = match delivery {
            Delivery::Reply(response) => (way, Outcome::Reply(response)),
            Delivery::Late { ms, response } => (way + ms, Outcome::Reply(response)),
            Delivery::Cut(response) => (way, Outcome::Cut(response)),
            Delivery::Reset => (way, Outcome::Lost),
        };
        if process == self.process {
            // A client that has waited for its timeout has given up.
            let sent = question.sent();
            let arrival = self.now + way;
            let (way, outcome) = if arrival > sent + TIMEOUT_MS {
                (
                    (sent + TIMEOUT_MS).saturating_sub(self.now).max(1),
                    Outcome::Lost,
                )
            } else {
                (way, outcome)
            };
            self.post(way, question, Post::Outcome(outcome));
        }
    }

    /// After every request: at most one ticket a row, and the limit kept.
    fn check_safety(&self) {
        let stats = self.server.stats();
        let seed = self.scenario.seed;
        assert_eq!(
            stats.duplicates, 0,
            "seed {seed}: two tickets of one row\n{}",
            self.history
        );
    }

    fn message(&self, question: Question, outcome: Outcome) -> Message {
        let timing = |sent| Timing {
            sent: Monotonic(sent),
            arrived: Monotonic(self.now),
        };
        match question {
            Question::Create { row, sent } => {
                let reply = match outcome {
                    Outcome::Reply(response) => network::reply(&response),
                    Outcome::Cut(response) => network::cut_reply(&response),
                    Outcome::Lost => network::no_reply(Verdict::Lost("lost".into())),
                    Outcome::NotSent => network::no_reply(Verdict::NotSent("dark".into())),
                };
                Message::Replied {
                    row,
                    reply,
                    timing: timing(sent),
                }
            }
            Question::LookUp {
                subject,
                external_id,
                way,
                sent,
            } => {
                let answer = given(outcome, |r| network::found(r, way, &external_id));
                Message::LookedUp {
                    subject,
                    way,
                    answer,
                    timing: timing(sent),
                }
            }
            Question::AskUsers {
                number,
                question,
                sent,
            } => {
                let answer = given(outcome, |r| users::answer(&question, r));
                Message::ToldOfUsers {
                    number,
                    answer,
                    timing: timing(sent),
                }
            }
            Question::Probe { sent } => {
                let answer = given(outcome, network::answered);
                Message::Probed {
                    answer,
                    timing: timing(sent),
                }
            }
            Question::Check { row, sent } => {
                let Answer { answer, meta } = given(outcome, network::answered);
                let answer = Answer {
                    answer: answer.map(|()| true),
                    meta,
                };
                Message::Checked {
                    row,
                    answer,
                    timing: timing(sent),
                }
            }
        }
    }
}

impl std::fmt::Display for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Create { row, .. } => write!(f, "create of row {row}"),
            Self::LookUp { subject, way, .. } => write!(f, "{way:?} for {subject:?}"),
            Self::AskUsers { question, .. } => f.write_str(question.name()),
            Self::Probe { .. } => f.write_str("probe"),
            Self::Check { row, .. } => write!(f, "check for row {row}"),
        }
    }
}

impl Question {
    fn sent(&self) -> u64 {
        match self {
            Self::Create { sent, .. }
            | Self::LookUp { sent, .. }
            | Self::AskUsers { sent, .. }
            | Self::Probe { sent }
            | Self::Check { sent, .. } => *sent,
        }
    }
}

fn given<T>(outcome: Outcome, read: impl FnOnce(&Response) -> Answer<T>) -> Answer<T> {
    match outcome {
        Outcome::Reply(response) => read(&response),
        Outcome::Cut(_) | Outcome::Lost => network::no_answer(Verdict::Lost("lost".into())),
        Outcome::NotSent => network::no_answer(Verdict::NotSent("dark".into())),
    }
}
