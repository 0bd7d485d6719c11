//! `/v1/webhook-requests`: what came in, what the connector made of it, and why it went where it went.

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::AppState;
use super::auth::Caller;
use super::concern;
use super::deliveries::DeliveryView;
use super::error::{Answer, Problem};
use super::events::EventView;
use super::extract::{Asked, List, PageQuery, PageView, Path};
use crate::app::App;
use patchbay_core::replay;
use patchbay_model::id::RequestId;
use patchbay_model::subscription::Reason;
use patchbay_model::webhook_request::{Received, RefusedEvent, RequestStatus, WebhookRequest};

/// How much of a body one answer shows, in bytes.
const BODY_BYTES_SHOWN_MAX: usize = 256 << 10;
/// Headers whose values are secrets.
const HIDDEN_HEADERS: &[&str] = &["authorization", "cookie", "proxy-authorization"];

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    integration: Option<String>,
    #[serde(rename = "globalWebhook")]
    global_webhook: Option<String>,
    status: Option<RequestStatus>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = WebhookRequest)]
#[serde(rename_all = "camelCase")]
pub(super) struct RequestView {
    id: String,
    integration: String,
    global_webhook_key: String,
    connector: String,
    connector_version: u32,
    #[schema(format = DateTime)]
    received_at: String,
    status: RequestStatus,
    /// The status that the external app was answered.
    answer: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Reason>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused_events: Vec<RefusedEvent>,
    event_count: u32,
    delivery_count: u32,
    handled_in_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    replay_of: Option<String>,
}

/// One request with all that belongs to it.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = WebhookRequestDetail)]
#[serde(rename_all = "camelCase")]
pub(super) struct RequestDetail {
    #[serde(flatten)]
    request: RequestView,
    log: Vec<String>,
    events: Vec<EventDetail>,
    /// Absent once it has expired.
    #[serde(skip_serializing_if = "Option::is_none")]
    received: Option<ReceivedView>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = EventOfRequest)]
struct EventDetail {
    #[serde(flatten)]
    event: EventView,
    deliveries: Vec<DeliveryView>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Received)]
#[serde(rename_all = "camelCase")]
struct ReceivedView {
    method: String,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<String>,
    headers: Vec<(String, String)>,
    body_size: usize,
    /// The body as text, where it is UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
    is_body_cut: bool,
}

impl From<WebhookRequest> for RequestView {
    fn from(request: WebhookRequest) -> Self {
        RequestView {
            id: request.id.to_string(),
            integration: request.integration,
            global_webhook_key: request.webhook_key,
            connector: request.handled_by.connector,
            connector_version: request.handled_by.version,
            received_at: request.received_at.to_string(),
            status: request.status,
            answer: request.answer,
            error: request.error,
            refused_events: request.refused_events,
            event_count: request.event_count,
            delivery_count: request.delivery_count,
            handled_in_ms: request.handled_in_ms,
            replay_of: request.replay_of.map(|id| id.to_string()),
        }
    }
}

/// What came in, and what became of it.
#[utoipa::path(
    get,
    path = "/v1/webhook-requests",
    operation_id = "listWebhookRequests",
    tag = "webhook-requests",
    params(PageQuery, Filter),
    responses(
        (status = 200, description = "A page", body = PageView<RequestView>),
    )
)]
pub(super) async fn list(
    State(app): AppState,
    caller: Caller,
    list: List<Filter>,
) -> Answer<Json<PageView<RequestView>>> {
    let filter = list.filter;
    let fits = |request: &WebhookRequest| {
        filter.integration.as_ref().is_none_or(|integration| *integration == request.integration)
            && filter.global_webhook.as_ref().is_none_or(|webhook| *webhook == request.webhook_key)
            && filter.status.is_none_or(|status| status == request.status)
    };
    let see = |request: WebhookRequest| concern::request(&app, &caller, request);
    let is_seen = |request: &WebhookRequest| fits(request) && see(request.clone()).is_ok_and(|seen| seen.is_some());
    let integration = filter.integration.as_ref().filter(|_| filter.status == Some(RequestStatus::Failed));
    let integration = integration.map(|key| app.store.integration(key)).transpose()?.flatten();
    let page = match (caller.customer(), integration) {
        (Some(customer), _) => app.store.requests_of_customer(customer, &list.page, is_seen)?,
        (None, Some(integration)) => app.store.failed_requests(&integration.id, &list.page, is_seen)?,
        (None, None) => app.store.webhook_requests(&list.page, is_seen)?,
    };
    let page = concern::page(page, see)?;
    Ok(Json(PageView::new(&caller, page, RequestView::from)?))
}

/// One request with its events and deliveries.
#[utoipa::path(
    get,
    path = "/v1/webhook-requests/{id}",
    operation_id = "getWebhookRequest",
    tag = "webhook-requests",
    params(("id" = String, Path)),
    responses(
        (status = 200, description = "The request", body = RequestDetail),
        (status = 404),
    )
)]
pub(super) async fn show(State(app): AppState, caller: Caller, Path(id): Path<String>) -> Answer<Json<RequestDetail>> {
    Ok(Json(detail(&app, &caller, find(&app, &caller, &id)?)?))
}

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Again {
    /// Deliver again what a subscription has got of this request before.
    #[serde(default)]
    force: bool,
}

/// Runs the request again through the connector version that its integration runs now. The handler sees the time at
/// which the request came, so that signed time stamps are still good. What a subscription has got of it before is not
/// delivered to it again, unless `force` is true.
#[utoipa::path(
    post,
    path = "/v1/webhook-requests/{id}/replay",
    operation_id = "replayWebhookRequest",
    tag = "webhook-requests",
    params(("id" = String, Path), Again),
    responses(
        (status = 200, description = "The new request", body = RequestDetail),
        (status = 400), (status = 404), (status = 409), (status = 410),
    )
)]
pub(super) async fn replay(
    State(app): AppState,
    caller: Caller,
    Path(id): Path<String>,
    Asked(again): Asked<Again>,
) -> Answer<Json<RequestDetail>> {
    let request = find(&app, &caller, &id)?;
    let _alone = app.replays.lock().await;
    let kept = replay::run(&app.replays, &request, again.force).await?;
    Ok(Json(detail(&app, &caller, find(&app, &caller, kept.as_str())?)?))
}

/// What the caller does not see is not there.
pub(super) fn find(app: &App, caller: &Caller, id: &str) -> Answer<WebhookRequest> {
    let found = RequestId::parse(id).map(|id| app.store.webhook_request(&id)).transpose()?.flatten();
    let found = found.map(|request| concern::request(app, caller, request)).transpose()?.flatten();
    found.ok_or_else(|| Problem::not_found("webhook request", id))
}

fn content(app: &App, request: &WebhookRequest) -> Answer<Option<(Received, bytes::Bytes)>> {
    let Some((received, body)) = app.store.received(request)? else { return Ok(None) };
    Ok(serde_json::from_slice(&received).ok().zip(Some(body)))
}

fn detail(app: &App, caller: &Caller, request: WebhookRequest) -> Answer<RequestDetail> {
    let mut events = Vec::new();
    for event in concern::events(app, caller, &request)? {
        let deliveries = concern::deliveries(app, caller, &event)?;
        let deliveries = deliveries.into_iter().map(DeliveryView::from).collect();
        events.push(EventDetail { event: event.into(), deliveries });
    }
    let received = content(app, &request)?.map(|(received, body)| received_view(received, &body));
    Ok(RequestDetail { log: request.log.clone(), request: request.into(), events, received })
}

fn received_view(received: Received, body: &[u8]) -> ReceivedView {
    let shown = body.get(..BODY_BYTES_SHOWN_MAX).unwrap_or(body);
    let text = std::str::from_utf8(shown).ok().map(str::to_owned);
    let is_hidden = |name: &str| HIDDEN_HEADERS.contains(&name);
    let shown_value = |(name, value): (String, String)| {
        let value = if is_hidden(&name) { "***".to_owned() } else { value };
        (name, value)
    };
    ReceivedView {
        method: received.method,
        path: received.path,
        query: received.query,
        headers: received.headers.into_iter().map(shown_value).collect(),
        body_size: body.len(),
        body_base64: text.is_none().then(|| STANDARD.encode(shown)),
        body: text,
        is_body_cut: shown.len() < body.len(),
    }
}
