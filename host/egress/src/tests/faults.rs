//! Servers that do everything wrong that a server can: each gives its outcome in its time, and the next request to another
//! server is answered as if nothing had been.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::*;
use Fault::{Send, Stall};
use Kind::{Answered, TimedOut, TooLarge, Unreachable};
use faulty::{FAULTS, Fault, Faulty, Kind};

#[path = "../../../../tests/it/harness/faulty.rs"]
mod faulty;

/// How much of an endless answer may be taken, in bytes: heads of hyper, and what the system buffers.
const TAKEN_BYTES_MAX: u64 = 32 << 20;

fn kind(result: &Result<Response, Error>) -> Kind {
    match result {
        Ok(response) => Answered(response.status),
        Err(Error::TimedOut) => TimedOut,
        Err(Error::Unreachable(_)) => Unreachable,
        Err(Error::TooLarge) => TooLarge,
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn every_fault_has_its_outcome_in_its_time_and_the_next_request_none_of_it() {
    let egress = egress(&["127.0.0.0/8"]);
    let fine = Server::start(OK, Then::Close).await;
    for (what, steps, expected) in FAULTS {
        let server = Faulty::start(steps).await;
        let start = Instant::now();
        let asked = Request { timeout_ms: 1_500, ..request(&format!("http://127.0.0.1:{}/", server.port)) };
        let result = egress.send(asked).await;
        assert!(expected.contains(&kind(&result)), "{what}: {result:?}");
        assert!(start.elapsed() < Duration::from_secs(10), "{what}: {:?}", start.elapsed());
        let is_kept = kind(&result) != TimedOut;
        let taken = server.taken();
        assert!(!is_kept || taken < TAKEN_BYTES_MAX, "{what}: {taken} bytes were taken");
        let next = egress.send(local(&fine)).await.unwrap();
        assert_eq!((next.status, &next.body[..]), (200, &b"hello"[..]), "after a server that {what}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_who_it_says_is_not_spoken_to() {
    let egress = egress(&["127.0.0.0/8", "::1/128"]);
    for steps in
        [&[Send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")][..], &[Send("\x16\x03\x03\x7f\x7f\x02garbage"), Stall]]
    {
        let port = tls_port(None, steps).await;
        let asked = Request { timeout_ms: 1_500, ..request(&format!("https://127.0.0.1:{port}/")) };
        let result = egress.send(asked).await;
        assert!(matches!(kind(&result), Unreachable | TimedOut), "{steps:?}: {result:?}");
    }
    // Signed by itself, by name and by address.
    let signed = rcgen::generate_simple_self_signed(vec!["localhost".into(), "127.0.0.1".into()]).unwrap();
    let port = tls_port(Some(signed), &[]).await;
    for host in ["localhost", "127.0.0.1"] {
        let result = egress.send(request(&format!("https://{host}:{port}/"))).await;
        assert_eq!(kind(&result), Unreachable, "{result:?}");
    }
}

/// A server with this certificate, or one that speaks no TLS.
async fn tls_port(certificate: Option<rcgen::CertifiedKey<rcgen::KeyPair>>, steps: &'static [Fault]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = certificate.map(|certified| {
        let key = rustls::pki_types::PrivateKeyDer::Pkcs8(certified.signing_key.serialize_der().into());
        let config = rustls::ServerConfig::builder().with_no_client_auth();
        let config = config.with_single_cert(vec![certified.cert.der().clone()], key).unwrap();
        tokio_rustls::TlsAcceptor::from(Arc::new(config))
    });
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            match &acceptor {
                Some(acceptor) => drop(acceptor.accept(stream).await),
                None => {
                    let mut hello = [0; 1024];
                    let _ = stream.read(&mut hello).await;
                    tokio::spawn(async move {
                        for step in steps {
                            match step {
                                Send(text) => drop(stream.write_all(text.as_bytes()).await),
                                _ => std::future::pending().await,
                            }
                        }
                    });
                }
            }
        }
    });
    port
}
