//! The two others that a host talks to, in a thread of their own: the external app, which knows every user whose token
//! is `token-of-USER`, and the customers' endpoint, which takes every delivery and counts it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;

use crate::http::{Connection, header};

const TAKEN: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

pub(crate) struct Sink {
    pub(crate) address: SocketAddr,
    deliveries: Arc<AtomicU64>,
}

impl Sink {
    pub(crate) fn start() -> anyhow::Result<Sink> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let deliveries = Arc::new(AtomicU64::new(0));
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let count = Arc::clone(&deliveries);
        thread::Builder::new().name("sink".into()).spawn(move || runtime.block_on(serve(listener, count)))?;
        Ok(Sink { address, deliveries })
    }

    /// Deliveries taken so far.
    pub(crate) fn deliveries(&self) -> u64 {
        self.deliveries.load(Ordering::Relaxed)
    }
}

async fn serve(listener: std::net::TcpListener, deliveries: Arc<AtomicU64>) -> std::io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(answer(stream, Arc::clone(&deliveries)));
    }
}

async fn answer(stream: TcpStream, deliveries: Arc<AtomicU64>) -> std::io::Result<()> {
    let mut connection = Connection::of(stream);
    while let Some(message) = connection.receive().await? {
        let answer = if message.head.starts_with("POST ") {
            deliveries.fetch_add(1, Ordering::Relaxed);
            TAKEN.to_vec()
        } else {
            user(header(message.head, "authorization").unwrap_or_default()).into_bytes()
        };
        connection.send(&answer).await?;
    }
    Ok(())
}

/// The external app's answer to who somebody is.
fn user(authorization: &str) -> String {
    let id = authorization.strip_prefix("Bearer token-of-").unwrap_or_default();
    let body = format!("{{\"id\":\"{id}\"}}");
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}
