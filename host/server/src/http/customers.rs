//! `/v1/customers/{id}/why`: which requests concerned a customer, and what became of each. By the customer's deliveries and
//! by the selectors of its subscriptions; of others it tells nothing.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::AppState;
use super::auth::Caller;
use super::error::{Answer, Problem};
use super::extract::{List, PageQuery, PageView, Path};
use crate::app::App;
use patchbay_model::connection::Connection;
use patchbay_model::delivery::{Delivery, DeliveryStatus};
use patchbay_model::event::{EventStatus, RoutedEvent};
use patchbay_model::id::IntegrationId;
use patchbay_model::page::PageRequest;
use patchbay_model::subscription::{Status, Subscription};
use patchbay_model::webhook_request::WebhookRequest;
use patchbay_store::{Concern, Listening, Span};

/// How many connections of a customer are looked at.
const CONNECTIONS_MAX: usize = 1_000;
/// How many subscriptions of a customer are looked at.
const SUBSCRIPTIONS_MAX: usize = 1_000;

#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    /// Kept at this time or later.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Kept before this time.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
}

/// Something that concerned the customer.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Concern)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConcernView {
    #[schema(format = DateTime)]
    received_at: String,
    request: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<String>,
    integration: String,
    global_webhook_key: String,
    /// Those of the event that the customer listens to.
    selectors: Vec<String>,
    outcome: Outcome,
    /// The same in a sentence.
    why: String,
    deliveries: Vec<Owed>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = ConcernOutcome)]
#[serde(rename_all = "kebab-case")]
enum Outcome {
    /// All of its deliveries arrived.
    Delivered,
    /// Some are still tried.
    Pending,
    /// Some were given up, and none is tried any more.
    Dead,
    /// It waits for a subscription.
    Waiting,
    /// It was never routed, and waits no longer.
    Unrouted,
    /// The external app sent the same event before.
    Duplicate,
    /// The handler failed, so nobody knows whom the request concerned. Shown to administrators and readers alone.
    Failed,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ConcernDelivery)]
#[serde(rename_all = "camelCase")]
struct Owed {
    id: String,
    subscription: String,
    connection: String,
    status: DeliveryStatus,
    attempts: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt_at: Option<String>,
}

/// Which requests concerned a customer, the newest first, and what became of each.
#[utoipa::path(
    get,
    path = "/v1/customers/{id}/why",
    operation_id = "whyOfCustomer",
    tag = "customers",
    params(("id" = String, Path), PageQuery, Filter),
    responses(
        (status = 200, description = "A page", body = PageView<ConcernView>),
        (status = 404),
    )
)]
pub(super) async fn why(
    State(app): AppState,
    caller: Caller,
    Path(customer): Path<String>,
    list: List<Filter>,
) -> Answer<Json<PageView<ConcernView>>> {
    if !caller.sees(&customer) {
        return Err(Problem::not_found("customer", &customer));
    }
    let own = Own::of(&app, &customer)?;
    let failing: Vec<IntegrationId> = match caller.customer() {
        Some(_) => Vec::new(),
        None => own.integrations.iter().cloned().collect(),
    };
    let ms = |time: Option<Timestamp>| time.map(Timestamp::as_millisecond);
    let span = Span { from_ms: ms(list.filter.from), to_ms: ms(list.filter.to) };
    let listening: Vec<Listening> = own.listening().into_iter().collect();
    let page = app.store.concerns(&customer, &listening, &failing, &span, &list.page)?;
    Ok(Json(PageView::new(&caller, page, |concern| own.view(concern))?))
}

/// What belongs to the customer now.
struct Own {
    subscriptions: Vec<Subscription>,
    integrations: BTreeSet<IntegrationId>,
}

impl Own {
    fn of(app: &App, customer: &str) -> Answer<Own> {
        let request = PageRequest { limit: CONNECTIONS_MAX, cursor: None };
        let connections: Vec<Connection> = app.store.connections_of_customer(customer, &request, |_| true)?.items;
        let mut subscriptions = Vec::new();
        for connection in &connections {
            subscriptions.extend(app.store.subscriptions_of_connection(&connection.id)?);
            if subscriptions.len() >= SUBSCRIPTIONS_MAX {
                subscriptions.truncate(SUBSCRIPTIONS_MAX);
                break;
            }
        }
        let integrations = connections.into_iter().map(|connection| connection.integration_id).collect();
        Ok(Own { subscriptions, integrations })
    }

    fn listening(&self) -> BTreeSet<Listening> {
        let listening = |found: &Subscription| {
            let source = found.source.as_ref()?;
            Some(Listening {
                integration: found.integration_id.clone(),
                webhook_key: source.global_webhook_key.clone(),
                selector: source.global_webhook_event_selector.clone(),
            })
        };
        self.subscriptions.iter().filter_map(listening).collect()
    }

    fn view(&self, concern: Concern) -> ConcernView {
        match concern {
            Concern::Event(event, deliveries) => self.event(event, deliveries),
            Concern::Failed(request) => failed(request),
        }
    }

    fn event(&self, event: RoutedEvent, deliveries: Vec<Delivery>) -> ConcernView {
        let listeners: Vec<&Subscription> =
            self.subscriptions.iter().filter(|found| selector_for(found, &event).is_some()).collect();
        let mut selectors: Vec<String> =
            listeners.iter().filter_map(|found| selector_for(found, &event)).map(str::to_owned).collect();
        selectors.sort();
        selectors.dedup();
        let outcome = outcome(&event, &deliveries);
        ConcernView {
            why: sentence(outcome, &event, &deliveries, &listeners),
            received_at: event.received_at.to_string(),
            request: event.request.to_string(),
            event: Some(event.id.to_string()),
            integration: event.integration,
            global_webhook_key: event.webhook_key,
            selectors,
            outcome,
            deliveries: deliveries.into_iter().map(owed).collect(),
        }
    }
}

/// The selector by which an event concerns a subscription.
fn selector_for<'s>(subscription: &'s Subscription, event: &RoutedEvent) -> Option<&'s str> {
    let source = subscription.source.as_ref()?;
    let selector = &source.global_webhook_event_selector;
    let is_for = subscription.integration_id == event.integration_id
        && source.global_webhook_key == event.webhook_key
        && event.selectors.contains(selector);
    is_for.then_some(selector)
}

fn outcome(event: &RoutedEvent, deliveries: &[Delivery]) -> Outcome {
    let has = |status: DeliveryStatus| deliveries.iter().any(|delivery| delivery.status == status);
    match event.status {
        _ if has(DeliveryStatus::Pending) => Outcome::Pending,
        _ if has(DeliveryStatus::Dead) => Outcome::Dead,
        _ if has(DeliveryStatus::Delivered) => Outcome::Delivered,
        EventStatus::Duplicate => Outcome::Duplicate,
        EventStatus::Unrouted if event.is_waiting() => Outcome::Waiting,
        EventStatus::Unrouted | EventStatus::Routed => Outcome::Unrouted,
    }
}

fn sentence(outcome: Outcome, event: &RoutedEvent, deliveries: &[Delivery], listeners: &[&Subscription]) -> String {
    let waited = deliveries.iter().find(|delivery| delivery.created_at != event.received_at);
    let waited = waited.map_or_else(String::new, |delivery| {
        format!("; it had waited for {} until {}", delivery.subscription, delivery.created_at)
    });
    match outcome {
        Outcome::Delivered => format!("it was delivered{waited}"),
        Outcome::Pending => match switched_off(deliveries, listeners) {
            Some(why) => format!("{why}; it waits"),
            None => format!("it is still tried{waited}"),
        },
        Outcome::Dead => format!("every attempt failed, and it was given up{waited}"),
        Outcome::Duplicate => "the external app sent the same event before, or it was replayed".to_owned(),
        Outcome::Waiting => format!("{}; it waits", nobody(event, listeners)),
        Outcome::Unrouted => {
            let stopped = event.stopped_waiting.as_ref().map_or("it waits no longer", |reason| reason.message.as_str());
            format!("{}; {stopped}", nobody(event, listeners))
        }
        Outcome::Failed => "the handler failed, so nobody knows whom it concerned".to_owned(),
    }
}

/// Why an event found no subscription of the customer.
fn nobody(event: &RoutedEvent, listeners: &[&Subscription]) -> String {
    let Some(subscription) = listeners.first() else { return "no subscription had its selector".to_owned() };
    if subscription.created_at > event.received_at {
        return format!("{} was made later, at {}", subscription.id, subscription.created_at);
    }
    match subscription.status {
        Status::Subscribed => format!("{} did not listen to its selector then", subscription.id),
        Status::Error | Status::Disabled => off(subscription),
    }
}

/// Why nobody is trying it now, if that is so.
fn switched_off(deliveries: &[Delivery], listeners: &[&Subscription]) -> Option<String> {
    let waits_for = |found: &&&Subscription| {
        let is_owed =
            |delivery: &Delivery| delivery.status == DeliveryStatus::Pending && delivery.subscription == found.id;
        found.status != Status::Subscribed && deliveries.iter().any(is_owed)
    };
    listeners.iter().find(waits_for).map(|subscription| off(subscription))
}

fn off(subscription: &Subscription) -> String {
    match &subscription.error {
        Some(reason) => format!("{} is switched off ({}: {})", subscription.id, reason.code, reason.message),
        None => format!("{} is switched off", subscription.id),
    }
}

fn owed(delivery: Delivery) -> Owed {
    Owed {
        id: delivery.id.to_string(),
        subscription: delivery.subscription.to_string(),
        connection: delivery.connection,
        status: delivery.status,
        attempts: delivery.attempts.len(),
        last_error: delivery.attempts.last().and_then(|attempt| attempt.error.clone()),
        next_attempt_at: delivery.next_attempt_at.map(|at| at.to_string()),
    }
}

fn failed(request: WebhookRequest) -> ConcernView {
    let why = request.error.map_or_else(String::new, |error| format!(": {}", error.message));
    ConcernView {
        received_at: request.received_at.to_string(),
        request: request.id.to_string(),
        event: None,
        integration: request.integration,
        global_webhook_key: request.webhook_key,
        selectors: Vec::new(),
        outcome: Outcome::Failed,
        why: format!("the handler failed, so nobody knows whom it concerned{why}"),
        deliveries: Vec::new(),
    }
}
