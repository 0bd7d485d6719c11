//! Servers that do everything wrong that a server can: each gives its outcome in its time, and the next request to another
//! server is answered as if nothing had been.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::*;

#[derive(Clone, Copy, Debug)]
enum Step {
    Send(&'static str),
    /// One byte after the other, with pauses.
    Drip(&'static str),
    /// Again and again, as fast as it is taken.
    Repeat(&'static str),
    Stall,
    /// Ends the connection with a reset.
    Reset,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Answered(u16),
    TimedOut,
    Unreachable,
    TooLarge,
}

use Kind::{Answered, TimedOut, TooLarge, Unreachable};
use Step::{Drip, Repeat, Reset, Send, Stall};

const HEAD: &str = "HTTP/1.1 200 OK\r\n";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
const LETTERS: &str =
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

#[rustfmt::skip]
const FAULTS: &[(&str, &[Step], &[Kind])] = &[
    ("closes without a word", &[], &[Unreachable]),
    ("resets without a word", &[Reset], &[Unreachable]),
    ("says nothing", &[Stall], &[TimedOut]),
    ("drips its head", &[Drip(HEAD), Drip(LETTERS)], &[TimedOut]),
    ("resets amid its head", &[Send(HEAD), Reset], &[Unreachable]),
    ("closes amid its head", &[Send(HEAD)], &[Unreachable]),
    ("has a header without end", &[Send(HEAD), Send("x: "), Repeat(LETTERS)], &[Unreachable]),
    ("has headers without end", &[Send(HEAD), Repeat("x: y\r\n")], &[Unreachable]),
    ("has a status line without end", &[Send("HTTP/1.1 200 "), Repeat(LETTERS)], &[Unreachable]),
    ("announces without end", &[Repeat("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n")], &[TimedOut, Unreachable]),
    ("drips its body", &[Send("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n"), Drip(LETTERS)], &[TimedOut]),
    ("resets amid its body", &[Send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello"), Reset], &[Unreachable]),
    ("ends amid its body", &[Send("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello")], &[Unreachable]),
    ("ends amid a chunk", &[Send(CHUNKED), Send("9\r\nhello")], &[Unreachable]),
    ("has a chunk of no size", &[Send(CHUNKED), Send("zz\r\nhello\r\n")], &[Unreachable]),
    ("has a chunk of too large a size", &[Send(CHUNKED), Send("fffffffffffffffff\r\nhello\r\n")], &[Unreachable]),
    ("has a chunk extension without end", &[Send(CHUNKED), Send("1;"), Repeat(LETTERS)], &[Unreachable]),
    ("has trailers without end", &[Send(CHUNKED), Send("0\r\n"), Repeat("x: y\r\n")], &[Unreachable]),
    ("has chunks without end", &[Send(CHUNKED), Repeat("5\r\nhello\r\n")], &[TooLarge]),
    ("has a body without end", &[Send(HEAD), Send("\r\n"), Repeat(LETTERS)], &[TooLarge]),
    ("contradicts its length", &[Send("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab")], &[Unreachable]),
    ("has a negative length", &[Send("HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n")], &[Unreachable]),
    ("speaks another protocol", &[Send("SSH-2.0-OpenSSH_9.6\r\n"), Stall], &[Unreachable]),
    ("speaks HTTP of another time", &[Send("<html>hello</html>\r\n\r\n")], &[Unreachable]),
    ("has a status that is none", &[Send("HTTP/1.1 20 OK\r\ncontent-length: 0\r\n\r\n")], &[Unreachable]),
    ("has a header with a line break of its own", &[Send("HTTP/1.1 200 OK\r\nx: a\r\n\tb\r\ncontent-length: 0\r\n\r\n")], &[Unreachable, Answered(200)]),
    ("says it is packed", &[Send("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\n\x1f\x08\x01")], &[Answered(200)]),
    ("says more than it should", &[Send("HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 500 Smuggled\r\n\r\n")], &[Answered(204)]),
];

/// How much of an endless answer may be taken, in bytes: heads of hyper, and what the system buffers.
const TAKEN_BYTES_MAX: u64 = 32 << 20;

struct Faulty {
    port: u16,
    taken: Arc<AtomicU64>,
}

impl Faulty {
    async fn start(steps: &'static [Step]) -> Faulty {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let taken = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&taken);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(play(stream, steps, Arc::clone(&count)));
            }
        });
        Faulty { port, taken }
    }
}

async fn play(mut stream: TcpStream, steps: &[Step], taken: Arc<AtomicU64>) {
    read_request(&mut stream).await;
    for step in steps {
        let sent = match step {
            Send(text) => stream.write_all(text.as_bytes()).await,
            Drip(text) => drip(&mut stream, text).await,
            Repeat(text) => loop {
                if let Err(error) = stream.write_all(text.as_bytes()).await {
                    break Err(error);
                }
                taken.fetch_add(text.len() as u64, Ordering::Relaxed);
            },
            Stall => std::future::pending().await,
            Reset => stream.set_zero_linger(),
        };
        if sent.is_err() {
            return;
        }
    }
}

async fn drip(stream: &mut TcpStream, text: &str) -> std::io::Result<()> {
    for byte in text.bytes() {
        stream.write_all(&[byte]).await?;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

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
        let taken = server.taken.load(Ordering::Relaxed);
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
async fn tls_port(certificate: Option<rcgen::CertifiedKey<rcgen::KeyPair>>, steps: &'static [Step]) -> u16 {
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
