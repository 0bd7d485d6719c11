//! The commit of a webhook: request, events and deliveries in one transaction; and the lists of requests and
//! events.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sled::transaction::TransactionalTree;
use tokio::sync::RwLockReadGuard;

use super::keys::{Key, Table};
use super::page::Order;
use super::subscriptions::routes;
use super::{Abort, ContentRef, Error, Page, PageRequest, Store, encode, mark, read, write};
use crate::delivery::{Delivery, DeliveryStatus};
use crate::event::{EventStatus, RoutedEvent};
use crate::id::{DeliveryId, EventId, IntegrationId, RequestId};
use crate::secret::sha256_hex;
use crate::subscription::Subscription;
use crate::webhook_request::{Received, RequestContent, RequestStatus, WebhookRequest};

/// A request and what its handler made of it, about to be kept.
pub(crate) struct WebhookCommit {
    pub(crate) request: WebhookRequest,
    pub(crate) received: Received,
    pub(crate) body: bytes::Bytes,
    /// Each event with the subscriptions that it goes to.
    pub(crate) routed: Vec<(NewEvent, Vec<Subscription>)>,
}

/// An event that may be routed.
#[derive(Clone, Debug)]
pub(crate) struct NewEvent {
    pub(crate) selectors: Vec<String>,
    pub(crate) payload: String,
    pub(crate) provider_id: Option<String>,
    pub(crate) ordering_key: Option<String>,
}

/// Holds subscriptions as they are until the commit.
pub(crate) struct Routing<'s> {
    store: &'s Store,
    _subscriptions_stay: RwLockReadGuard<'s, ()>,
}

/// The first time an event with a provider's id was seen.
#[derive(Serialize, Deserialize)]
pub(super) struct Seen {
    pub(super) event: EventId,
    at: Timestamp,
}

impl Store {
    /// Begins to route a request.
    pub(crate) async fn routing(&self) -> Routing<'_> {
        Routing { store: self, _subscriptions_stay: self.inner.routing.read().await }
    }

    pub(crate) fn webhook_request(&self, id: &RequestId) -> Result<Option<WebhookRequest>, Error> {
        self.get(&request_key(id))
    }

    pub(crate) fn webhook_requests(
        &self,
        request: &PageRequest,
        fits: impl Fn(&WebhookRequest) -> bool,
    ) -> Result<Page<WebhookRequest>, Error> {
        self.page(&Key::new(Table::Request), Order::NewestFirst, request, fits)
    }

    pub(crate) fn event(&self, id: &EventId) -> Result<Option<RoutedEvent>, Error> {
        self.get(&event_key(id))
    }

    pub(crate) fn events(
        &self,
        request: &PageRequest,
        fits: impl Fn(&RoutedEvent) -> bool,
    ) -> Result<Page<RoutedEvent>, Error> {
        self.page(&Key::new(Table::Event), Order::NewestFirst, request, fits)
    }

    /// The events of one request, in the order in which its handler returned them.
    pub(crate) fn events_of_request(&self, id: &RequestId) -> Result<Vec<RoutedEvent>, Error> {
        let prefix = Key::new(Table::EventOfRequest).part(id.as_str());
        self.linked(&prefix, EventId::parse, |id| self.event(id))
    }
}

impl Routing<'_> {
    /// The subscriptions with exactly this selector, in the order in which they were made.
    pub(crate) fn subscriptions_matching(
        &self,
        integration: &IntegrationId,
        webhook_key: &str,
        selector: &str,
    ) -> Result<Vec<Subscription>, Error> {
        self.store.subscriptions_matching(integration, webhook_key, selector)
    }

    /// Keeps all of it or nothing, and returns when it is on disk.
    pub(crate) async fn commit(self, commit: WebhookCommit) -> Result<WebhookRequest, Error> {
        let store = self.store;
        let (places, payloads) = append_content(store, &commit)?;
        let events: Vec<(RoutedEvent, &Vec<Subscription>)> = commit
            .routed
            .iter()
            .zip(payloads)
            .map(|((event, subscriptions), payload)| (event_of(&commit.request, event, payload), subscriptions))
            .collect();
        let window_ms = store.inner.options.duplicate_window_ms;
        let kept = store.transact(|tx| {
            let mut kept = Kept::default();
            for (event, subscriptions) in &events {
                keep_event(tx, event.clone(), subscriptions, window_ms, &mut kept)?;
            }
            let request = finish(commit.request.clone(), places, &kept);
            write(tx, request_key(&request.id), &request)?;
            Ok((request, kept))
        });
        drop(self);
        let (request, kept) = kept?;
        store.durable().await?;
        for delivery in &kept.deliveries {
            store.announce(&delivery.subscription, delivery.created_at.as_millisecond());
        }
        Ok(request)
    }
}

/// What a transaction made of the events of a request.
#[derive(Default)]
struct Kept {
    deliveries: Vec<Delivery>,
    unrouted: u64,
}

fn append_content(store: &Store, commit: &WebhookCommit) -> Result<(RequestContent, Vec<ContentRef>), Error> {
    let received = encode(&commit.received)?;
    let mut pieces: Vec<&[u8]> = vec![&received, &commit.body];
    pieces.extend(commit.routed.iter().map(|(event, _)| event.payload.as_bytes()));
    let mut places = store.inner.content.append(&pieces)?.into_iter();
    match (places.next(), places.next()) {
        (Some(received), Some(body)) => Ok((RequestContent { received, body }, places.collect())),
        _ => Err(Error::Corrupt("content was not appended".into())),
    }
}

fn event_of(request: &WebhookRequest, event: &NewEvent, payload: ContentRef) -> RoutedEvent {
    RoutedEvent {
        id: EventId::new(),
        request: request.id.clone(),
        integration: request.integration.clone(),
        integration_id: request.integration_id.clone(),
        webhook_key: request.webhook_key.clone(),
        selectors: event.selectors.clone(),
        provider_id: event.provider_id.clone(),
        ordering_key: event.ordering_key.clone(),
        received_at: request.received_at,
        status: EventStatus::Unrouted,
        delivery_count: 0,
        duplicate_of: None,
        payload,
    }
}

fn keep_event(
    tx: &TransactionalTree,
    mut event: RoutedEvent,
    subscriptions: &[Subscription],
    window_ms: u64,
    kept: &mut Kept,
) -> Result<(), Abort> {
    event.duplicate_of = seen_before(tx, &event, window_ms)?;
    if event.duplicate_of.is_some() {
        event.status = EventStatus::Duplicate;
    } else if subscriptions.is_empty() {
        wait(tx, &event)?;
        kept.unrouted += 1;
    } else {
        event.status = EventStatus::Routed;
        for subscription in subscriptions {
            let delivery = delivery_of(&event, subscription, event.received_at);
            write_delivery(tx, &delivery)?;
            event.delivery_count += 1;
            kept.deliveries.push(delivery);
        }
    }
    mark(tx, Key::new(Table::EventOfRequest).part(event.request.as_str()).tail(event.id.as_str()))?;
    write(tx, event_key(&event.id), &event)
}

/// The earlier event with the same provider id and selectors; if there is none, this one is the first.
fn seen_before(tx: &TransactionalTree, event: &RoutedEvent, window_ms: u64) -> Result<Option<EventId>, Abort> {
    let Some(key) = seen_key(event) else { return Ok(None) };
    if let Some(seen) = read::<Seen>(tx, &key)? {
        let age_ms = event.received_at.as_millisecond() - seen.at.as_millisecond();
        if u64::try_from(age_ms).unwrap_or(0) <= window_ms {
            return Ok(Some(seen.event));
        }
    }
    write(tx, key, &Seen { event: event.id.clone(), at: event.received_at })?;
    Ok(None)
}

/// Events that share a provider's id but not their selectors are different events: one provider event may be split
/// over several customers.
pub(super) fn seen_key(event: &RoutedEvent) -> Option<Key> {
    let provider_id = event.provider_id.as_ref()?;
    let identity = sha256_hex(&serde_json::to_vec(&(provider_id, &event.selectors)).unwrap_or_default());
    Some(Key::new(Table::Seen).part(event.integration_id.as_str()).part(&event.webhook_key).tail(identity))
}

fn wait(tx: &TransactionalTree, event: &RoutedEvent) -> Result<(), Abort> {
    for selector in &event.selectors {
        let waiting = routes(Table::Unrouted, &event.integration_id, &event.webhook_key, selector);
        mark(tx, waiting.tail(event.id.as_str()))?;
    }
    mark(tx, Key::new(Table::UnroutedByAge).tail(event.id.as_str()))
}

fn finish(mut request: WebhookRequest, places: RequestContent, kept: &Kept) -> WebhookRequest {
    request.content = Some(places);
    request.delivery_count = u32::try_from(kept.deliveries.len()).unwrap_or(u32::MAX);
    if request.event_count > 0 {
        let is_routed = !kept.deliveries.is_empty();
        request.status = if is_routed {
            RequestStatus::Routed
        } else if kept.unrouted > 0 {
            RequestStatus::Unrouted
        } else {
            RequestStatus::Duplicate
        };
    }
    request
}

/// A new delivery of an event to a subscription, due at once.
pub(super) fn delivery_of(event: &RoutedEvent, subscription: &Subscription, now: Timestamp) -> Delivery {
    Delivery {
        id: DeliveryId::new(),
        event: event.id.clone(),
        request: event.request.clone(),
        subscription: subscription.id.clone(),
        connection: subscription.connection.clone(),
        customer: subscription.customer.clone(),
        integration: subscription.integration.clone(),
        status: DeliveryStatus::Pending,
        next_attempt_at: Some(now),
        attempts: Vec::new(),
        attempt_count: 0,
        created_at: now,
    }
}

/// Writes a delivery, and while it is pending its place in the queue.
pub(super) fn write_delivery(tx: &TransactionalTree, delivery: &Delivery) -> Result<(), Abort> {
    write(tx, super::deliveries::delivery_key(&delivery.id), delivery)?;
    mark(tx, Key::new(Table::DeliveryOfEvent).part(delivery.event.as_str()).tail(delivery.id.as_str()))?;
    super::deliveries::due_key(delivery).map_or(Ok(()), |due| mark(tx, due))
}

pub(super) fn request_key(id: &RequestId) -> Key {
    Key::new(Table::Request).tail(id.as_str())
}

pub(super) fn event_key(id: &EventId) -> Key {
    Key::new(Table::Event).tail(id.as_str())
}
