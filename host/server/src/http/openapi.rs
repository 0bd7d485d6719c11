//! `/openapi.json`, made from the handlers and their bodies. What every answer has in common is added here: which
//! problems there are, and that a token is needed.

use axum::Json;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, OpenApi as Document, PathItem, Ref, RefOr, Response};
use utoipa::{IntoParams, Modify, OpenApi, ToSchema};

use super::codes::CODES;
use super::{connections, connectors, customers, deliveries, error, events, health, integrations, metrics};
use super::{replays, subscriptions, tokens, uploads, webhook_requests, webhooks};

/// What any call may be answered: no token, not allowed, too often, a failure of the server.
const ALWAYS: &[u16] = &[401, 403, 429, 500, 503];
/// What any call with a body may be answered.
const WITH_BODY: &[u16] = &[400, 413, 422];

#[derive(OpenApi)]
#[openapi(
    info(title = "Patchbay", description = "The HTTP API. Errors: docs/errors.md in the repository."),
    paths(
        connectors::upload,
        connectors::list,
        connectors::show,
        connectors::list_versions,
        connectors::show_version,
        connectors::remove_version,
        uploads::show,
        integrations::put,
        integrations::patch,
        integrations::list,
        integrations::show,
        integrations::remove,
        integrations::global_webhooks,
        integrations::events,
        connections::put,
        connections::patch,
        connections::list,
        connections::show,
        connections::remove,
        subscriptions::create,
        subscriptions::patch,
        subscriptions::list,
        subscriptions::show,
        subscriptions::remove,
        subscriptions::resubscribe,
        subscriptions::disable,
        subscriptions::enable,
        subscriptions::rotate_secret,
        subscriptions::bulk::create_many,
        webhook_requests::list,
        webhook_requests::show,
        webhook_requests::replay,
        replays::replay_many,
        customers::why,
        events::list,
        events::show,
        deliveries::list,
        deliveries::show,
        deliveries::retry,
        deliveries::retry_many,
        tokens::create,
        tokens::list,
        tokens::show,
        tokens::remove,
        health::healthz,
        health::readyz,
        metrics::show,
        webhooks::receive,
        show,
    ),
    components(schemas(error::ProblemBody)),
    modifiers(&Common),
    security(("token" = []))
)]
struct Api;

/// Sent again with the same key, a request is answered as before and creates nothing twice.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes a header that middleware reads")]
pub(super) struct IdempotencyKey {
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255, pattern = "^[!-~]+$")]
    idempotency_key: Option<String>,
}

/// Bytes as they are.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "describes a body that is read as bytes")]
pub(super) struct RawBody(Vec<u8>);

/// This document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "openapi",
    tag = "health",
    responses((status = 200, description = "OpenAPI 3.1", body = Object)),
    security(())
)]
pub(super) async fn show() -> Json<Document> {
    Json(Api::openapi())
}

struct Common;

impl Modify for Common {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_default();
        let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An API token")).build();
        components.security_schemes.insert("token".to_owned(), RefOr::T(SecurityScheme::Http(token)));
        if let Some(RefOr::T(Schema::Object(problem))) = components.schemas.get_mut("Problem") {
            let codes = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(CODES.iter().copied()));
            problem.properties.insert("code".to_owned(), codes.build().into());
        }
        document.paths.paths.values_mut().flat_map(operations).for_each(complete);
    }
}

fn operations(path: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let methods = [&mut path.get, &mut path.put, &mut path.post, &mut path.patch, &mut path.delete];
    methods.into_iter().flatten()
}

fn complete(operation: &mut Operation) {
    if operation.security.is_none() {
        add_problems(operation, ALWAYS);
    }
    let has_body = operation.request_body.is_some();
    if has_body {
        add_problems(operation, WITH_BODY);
    }
    let parameters = operation.parameters.iter().flatten();
    let names: Vec<&str> = parameters
        .filter_map(|parameter| match parameter {
            RefOr::T(parameter) => Some(parameter.name.as_str()),
            RefOr::Ref(_) => None,
        })
        .collect();
    let (is_list, is_create) = (names.contains(&"limit"), names.contains(&"Idempotency-Key"));
    if is_list || is_create {
        add_problems(operation, &[400]);
    }
    if is_create {
        add_problems(operation, &[409, 422]);
    }
    for (status, response) in &mut operation.responses.responses {
        if let (true, RefOr::T(response)) = (status.starts_with(['4', '5']), response) {
            describe(status, response);
        }
    }
}

fn add_problems(operation: &mut Operation, statuses: &[u16]) {
    for status in statuses {
        let responses = &mut operation.responses.responses;
        responses.entry(status.to_string()).or_insert_with(|| Response::new("").into());
    }
}

fn describe(status: &str, response: &mut Response) {
    if response.description.is_empty() {
        let status = status.parse().ok().and_then(|status| axum::http::StatusCode::from_u16(status).ok());
        response.description = status.and_then(|status| status.canonical_reason()).unwrap_or("Problem").to_owned();
    }
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    response.content.insert("application/problem+json".to_owned(), RefOr::T(content));
}
