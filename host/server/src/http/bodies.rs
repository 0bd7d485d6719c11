//! Bounds what request bodies take: memory over all of them, and time for each. A body that passes a bound breaks off, and
//! its request is answered 503 or 408.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use super::AppState;
use super::error::Problem;
use patchbay_core::ingest;
use patchbay_core::permits::Account;

/// What a large body must keep up with once its time is over, in bytes per millisecond (32 KiB per second).
const BYTES_PER_MS_MIN: u64 = 32;

/// Bounds the body of a request until its response is there.
pub(super) async fn bound(State(app): AppState, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let held = Held(Arc::new(Mutex::new(Ledger { account: app.bodies.account(), bytes: 0, refusal: None })));
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(held.clone());
    let time_max = Duration::from_millis(app.config.server.receive_ms_max);
    let now = Instant::now();
    let timer = Box::pin(sleep_until(now + time_max));
    let body = Bounded { body, held: held.clone(), began: now, time_max, timer };
    let response = next.run(Request::from_parts(parts, Body::new(body))).await;
    match held.refusal() {
        Some(problem) if !response.status().is_success() => problem.into_response(),
        _ => response,
    }
}

/// What a request's body holds, for work that goes on without the request.
pub(super) fn held(request: &Request) -> Option<Held> {
    request.extensions().get::<Held>().cloned()
}

/// What one body holds, given back when the last of these is dropped.
#[derive(Clone)]
pub(super) struct Held(Arc<Mutex<Ledger>>);

struct Ledger {
    account: Account,
    bytes: usize,
    refusal: Option<Refusal>,
}

#[derive(Clone, Copy, Debug, thiserror::Error)]
enum Refusal {
    #[error("the request's body came too slowly")]
    TooSlow,
    #[error("too many bytes of request bodies are in flight")]
    NoRoom,
}

impl Held {
    /// Why the body broke off, if it was for a bound.
    pub(super) fn refusal(&self) -> Option<Problem> {
        let ledger = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ledger.refusal.map(|refusal| match refusal {
            Refusal::TooSlow => Problem::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow"),
            Refusal::NoRoom => ingest::Error::Busy.into(),
        })
    }

    fn add(&self, bytes: usize) -> Result<usize, Refusal> {
        let mut ledger = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ledger.bytes = ledger.bytes.saturating_add(bytes);
        let bytes = ledger.bytes;
        if ledger.account.hold(bytes) {
            return Ok(bytes);
        }
        ledger.refusal = Some(Refusal::NoRoom);
        Err(Refusal::NoRoom)
    }

    fn bytes(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).bytes
    }

    fn too_slow(&self) -> Refusal {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).refusal = Some(Refusal::TooSlow);
        Refusal::TooSlow
    }
}

struct Bounded {
    body: Body,
    held: Held,
    began: Instant,
    time_max: Duration,
    timer: Pin<Box<Sleep>>,
}

impl HttpBody for Bounded {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            let Some(Ok(frame)) = frame else { return Poll::Ready(frame) };
            let bytes = frame.data_ref().map_or(0, Bytes::len);
            return Poll::Ready(Some(this.held.add(bytes).map(|_| frame).map_err(axum::Error::new)));
        }
        loop {
            ready!(this.timer.as_mut().poll(cx));
            let earned = Duration::from_millis(this.held.bytes() as u64 / BYTES_PER_MS_MIN);
            let end = this.began + this.time_max + earned;
            if end <= Instant::now() {
                return Poll::Ready(Some(Err(axum::Error::new(this.held.too_slow()))));
            }
            this.timer.as_mut().reset(end);
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
