//! A connection's bytes: tells `activity` of them, encodes what a request line should have encoded, and ends in such a way that an
//! answer reaches a peer that is still sending.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::activity::Activity;
use super::linger::{Linger, Lingering};
use super::request_line::{RequestLine, is_fit};

pub(super) struct Watched<S> {
    stream: S,
    activity: Activity,
    /// The request line that is being received.
    line: Option<RequestLine>,
    /// What is to be read before anything else of the stream.
    ready: Vec<u8>,
    linger: Linger,
    lingering: Option<Lingering>,
}

impl<S> Watched<S> {
    pub(super) fn new(stream: S, activity: Activity, linger: Linger) -> Watched<S> {
        let line = Some(RequestLine::default());
        Watched { stream, activity, line, ready: Vec::new(), linger, lingering: None }
    }

    fn give(&mut self, buffer: &mut ReadBuf<'_>) {
        let count = self.ready.len().min(buffer.remaining());
        let given: Vec<u8> = self.ready.drain(..count).collect();
        buffer.put_slice(&given);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if !this.ready.is_empty() {
                this.give(buffer);
                return Poll::Ready(Ok(()));
            }
            let before = buffer.filled().len();
            ready!(Pin::new(&mut this.stream).poll_read(cx, buffer))?;
            let received = buffer.filled().get(before..).unwrap_or_default();
            if received.is_empty() {
                this.ready = this.line.take().map(RequestLine::into_rest).unwrap_or_default();
                this.give(buffer);
                return Poll::Ready(Ok(()));
            }
            if this.activity.received() {
                this.line = Some(RequestLine::default());
            }
            let Some(line) = &mut this.line else { return Poll::Ready(Ok(())) };
            if line.is_empty() && is_fit(received) {
                this.line = None;
                return Poll::Ready(Ok(()));
            }
            let whole = line.take(received);
            buffer.set_filled(before);
            if let Some(whole) = whole {
                (this.ready, this.line) = (whole, None);
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let count = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes))?;
        self.activity.sent();
        Poll::Ready(Ok(count))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let count = ready!(Pin::new(&mut self.stream).poll_write_vectored(cx, slices))?;
        self.activity.sent();
        Poll::Ready(Ok(count))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Watched { stream, activity, linger, lingering, .. } = &mut *self;
        if lingering.is_none() {
            ready!(Pin::new(&mut *stream).poll_shutdown(cx))?;
            if !activity.is_unread() {
                return Poll::Ready(Ok(()));
            }
        }
        lingering.get_or_insert_with(|| linger.begin()).poll(stream, cx).map(Ok)
    }
}
