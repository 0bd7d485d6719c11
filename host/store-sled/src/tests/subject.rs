//! What the tests put into a store, and short ways to work its queue. Uses operations of the store alone.

use super::*;
use patchbay_model::connection::Connection;
use patchbay_model::id::{IntegrationId, RequestId};
use patchbay_model::routing;
use patchbay_model::subscription::{Destination, EventSource, Ordering, Recipient};
use patchbay_model::webhook_request::{HandledBy, Received};

/// An event with these selectors; its payload names them.
pub(super) fn event<S: Into<String>>(selectors: impl IntoIterator<Item = S>) -> NewEvent {
    let selectors: Vec<String> = selectors.into_iter().map(Into::into).collect();
    NewEvent {
        payload: json!({ "for": selectors }).to_string(),
        selectors,
        provider_id: None,
        ordering_key: None,
        repeat: Repeat::No,
    }
}

/// A subscription that is not yet in a store.
pub(super) fn listener(integration: &Integration, connection: &str, webhook_key: &str, selector: &str) -> Subscription {
    Subscription {
        id: SubscriptionId::new(),
        connection: connection.to_owned(),
        integration: integration.key.clone(),
        integration_id: integration.id.clone(),
        customer: format!("customer of {connection}"),
        event: "message".into(),
        parameters: json!({}),
        destination: Destination { url: "https://receiver.example.test/".into() },
        ordering: Ordering::None,
        delivery: Default::default(),
        secrets: Vec::new(),
        status: Status::Subscribed,
        error: None,
        disabled_at: None,
        source: Some(EventSource {
            global_webhook_key: webhook_key.to_owned(),
            global_webhook_event_selector: selector.to_owned(),
        }),
        created_at: at(0),
        updated_at: at(0),
    }
}

pub(super) fn new_integration(key: &str) -> Integration {
    Integration {
        id: IntegrationId::new(),
        key: key.to_owned(),
        connector: "echo".into(),
        version: None,
        parameters: serde_json::from_value(json!("sealed")).unwrap(),
        created_at: at(0),
        updated_at: at(0),
    }
}

pub(super) fn new_connection(integration: &Integration, id: &str) -> Connection {
    Connection {
        id: id.to_owned(),
        integration: integration.key.clone(),
        integration_id: integration.id.clone(),
        customer: format!("customer of {id}"),
        name: None,
        credentials: serde_json::from_value(json!("sealed")).unwrap(),
        created_at: at(0),
        updated_at: at(0),
    }
}

impl Fixture {
    pub(super) async fn set_up(&self, key: &str) -> Integration {
        let integration = new_integration(key);
        self.put_integration(&integration).await.unwrap();
        integration
    }

    /// An integration with one connection, `acme`.
    pub(super) async fn integration_in_use(&self) -> Integration {
        let integration = self.set_up("slack").await;
        self.put_connection(&new_connection(&integration, "acme")).await.unwrap();
        integration
    }

    /// Subscribes `acme` to a selector of the usual webhook.
    pub(super) async fn subscribe(&self, integration: &Integration, selector: &str) -> Subscription {
        let subscription = listener(integration, "acme", HOOK, selector);
        self.put_subscription(&subscription).await.unwrap();
        subscription
    }

    pub(super) async fn set_status(&self, subscription: &Subscription, status: Status) {
        self.put_subscription(&Subscription { status, ..subscription.clone() }).await.unwrap();
    }

    /// Receives a request at the usual webhook.
    pub(super) async fn receive(
        &self,
        integration: &Integration,
        events: Vec<NewEvent>,
        now: Timestamp,
    ) -> WebhookRequest {
        receive(self, integration, HOOK, events, now).await.unwrap()
    }

    /// Receives one event with these selectors.
    pub(super) async fn receive_one(&self, integration: &Integration, selectors: &[&str], now: Timestamp) -> EventId {
        let request = self.receive(integration, vec![event(selectors.iter().copied())], now).await;
        self.events_of_request(&request.id).unwrap().remove(0).id
    }

    /// Whom an event reached, in a form that compares.
    pub(super) fn reached(&self, event: &EventId) -> Vec<SubscriptionId> {
        let deliveries = self.deliveries_of_event(event).unwrap();
        let mut reached: Vec<SubscriptionId> = deliveries.into_iter().map(|delivery| delivery.subscription).collect();
        reached.sort();
        reached
    }

    /// Claims all that may be claimed.
    pub(super) fn claim_all(&self, now: Timestamp) -> Vec<Claim> {
        std::iter::from_fn(|| self.claim_due(now).unwrap()).collect()
    }

    pub(super) fn claim_one(&self, now: Timestamp) -> Claim {
        self.claim_due(now).unwrap().expect("something is due")
    }

    pub(super) fn settle_as(&self, claim: &Claim, now: Timestamp, settlement: Settlement) {
        let attempt = Attempt { at: now, took_ms: 1, answer: Some(200), error: None };
        self.settle(claim, attempt, settlement).unwrap();
    }

    pub(super) fn status_of(&self, delivery: &DeliveryId) -> DeliveryStatus {
        self.delivery(delivery).unwrap().unwrap().status
    }
}

/// The way of a request through the store, as ingest goes it.
pub(super) async fn receive(
    store: &Store,
    integration: &Integration,
    webhook_key: &str,
    events: Vec<NewEvent>,
    now: Timestamp,
) -> Result<WebhookRequest, Error> {
    let request = request(integration, webhook_key, &events, now);
    let routing = store.routing().await;
    let matching = |selector: &str| routing.subscriptions_matching(&integration.id, webhook_key, selector);
    let route = |event: NewEvent| Ok((routing::route(&event.selectors, matching)?, event));
    let routed: Result<Vec<_>, Error> = events.into_iter().map(route).collect();
    // Others get their turn between the match and the commit, so that races show.
    tokio::task::yield_now().await;
    let routed = routed?.into_iter().map(|(recipients, event)| (event, recipients)).collect();
    routing.commit(commit_of(request, routed)).await
}

pub(super) fn commit_of(request: WebhookRequest, routed: Vec<(NewEvent, Vec<Recipient>)>) -> WebhookCommit {
    WebhookCommit { request, received: received(), body: "the body".into(), routed }
}

pub(super) fn received() -> Received {
    Received { method: "POST".into(), path: "/rest".into(), query: None, headers: vec![("a".into(), "b".into())] }
}

pub(super) fn request(
    integration: &Integration,
    webhook_key: &str,
    events: &[NewEvent],
    now: Timestamp,
) -> WebhookRequest {
    WebhookRequest {
        id: RequestId::new(),
        integration: integration.key.clone(),
        integration_id: integration.id.clone(),
        webhook_key: webhook_key.to_owned(),
        received_at: now,
        handled_by: HandledBy { connector: "echo".into(), version: 1, digest: "d".into() },
        status: RequestStatus::Answered,
        answer: 200,
        error: None,
        refused_events: Vec::new(),
        event_count: u32::try_from(events.len()).unwrap(),
        delivery_count: 0,
        log: Vec::new(),
        handled_in_ms: 1,
        replay_of: None,
        content: None,
        events: None,
        record_bytes: 0,
    }
}
