//! The order in which an intent and its request have to leave.

use std::collections::BTreeSet;

use crate::power::trace::Call;

/// The bytes with which every body begins. In the WAL they follow the key where a row's intent is
/// stored, and nowhere else.
const BODY: &[u8] = br#"{"ticket":"#;

/// Before each page in the WAL there is a header of this length, whose second number is not zero
/// for the last page of a transaction.
const FRAME_HEADER: usize = 24;

const KEY_HEADER: &str = "idempotency-key: ";

type Key = [u8; 16];

/// What was found in a trace.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The keys of all creates, in their order.
    pub(crate) sent: Vec<Key>,
    /// A sentence for each create that left too early.
    pub(crate) wrong: Vec<String>,
}

/// What the disk would hold if the power failed now.
#[derive(Default)]
struct Disk {
    /// Keys of intents that were written, perhaps only into the system's memory.
    written: BTreeSet<Key>,
    /// Whether the next page is the last one of a transaction.
    ends: bool,
    /// Whether that page has been written.
    is_complete: bool,
    /// Keys of intents that are on the disk, and were not sent since.
    safe: BTreeSet<Key>,
    /// The name of the WAL is on the disk too.
    is_named: bool,
    folder: Option<String>,
}

impl Disk {
    fn take_in(&mut self, call: &Call) {
        if call.is_sync() && call.succeeded {
            if call.path.ends_with("-wal") && self.is_complete {
                self.safe.append(&mut self.written);
            }
            self.is_named |= self.folder.as_ref() == Some(&call.path);
        } else if call.path.ends_with("-wal") {
            let parent = call.path.rsplit_once('/').map(|(folder, _)| folder);
            self.folder = parent.map(ToOwned::to_owned);
            if call.data.len() == FRAME_HEADER {
                self.ends = call.data[4..8] != [0; 4];
                self.is_complete = false;
            } else {
                self.is_complete = self.ends;
                self.written.extend(intents(&call.data));
            }
        }
    }

    fn lacks(&mut self, key: Key) -> Option<&'static str> {
        if !self.safe.remove(&key) {
            Some("its intent is not on the disk")
        } else if self.is_named {
            None
        } else {
            Some("the name of the WAL is not on the disk")
        }
    }
}

/// Follows a trace. A create that is sent again needs its intent anew.
pub(crate) fn check(calls: &[Call]) -> Found {
    let mut found = Found::default();
    let mut disk = Disk::default();
    for call in calls {
        if !call.is_socket() {
            disk.take_in(call);
        } else if call.data.starts_with(b"POST ") {
            match key_of(&call.data) {
                Some(key) => {
                    found.sent.push(key);
                    let lacks = disk.lacks(key);
                    found
                        .wrong
                        .extend(lacks.map(|lacks| format!("{key:02x?}: {lacks}")));
                }
                None => found.wrong.push("a POST without a key".to_owned()),
            }
        } else if key_of(&call.data).is_some() {
            found.wrong.push("a key that is not in a POST".to_owned());
        }
    }
    found
}

/// The keys that stand before a body.
fn intents(page: &[u8]) -> BTreeSet<Key> {
    let starts = page.windows(BODY.len()).enumerate();
    starts
        .filter(|(_, bytes)| *bytes == BODY)
        .filter_map(|(at, _)| page.get(at.checked_sub(16)?..at)?.try_into().ok())
        .collect()
}

/// The key of a request.
fn key_of(request: &[u8]) -> Option<Key> {
    let text = String::from_utf8_lossy(request);
    let (_, rest) = text.split_once(KEY_HEADER)?;
    let hex: String = rest.get(..36)?.split('-').collect();
    let number = u128::from_str_radix(&hex, 16).ok()?;
    Some(number.to_be_bytes())
}

mod tests {
    use super::{Found, check};
    use crate::power::trace::Call;

    fn call(name: &str, path: &str, data: Vec<u8>) -> Call {
        Call {
            name: name.into(),
            path: path.into(),
            data,
            succeeded: true,
        }
    }

    /// A create in good order: a complete transaction with its intent, a sync, the request.
    fn good() -> Vec<Call> {
        let wal = "/f/c-wal";
        let page = [&[7; 16][..], br#"{"ticket":{}}"#].concat();
        let request =
            "POST / HTTP/1.1\r\nidempotency-key: 07070707-0707-0707-0707-070707070707\r\n";
        vec![
            call("pwrite64", wal, vec![0; 32]),
            call("fsync", "/f", Vec::new()),
            call("pwrite64", wal, [&[0; 4][..], &[0; 4], &[1; 16]].concat()),
            call("pwrite64", wal, page),
            call("pwrite64", wal, [&[0; 4][..], &[1; 4], &[1; 16]].concat()),
            call("pwrite64", wal, vec![0; 99]),
            call("fdatasync", wal, Vec::new()),
            call("writev", "socket:[1]", request.into()),
        ]
    }

    fn wrong(change: impl FnOnce(&mut Vec<Call>)) -> usize {
        let mut calls = good();
        change(&mut calls);
        let Found { sent, wrong } = check(&calls);
        assert!(sent.iter().all(|key| *key == [7; 16]));
        wrong.len()
    }

    #[test]
    fn whatever_is_out_of_order_is_found() {
        assert_eq!(wrong(|_| {}), 0);
        assert_eq!(wrong(|calls| calls.swap(6, 7)), 1, "sent before the sync");
        assert_eq!(wrong(|calls| calls.swap(5, 6)), 1, "synced too early");
        assert_eq!(wrong(|calls| calls.swap(4, 6)), 1, "synced far too early");
        assert_eq!(
            wrong(|calls| calls[6].succeeded = false),
            1,
            "a failed sync"
        );
        assert_eq!(wrong(|calls| calls[6].path = "/f/c".into()), 1, "elsewhere");
        assert_eq!(wrong(|calls| calls[3].data[0] = 8), 1, "another key");
        assert_eq!(
            wrong(|calls| drop(calls.remove(1))),
            1,
            "a WAL without a name"
        );
        assert_eq!(wrong(|calls| calls.push(calls[7].clone())), 1, "sent again");
        assert_eq!(
            wrong(|calls| calls[7].data.truncate(40)),
            1,
            "without a key"
        );
    }
}
