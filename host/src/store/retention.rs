//! What is kept for how long. Requests go when they are old, with their events and deliveries; events that wait
//! for a subscription go earlier when there are too many of them.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use sled::transaction::TransactionalTree;

use super::deliveries::{delivery_key, due_key};
use super::keys::{Key, Table};
use super::order::leave;
use super::subscriptions::stop_waiting;
use super::webhooks::{Seen, event_key, request_key, seen_key};
use super::{Abort, Error, Store, decode, read, remove};
use crate::clock;
use crate::delivery::Delivery;
use crate::event::RoutedEvent;
use crate::id::{DeliveryId, EventId};
use crate::webhook_request::WebhookRequest;

/// How many requests one pass removes. A stop waits for one pass at most.
pub(super) const REQUESTS_REMOVED_AT_ONCE_MAX: usize = 1_000;

impl Store {
    /// Removes all that has expired, pass by pass until nothing is left or `is_stopping`: a sweep that ended before would
    /// fall behind for good where more comes in than one pass removes. Returns how many requests went.
    pub(crate) fn expire_all(&self, before: Timestamp, is_stopping: impl Fn() -> bool) -> Result<usize, Error> {
        let mut removed = 0;
        while !is_stopping() {
            let in_this_pass = self.expire(before)?;
            removed += in_this_pass;
            if in_this_pass < REQUESTS_REMOVED_AT_ONCE_MAX {
                break;
            }
        }
        Ok(removed)
    }

    /// One pass. Returns how many requests went.
    pub(super) fn expire(&self, before: Timestamp) -> Result<usize, Error> {
        let mut removed = 0;
        for row in self.inner.tree.scan_prefix(Key::new(Table::Request)).take(REQUESTS_REMOVED_AT_ONCE_MAX) {
            let request: WebhookRequest = decode(&row?.1)?;
            if request.received_at >= before {
                break;
            }
            self.remove_request(&request)?;
            removed += 1;
        }
        let before_ms = u64::try_from(before.as_millisecond()).unwrap_or(0);
        self.inner.content.expire(SystemTime::UNIX_EPOCH + Duration::from_millis(before_ms))?;
        Ok(removed)
    }

    /// Lets the oldest waiting events go where more wait than may. They stay visible as unrouted.
    pub(crate) fn trim_unrouted(&self) -> Result<u64, Error> {
        let waiting = Key::new(Table::UnroutedByAge);
        let newest_first = self.inner.tree.scan_prefix(&waiting).keys().rev();
        let mut trimmed = 0;
        for key in newest_first.skip(usize::try_from(self.inner.options.unrouted_events_max).unwrap_or(usize::MAX)) {
            let id = EventId::parse(&waiting.text_tail_of(&key?));
            if let Some(event) = id.map(|id| self.event(&id)).transpose()?.flatten() {
                self.transact(|tx| stop_waiting(tx, &event))?;
                trimmed += 1;
            }
        }
        Ok(trimmed)
    }

    fn remove_request(&self, request: &WebhookRequest) -> Result<(), Error> {
        for event in self.events_of_request(&request.id)? {
            while !self.remove_event(&event.id)? {}
        }
        self.transact(|tx| remove(tx, request_key(&request.id)))
    }

    /// Removes an event with its deliveries; `false` if it was routed meanwhile, and nothing is removed.
    fn remove_event(&self, id: &EventId) -> Result<bool, Error> {
        let Some(before) = self.event(id)? else { return Ok(true) };
        let deliveries = self.deliveries_of_event(id)?;
        let now = clock::now();
        let chains = deliveries.iter().any(|delivery| delivery.chain.is_some()).then(|| self.chains());
        let followers =
            deliveries.iter().map(|delivery| self.next_in_chain(delivery)).collect::<Result<Vec<_>, _>>()?;
        let removed = self.transact(|tx| {
            let Some(event) = read::<RoutedEvent>(tx, &event_key(id))? else { return Ok(true) };
            if event.delivery_count != before.delivery_count {
                return Ok(false);
            }
            for (delivery, follower) in deliveries.iter().zip(&followers) {
                remove_delivery(tx, &delivery.id)?;
                leave(tx, delivery, follower.as_ref(), now)?;
            }
            stop_waiting(tx, &event)?;
            forget_seen(tx, &event)?;
            remove(tx, Key::new(Table::EventOfRequest).part(event.request.as_str()).tail(id.as_str()))?;
            remove(tx, event_key(id))?;
            Ok(true)
        })?;
        drop(chains);
        for delivery in deliveries.iter().zip(&followers).filter_map(|(delivery, next)| next.as_ref().map(|_| delivery))
        {
            self.announce(&delivery.subscription, now.as_millisecond());
        }
        Ok(removed)
    }
}

/// Read anew, for its place in the queue changes with every attempt.
fn remove_delivery(tx: &TransactionalTree, id: &DeliveryId) -> Result<(), Abort> {
    let Some(delivery) = read::<Delivery>(tx, &delivery_key(id))? else { return Ok(()) };
    due_key(&delivery).map_or(Ok(()), |due| remove(tx, due))?;
    remove(tx, Key::new(Table::DeliveryOfEvent).part(delivery.event.as_str()).tail(id.as_str()))?;
    remove(tx, delivery_key(id))
}

/// Forgets the provider's id of an event, unless a later event bears it by now.
fn forget_seen(tx: &TransactionalTree, event: &RoutedEvent) -> Result<(), Abort> {
    let Some(key) = seen_key(event) else { return Ok(()) };
    match read::<Seen>(tx, &key)? {
        Some(seen) if seen.event == event.id => remove(tx, key),
        _ => Ok(()),
    }
}
