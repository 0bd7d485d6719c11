//! What is kept for how long. Requests go when they are old, with their events and deliveries; events that wait
//! for a subscription go earlier when there are too many of them.

use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;

use super::deliveries::{delivery_key, due_key};
use super::keys::{Key, Table};
use super::subscriptions::stop_waiting;
use super::webhooks::{event_key, request_key, seen_key};
use super::{Error, Store, decode, remove};
use crate::event::EventStatus;
use crate::id::EventId;
use crate::webhook_request::WebhookRequest;

/// How many requests or events one sweep removes; the next sweep goes on.
const REMOVED_AT_ONCE_MAX: usize = 10_000;

impl Store {
    /// Removes what has expired. Returns how many requests went.
    pub(crate) fn expire(&self, before: Timestamp) -> Result<usize, Error> {
        let mut removed = 0;
        for row in self.inner.tree.scan_prefix(Key::new(Table::Request)).take(REMOVED_AT_ONCE_MAX) {
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
        let count = self.inner.unrouted_count.load(Ordering::Relaxed);
        let surplus = count.saturating_sub(self.inner.options.unrouted_events_max);
        let waiting = Key::new(Table::UnroutedByAge);
        for row in self.inner.tree.scan_prefix(&waiting).take(usize::try_from(surplus).unwrap_or(usize::MAX)) {
            let id = EventId::parse(&waiting.text_tail_of(&row?.0));
            if let Some(event) = id.map(|id| self.event(&id)).transpose()?.flatten() {
                self.transact(|tx| stop_waiting(tx, &event))?;
            }
        }
        self.inner.unrouted_count.fetch_sub(surplus, Ordering::Relaxed);
        Ok(surplus)
    }

    pub(super) fn count_unrouted(&self) -> Result<(), Error> {
        let mut count = 0;
        for row in self.inner.tree.scan_prefix(Key::new(Table::UnroutedByAge)).keys() {
            row?;
            count += 1;
        }
        self.inner.unrouted_count.store(count, Ordering::Relaxed);
        Ok(())
    }

    fn remove_request(&self, request: &WebhookRequest) -> Result<(), Error> {
        for event in self.events_of_request(&request.id)? {
            let deliveries = self.deliveries_of_event(&event.id)?;
            let was_waiting = event.status == EventStatus::Unrouted
                && self.inner.tree.contains_key(Key::new(Table::UnroutedByAge).tail(event.id.as_str()))?;
            self.transact(|tx| {
                for delivery in &deliveries {
                    due_key(delivery).map_or(Ok(()), |due| remove(tx, due))?;
                    remove(tx, Key::new(Table::DeliveryOfEvent).part(event.id.as_str()).tail(delivery.id.as_str()))?;
                    remove(tx, delivery_key(&delivery.id))?;
                }
                stop_waiting(tx, &event)?;
                if event.status != EventStatus::Duplicate {
                    seen_key(&event).map_or(Ok(()), |seen| remove(tx, seen))?;
                }
                remove(tx, Key::new(Table::EventOfRequest).part(request.id.as_str()).tail(event.id.as_str()))?;
                remove(tx, event_key(&event.id))
            })?;
            self.inner.unrouted_count.fetch_sub(u64::from(was_waiting), Ordering::Relaxed);
        }
        self.transact(|tx| remove(tx, request_key(&request.id)))
    }
}
