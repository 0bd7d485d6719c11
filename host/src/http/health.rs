//! Whether the server lives, and whether it can take webhooks.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::AppState;
use super::error::Answer;

pub(super) async fn healthz() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

/// Ready means that the store can write.
pub(super) async fn readyz(State(app): AppState) -> Answer<Json<Value>> {
    app.store.durable().await?;
    Ok(Json(json!({ "status": "ready" })))
}
