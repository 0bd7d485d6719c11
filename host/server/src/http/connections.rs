//! `/v1/connections`: customers' links to integrations, by the host's own ids.

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
use super::extract::{Body, List, PageQuery, PageView, Path, check_text, merge, object};
use super::integrations;
use crate::app::App;
use patchbay_connector::schema;
use patchbay_model::clock;
use patchbay_model::connection::{CUSTOMER_BYTES_MAX, Connection, credentials_place};
use patchbay_model::integration::Integration;

const ID_BYTES_MAX: usize = 128;
const NAME_BYTES_MAX: usize = 256;

#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = PutConnection)]
#[serde(deny_unknown_fields)]
pub(super) struct Put {
    #[schema(min_length = 1)]
    integration: String,
    #[schema(min_length = 1, max_length = 128)]
    customer: String,
    #[schema(min_length = 1, max_length = 256)]
    name: Option<String>,
    #[schema(value_type = Option<Object>)]
    credentials: Option<Value>,
}

/// A merge patch: what is absent stays, single credentials too.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = PatchConnection)]
#[serde(deny_unknown_fields)]
pub(super) struct Patch {
    #[schema(min_length = 1, max_length = 256)]
    name: Option<String>,
    #[schema(value_type = Option<Object>)]
    credentials: Option<Value>,
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    integration: Option<String>,
    customer: Option<String>,
}

/// Credentials are not shown: they are write-only.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Connection)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConnectionView {
    id: String,
    integration: String,
    customer: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

impl From<Connection> for ConnectionView {
    fn from(connection: Connection) -> Self {
        ConnectionView {
            id: connection.id,
            integration: connection.integration,
            customer: connection.customer,
            name: connection.name,
            created_at: connection.created_at.to_string(),
            updated_at: connection.updated_at.to_string(),
        }
    }
}

/// Links a customer to an integration, or replaces the link.
#[utoipa::path(
    put,
    path = "/v1/connections/{id}",
    operation_id = "putConnection",
    tag = "connections",
    params(("id" = String, Path)),
    request_body = Put,
    responses(
        (status = 201, description = "It is new", body = ConnectionView),
        (status = 200, description = "It was there and is replaced", body = ConnectionView),
        (status = 404), (status = 409),
    )
)]
pub(super) async fn put(
    State(app): AppState,
    caller: Caller,
    Path(id): Path<String>,
    Body(put): Body<Put>,
) -> Answer<Response> {
    if caller.customer().is_some() {
        // Only its own, only again: see `access`.
        find(&app, &caller, &id)?;
    }
    check_text("", &id, ID_BYTES_MAX)?;
    check_text("/customer", &put.customer, CUSTOMER_BYTES_MAX)?;
    put.name.as_ref().map_or(Ok(()), |name| check_text("/name", name, NAME_BYTES_MAX))?;
    let integration = app.store.integration(&put.integration)?;
    let integration = integration.ok_or_else(|| {
        Problem::invalid_field("/integration", format!("there is no integration `{}`", put.integration))
    })?;
    let earlier = app.store.connection(&id)?;
    if earlier.as_ref().is_some_and(|earlier| earlier.customer != put.customer) {
        return Err(Problem::conflict("a connection keeps its customer; delete it, or use another id"));
    }
    let credentials = checked_credentials(&app, &integration, put.credentials)?;
    let now = clock::now();
    let connection = Connection {
        credentials: app.vault.seal(&credentials_place(&integration.id, &id), &credentials)?,
        id,
        integration: integration.key,
        integration_id: integration.id,
        customer: put.customer,
        name: put.name,
        created_at: earlier.as_ref().map_or(now, |earlier| earlier.created_at),
        updated_at: now,
    };
    app.store.put_connection(&connection).await?;
    let status = if earlier.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(ConnectionView::from(connection))).into_response())
}

/// Changes what is given, single credentials too.
#[utoipa::path(
    patch,
    path = "/v1/connections/{id}",
    operation_id = "patchConnection",
    tag = "connections",
    params(("id" = String, Path)),
    request_body = Patch,
    responses(
        (status = 200, description = "As it is now", body = ConnectionView),
        (status = 404), (status = 409),
    )
)]
pub(super) async fn patch(
    State(app): AppState,
    caller: Caller,
    Path(id): Path<String>,
    Body(patch): Body<Patch>,
) -> Answer<Json<ConnectionView>> {
    let store = &app.store;
    let replace = |earlier: Connection, now: Connection| async move {
        store.replace_connection(&earlier, &now).await.map(|()| now)
    };
    let connection = change(|| find(&app, &caller, &id), |connection| apply(&app, connection, &patch), replace).await?;
    Ok(Json(connection.into()))
}

fn apply(app: &App, connection: &mut Connection, patch: &Patch) -> Answer<()> {
    if let Some(name) = &patch.name {
        check_text("/name", name, NAME_BYTES_MAX)?;
        connection.name = Some(name.clone());
    }
    if let Some(patch) = &patch.credentials {
        let integration = integrations::find(app, &connection.integration)?;
        let place = credentials_place(&integration.id, &connection.id);
        let mut credentials: Value = app.vault.open_sealed(&place, &connection.credentials)?;
        merge(&mut credentials, patch.clone());
        let credentials = checked_credentials(app, &integration, Some(credentials))?;
        connection.credentials = app.vault.seal(&place, &credentials)?;
    }
    connection.updated_at = clock::now();
    Ok(())
}

/// Connections.
#[utoipa::path(
    get,
    path = "/v1/connections",
    operation_id = "listConnections",
    tag = "connections",
    params(PageQuery, Filter),
    responses(
        (status = 200, description = "A page", body = PageView<ConnectionView>),
    )
)]
pub(super) async fn list(
    State(app): AppState,
    caller: Caller,
    list: List<Filter>,
) -> Answer<Json<PageView<ConnectionView>>> {
    let filter = list.filter;
    let fits = |connection: &Connection| {
        caller.sees(&connection.customer)
            && filter.integration.as_ref().is_none_or(|integration| *integration == connection.integration)
            && filter.customer.as_ref().is_none_or(|customer| *customer == connection.customer)
    };
    let page = match caller.customer().or(filter.customer.as_deref()) {
        Some(customer) => app.store.connections_of_customer(customer, &list.page, fits)?,
        None => app.store.connections(&list.page, fits)?,
    };
    Ok(Json(PageView::new(&caller, page, ConnectionView::from)?))
}

/// One connection.
#[utoipa::path(
    get,
    path = "/v1/connections/{id}",
    operation_id = "getConnection",
    tag = "connections",
    params(("id" = String, Path)),
    responses(
        (status = 200, description = "The connection", body = ConnectionView),
        (status = 404),
    )
)]
pub(super) async fn show(State(app): AppState, caller: Caller, Path(id): Path<String>) -> Answer<Json<ConnectionView>> {
    Ok(Json(find(&app, &caller, &id)?.into()))
}

/// Removes the connection's subscriptions with it.
#[utoipa::path(
    delete,
    path = "/v1/connections/{id}",
    operation_id = "deleteConnection",
    tag = "connections",
    params(("id" = String, Path)),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404),
    )
)]
pub(super) async fn remove(State(app): AppState, caller: Caller, Path(id): Path<String>) -> Answer<StatusCode> {
    app.store.remove_connection(&find(&app, &caller, &id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What the caller does not see is not there.
pub(super) fn find(app: &App, caller: &Caller, id: &str) -> Answer<Connection> {
    let found = app.store.connection(id)?.filter(|connection| caller.sees(&connection.customer));
    found.ok_or_else(|| Problem::not_found("connection", id))
}

fn checked_credentials(app: &App, integration: &Integration, credentials: Option<Value>) -> Answer<Value> {
    let version = integrations::version(app, integration)?;
    let credentials = object("/credentials", credentials)?;
    let schema = version.manifest.connector.credentials_schema.as_ref();
    match schema::violations(schema, &credentials, "/credentials") {
        violations if violations.is_empty() => Ok(credentials),
        violations => Err(Problem::invalid(violations)),
    }
}
