//! Whether the server lives, and whether it can take webhooks.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::AppState;
use super::error::Answer;

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Health {
    status: &'static str,
}

/// Whether the server lives.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "healthz",
    tag = "health",
    responses(
        (status = 200, description = "It lives", body = Health),
    ),
    security(())
)]
pub(super) async fn healthz() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Ready means that the store can write.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "readyz",
    tag = "health",
    responses(
        (status = 200, description = "It can", body = Health),
        (status = 503),
    ),
    security(())
)]
pub(super) async fn readyz(State(app): AppState) -> Answer<Json<Health>> {
    app.store.durable().await?;
    Ok(Json(Health { status: "ready" }))
}
