//! `/metrics`, as Prometheus reads it, and what the surface itself counts.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::AppState;
use super::error::{Answer, Problem};
use patchbay_core::metrics::Levels;

const TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What the server counts and measures.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "metrics",
    tag = "health",
    responses(
        (status = 200, description = "For Prometheus", body = String, content_type = "application/openmetrics-text"),
    )
)]
pub(super) async fn show(State(app): AppState) -> Answer<Response> {
    let looking = tokio::task::spawn_blocking({
        let app = Arc::clone(&app);
        move || app.levels()
    });
    let levels: Levels = looking.await.map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal"))?;
    Ok(([(header::CONTENT_TYPE, TYPE)], app.metrics.show(&levels)).into_response())
}

/// Counts the answers of the API.
pub(super) async fn count_answers(State(app): AppState, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    app.metrics.api_answered(response.status().as_u16());
    response
}
