//! A server whose certificate this machine does not trust, as companies have that inspect connections.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use crate::support::folder::Folder;
use crate::support::process::Ended;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

const AUTHORITY: &str = include_str!("certificates/authority.pem");
const CERTIFICATE: &str = include_str!("certificates/server.pem");
/// Protects nothing: the authority that signed the certificate is trusted by these tests alone.
const KEY: &str = include_str!("certificates/server-key.pem");

/// Refuses the credentials of whoever trusts its certificate.
fn server() -> SocketAddr {
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:0").unwrap());
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream);
            // The client may hang up in the middle of the handshake: that is what is tested.
            if let Ok(1..) = stream.read(&mut [0; 10_000]) {
                let reply = "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n";
                let _gone = stream.write_all(reply.as_bytes());
            }
        }
    });
    address
}

fn run(authority: Option<&str>) -> (Folder, Ended) {
    let csv = "external_id,comment.body\n1,The text\n";
    let folder = Folder::new()
        .with("t.csv", csv)
        .with("authority.pem", AUTHORITY);
    let run = format!("run t.csv -c c.sqlite3 --url https://{}", server());
    let mut program = folder.command(&run).env("ZENDESK_OAUTH_TOKEN", "t");
    if let Some(name) = authority {
        program = program.env("SSL_CERT_FILE", folder.path(name));
    }
    let ended = program.run();
    (folder, ended)
}

#[test]
fn a_certificate_that_is_not_trusted_ends_the_run_at_once_with_the_way_out() {
    let (_folder, ended) = run(None);
    assert_eq!(ended.status, Some(1), "{ended:?}");
    for part in ["certificate is not trusted", "SSL_CERT_FILE", "--url"] {
        assert!(ended.stderr.contains(part), "{ended:?}");
    }
    assert!(!ended.stderr.contains("asking again"), "{ended:?}");
}

#[test]
fn a_certificate_authority_can_be_named_in_a_file() {
    let (_folder, ended) = run(Some("authority.pem"));
    assert_eq!(ended.status, Some(7), "{ended:?}");
    assert!(
        ended.stderr.contains("refuses the credentials"),
        "{ended:?}"
    );
}
