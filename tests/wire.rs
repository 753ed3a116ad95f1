//! The client as the outside sees it, against a server that breaks connections. Creates are tested
//! inside the crate, because only the checkpoint can make the proof they ask for.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use zendesk_migrate::model::reply::Verdict;
use zendesk_migrate::zendesk::{Account, Client, Credentials, Timeouts};

/// Answers the requests that come, one connection each, with these bytes, and counts them.
fn serve(answers: Vec<&'static str>) -> (Client, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&requests);
    thread::spawn(move || {
        for answer in answers {
            let (stream, _) = listener.accept().expect("a connection");
            read_head(&stream);
            counter.fetch_add(1, Ordering::SeqCst);
            (&stream)
                .write_all(answer.as_bytes())
                .expect("an open connection");
        }
    });
    let account = Account::from_url(&format!("http://{address}")).expect("an account");
    let credentials = Credentials::Bearer("token".into());
    let client = Client::new(
        account,
        credentials,
        Timeouts::default(),
        zendesk_migrate::engine::clock::monotonic,
    )
    .expect("a client");
    (client, requests)
}

fn read_head(stream: &TcpStream) {
    let lines = BufReader::new(stream).lines();
    lines
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
        .for_each(drop);
}

#[tokio::test]
async fn a_question_is_asked_once_and_a_broken_answer_is_no_answer() {
    let (client, requests) = serve(vec![
        "",
        "HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{\"user\":{\"id\":1}}",
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 17\r\n\r\n{\"user\":{\"id\":1}}",
    ]);
    let broken = client.me().await;
    assert!(matches!(broken.answer, Err(Verdict::Lost(_))), "{broken:?}");
    assert_eq!(requests.load(Ordering::SeqCst), 1);
    assert_eq!(client.me().await.answer, Err(Verdict::Unreadable));
    assert_eq!(requests.load(Ordering::SeqCst), 2);
    assert_eq!(client.me().await.answer.unwrap().id, Some(1));
    assert_eq!(requests.load(Ordering::SeqCst), 3);
}
