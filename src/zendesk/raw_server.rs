//! A server for tests that can break connections at any moment, and that counts what reached it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with one request.
#[derive(Debug, Clone)]
pub(super) enum Act {
    /// Answers and keeps the connection.
    Reply(String),
    /// Answers with `Connection: keep-alive`, then closes the connection after a pause.
    ReplyThenClose(String, Duration),
    /// Closes as soon as the head of the request has been read.
    CloseAfterHead,
    /// Reads the request, answers nothing and closes.
    CloseAfterRequest,
    /// Sends this much and resets the connection.
    Reset(String),
    /// Sends this much and closes in an orderly way.
    Cut(String),
    /// Reads the request and never answers.
    Stall,
}

/// One request as it arrived.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    pub(super) line: String,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(given, _)| given.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }
}

/// The server; it lives as long as the test's runtime.
pub(super) struct RawServer {
    pub(super) port: u16,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    script: VecDeque<Act>,
    seen: Vec<Seen>,
    connections: usize,
}

impl RawServer {
    /// Starts a server that plays the script, one act for each request, whichever connection it
    /// comes on. After the script's end it answers 500.
    pub(super) async fn start(script: impl IntoIterator<Item = Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State {
            script: script.into_iter().collect(),
            ..State::default()
        }));
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.lock().unwrap().connections += 1;
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { port, state }
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.state.lock().unwrap().seen.clone()
    }

    pub(super) fn connections(&self) -> usize {
        self.state.lock().unwrap().connections
    }
}

/// A whole reply with this status line, these header lines (each with its line end) and this body.
pub(super) fn reply(status: &str, head: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\n{head}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let mut buffer = Vec::new();
    loop {
        let Some(end) = read_head(&mut stream, &mut buffer).await else {
            return;
        };
        let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
        buffer.drain(..end);
        let mut seen = Seen {
            line: head.lines().next().unwrap_or_default().to_owned(),
            head,
            body: Vec::new(),
        };
        let length = seen
            .header("content-length")
            .map_or(0, |text| text.parse().unwrap());
        let (act, index) = {
            let mut state = state.lock().unwrap();
            state.seen.push(seen.clone());
            (state.script.pop_front(), state.seen.len() - 1)
        };
        if matches!(act, Some(Act::CloseAfterHead)) {
            return;
        }
        while buffer.len() < length {
            if stream.read_buf(&mut buffer).await.unwrap_or(0) == 0 {
                return;
            }
        }
        seen.body = buffer.drain(..length).collect();
        state.lock().unwrap().seen[index] = seen;
        let act = act.unwrap_or_else(|| Act::Reply(reply("500 No Script", "", "")));
        if !play(&mut stream, act).await {
            return;
        }
    }
}

/// Plays an act and reports whether the connection stays open.
async fn play(stream: &mut TcpStream, act: Act) -> bool {
    match act {
        Act::Reply(text) => stream.write_all(text.as_bytes()).await.is_ok(),
        Act::ReplyThenClose(text, pause) => {
            let _ = stream.write_all(text.as_bytes()).await;
            if pause.is_zero() {
                tokio::task::yield_now().await;
            } else {
                tokio::time::sleep(pause).await;
            }
            false
        }
        Act::Cut(text) => {
            let _ = stream.write_all(text.as_bytes()).await;
            false
        }
        Act::Reset(text) => {
            let _ = stream.write_all(text.as_bytes()).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
            let _ = stream.set_zero_linger();
            false
        }
        Act::CloseAfterHead | Act::CloseAfterRequest => false,
        Act::Stall => std::future::pending().await,
    }
}

async fn read_head(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<usize> {
    loop {
        if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            return Some(at + 4);
        }
        if stream.read_buf(buffer).await.unwrap_or(0) == 0 {
            return None;
        }
    }
}
