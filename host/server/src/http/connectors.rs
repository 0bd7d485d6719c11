//! `/v1/connectors`: bundles in, connectors and their versions out.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde::Serialize;

use super::AppState;
use super::auth::Caller;
use super::error::{Answer, Problem, too_large};
use super::extract::{List, NoFilter, PageQuery, PageView, Path, body};
use super::openapi::{IdempotencyKey, RawBody};
use crate::app::App;
use patchbay_core::upload;
use patchbay_model::connector::{ConnectorVersion, Manifest};
use patchbay_rules::decode::{self, InflateError};
use patchbay_sandbox::standing::Usage;

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Connector)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConnectorView {
    key: String,
    name: String,
    version: u32,
    digest: String,
    size: u64,
    #[schema(format = DateTime)]
    uploaded_at: String,
    #[schema(value_type = Object)]
    manifest: Manifest,
    usage: UsageView,
}

/// What the version's code has used since this server started.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Usage)]
#[serde(rename_all = "camelCase")]
struct UsageView {
    calls: u64,
    failed: u64,
    crashed: u64,
    cpu_ms: u64,
    /// How long calls waited so that other connectors were served.
    held_back_ms: u64,
    /// A resting connector is not called, and its webhooks are answered 503.
    is_resting: bool,
    rests_ms: u64,
}

impl From<Usage> for UsageView {
    fn from(usage: Usage) -> Self {
        let Usage { calls, failed, crashed, cpu_ms, held_back_ms, rests_ms } = usage;
        UsageView {
            calls,
            failed,
            crashed,
            cpu_ms,
            held_back_ms,
            is_resting: rests_ms.is_some(),
            rests_ms: rests_ms.unwrap_or(0),
        }
    }
}

impl ConnectorView {
    fn new(app: &App, version: ConnectorVersion) -> ConnectorView {
        ConnectorView {
            usage: app.sandbox.usage(&version.component).into(),
            key: version.connector,
            name: version.manifest.connector.name.clone(),
            version: version.version,
            digest: format!("sha256:{}", version.digest),
            size: version.size,
            uploaded_at: version.uploaded_at.to_string(),
            manifest: version.manifest,
        }
    }
}

/// 201 with the new version, or 200 with the one that has the same bytes.
#[utoipa::path(
    post,
    path = "/v1/connectors",
    operation_id = "uploadConnector",
    tag = "connectors",
    params(IdempotencyKey),
    request_body(content = RawBody, content_type = "application/wasm"),
    responses(
        (status = 201, description = "A new version", body = ConnectorView),
        (status = 200, description = "The version that has the same bytes", body = ConnectorView),
        (status = 409), (status = 415),
    )
)]
pub(super) async fn upload(State(app): AppState, headers: HeaderMap, request: Request) -> Answer<Response> {
    check_type(&headers)?;
    let bundle = body(request, &app).await?;
    let bundle = inflate(&headers, bundle, app.config.limits.bundle_bytes_max).await?;
    let app = Arc::clone(&app);
    let uploading = app.tasks.spawn({
        let app = Arc::clone(&app);
        async move { upload::upload(&app.bundles, bundle).await }
    });
    let uploaded = uploading.await.map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal"))?;
    let (version, is_new) = uploaded?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(ConnectorView::new(&app, version))).into_response())
}

/// Connectors, each in its newest version.
#[utoipa::path(
    get,
    path = "/v1/connectors",
    operation_id = "listConnectors",
    tag = "connectors",
    params(PageQuery),
    responses(
        (status = 200, description = "A page", body = PageView<ConnectorView>),
    )
)]
pub(super) async fn list(
    State(app): AppState,
    caller: Caller,
    list: List<NoFilter>,
) -> Answer<Json<PageView<ConnectorView>>> {
    Ok(Json(PageView::new(&caller, app.store.connectors(&list.page)?, |version| ConnectorView::new(&app, version))?))
}

/// The newest version.
#[utoipa::path(
    get,
    path = "/v1/connectors/{key}",
    operation_id = "getConnector",
    tag = "connectors",
    params(("key" = String, Path)),
    responses(
        (status = 200, description = "The connector", body = ConnectorView),
        (status = 404),
    )
)]
pub(super) async fn show(State(app): AppState, Path(key): Path<String>) -> Answer<Json<ConnectorView>> {
    let version = app.store.connector_version(&key, None)?;
    version.map(|version| Json(ConnectorView::new(&app, version))).ok_or_else(|| Problem::not_found("connector", &key))
}

/// The versions of a connector.
#[utoipa::path(
    get,
    path = "/v1/connectors/{key}/versions",
    operation_id = "listVersions",
    tag = "connectors",
    params(("key" = String, Path), PageQuery),
    responses(
        (status = 200, description = "A page", body = PageView<ConnectorView>),
        (status = 404),
    )
)]
pub(super) async fn list_versions(
    State(app): AppState,
    caller: Caller,
    Path(key): Path<String>,
    list: List<NoFilter>,
) -> Answer<Json<PageView<ConnectorView>>> {
    if app.store.connector_version(&key, None)?.is_none() {
        return Err(Problem::not_found("connector", &key));
    }
    Ok(Json(PageView::new(&caller, app.store.connector_versions(&key, &list.page)?, |version| {
        ConnectorView::new(&app, version)
    })?))
}

/// One version, by number or by `sha256:` digest.
#[utoipa::path(
    get,
    path = "/v1/connectors/{key}/versions/{version}",
    operation_id = "getVersion",
    tag = "connectors",
    params(("key" = String, Path), ("version" = String, Path)),
    responses(
        (status = 200, description = "The version", body = ConnectorView),
        (status = 404),
    )
)]
pub(super) async fn show_version(
    State(app): AppState,
    Path(path): Path<(String, String)>,
) -> Answer<Json<ConnectorView>> {
    Ok(Json(ConnectorView::new(&app, find(&app, &path)?)))
}

/// Deletes a version that no integration runs.
#[utoipa::path(
    delete,
    path = "/v1/connectors/{key}/versions/{version}",
    operation_id = "deleteVersion",
    tag = "connectors",
    params(("key" = String, Path), ("version" = String, Path)),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404), (status = 409),
    )
)]
pub(super) async fn remove_version(State(app): AppState, Path(path): Path<(String, String)>) -> Answer<StatusCode> {
    app.store.remove_connector_version(&find(&app, &path)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// By number or by digest.
fn find(app: &crate::app::App, (key, version): &(String, String)) -> Answer<ConnectorVersion> {
    let found = match version.strip_prefix("sha256:") {
        Some(digest) => app.store.version_by_digest(key, digest)?,
        None => {
            version.parse().ok().map(|number| app.store.connector_version(key, Some(number))).transpose()?.flatten()
        }
    };
    found.ok_or_else(|| Problem::not_found("version", &format!("{key}/{version}")))
}

fn check_type(headers: &HeaderMap) -> Answer<()> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if matches!(content_type, "application/wasm" | "application/octet-stream") {
        return Ok(());
    }
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type")
        .detail("send the bundle's bytes with `Content-Type: application/wasm`"))
}

async fn inflate(headers: &HeaderMap, bundle: Bytes, bytes_max: usize) -> Answer<Bytes> {
    let Some(encoding) = headers.get(header::CONTENT_ENCODING) else { return Ok(bundle) };
    let encoding = encoding.to_str().unwrap_or_default();
    match decode::inflate(encoding, &bundle, bytes_max).await {
        Ok(inflated) => Ok(inflated.unwrap_or(bundle)),
        Err(InflateError::TooLarge) => Err(too_large()),
        Err(InflateError::Broken) => {
            Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_content_encoding")
                .detail(format!("the body is not `{encoding}`; send it plain, or as gzip or zstd")))
        }
    }
}
