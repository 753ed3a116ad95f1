//! As little HTTP as a test needs.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

/// Asks for a path and gives the JSON that comes.
pub(crate) fn get(address: SocketAddr, path: &str) -> Value {
    exchange(address, "GET", path, "")
}

/// Posts a body and gives the JSON that comes.
pub(crate) fn post(address: SocketAddr, path: &str, body: &str) -> Value {
    exchange(address, "POST", path, body)
}

/// Changes something; says nothing of what comes but that it is a success.
pub(crate) fn change(address: SocketAddr, method: &str, path: &str, body: &str) {
    let (head, _) = reply(address, method, path, body);
    assert!(head.starts_with("HTTP/1.1 2"), "{method} {path}: {head}");
}

fn exchange(address: SocketAddr, method: &str, path: &str, body: &str) -> Value {
    let (head, body) = reply(address, method, path, body);
    assert!(
        head.starts_with("HTTP/1.1 200 "),
        "{method} {path}: {head}\n{body}"
    );
    serde_json::from_str(&body).expect("JSON")
}

/// The head and the body of a reply.
fn reply(address: SocketAddr, method: &str, path: &str, body: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).expect("somebody who listens");
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer test\r\n\
         connection: close\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream
        .write_all(request.as_bytes())
        .expect("an open connection");
    let mut reply = String::new();
    stream.read_to_string(&mut reply).expect("a whole reply");
    let (head, body) = reply.split_once("\r\n\r\n").expect("a head and a body");
    (head.to_owned(), body.to_owned())
}
