//! A proxy between the program and the sandbox that does what a test says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A request on its way.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// With the query.
    pub(crate) path: String,
    head: String,
    body: Vec<u8>,
    /// How many requests came before it.
    pub(crate) number: usize,
}

impl Asked {
    pub(crate) fn is_create(&self) -> bool {
        self.method == "POST"
    }

    /// Whether it looks a ticket up, by list or by search.
    pub(crate) fn is_lookup(&self) -> bool {
        self.method == "GET" && self.path.contains("external_id")
    }

    /// Whether it is about this `external_id`.
    pub(crate) fn is_about(&self, external_id: &str) -> bool {
        let body = String::from_utf8_lossy(&self.body);
        let (listed, searched) = (
            format!("external_id={external_id}&"),
            format!("%22{external_id}%22"),
        );
        body.contains(&format!("\"external_id\":\"{external_id}\""))
            || self.path.contains(&listed)
            || self.path.contains(&searched)
    }

    /// The same request without its idempotency key.
    pub(crate) fn without_key(&self) -> Self {
        let is_other = |line: &&str| !line.to_lowercase().starts_with("idempotency-key:");
        let head: Vec<&str> = self.head.lines().filter(is_other).collect();
        Self {
            head: head.join("\r\n"),
            ..self.clone()
        }
    }
}

/// A reply as it travels.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    /// The status line and the headers.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Reply {
    pub(crate) fn new(status: u16, body: &str) -> Self {
        Self {
            head: format!("HTTP/1.1 {status} X\r\ncontent-type: application/json"),
            body: body.to_owned(),
        }
    }

    /// The same with one header, in place of one of that name.
    pub(crate) fn with_header(mut self, name: &str, value: &str) -> Self {
        self = self.without_header(name);
        self.head.extend(["\r\n", name, ": ", value]);
        self
    }

    pub(crate) fn without_header(mut self, name: &str) -> Self {
        let start = format!("{name}:");
        let is_other = |line: &&str| !line.to_lowercase().starts_with(&start);
        let lines: Vec<&str> = self.head.lines().filter(is_other).collect();
        self.head = lines.join("\r\n");
        self
    }
}

/// What the proxy does with a request: a reply to give, or `None` to break the connection.
type Rule = Box<dyn FnMut(&Asked, &Account) -> Option<Reply> + Send>;

/// The account behind the proxy.
pub(crate) struct Account(SocketAddr);

impl Account {
    /// Passes a request on and gives the reply.
    pub(crate) fn ask(&self, asked: &Asked) -> Reply {
        let mut stream = TcpStream::connect(self.0).expect("the sandbox listens");
        let head: Vec<&str> = asked
            .head
            .lines()
            .filter(|line| !line.to_lowercase().starts_with("connection:"))
            .collect();
        let head = format!("{}\r\nconnection: close\r\n\r\n", head.join("\r\n"));
        stream
            .write_all(head.as_bytes())
            .expect("an open connection");
        stream.write_all(&asked.body).expect("an open connection");
        let mut reply = String::new();
        stream.read_to_string(&mut reply).expect("a whole reply");
        let (head, body) = reply.split_once("\r\n\r\n").expect("a head and a body");
        Reply {
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }
}

/// Listens until the test ends.
pub(crate) struct Proxy {
    address: SocketAddr,
    rule: Arc<Mutex<Rule>>,
}

impl Proxy {
    /// A proxy that passes everything on.
    pub(crate) fn start(account: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let rule: Rule = Box::new(|asked, account| Some(account.ask(asked)));
        let rule = Arc::new(Mutex::new(rule));
        let (shared, count) = (Arc::clone(&rule), Arc::new(Mutex::new(0)));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (rule, count) = (Arc::clone(&shared), Arc::clone(&count));
                std::thread::spawn(move || serve(stream, account, &rule, &count));
            }
        });
        Self { address, rule }
    }

    /// From now on, does this with every request, one after the other.
    pub(crate) fn does(
        &self,
        rule: impl FnMut(&Asked, &Account) -> Option<Reply> + Send + 'static,
    ) {
        *self.rule.lock().expect("a rule that did not panic") = Box::new(rule);
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn serve(mut stream: TcpStream, account: SocketAddr, rule: &Mutex<Rule>, count: &Mutex<usize>) {
    let Some(mut asked) = read(&stream) else {
        return;
    };
    let reply = {
        let mut rule = rule.lock().expect("a rule that did not panic");
        let mut count = count.lock().expect("a count");
        asked.number = *count;
        *count += 1;
        drop(count);
        rule(&asked, &Account(account))
    };
    if let Some(reply) = reply {
        let reply = reply
            .without_header("connection")
            .with_header("connection", "close");
        let length = reply.body.len().to_string();
        let Reply { head, body } = reply.with_header("content-length", &length);
        // The program may have given the request up.
        let _gone = stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes());
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line.trim().is_empty() {
            break;
        }
        head += line.trim_end();
        head += "\r\n";
    }
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    let mut words = head.split_whitespace();
    Some(Asked {
        method: words.next()?.to_owned(),
        path: words.next()?.to_owned(),
        head: head.trim_end().to_owned(),
        body,
        number: 0,
    })
}
