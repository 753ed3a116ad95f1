//! An account that repeats what it was sent: every reply may hold the secrets of its request.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// A request, and all tokens that were given out until then.
pub(crate) struct Asked {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) authorization: String,
    pub(crate) body: Value,
    pub(crate) tokens: Vec<String>,
}

impl Asked {
    pub(crate) fn is_create(&self) -> bool {
        self.method == "POST" && self.path.contains("/tickets")
    }

    pub(crate) fn external_id(&self) -> &str {
        self.body["ticket"]["external_id"]
            .as_str()
            .unwrap_or_default()
    }

    /// What a server may repeat of it.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let mut all = vec![self.authorization.clone()];
        all.extend(self.body["client_secret"].as_str().map(str::to_owned));
        // Each request is made with a token of its own: this one has ended.
        all.extend(self.tokens.iter().rev().nth(1).cloned());
        all
    }
}

/// A whole reply.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
    /// Bytes of the body that are told of and never come.
    pub(crate) missing: usize,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<String>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
            missing: 0,
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// What an account does otherwise than a good one.
pub(crate) type Twist = Box<dyn Fn(&Asked) -> Option<Reply> + Send + Sync>;

pub(crate) struct Server {
    address: std::net::SocketAddr,
    tokens: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts it; it ends with the process of the test.
    pub(crate) fn start(twist: Twist) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let tokens = Arc::new(Mutex::new(Vec::new()));
        let (twist, given) = (Arc::new(twist), Arc::clone(&tokens));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (twist, given) = (Arc::clone(&twist), Arc::clone(&given));
                // A client that goes away in the middle is no fault of the account.
                std::thread::spawn(move || serve(&stream, &twist, &given));
            }
        });
        Self { address, tokens }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every access token that it has given out.
    pub(crate) fn tokens(&self) -> Vec<String> {
        self.tokens.lock().unwrap().clone()
    }
}

fn serve(stream: &TcpStream, twist: &Twist, tokens: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (mut length, mut authorization) = (0, String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(": ") else {
            break;
        };
        match name {
            "content-length" => length = value.parse().ok()?,
            "authorization" => value.clone_into(&mut authorization),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let asked = Asked {
        method,
        path,
        authorization,
        body: serde_json::from_slice(&body).unwrap_or_default(),
        tokens: tokens.lock().unwrap().clone(),
    };
    let reply = twist(&asked).unwrap_or_else(|| good(&asked, tokens));
    write(stream, &reply)
}

fn write(mut stream: &TcpStream, reply: &Reply) -> Option<()> {
    let line = |(name, value): &(&str, String)| format!("{name}: {value}\r\n");
    let more: String = reply.headers.iter().map(line).collect();
    let date = "Tue, 24 Nov 2026 13:00:00 GMT";
    let head = format!(
        "HTTP/1.1 {} X\r\ndate: {date}\r\ncontent-type: application/json\r\nconnection: close\r\n\
         content-length: {}\r\n{more}\r\n",
        reply.status,
        reply.body.len() + reply.missing
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(reply.body.as_bytes()).ok()
}

/// What a good account answers.
fn good(asked: &Asked, tokens: &Mutex<Vec<String>>) -> Reply {
    let path = asked.path.split('?').next().unwrap_or_default();
    if path == "/oauth/tokens" {
        let mut tokens = tokens.lock().unwrap();
        let token = format!(
            "kJ7-q{}_x.Vw9Lr{}Tz",
            3_141_592 * (tokens.len() + 1),
            tokens.len()
        );
        tokens.push(token.clone());
        // Old at once: every request is made with another one.
        return Reply::new(
            200,
            json!({"access_token": token, "expires_in": 0}).to_string(),
        );
    }
    if asked.is_create() {
        let ticket = json!({"ticket": {"id": 1000 + number(asked.external_id()), "external_id": asked.external_id()}});
        return Reply::new(201, ticket.to_string()).with("x-idempotency-lookup", "miss".into());
    }
    Reply::new(
        200,
        match path {
            "/api/v2/users/me" => {
                json!({"user": {"id": 5, "role": "admin", "name": "N", "email": "n@example.com"}})
            }
            "/api/v2/triggers/active" => json!({"triggers": [], "count": 0}),
            "/api/v2/tickets/count" => json!({"count": {"value": 1_000_000}}),
            "/api/v2/tickets" => json!({"tickets": [], "count": 0}),
            "/api/v2/ticket_fields/7" => json!({"ticket_field": {"title": "T", "active": true}}),
            "/api/v2/search" => json!({"results": [], "count": 0}),
            _ => json!({"users": [], "tickets": []}),
        }
        .to_string(),
    )
}

/// The number at the end of an `external_id`.
pub(crate) fn number(external_id: &str) -> u64 {
    let digits = external_id.rsplit(|c: char| !c.is_ascii_digit()).next();
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}
