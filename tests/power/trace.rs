//! Reads what strace has written, with `-f -y -xx`.

use std::collections::BTreeMap;

/// A system call, at the moment that counts: a write into a socket when it began, everything else
/// when it had returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) name: String,
    /// What was behind the file descriptor.
    pub(crate) path: String,
    /// All that was to be written.
    pub(crate) data: Vec<u8>,
    pub(crate) succeeded: bool,
}

impl Call {
    pub(crate) fn is_sync(&self) -> bool {
        matches!(self.name.as_str(), "fsync" | "fdatasync")
    }

    /// Whether this goes to the network.
    pub(crate) fn is_socket(&self) -> bool {
        self.path.starts_with("socket:") || self.path.starts_with("TCP")
    }
}

/// The calls of a trace, in the order in which they count.
pub(crate) fn read(trace: &str) -> Vec<Call> {
    let mut calls = Vec::new();
    let mut begun: BTreeMap<&str, Call> = BTreeMap::new();
    for line in trace.lines() {
        let Some((thread, rest)) = line.split_once(' ') else {
            continue;
        };
        let rest = rest.trim_start();
        if rest.starts_with("<... ") {
            let call = begun.remove(thread);
            calls.extend(call.map(|call| Call {
                succeeded: !failed(rest),
                ..call
            }));
        } else if let Some(call) = call(rest) {
            let is_over = !rest.ends_with("<unfinished ...>");
            if is_over || call.is_socket() {
                calls.push(call);
            } else {
                begun.insert(thread, call);
            }
        }
    }
    calls
}

/// `fsync(12<\x2f\x61>) = 0`, or nothing if it is a signal or an end.
fn call(text: &str) -> Option<Call> {
    let (name, rest) = text.split_once('(')?;
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let (_, rest) = rest.split_once('<')?;
    let (path, rest) = rest.split_once('>')?;
    assert!(!rest.contains("\"..."), "a string was cut: {name}");
    // Every second piece between quotes is a string.
    let strings = rest.split('"').skip(1).step_by(2);
    Some(Call {
        name: name.to_owned(),
        path: String::from_utf8_lossy(&bytes(path)).into_owned(),
        data: strings.flat_map(bytes).collect(),
        succeeded: !failed(rest),
    })
}

fn failed(text: &str) -> bool {
    text.contains(") = -1 ")
}

/// The bytes of `\x2f\x61`; what is not written so stands for itself.
fn bytes(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let hex = rest.strip_prefix("\\x").and_then(|hex| hex.get(..2));
        if let Some(byte) = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            bytes.push(byte);
            rest = &rest[4..];
        } else {
            let (one, others) = rest.split_at(first.len_utf8());
            bytes.extend_from_slice(one.as_bytes());
            rest = others;
        }
    }
    bytes
}

#[test]
fn calls_that_were_interrupted_by_others_count_when_they_should() {
    let trace = r#"7  fsync(3<\x2f\x61\x2d\x77\x61\x6c> <unfinished ...>
8  writev(5<\x73\x6f\x63\x6b\x65\x74\x3a\x5b\x31\x5d>, [{iov_base="\x47", iov_len=1}, {iov_base="\x45", iov_len=1}], 2 <unfinished ...>
7  <... fsync resumed>) = -1 EIO (Input/output error)
8  <... writev resumed>) = 2
7  fsync(3</a-wal>) = 0
8  +++ exited with 0 +++
"#;
    let call = |name: &str, path: &str, data: &[u8], succeeded| Call {
        name: name.into(),
        path: path.into(),
        data: data.to_vec(),
        succeeded,
    };
    let expected = [
        call("writev", "socket:[1]", b"GE", true),
        call("fsync", "/a-wal", b"", false),
        call("fsync", "/a-wal", b"", true),
    ];
    assert_eq!(read(trace), expected);
}
