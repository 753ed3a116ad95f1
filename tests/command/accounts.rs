//! An account that does not answer as Zendesk does.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use super::TWO;
use crate::support::folder::Folder;
use crate::support::sandbox::Sandbox;

/// A server that knows one user, whatever it is asked, and sends no header that is not named here.
/// It gives its address, and the first line of every request.
fn bare(headers: &'static str) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (told, lines) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let reader = BufReader::new(stream.try_clone().unwrap());
            let head = reader.lines().map_while(Result::ok);
            let head: Vec<String> = head.take_while(|line| !line.is_empty()).collect();
            let body = r#"{"user":{"id":1,"email":"a@example.com","role":"admin"}}"#;
            let length = body.len();
            let reply = format!(
                "HTTP/1.1 200 OK\r\n{headers}connection: close\r\ncontent-type: application/json\r\n\
                 content-length: {length}\r\n\r\n{body}"
            );
            // The client may have gone.
            let _gone = stream.write_all(reply.as_bytes());
            if told
                .send(head.first().cloned().unwrap_or_default())
                .is_err()
            {
                return;
            }
        }
    });
    (url, lines)
}

#[test]
fn an_account_whose_replies_have_no_date_is_refused_before_anything_is_sent() {
    let (url, lines) = bare("");
    let folder = Folder::new().with("two.csv", TWO);
    folder
        .command(&format!("run two.csv -c two.sqlite3 --url {url}"))
        .env("ZENDESK_OAUTH_TOKEN", "t")
        .stderr(
            "error: replies come without a Date header, so the age of a key cannot be told; \
             something on the way removes it\n",
        )
        .status(1)
        .check();
    let asked: Vec<String> = lines.try_iter().collect();
    assert_eq!(asked, ["GET /api/v2/users/me HTTP/1.1"]);
    let status = folder.command("status -c two.sqlite3").run();
    assert_eq!(
        status.stdout,
        "2 rows: 0 created, 2 pending\nnothing was sent yet\n"
    );
}

#[test]
fn a_run_that_gets_no_answer_leaves_no_checkpoint_behind() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    for (flags, token, status) in [("", "t", 4), ("", "", 7), ("--max-duration 1s", "t", 4)] {
        let folder = Folder::new().with("two.csv", TWO);
        let run = format!("run two.csv -c two.sqlite3 --url {url} {flags}");
        let ended = folder
            .command(&run)
            .env("ZENDESK_OAUTH_TOKEN", token)
            .changes_nothing()
            .run();
        assert_eq!(ended.status, Some(status), "{ended:?}");
    }
}

#[test]
fn a_checkpoint_that_is_older_than_an_outage_outlasts_it() {
    let folder = Folder::new().with("two.csv", TWO);
    let sandbox = Sandbox::start(&folder, "");
    let run = format!(
        "run two.csv -c two.sqlite3 --limit 1 --url {}",
        sandbox.url()
    );
    let run = || folder.command(&run).env("ZENDESK_OAUTH_TOKEN", "t").run();
    assert_eq!(run().status, Some(4));
    drop(sandbox);
    assert_eq!(run().status, Some(4));
    let status = folder.command("status -c two.sqlite3").run().stdout;
    assert_eq!(status, "2 rows: 1 created, 1 pending\nstopped: limit\n");
}

#[test]
fn a_date_that_cannot_be_read_is_none() {
    let (url, _lines) = bare("date: yesterday\r\n");
    let folder = Folder::new().with("two.csv", TWO);
    let ended = folder
        .command(&format!("run two.csv --url {url}"))
        .env("ZENDESK_OAUTH_TOKEN", "t")
        .run();
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(ended.stderr.contains("without a Date header"), "{ended:?}");
}
