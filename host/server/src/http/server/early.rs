//! Answers that are given before their request's body was read: they must reach a sender that is still sending. What is little is
//! read before the answer, and the connection serves on. Of the rest, HTTP/2 reads on behind the answer, and HTTP/1 says that
//! it closes and lingers (`linger`).

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body as AnswerBody;
use axum::http::{HeaderValue, Request, Response, Version, header};
use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;

use super::activity::{self, Activity};
use super::linger::Linger;

/// What is read before the answer.
const LITTLE: Linger = Linger { bytes_max: 64 << 10, time_max: Duration::from_millis(500) };

/// The router on one connection.
pub(super) struct OnConnection {
    pub(super) router: TowerToHyperService<Router>,
    pub(super) activity: Activity,
    pub(super) linger: Linger,
}

impl Service<Request<Incoming>> for OnConnection {
    type Response = Response<Answer>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Answer>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let is_multiplexed = request.version() == Version::HTTP_2;
        let waits_for_leave = request.headers().contains_key(header::EXPECT);
        let request_under_way = self.activity.begin(is_multiplexed);
        let (linger, unread) = (self.linger, Unread::default());
        let answering = self.router.call(request.map(|body| Given { body: Some(body), unread: unread.clone() }));
        Box::pin(async move {
            let mut response = answering.await?;
            let mut left = unread.take();
            if !waits_for_leave && let Some(body) = left {
                left = LITTLE.drain(body).await;
            }
            let Some(left) = left else {
                return Ok(response.map(|body| Answer { body, behind: None, _request: request_under_way }));
            };
            let behind = is_multiplexed.then(|| Box::pin(async move { drop(linger.drain(left).await) }) as Behind);
            if !is_multiplexed {
                request_under_way.leaves_unread();
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response.map(|body| Answer { body, behind, _request: request_under_way }))
        })
    }
}

/// Where a request's body is left that was not read to its end.
#[derive(Clone, Default)]
struct Unread(Arc<Mutex<Option<Incoming>>>);

impl Unread {
    fn take(&self) -> Option<Incoming> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, body: Incoming) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
    }
}

/// A request's body, as the router gets it.
struct Given {
    body: Option<Incoming>,
    unread: Unread,
}

impl Body for Given {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

impl Drop for Given {
    fn drop(&mut self) {
        if let Some(body) = self.body.take().filter(|body| !body.is_end_stream()) {
            self.unread.put(body);
        }
    }
}

type Behind = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A response's body, and behind it what is still to be read of the request.
pub(super) struct Answer {
    body: AnswerBody,
    behind: Option<Behind>,
    _request: activity::Request,
}

impl Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(cx));
        if frame.is_some() {
            return Poll::Ready(frame);
        }
        if let Some(behind) = &mut self.behind {
            std::task::ready!(behind.as_mut().poll(cx));
            self.behind = None;
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.behind.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
