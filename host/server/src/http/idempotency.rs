//! `Idempotency-Key` on creates: sent again, a request is answered as before and creates nothing twice.
//! What failed is not kept: it has created nothing, and may be tried again with the same key.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header, request::Parts};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;

use super::AppState;
use super::auth::Caller;
use super::error::{Answer, Problem};
use super::extract::body;
use crate::app::App;
use patchbay_crypto::secret::sha256_hex;
use patchbay_model::clock;
use patchbay_model::idempotency::{Kept, KeptAnswer, Place};

const HEADER: &str = "idempotency-key";
const KEY_BYTES_MAX: usize = 255;

/// Runs a request once for its key. It goes on when the client hangs up: its outcome is to be found afterwards.
pub(super) async fn once(State(app): AppState, caller: Caller, request: Request, next: Next) -> Answer<Response> {
    let Some(key) = request.headers().get(HEADER) else { return Ok(next.run(request).await) };
    let place = Place { token: caller.token_id().clone(), key_hash: sha256_hex(checked(key)?) };
    let (parts, content) = request.into_parts();
    let content = body(Request::from_parts(parts.clone(), content), &()).await?;
    let kept = Kept { place, request_hash: request_hash(&parts, &content), at: clock::now(), answer: None };
    let running = app.tasks.spawn({
        let app = Arc::clone(&app);
        let request = Request::from_parts(parts, Body::from(content));
        async move { run(&app, &kept, request, next).await }
    });
    running.await.map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal"))?
}

async fn run(app: &App, kept: &Kept, request: Request, next: Next) -> Answer<Response> {
    let in_use = || conflict("idempotency_key_in_use", "a request with this key is under way; try again later");
    let _claimed = app.idempotency_keys.claim(&kept.place).ok_or_else(in_use)?;
    let oldest = clock::before_ms(kept.at, app.config.server.idempotency_ms);
    if let Some(earlier) = app.store.kept_under_key(&kept.place)?.filter(|earlier| earlier.at >= oldest) {
        return again(app, &earlier, &kept.request_hash);
    }
    let keys_max = app.config.server.idempotency_keys_max;
    let is_full = || app.store.keys_of_token(&kept.place, keys_max) == keys_max;
    if is_full() {
        app.store.expire_keys(oldest)?;
    }
    if is_full() {
        return Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_idempotency_keys")
            .detail(format!("this token has used {keys_max} keys within a day, as many as are kept")));
    }
    app.store.keep_under_key(kept).await?;
    let response = next.run(request).await;
    if !response.status().is_success() {
        app.store.free_key(kept)?;
        return Ok(response);
    }
    let (parts, content) = response.into_parts();
    let content = axum::body::to_bytes(content, usize::MAX).await;
    let content = content.map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal"))?;
    let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if let Err(problem) = keep(app, kept, parts.status, content_type, &content).await {
        // What was created is there and is to be told. Sent again, the outcome is called unknown.
        tracing::error!(?problem, "an answer was not kept under its idempotency key");
    }
    Ok(Response::from_parts(parts, Body::from(content)))
}

async fn keep(app: &App, kept: &Kept, status: StatusCode, content_type: Option<&str>, content: &Bytes) -> Answer<()> {
    if content.len() > app.config.server.idempotent_answer_bytes_max {
        return Ok(());
    }
    let answer = KeptAnswer {
        status: status.as_u16(),
        content_type: content_type.map(str::to_owned),
        body: app.vault.seal(&kept.place.seal_place(), &String::from_utf8_lossy(content))?,
    };
    Ok(app.store.keep_under_key(&Kept { answer: Some(answer), ..kept.clone() }).await?)
}

/// Answers a request whose key was used before.
fn again(app: &App, earlier: &Kept, request_hash: &str) -> Answer<Response> {
    if earlier.request_hash != request_hash {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused")
            .detail("this key was used for another request; use a new one for each"));
    }
    let Some(answer) = &earlier.answer else {
        let why = "what became of the request with this key is not known: the server stopped, or its answer was too large \
                   to be kept. See whether what it creates is there, then use a new key";
        return Err(conflict("idempotency_outcome_unknown", why));
    };
    let body: String = app.vault.open_sealed(&earlier.place.seal_place(), &answer.body)?;
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = (status, body).into_response();
    let content_type = answer.content_type.as_deref().and_then(|value| HeaderValue::from_str(value).ok());
    response.headers_mut().remove(header::CONTENT_TYPE);
    content_type.map(|value| response.headers_mut().insert(header::CONTENT_TYPE, value));
    response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
    Ok(response)
}

fn checked(key: &HeaderValue) -> Answer<&[u8]> {
    let key = key.as_bytes();
    if (1..=KEY_BYTES_MAX).contains(&key.len()) && key.iter().all(u8::is_ascii_graphic) {
        return Ok(key);
    }
    Err(Problem::new(StatusCode::BAD_REQUEST, "idempotency_key_invalid")
        .detail(format!("`Idempotency-Key` must be 1 to {KEY_BYTES_MAX} visible ASCII characters without spaces")))
}

/// What makes a request the same: all that a create reads.
fn request_hash(parts: &Parts, body: &[u8]) -> String {
    let header = |name| parts.headers.get(name).map(HeaderValue::as_bytes).unwrap_or_default();
    let body_hash = sha256_hex(body);
    let target = parts.uri.to_string();
    let of_request = [
        parts.method.as_str().as_bytes(),
        target.as_bytes(),
        header(header::CONTENT_TYPE),
        header(header::CONTENT_ENCODING),
        body_hash.as_bytes(),
    ];
    sha256_hex(&of_request.join(&b"\n"[..]))
}

fn conflict(code: &'static str, why: &str) -> Problem {
    Problem::new(StatusCode::CONFLICT, code).detail(why)
}
