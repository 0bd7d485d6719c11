//! `/webhooks/{token}`: the URI of a global webhook, for every HTTP method.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use super::AppState;
use super::error::{Answer, Problem, too_large};
use super::rates;
use crate::app::App;
use patchbay_core::ingest::{self, Incoming};
use patchbay_model::clock;
use patchbay_model::profile::{self, Step};

/// The URI of a global webhook, for every HTTP method.
#[utoipa::path(
    post,
    path = "/webhooks/{token}",
    operation_id = "receiveWebhook",
    tag = "webhooks",
    params(("token" = String, Path)),
    request_body(content = super::openapi::RawBody, content_type = "application/octet-stream"),
    responses(
        (status = "default", description = "What the connector's handler chose; 200 and nothing if it chose nothing"),
        (status = 400), (status = 404), (status = 408), (status = 413), (status = 429), (status = 500), (status = 503),
        (status = 504),
    ),
    security(())
)]
pub(super) async fn receive(State(app): AppState, request: Request) -> Response {
    let _span = profile::span(Step::Whole);
    let start = Instant::now();
    let response = match answer(&app, request).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    };
    app.metrics.webhook_answered(response.status().as_u16(), start.elapsed());
    response
}

/// What was received is worked on to its end even if the sender hangs up.
async fn answer(app: &Arc<App>, request: Request) -> Answer<Response> {
    let received_at = clock::now();
    if let Some(refused) = refused(app, request.uri())? {
        return Ok(refused);
    }
    let _place = app.webhook_requests.try_acquire().map_err(|_| ingest::Error::Busy)?;
    let (parts, body) = request.into_parts();
    let body = read(app, &parts.headers, body).await?;
    let incoming = incoming(parts, body, received_at)?;
    let work = app.tasks.spawn({
        let app = Arc::clone(app);
        async move { ingest::receive(&app.ingest, incoming, None).await }
    });
    let (_, answer) = work.await.map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal"))??;
    Ok(answer.map(Body::from))
}

fn incoming(parts: Parts, body: Bytes, received_at: jiff::Timestamp) -> Answer<Incoming> {
    let (token, path) = token_and_path(&parts.uri)?;
    Ok(Incoming {
        token: token.to_owned(),
        method: parts.method,
        path: path.to_owned(),
        query: parts.uri.query().map(str::to_owned),
        headers: headers(&parts.headers),
        body,
        received_at,
        replay_of: None,
    })
}

/// The answer if the webhook has been asked too often. Unknown ones are not counted: anybody can think of any number.
fn refused(app: &App, uri: &Uri) -> Answer<Option<Response>> {
    if app.config.server.webhook_requests_per_s_max == 0 {
        return Ok(None);
    }
    let (token, _) = token_and_path(uri)?;
    if app.store.webhook_address(token)?.is_none() {
        return Err(ingest::Error::UnknownWebhook.into());
    }
    let verdict = app.webhook_rates.take(token.to_owned(), app.uptime_ns());
    Ok(verdict.filter(|verdict| !verdict.is_allowed).map(rates::refused))
}

/// What stands for the webhook in its URI, and what follows.
fn token_and_path(uri: &Uri) -> Answer<(&str, &str)> {
    let after = uri.path().strip_prefix("/webhooks/").ok_or(ingest::Error::UnknownWebhook)?;
    Ok(after.split_at(after.find('/').unwrap_or(after.len())))
}

fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

/// The whole body or nothing: a body over the limit is refused, never cut.
async fn read(app: &App, headers: &HeaderMap, body: Body) -> Answer<Bytes> {
    let _span = profile::span(Step::ReadBody);
    let bytes_max = app.config.limits.request_body_bytes_max;
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|bytes| bytes > bytes_max) {
        return Err(too_large());
    }
    let time_max = Duration::from_millis(app.config.server.receive_ms_max);
    let collected = tokio::time::timeout(time_max, Limited::new(body, bytes_max).collect()).await;
    let collected = collected.map_err(|_| Problem::new(StatusCode::REQUEST_TIMEOUT, "body_too_slow"))?;
    match collected {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(error) => Err(Problem::new(StatusCode::BAD_REQUEST, "body_incomplete").detail(error)),
    }
}
