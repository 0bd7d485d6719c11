//! `/v1/events`: what connectors found in requests, and where it went.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::AppState;
use super::auth::Caller;
use super::concern;
use super::deliveries::DeliveryView;
use super::error::{Answer, Problem};
use super::extract::{List, PageQuery, PageView, Path};
use crate::app::App;
use patchbay_model::event::{EventStatus, RoutedEvent};
use patchbay_model::id::{EventId, IntegrationId};
use patchbay_model::subscription::Reason;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    integration: Option<String>,
    #[serde(rename = "globalWebhook")]
    global_webhook: Option<String>,
    request: Option<String>,
    selector: Option<String>,
    status: Option<EventStatus>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Event)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventView {
    id: String,
    request: String,
    integration: String,
    global_webhook_key: String,
    selectors: Vec<String>,
    status: EventStatus,
    /// Why it went nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Of one that is unrouted: whether it is routed when a subscription appears.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_waiting: Option<bool>,
    /// Why it is not any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped_waiting: Option<Reason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ordering_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate_of: Option<String>,
    delivery_count: u32,
    #[schema(format = DateTime)]
    received_at: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct EventDetail {
    #[serde(flatten)]
    event: EventView,
    deliveries: Vec<DeliveryView>,
    /// Absent once it has expired.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>)]
    payload: Option<Box<RawValue>>,
}

impl From<RoutedEvent> for EventView {
    fn from(event: RoutedEvent) -> Self {
        EventView {
            reason: reason(&event),
            is_waiting: (event.status == EventStatus::Unrouted).then(|| event.is_waiting()),
            stopped_waiting: event.stopped_waiting,
            id: event.id.to_string(),
            request: event.request.to_string(),
            integration: event.integration,
            global_webhook_key: event.webhook_key,
            selectors: event.selectors,
            status: event.status,
            provider_id: event.provider_id,
            ordering_key: event.ordering_key,
            duplicate_of: event.duplicate_of.map(|id| id.to_string()),
            delivery_count: event.delivery_count,
            received_at: event.received_at.to_string(),
        }
    }
}

fn reason(event: &RoutedEvent) -> Option<String> {
    match event.status {
        EventStatus::Routed => None,
        EventStatus::Unrouted => Some(format!(
            "no subscription of integration `{}` to global webhook `{}` has the selector {}",
            event.integration,
            event.webhook_key,
            event.selectors.iter().map(|selector| format!("`{selector}`")).collect::<Vec<_>>().join(" or ")
        )),
        EventStatus::Duplicate => Some("the external app sent the same event before; see `duplicateOf`".to_owned()),
    }
}

/// What connectors found in requests. With `integration`, `selector` and the status `unrouted` or `duplicate` an index
/// answers, however many events there are; other filters read on, a bounded number of events for each page.
#[utoipa::path(
    get,
    path = "/v1/events",
    operation_id = "listEvents",
    tag = "events",
    params(PageQuery, Filter),
    responses(
        (status = 200, description = "A page", body = PageView<EventView>),
    )
)]
pub(super) async fn list(
    State(app): AppState,
    caller: Caller,
    list: List<Filter>,
) -> Answer<Json<PageView<EventView>>> {
    let filter = list.filter;
    let fits = |event: &RoutedEvent| {
        filter.integration.as_ref().is_none_or(|integration| *integration == event.integration)
            && filter.global_webhook.as_ref().is_none_or(|webhook| *webhook == event.webhook_key)
            && filter.request.as_ref().is_none_or(|request| request == event.request.as_str())
            && filter.selector.as_ref().is_none_or(|selector| event.selectors.contains(selector))
            && filter.status.is_none_or(|status| status == event.status)
    };
    let see = |event: RoutedEvent| concern::event(&app, &caller, event);
    // What the caller does not see must not fit either: a filter would tell of it.
    let fits_as_seen =
        |event: &RoutedEvent| fits(event) && see(event.clone()).is_ok_and(|event| event.as_ref().is_some_and(fits));
    let page = match (caller.customer(), unheard(&app, &filter)?) {
        (Some(customer), _) => app.store.events_of_customer(customer, &list.page, fits_as_seen)?,
        (None, Some((integration, selector))) => {
            let webhook = filter.global_webhook.as_deref();
            app.store.events_unheard(&integration, webhook, selector, &list.page, fits_as_seen)?
        }
        (None, None) => app.store.events(&list.page, fits_as_seen)?,
    };
    let page = concern::page(page, see)?;
    Ok(Json(PageView::new(&caller, page, EventView::from)?))
}

/// The integration and selector of a search that an index answers: among events that went to nobody.
fn unheard<'f>(app: &App, filter: &'f Filter) -> Answer<Option<(IntegrationId, &'f str)>> {
    let went_nowhere = matches!(filter.status, Some(EventStatus::Unrouted | EventStatus::Duplicate));
    let (Some(integration), Some(selector)) = (&filter.integration, &filter.selector) else { return Ok(None) };
    let integration = app.store.integration(integration)?.filter(|_| went_nowhere);
    Ok(integration.map(|integration| (integration.id, selector.as_str())))
}

/// One event with its payload and deliveries.
#[utoipa::path(
    get,
    path = "/v1/events/{id}",
    operation_id = "getEvent",
    tag = "events",
    params(("id" = String, Path)),
    responses(
        (status = 200, description = "The event", body = EventDetail),
        (status = 404),
    )
)]
pub(super) async fn show(State(app): AppState, caller: Caller, Path(id): Path<String>) -> Answer<Json<EventDetail>> {
    let event = EventId::parse(&id).map(|id| app.store.event(&id)).transpose()?.flatten();
    let event = event.map(|event| concern::event(&app, &caller, event)).transpose()?.flatten();
    let event = event.ok_or_else(|| Problem::not_found("event", &id))?;
    let deliveries = concern::deliveries(&app, &caller, &event)?.into_iter().map(DeliveryView::from).collect();
    let payload = app.store.payload(&event)?.and_then(|payload| serde_json::from_slice(&payload).ok());
    Ok(Json(EventDetail { event: event.into(), deliveries, payload }))
}
