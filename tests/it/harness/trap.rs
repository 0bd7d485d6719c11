//! A server where nobody should come: counts connections, and answers so that a guard that failed is seen to have.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// Counts connections; whoever connects gets an answer.
pub(crate) struct Trap {
    pub(crate) port: u16,
    count: Arc<AtomicUsize>,
    server: tokio::task::JoinHandle<()>,
}

impl Trap {
    pub(crate) async fn at(ip: &str) -> Trap {
        let listener = TcpListener::bind(format!("{ip}:0")).await.unwrap();
        let (port, count) = (listener.local_addr().unwrap().port(), Arc::<AtomicUsize>::default());
        let counted = Arc::clone(&count);
        let server = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                // Closing with something unread would break the connection.
                let _ = tokio::time::timeout(Duration::from_secs(1), stream.read(&mut [0; 4096])).await;
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\ncaught";
                let _ = stream.write_all(answer).await;
            }
        });
        Trap { port, count, server }
    }

    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

impl Drop for Trap {
    fn drop(&mut self) {
        self.server.abort();
    }
}
