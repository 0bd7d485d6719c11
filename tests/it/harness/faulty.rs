//! Servers that do everything wrong that a server can, step by step, and what each fault comes to for whoever asks them.
//! The unit tests of `egress` have this file as well.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
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
pub(crate) enum Kind {
    Answered(u16),
    TimedOut,
    Unreachable,
    TooLarge,
}

use Fault::{Drip, Repeat, Reset, Send, Stall};
use Kind::{Answered, TimedOut, TooLarge, Unreachable};

const HEAD: &str = "HTTP/1.1 200 OK\r\n";
const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
const LETTERS: &str =
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

#[rustfmt::skip]
pub(crate) const FAULTS: &[(&str, &[Fault], &[Kind])] = &[
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

#[derive(Debug)]
pub(crate) struct Faulty {
    pub(crate) port: u16,
    taken: Arc<AtomicU64>,
}

impl Faulty {
    pub(crate) async fn start(steps: &'static [Fault]) -> Faulty {
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

    /// Bytes of an endless answer that were taken.
    pub(crate) fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }
}

async fn play(mut stream: TcpStream, steps: &[Fault], taken: Arc<AtomicU64>) {
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

/// Until nothing more comes. What is left unread when a connection closes would break it.
async fn read_request(stream: &mut TcpStream) {
    let mut bytes = [0; 16 << 10];
    let mut patience = Duration::from_secs(5);
    while let Ok(Ok(1..)) = tokio::time::timeout(patience, stream.read(&mut bytes)).await {
        patience = Duration::from_millis(100);
    }
}

async fn drip(stream: &mut TcpStream, text: &str) -> std::io::Result<()> {
    for byte in text.bytes() {
        stream.write_all(&[byte]).await?;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}
