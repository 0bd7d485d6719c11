//! `/v1/integrations`: connectors in use, and the URIs of their global webhooks.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::AppState;
use super::auth::Caller;
use super::change::change;
use super::error::{Answer, Problem};
use super::extract::{Body, List, NoFilter, PageQuery, PageView, Path, merge, object};
use crate::app::App;
use patchbay_connector::bundle::is_key;
use patchbay_connector::schema;
use patchbay_core::ingest;
use patchbay_model::clock;
use patchbay_model::connector::ConnectorVersion;
use patchbay_model::id::IntegrationId;
use patchbay_model::integration::{Integration, parameters_place};

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = PutIntegration)]
#[serde(deny_unknown_fields)]
pub(super) struct Put {
    connector: String,
    /// The version to run. Without it, always the newest.
    version: Option<u32>,
    #[schema(value_type = Option<Object>)]
    parameters: Option<Value>,
}

/// A merge patch: what is absent stays, single parameters too; `null` for the version follows the newest.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = PatchIntegration)]
#[serde(deny_unknown_fields)]
pub(super) struct Patch {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<u32>)]
    version: Option<Option<u32>>,
    #[schema(value_type = Option<Object>)]
    parameters: Option<Value>,
}

/// Parameters are not shown: they are write-only.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Integration)]
#[serde(rename_all = "camelCase")]
pub(super) struct IntegrationView {
    id: String,
    key: String,
    connector: String,
    version: Option<u32>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = GlobalWebhook)]
pub(super) struct GlobalWebhookView {
    key: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    uri: String,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = DeclaredEvent)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventView {
    key: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    parameters_schema: Option<Value>,
}

impl From<Integration> for IntegrationView {
    fn from(integration: Integration) -> Self {
        IntegrationView {
            id: integration.id.to_string(),
            key: integration.key,
            connector: integration.connector,
            version: integration.version,
            created_at: integration.created_at.to_string(),
            updated_at: integration.updated_at.to_string(),
        }
    }
}

/// Puts a connector to use, or replaces how it is used.
#[utoipa::path(
    put,
    path = "/v1/integrations/{key}",
    operation_id = "putIntegration",
    tag = "integrations",
    params(("key" = String, Path)),
    request_body = Put,
    responses(
        (status = 201, description = "It is new", body = IntegrationView),
        (status = 200, description = "It was there and is replaced", body = IntegrationView),
        (status = 409),
    )
)]
pub(super) async fn put(State(app): AppState, Path(key): Path<String>, Body(put): Body<Put>) -> Answer<Response> {
    if !is_key(&key) {
        return Err(Problem::invalid_field(
            "",
            "the key must be 1 to 64 letters, digits, hyphens, underscores or dots",
        ));
    }
    let earlier = app.store.integration(&key)?;
    if earlier.as_ref().is_some_and(|earlier| earlier.connector != put.connector) {
        return Err(Problem::conflict("an integration keeps its connector; delete it to use another"));
    }
    let parameters = checked_parameters(&app, &put.connector, put.version, put.parameters)?;
    let now = clock::now();
    let id = earlier.as_ref().map_or_else(IntegrationId::new, |earlier| earlier.id.clone());
    let integration = Integration {
        parameters: app.vault.seal(&parameters_place(&id), &parameters)?,
        id,
        key,
        connector: put.connector,
        version: put.version,
        created_at: earlier.as_ref().map_or(now, |earlier| earlier.created_at),
        updated_at: now,
    };
    app.store.put_integration(&integration).await?;
    let status = if earlier.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(IntegrationView::from(integration))).into_response())
}

/// Changes what is given, single parameters too.
#[utoipa::path(
    patch,
    path = "/v1/integrations/{key}",
    operation_id = "patchIntegration",
    tag = "integrations",
    params(("key" = String, Path)),
    request_body = Patch,
    responses(
        (status = 200, description = "As it is now", body = IntegrationView),
        (status = 404), (status = 409),
    )
)]
pub(super) async fn patch(
    State(app): AppState,
    Path(key): Path<String>,
    Body(patch): Body<Patch>,
) -> Answer<Json<IntegrationView>> {
    let store = &app.store;
    let replace = |earlier: Integration, now: Integration| async move {
        store.replace_integration(&earlier, &now).await.map(|()| now)
    };
    let integration = change(|| find(&app, &key), |integration| apply(&app, integration, &patch), replace).await?;
    Ok(Json(integration.into()))
}

fn apply(app: &App, integration: &mut Integration, patch: &Patch) -> Answer<()> {
    integration.version = patch.version.unwrap_or(integration.version);
    let mut parameters = app.connectors.parameters_of(integration)?;
    if let Some(patch) = &patch.parameters {
        merge(&mut parameters, patch.clone());
    }
    let parameters = checked_parameters(app, &integration.connector, integration.version, Some(parameters))?;
    integration.parameters = app.vault.seal(&parameters_place(&integration.id), &parameters)?;
    integration.updated_at = clock::now();
    Ok(())
}

/// Integrations.
#[utoipa::path(
    get,
    path = "/v1/integrations",
    operation_id = "listIntegrations",
    tag = "integrations",
    params(PageQuery),
    responses(
        (status = 200, description = "A page", body = PageView<IntegrationView>),
    )
)]
pub(super) async fn list(
    State(app): AppState,
    caller: Caller,
    list: List<NoFilter>,
) -> Answer<Json<PageView<IntegrationView>>> {
    Ok(Json(PageView::new(&caller, app.store.integrations(&list.page)?, IntegrationView::from)?))
}

/// One integration.
#[utoipa::path(
    get,
    path = "/v1/integrations/{key}",
    operation_id = "getIntegration",
    tag = "integrations",
    params(("key" = String, Path)),
    responses(
        (status = 200, description = "The integration", body = IntegrationView),
        (status = 404),
    )
)]
pub(super) async fn show(State(app): AppState, Path(key): Path<String>) -> Answer<Json<IntegrationView>> {
    Ok(Json(find(&app, &key)?.into()))
}

/// Deletes an integration without connections, and its webhook URIs.
#[utoipa::path(
    delete,
    path = "/v1/integrations/{key}",
    operation_id = "deleteIntegration",
    tag = "integrations",
    params(("key" = String, Path)),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404), (status = 409),
    )
)]
pub(super) async fn remove(State(app): AppState, Path(key): Path<String>) -> Answer<StatusCode> {
    app.store.remove_integration(&find(&app, &key)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A bare list, as "Get integration webhooks" is.
#[utoipa::path(
    get,
    path = "/v1/integrations/{key}/global-webhooks",
    operation_id = "listGlobalWebhooks",
    tag = "integrations",
    params(("key" = String, Path)),
    responses(
        (status = 200, description = "All of them", body = Vec<GlobalWebhookView>),
        (status = 404), (status = 409),
    )
)]
pub(super) async fn global_webhooks(
    State(app): AppState,
    Path(key): Path<String>,
) -> Answer<Json<Vec<GlobalWebhookView>>> {
    let integration = find(&app, &key)?;
    let mut views = Vec::new();
    for webhook in version(&app, &integration)?.manifest.global_webhooks {
        let token = app.store.webhook_token(&integration, &webhook.key).await?;
        let uri = ingest::webhook_uri(&app.ingest, &token);
        views.push(GlobalWebhookView { key: webhook.key, name: webhook.name, description: webhook.description, uri });
    }
    // External apps keep them. One may have been made for somebody who was told that the disk is full.
    app.store.durable().await?;
    Ok(Json(views))
}

/// What can be subscribed to.
#[utoipa::path(
    get,
    path = "/v1/integrations/{key}/events",
    operation_id = "listDeclaredEvents",
    tag = "integrations",
    params(("key" = String, Path)),
    responses(
        (status = 200, description = "All of them", body = Vec<EventView>),
        (status = 404), (status = 409),
    )
)]
pub(super) async fn events(State(app): AppState, Path(key): Path<String>) -> Answer<Json<Vec<EventView>>> {
    let version = version(&app, &find(&app, &key)?)?;
    let views = version.manifest.events.into_iter().map(|event| EventView {
        key: event.key,
        name: event.name,
        description: event.description,
        parameters_schema: event.parameters_schema,
    });
    Ok(Json(views.collect()))
}

pub(super) fn find(app: &App, key: &str) -> Answer<Integration> {
    app.store.integration(key)?.ok_or_else(|| Problem::not_found("integration", key))
}

/// The connector version that an integration runs.
pub(super) fn version(app: &App, integration: &Integration) -> Answer<ConnectorVersion> {
    let missing = || Problem::conflict(format!("connector `{}` has no such version any more", integration.connector));
    app.connectors.version_of(integration)?.ok_or_else(missing)
}

fn checked_parameters(app: &App, connector: &str, version: Option<u32>, parameters: Option<Value>) -> Answer<Value> {
    let missing = || match version {
        Some(version) => {
            Problem::invalid_field("/version", format!("connector `{connector}` has no version {version}"))
        }
        None => Problem::invalid_field(
            "/connector",
            format!("there is no connector `{connector}`; upload its bundle first"),
        ),
    };
    let version = app.store.connector_version(connector, version)?.ok_or_else(missing)?;
    let parameters = object("/parameters", parameters)?;
    let schema = version.manifest.connector.parameters_schema.as_ref();
    match schema::violations(schema, &parameters, "/parameters") {
        violations if violations.is_empty() => Ok(parameters),
        violations => Err(Problem::invalid(violations)),
    }
}

/// Tells `null` from absent.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<u32>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}
