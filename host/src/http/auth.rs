//! The API token. Without it nothing under `/v1` answers but 401.

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use super::AppState;
use super::error::{Answer, Problem};
use crate::secret::{is_same, sha256_hex};

pub(super) async fn require_token(State(app): AppState, request: Request, next: Next) -> Answer<Response> {
    let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token =
        header.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let given = token.map(|(_, token)| sha256_hex(token.trim().as_bytes())).unwrap_or_default();
    let expected = app.store.api_token_hash()?.unwrap_or_default();
    if expected.is_empty() || !is_same(&given, &expected) {
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "unauthorized")
            .detail("send `Authorization: Bearer <API token>`; the server printed the token at its first start"));
    }
    Ok(next.run(request).await)
}
