//! Performs the driver's effects: each is one request in a task of its own, and one message back.

use std::sync::mpsc::Sender;
use std::time::Duration;

use tokio::runtime::Runtime;

use super::clock::monotonic;
use super::driver::{Effect, Message, Subject, Timing, Way};
use crate::model::ids::RowNumber;
use crate::model::limits::REQUEST_TIMEOUT_MS;
use crate::model::reply::{Answer, Meta, Reply, Verdict};
use crate::model::time::Monotonic;
use crate::zendesk::Client;

/// How long a task may take in all. The client gives a request up after [`REQUEST_TIMEOUT_MS`], after
/// fetching an access token if it needs one; nothing takes longer unless it hangs.
const TASK_TIMEOUT: Duration = Duration::from_millis(3 * REQUEST_TIMEOUT_MS);

/// Makes the requests of a run.
pub trait Requests: Clone + Send + Sync + 'static {
    /// Makes one request and reports what came of it.
    fn make(&self, effect: Effect) -> impl Future<Output = Message> + Send;
}

/// Begins all requests of a turn. They are handed over at once, because each handing over wakes the
/// other thread.
pub(super) fn perform<Q: Requests>(
    effects: Vec<Effect>,
    requests: &Q,
    runtime: &Runtime,
    sender: &Sender<Message>,
) {
    if effects.is_empty() {
        return;
    }
    // The guards exist before anything is handed over: a runtime that never runs a task drops it.
    let tasks: Vec<(Effect, Guard)> = effects
        .into_iter()
        .map(|effect| {
            let guard = Guard::new(Kind::of(&effect), sender.clone());
            (effect, guard)
        })
        .collect();
    let requests = requests.clone();
    runtime.spawn(async move {
        for (effect, guard) in tasks {
            tokio::spawn(one(requests.clone(), effect, guard));
        }
    });
}

async fn one<Q: Requests>(requests: Q, effect: Effect, guard: Guard) {
    if let Ok(message) = tokio::time::timeout(TASK_TIMEOUT, requests.make(effect)).await {
        guard.report(message);
    }
}

/// What an effect asks for, to report it as lost.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Create(RowNumber),
    LookUp(Subject, Way),
    AskUsers(u64),
    Probe,
    CheckCredentials(RowNumber),
}

impl Kind {
    fn of(effect: &Effect) -> Self {
        match effect {
            Effect::Create { intent, .. } => Self::Create(intent.row),
            Effect::LookUp { subject, way, .. } => Self::LookUp(*subject, *way),
            Effect::AskUsers { number, .. } => Self::AskUsers(*number),
            Effect::Probe => Self::Probe,
            Effect::CheckCredentials { row } => Self::CheckCredentials(*row),
        }
    }

    fn lost(self, timing: Timing) -> Message {
        let verdict = Verdict::Lost("the request's task ended without an answer".to_owned());
        let meta = Meta::default();
        match self {
            Self::Create(row) => Message::Replied {
                row,
                reply: Reply { verdict, meta },
                timing,
            },
            Self::LookUp(subject, way) => Message::LookedUp {
                subject,
                way,
                answer: Answer {
                    answer: Err(verdict),
                    meta,
                },
                timing,
            },
            Self::AskUsers(number) => Message::ToldOfUsers {
                number,
                answer: Answer {
                    answer: Err(verdict),
                    meta,
                },
                timing,
            },
            Self::Probe => Message::Probed {
                answer: Answer {
                    answer: Err(verdict),
                    meta,
                },
                timing,
            },
            Self::CheckCredentials(row) => Message::Checked {
                row,
                answer: Answer {
                    answer: Err(verdict),
                    meta,
                },
                timing,
            },
        }
    }
}

/// Reports a request as lost when it is dropped before there is an answer: its task panicked, hung,
/// or was never run. The driver counts what is out, so a missing message would let the run wait for
/// ever.
struct Guard {
    kind: Kind,
    begun: Monotonic,
    sender: Sender<Message>,
    is_answered: bool,
}

impl Guard {
    fn new(kind: Kind, sender: Sender<Message>) -> Self {
        Self {
            kind,
            begun: monotonic(),
            sender,
            is_answered: false,
        }
    }

    fn report(mut self, message: Message) {
        self.is_answered = true;
        // The receiver is gone only when the run has ended by an error: nobody needs the answer.
        let _run_has_ended = self.sender.send(message);
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.is_answered {
            let lost = self.kind.lost(timing(self.begun));
            let _run_has_ended = self.sender.send(lost);
        }
    }
}

impl Requests for Client {
    async fn make(&self, effect: Effect) -> Message {
        match effect {
            Effect::Create { intent, latest } => {
                let row = intent.row;
                if latest.is_some_and(|latest| monotonic() >= latest) {
                    return Message::NotBegun { row };
                }
                let sent = monotonic();
                let reply = self.create(&intent).await;
                Message::Replied {
                    row,
                    reply,
                    timing: timing(sent),
                }
            }
            Effect::LookUp {
                subject,
                external_id,
                way,
                page_size,
            } => {
                let sent = monotonic();
                let answer = match way {
                    Way::List => self.list_by_external_id(&external_id, page_size).await,
                    Way::Search => self.search_by_external_id(&external_id, page_size).await,
                };
                Message::LookedUp {
                    subject,
                    way,
                    answer,
                    timing: timing(sent),
                }
            }
            Effect::AskUsers { number, question } => {
                let sent = monotonic();
                let answer = self.ask_users(&question).await;
                Message::ToldOfUsers {
                    number,
                    answer,
                    timing: timing(sent),
                }
            }
            Effect::Probe => {
                let sent = monotonic();
                let Answer { answer, meta } = self.me().await;
                let answer = Answer {
                    answer: answer.map(|_| ()),
                    meta,
                };
                Message::Probed {
                    answer,
                    timing: timing(sent),
                }
            }
            Effect::CheckCredentials { row } => {
                let sent = monotonic();
                let Answer { answer, meta } = self.me().await;
                let answer = Answer {
                    answer: answer.map(|me| me.id.is_some()),
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

fn timing(sent: Monotonic) -> Timing {
    Timing {
        sent,
        arrived: monotonic(),
    }
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
