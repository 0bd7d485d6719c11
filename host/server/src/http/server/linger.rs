//! What a sender still sends after its answer is read and dropped, within limits of bytes and time: otherwise the answer would be
//! lost with the connection. RFC 9112, 9.6.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::Body;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::Sleep;

/// How long nothing may come.
const PAUSE_MAX: Duration = Duration::from_secs(5);
/// What is read at once.
const CHUNK_BYTES: usize = 16 << 10;

/// How much is read and dropped.
#[derive(Clone, Copy, Debug)]
pub(super) struct Linger {
    pub(super) bytes_max: usize,
    pub(super) time_max: Duration,
}

impl Linger {
    /// Reads the rest of a body and drops it. Returns the body if it is longer or slower than this.
    pub(super) async fn drain<B: Body<Data = Bytes> + Unpin>(self, mut body: B) -> Option<B> {
        let mut left = self.bytes_max;
        let drained = tokio::time::timeout(self.time_max, async {
            while !body.is_end_stream() {
                match tokio::time::timeout(PAUSE_MAX, body.frame()).await {
                    Ok(Some(Ok(frame))) => {
                        let bytes = frame.data_ref().map_or(0, Bytes::len);
                        left = left.checked_sub(bytes)?;
                    }
                    Ok(None) => return Some(()),
                    Ok(Some(Err(_))) | Err(_) => return None,
                }
            }
            Some(())
        });
        match drained.await {
            Ok(Some(())) => None,
            _ => Some(body),
        }
    }

    pub(super) fn begin(self) -> Lingering {
        Lingering {
            left: self.bytes_max,
            end: Box::pin(tokio::time::sleep(self.time_max)),
            pause: Box::pin(tokio::time::sleep(PAUSE_MAX)),
        }
    }
}

/// A connection that has sent all that it will.
pub(super) struct Lingering {
    left: usize,
    end: Pin<Box<Sleep>>,
    pause: Pin<Box<Sleep>>,
}

impl Lingering {
    /// Ready when the peer has closed its side, or a limit is reached.
    pub(super) fn poll(&mut self, stream: &mut (impl AsyncRead + Unpin), cx: &mut Context<'_>) -> Poll<()> {
        let mut chunk = [0; CHUNK_BYTES];
        loop {
            if self.end.as_mut().poll(cx).is_ready() || self.pause.as_mut().poll(cx).is_ready() {
                return Poll::Ready(());
            }
            let mut buffer = ReadBuf::new(&mut chunk);
            match Pin::new(&mut *stream).poll_read(cx, &mut buffer) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    match self.left.checked_sub(buffer.filled().len()) {
                        Some(left) => self.left = left,
                        None => return Poll::Ready(()),
                    }
                }
                Poll::Ready(_) => return Poll::Ready(()),
            }
            self.pause.as_mut().reset(tokio::time::Instant::now() + PAUSE_MAX);
        }
    }
}
