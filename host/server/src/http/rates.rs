//! Answers to callers who ask too often: 429 with `Retry-After`, and `RateLimit-*` headers that say how much is left.

use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::error::Problem;
use patchbay_core::rate::Verdict;

/// The answer to a call that came too often.
pub(super) fn refused(verdict: Verdict) -> Response {
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited")
        .detail("too many requests; `Retry-After` says when to go on")
        .retry_after_s(verdict.retry_after_s);
    with_headers(problem.into_response(), verdict)
}

/// Tells a caller what is left.
pub(super) fn with_headers(mut response: Response, verdict: Verdict) -> Response {
    let headers = response.headers_mut();
    let mut insert = |name, value: u64| headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    insert("ratelimit-limit", u64::from(verdict.limit));
    insert("ratelimit-remaining", u64::from(verdict.remaining));
    insert("ratelimit-reset", verdict.reset_s);
    response
}
