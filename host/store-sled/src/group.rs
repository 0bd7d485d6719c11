//! The commit of webhooks: what a group of them, each with its request, events and deliveries, is in the store.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sled::transaction::TransactionalTree;
use tokio::sync::OwnedRwLockReadGuard;

use super::committer::Pending;
use super::content::{Appender, Written};
use super::journal::Row;
use super::keys::{Key, Table};
use super::order::{chain_key, chain_of, link_key};
use super::room::{Room, Tally};
use super::subscriptions::routes;
use super::tree::Tree;
use super::webhooks::{event_key, failed_key, of_customer_key, replays, request_key, unheard_keys};
use super::{Abort, ContentRef, Error, Store, abort, decode, encode};
use patchbay_crypto::secret::sha256_hex;
use patchbay_model::delivery::{Delivery, DeliveryStatus};
use patchbay_model::event::{EventStatus, RoutedEvent};
use patchbay_model::id::{DeliveryId, EventId, IntegrationId, SubscriptionId};
use patchbay_model::profile::{self, Step};
use patchbay_model::subscription::Recipient;
use patchbay_model::webhook_request::{RequestContent, RequestStatus, WebhookRequest};
use patchbay_store::{NewEvent, Repeat, WebhookCommit};

/// What a record of a request takes up, its log aside.
const REQUEST_BYTES: usize = 900;

/// How many of its deliveries the record of an event names.
const DELIVERIES_NAMED_MAX: usize = 64;

/// Holds subscriptions as they are until the commit.
pub struct Routing<'s> {
    store: &'s Store,
    subscriptions_stay: OwnedRwLockReadGuard<()>,
}

/// The first time an event with a provider's id was seen.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Seen {
    pub(super) event: EventId,
    at: Timestamp,
}

impl Seen {
    fn is_within(&self, window_ms: u64, now: Timestamp) -> bool {
        let age_ms = now.as_millisecond() - self.at.as_millisecond();
        u64::try_from(age_ms).unwrap_or(0) <= window_ms
    }
}

impl Store {
    /// Begins to route a request.
    pub async fn routing(&self) -> Routing<'_> {
        let subscriptions_stay = Arc::clone(&self.inner.routing).read_owned().await;
        Routing { store: self, subscriptions_stay }
    }

    /// The earlier event of which a new one would be a duplicate.
    pub fn earlier_event(
        &self,
        integration: &IntegrationId,
        webhook_key: &str,
        event: &NewEvent,
        at: Timestamp,
    ) -> Result<Option<EventId>, Error> {
        let Some(provider_id) = &event.provider_id else { return Ok(None) };
        let seen = self.get::<Seen>(&seen_key_of(integration, webhook_key, provider_id, &event.selectors))?;
        Ok(seen.filter(|seen| seen.is_within(self.inner.options.duplicate_window_ms, at)).map(|seen| seen.event))
    }
}

impl Routing<'_> {
    /// The subscriptions with exactly this selector, in the order in which they were made.
    pub fn subscriptions_matching(
        &self,
        integration: &IntegrationId,
        webhook_key: &str,
        selector: &str,
    ) -> Result<Vec<Recipient>, Error> {
        self.store.subscriptions_matching(integration, webhook_key, selector)
    }

    /// Keeps all of it or nothing, and returns when it is on disk.
    pub async fn commit(self, commit: WebhookCommit) -> Result<WebhookRequest, Error> {
        let _span = profile::span(Step::Commit);
        let pending = Pending { commit, subscriptions_stay: self.subscriptions_stay };
        let kept = self.store.inner.committer.commit(pending).await?;
        for (subscription, due) in &kept.deliveries {
            if let Some(due) = due {
                self.store.announce(subscription, due.as_millisecond());
            }
        }
        Ok(kept.request)
    }
}

/// What became of a webhook in its commit.
pub(super) struct Kept {
    request: WebhookRequest,
    /// Whom there is something to deliver to, and when it is due, if its turn has come.
    deliveries: Vec<(SubscriptionId, Option<Timestamp>)>,
}

/// What a group of webhooks is in the store.
pub(super) struct Records {
    pub(super) rows: Vec<Row>,
    /// The content that they name.
    pub(super) content: Vec<Written>,
    /// What all of it takes up.
    pub(super) added: Tally,
    /// Whether deliveries among them keep an order.
    pub(super) keep_order: bool,
}

/// Webhooks that are committed together.
pub(super) struct Group<'s> {
    tree: &'s Tree,
    content: Appender<'s>,
    rows: Vec<Row>,
    room: &'s Room,
    /// What this group takes up.
    added: Tally,
    /// Provider's ids that this group has, and the tree not yet.
    seen: HashMap<Key, Seen>,
    /// Chains that this group has something of.
    joined: HashSet<Key>,
    duplicate_window_ms: u64,
}

impl<'s> Group<'s> {
    pub(super) fn new(tree: &'s Tree, content: Appender<'s>, room: &'s Room, duplicate_window_ms: u64) -> Group<'s> {
        Group {
            tree,
            content,
            rows: Vec::new(),
            room,
            added: Tally::default(),
            seen: HashMap::new(),
            joined: HashSet::new(),
            duplicate_window_ms,
        }
    }

    /// Adds a webhook to the group; all of it or nothing.
    pub(super) fn add(&mut self, commit: WebhookCommit) -> Result<Kept, Error> {
        let Some((places, payloads)) = self.add_content(&commit)? else {
            return self.add_without_content(commit.request);
        };
        let mut rows = Rows::default();
        let (mut seen, mut joined) = (HashMap::new(), HashSet::new());
        let (mut deliveries, mut unrouted) = (Vec::new(), 0);
        let mut added = Tally::default();
        for place in [places.received, places.body].iter().chain(&payloads) {
            added.content(*place);
        }
        let mut events: Option<(EventId, EventId)> = None;
        for ((event, recipients), payload) in commit.routed.iter().zip(payloads) {
            let mut event =
                self.decide(event_of(&commit.request, event, payload), &event.repeat, recipients, &mut seen)?;
            match event.status {
                EventStatus::Duplicate => rows.unheard(&event),
                EventStatus::Unrouted => {
                    unrouted += 1;
                    rows.wait(&event);
                }
                EventStatus::Routed => {
                    for recipient in recipients {
                        let mut delivery = delivery_of(&event, recipient, event.received_at);
                        self.queue_up(&mut delivery, &mut joined)?;
                        rows.0.extend(rows_of_delivery(&delivery)?);
                        rows.0.extend(name_delivery(&mut event, &delivery.id).map(|key| (key, Vec::new())));
                        deliveries.push((delivery.subscription, delivery.next_attempt_at));
                    }
                }
            }
            rows.put(event_key(&event.id), &event)?;
            events = Some((events.map_or_else(|| event.id.clone(), |(first, _)| first), event.id));
        }
        for (key, seen) in &seen {
            rows.put(key.clone(), seen)?;
        }
        let mut request = finish(commit.request, Some(places), deliveries.len(), unrouted);
        request.events = events;
        rows.request(&request);
        request.record_bytes = rows.bytes().saturating_add(bytes_alone(&request));
        added.records(request.record_bytes);
        rows.put(request_key(&request.id), &request)?;
        // Nothing can fail from here on: a webhook that is refused leaves nothing behind.
        self.added.all(&added);
        self.seen.extend(seen);
        self.joined.extend(joined);
        self.rows.extend(rows.0);
        Ok(Kept { request, deliveries })
    }

    fn add_without_content(&mut self, request: WebhookRequest) -> Result<Kept, Error> {
        let mut request = finish(request, None, 0, 0);
        request.record_bytes = bytes_alone(&request);
        self.added.records(request.record_bytes);
        let mut rows = Rows::default();
        rows.request(&request);
        rows.put(request_key(&request.id), &request)?;
        self.rows.extend(rows.0);
        Ok(Kept { request, deliveries: Vec::new() })
    }

    /// Writes the content of what was added, and returns the records that are to be written.
    pub(super) fn finish(mut self) -> Result<Records, Error> {
        let content = profile::timed(Step::AppendContent, || self.content.finish())?;
        self.rows.extend(self.room.note_written(&self.added)?);
        Ok(Records { rows: self.rows, content, added: self.added, keep_order: !self.joined.is_empty() })
    }

    /// `None` if it is content that has to leave the room to others: nobody can use up the room of events by sending what
    /// has none, such as wrong signatures.
    fn add_content(&mut self, commit: &WebhookCommit) -> Result<Option<(RequestContent, Vec<ContentRef>)>, Error> {
        let received = encode(&commit.received)?;
        let mut pieces: Vec<&[u8]> = vec![&received, &commit.body];
        pieces.extend(commit.routed.iter().map(|(event, _)| event.payload.as_bytes()));
        let has_events = !commit.routed.is_empty() || !commit.request.refused_events.is_empty();
        if !has_events && !self.content.has_spare_room(&pieces) {
            return Ok(None);
        }
        let added = self.content.add(&pieces);
        if matches!(added, Err(Error::Full { .. })) {
            self.room.call_for_room();
        }
        let mut places = added?.into_iter();
        match (places.next(), places.next()) {
            (Some(received), Some(body)) => Ok(Some((RequestContent { received, body }, places.collect()))),
            _ => Err(Error::Corrupt("content was not appended".into())),
        }
    }

    fn decide(
        &self,
        mut event: RoutedEvent,
        repeat: &Repeat,
        recipients: &[Recipient],
        seen: &mut HashMap<Key, Seen>,
    ) -> Result<RoutedEvent, Error> {
        event.duplicate_of = match repeat {
            Repeat::Of(earlier) => Some(earlier.clone()),
            Repeat::Forced => None,
            Repeat::Known(events) => self.seen_before(&event, seen)?.filter(|earlier| !events.contains(earlier)),
            Repeat::No => self.seen_before(&event, seen)?,
        };
        if event.duplicate_of.is_some() {
            event.status = EventStatus::Duplicate;
        } else if !recipients.is_empty() {
            event.status = EventStatus::Routed;
            event.delivery_count = u32::try_from(recipients.len()).unwrap_or(u32::MAX);
        }
        Ok(event)
    }

    /// Has a delivery wait where its chain has an earlier one.
    fn queue_up(&self, delivery: &mut Delivery, joined: &mut HashSet<Key>) -> Result<(), Error> {
        let Some(chain) = &delivery.chain else { return Ok(()) };
        let key = chain_key(&delivery.subscription, chain);
        let is_taken = joined.contains(&key)
            || self.joined.contains(&key)
            || self.tree.scan_prefix(&key).next().transpose()?.is_some();
        if is_taken {
            delivery.next_attempt_at = None;
        }
        joined.insert(key);
        Ok(())
    }

    /// The earlier event with the same provider id and selectors; if there is none, this one is the first.
    fn seen_before(&self, event: &RoutedEvent, seen: &mut HashMap<Key, Seen>) -> Result<Option<EventId>, Error> {
        let Some(key) = seen_key(event) else { return Ok(None) };
        let earlier = match seen.get(&key).or_else(|| self.seen.get(&key)) {
            Some(seen) => Some(seen.clone()),
            None => self.tree.get(&key)?.map(|bytes| decode::<Seen>(&bytes)).transpose()?,
        };
        if let Some(earlier) = earlier.filter(|seen| seen.is_within(self.duplicate_window_ms, event.received_at)) {
            return Ok(Some(earlier.event));
        }
        seen.insert(key, Seen { event: event.id.clone(), at: event.received_at });
        Ok(None)
    }
}

/// Keys and values to write.
#[derive(Default)]
struct Rows(Vec<Row>);

impl Rows {
    fn put<T: Serialize>(&mut self, key: Key, value: &T) -> Result<(), Error> {
        self.0.push((key, encode(value)?));
        Ok(())
    }

    fn bytes(&self) -> u32 {
        let bytes: usize = self.0.iter().map(|(key, value)| key.as_ref().len() + value.len()).sum();
        u32::try_from(bytes).unwrap_or(u32::MAX)
    }

    /// A key that says all by being there.
    fn mark(&mut self, key: Key) {
        self.0.push((key, Vec::new()));
    }

    /// Where a request is found besides its own key.
    fn request(&mut self, request: &WebhookRequest) {
        if request.status == RequestStatus::Failed {
            self.mark(failed_key(request));
        }
        if let Some(original) = &request.replay_of {
            self.mark(replays(original).tail(request.id.as_str()));
        }
    }

    fn unheard(&mut self, event: &RoutedEvent) {
        unheard_keys(event).for_each(|key| self.mark(key));
    }

    fn wait(&mut self, event: &RoutedEvent) {
        for selector in &event.selectors {
            let waiting = routes(Table::Unrouted, &event.integration_id, &event.webhook_key, selector);
            self.mark(waiting.tail(event.id.as_str()));
        }
        self.mark(Key::new(Table::UnroutedByAge).tail(event.id.as_str()));
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
        deliveries: Vec::new(),
        stopped_waiting: None,
    }
}

/// Events that share a provider's id but not their selectors are different events: one provider event may be split
/// over several customers.
pub(super) fn seen_key(event: &RoutedEvent) -> Option<Key> {
    let provider_id = event.provider_id.as_ref()?;
    Some(seen_key_of(&event.integration_id, &event.webhook_key, provider_id, &event.selectors))
}

fn seen_key_of(integration: &IntegrationId, webhook_key: &str, provider_id: &str, selectors: &[String]) -> Key {
    let identity = sha256_hex(&serde_json::to_vec(&(provider_id, selectors)).unwrap_or_default());
    Key::new(Table::Seen).part(integration.as_str()).part(webhook_key).tail(identity)
}

/// About what the record of a request takes up by itself.
fn bytes_alone(request: &WebhookRequest) -> u32 {
    let log: usize = request.log.iter().map(String::len).sum();
    u32::try_from(REQUEST_BYTES + log).unwrap_or(u32::MAX)
}

fn finish(
    mut request: WebhookRequest,
    places: Option<RequestContent>,
    deliveries: usize,
    unrouted: u64,
) -> WebhookRequest {
    request.content = places;
    request.delivery_count = u32::try_from(deliveries).unwrap_or(u32::MAX);
    if request.event_count > 0 {
        request.status = match (deliveries, unrouted) {
            (0, 0) => RequestStatus::Duplicate,
            (0, _) => RequestStatus::Unrouted,
            _ => RequestStatus::Routed,
        };
    }
    request
}

/// A new delivery of an event to a subscription, due at once.
pub(super) fn delivery_of(event: &RoutedEvent, recipient: &Recipient, now: Timestamp) -> Delivery {
    Delivery {
        id: DeliveryId::new(),
        event: event.id.clone(),
        request: event.request.clone(),
        subscription: recipient.id.clone(),
        connection: recipient.connection.clone(),
        customer: recipient.customer.clone(),
        integration: event.integration.clone(),
        status: DeliveryStatus::Pending,
        chain: chain_of(event, recipient.ordering),
        next_attempt_at: Some(now),
        attempts: Vec::new(),
        attempt_count: 0,
        created_at: now,
    }
}

/// Writes a delivery, and while it is pending its place in the queue.
pub(super) fn write_delivery(tx: &TransactionalTree, delivery: &Delivery) -> Result<(), Abort> {
    for (key, value) in rows_of_delivery(delivery).or_else(abort)? {
        tx.insert(key, value)?;
    }
    Ok(())
}

fn rows_of_delivery(delivery: &Delivery) -> Result<Vec<Row>, Error> {
    let mut rows = Rows::default();
    rows.put(super::deliveries::delivery_key(&delivery.id), delivery)?;
    rows.mark(of_customer_key(delivery));
    for place in super::queue::due_key(delivery).into_iter().chain(link_key(delivery)) {
        rows.mark(place);
    }
    Ok(rows.0)
}

/// Has an event name a delivery of it; returns the key that does so where it names enough of them.
pub(super) fn name_delivery(event: &mut RoutedEvent, delivery: &DeliveryId) -> Option<Key> {
    if event.deliveries.len() < DELIVERIES_NAMED_MAX {
        event.deliveries.push(delivery.clone());
        return None;
    }
    Some(Key::new(Table::DeliveryOfEvent).part(event.id.as_str()).tail(delivery.as_str()))
}
