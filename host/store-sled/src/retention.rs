//! What is kept for how long. Requests go when they are old, with their events and deliveries; those that are finished go
//! earlier when there is too much of them (`size.rs`), and so do events that wait for a subscription.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use sled::transaction::TransactionalTree;

use super::deliveries::delivery_key;
use super::group::{Seen, seen_key};
use super::keys::{Key, Table};
use super::order::leave;
use super::pace::unhurried;
use super::queue::due_key;
use super::room::Tally;
use super::waiting::{read_event, stop_waiting};
use super::webhooks::{event_key, failed_key, of_customer_key, replays, request_key, unheard_keys};
use super::{Abort, Error, Store, decode, read, remove};
use patchbay_model::clock;
use patchbay_model::delivery::{Delivery, DeliveryStatus};
use patchbay_model::event::RoutedEvent;
use patchbay_model::id::{DeliveryId, EventId};
use patchbay_model::webhook_request::WebhookRequest;
use patchbay_store::{Swept, Taken};

/// How many requests one pass removes. A stop waits for one pass at most.
pub(super) const REQUESTS_REMOVED_AT_ONCE_MAX: usize = 1_000;
/// Which events may be removed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    All,
    /// Nothing is to be delivered, and they wait for no subscription.
    Finished,
}

/// What became of an event that was to be removed.
enum Removal {
    Gone {
        undelivered: u64,
    },
    /// It was routed meanwhile: look again.
    Changed,
    /// It is not finished.
    Stays,
}

const GONE_BEFORE: Removal = Removal::Gone { undelivered: 0 };

impl Store {
    /// Removes what has expired and what there is too much of, and gives its room back; pass by pass, until it is done or
    /// `is_stopping`.
    pub async fn sweep<F>(&self, before: Timestamp, is_stopping: F) -> Result<Swept, Error>
    where
        F: Fn() -> bool + Clone + Send + 'static,
    {
        let (store, is_stopping_now) = (self.clone(), is_stopping.clone());
        let mut walk = std::sync::Arc::clone(&self.inner.sweep).lock_owned().await;
        let mut swept = in_background(move || {
            let mut swept = Swept::default();
            store.expire_all(before, &mut swept, &is_stopping_now)?;
            swept.trimmed = store.trim_unrouted(&is_stopping_now)?;
            store.make_room(&mut walk, &mut swept, &is_stopping_now)?;
            Ok(swept)
        })
        .await?;
        swept.moved_bytes = self.move_content(is_stopping).await?;
        swept.files_removed += self.remove_empty_files().await?;
        Ok(swept)
    }

    /// Returns when more is kept than should be.
    pub fn room_called_for(&self) -> impl Future<Output = ()> {
        self.inner.room.called_for()
    }

    pub fn taken(&self) -> Taken {
        Taken {
            content: self.inner.content.disk_bytes(),
            records: self.inner.room.records_bytes(),
            records_file: std::fs::metadata(&self.inner.records).map_or(0, |file| file.len()),
        }
    }

    /// Removes all that has expired, pass by pass until nothing is left or `is_stopping`: a sweep that ended before would
    /// fall behind for good where more comes in than one pass removes.
    pub(super) fn expire_all(
        &self,
        before: Timestamp,
        swept: &mut Swept,
        is_stopping: impl Fn() -> bool,
    ) -> Result<(), Error> {
        while !is_stopping() && self.expire(before, swept)? == REQUESTS_REMOVED_AT_ONCE_MAX {}
        Ok(())
    }

    /// One pass. Returns how many requests went.
    pub(super) fn expire(&self, before: Timestamp, swept: &mut Swept) -> Result<usize, Error> {
        let mut removed = 0;
        let oldest = self.inner.tree.scan_prefix(Key::new(Table::Request));
        for row in unhurried(oldest.take(REQUESTS_REMOVED_AT_ONCE_MAX)) {
            let request: WebhookRequest = decode(&row?.1)?;
            if request.received_at >= before {
                break;
            }
            self.remove_request(&request, Which::All, swept)?;
            removed += 1;
        }
        swept.expired += removed as u64;
        let before_ms = u64::try_from(before.as_millisecond()).unwrap_or(0);
        let files = self.inner.content.expire(SystemTime::UNIX_EPOCH + Duration::from_millis(before_ms))?;
        self.inner.room.forget(&self.inner.tree, &files)?;
        Ok(removed)
    }

    /// Removes a request with its events and deliveries; `false` if some of it is not to go.
    pub(super) fn remove_request(
        &self,
        request: &WebhookRequest,
        which: Which,
        swept: &mut Swept,
    ) -> Result<bool, Error> {
        for event in self.events_of_request(&request.id)? {
            loop {
                match self.remove_event(&event.id, which)? {
                    Removal::Gone { undelivered } => {
                        swept.undelivered += undelivered;
                        break;
                    }
                    Removal::Changed => {}
                    Removal::Stays => return Ok(false),
                }
            }
        }
        self.transact_going(|tx, going| {
            let Some(request) = read::<WebhookRequest>(tx, &request_key(&request.id))? else { return Ok(true) };
            for place in request.content.iter().flat_map(|content| [content.received, content.body]) {
                going.content(place);
            }
            going.records(request.record_bytes);
            remove(tx, failed_key(&request))?;
            request.replay_of.as_ref().map_or(Ok(()), |of| remove(tx, replays(of).tail(request.id.as_str())))?;
            remove(tx, request_key(&request.id))?;
            Ok(true)
        })
    }

    /// Removes an event with its deliveries.
    fn remove_event(&self, id: &EventId, which: Which) -> Result<Removal, Error> {
        let Some(before) = self.event(id)? else { return Ok(GONE_BEFORE) };
        let deliveries = self.deliveries_of_event(id)?;
        let now = clock::now();
        let chains = deliveries.iter().any(|delivery| delivery.chain.is_some()).then(|| self.chains());
        let followers =
            deliveries.iter().map(|delivery| self.next_in_chain(delivery)).collect::<Result<Vec<_>, _>>()?;
        let removed = self.transact_going(|tx, going| {
            let Some(event) = read_event(tx, id)? else { return Ok(GONE_BEFORE) };
            if event.delivery_count != before.delivery_count {
                return Ok(Removal::Changed);
            }
            if which == Which::Finished && !is_finished(tx, &event, &deliveries)? {
                return Ok(Removal::Stays);
            }
            let mut undelivered = 0;
            for (delivery, follower) in deliveries.iter().zip(&followers) {
                undelivered += u64::from(remove_delivery(tx, &delivery.id)? == Some(DeliveryStatus::Pending));
                leave(tx, delivery, follower.as_ref(), now)?;
            }
            stop_waiting(tx, &event)?;
            unheard_keys(&event).try_for_each(|key| remove(tx, key))?;
            forget_seen(tx, &event)?;
            going.content(event.payload);
            remove(tx, Key::new(Table::EventOfRequest).part(event.request.as_str()).tail(id.as_str()))?;
            remove(tx, event_key(id))?;
            Ok(Removal::Gone { undelivered })
        })?;
        drop(chains);
        for delivery in deliveries.iter().zip(&followers).filter_map(|(delivery, next)| next.as_ref().map(|_| delivery))
        {
            self.announce(&delivery.subscription, now.as_millisecond());
        }
        Ok(removed)
    }

    /// A transaction that says what goes with it.
    pub(super) fn transact_going<T>(
        &self,
        change: impl Fn(&TransactionalTree, &mut Tally) -> Result<T, Abort>,
    ) -> Result<T, Error> {
        let (done, went) = self.transact(|tx| {
            let mut going = Tally::default();
            let done = change(tx, &mut going)?;
            self.inner.room.note_gone(tx, &going)?;
            Ok((done, going))
        })?;
        self.inner.room.gone(&went);
        Ok(done)
    }
}

/// Runs what blocks where it holds up nobody.
pub(super) async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::Unavailable(format!("the sweep crashed: {error}")))?
}

/// Read anew: somebody may have asked for another try.
fn is_finished(tx: &TransactionalTree, event: &RoutedEvent, deliveries: &[Delivery]) -> Result<bool, Abort> {
    for delivery in deliveries {
        let delivery = read::<Delivery>(tx, &delivery_key(&delivery.id))?;
        if delivery.is_some_and(|delivery| delivery.status == DeliveryStatus::Pending) {
            return Ok(false);
        }
    }
    Ok(!event.is_waiting())
}

/// Read anew, for its place in the queue changes with every attempt. Returns what it was.
fn remove_delivery(tx: &TransactionalTree, id: &DeliveryId) -> Result<Option<DeliveryStatus>, Abort> {
    let Some(delivery) = read::<Delivery>(tx, &delivery_key(id))? else { return Ok(None) };
    due_key(&delivery).map_or(Ok(()), |due| remove(tx, due))?;
    remove(tx, Key::new(Table::DeliveryOfEvent).part(delivery.event.as_str()).tail(id.as_str()))?;
    remove(tx, of_customer_key(&delivery))?;
    remove(tx, delivery_key(id))?;
    Ok(Some(delivery.status))
}

/// Forgets the provider's id of an event, unless a later event bears it by now.
fn forget_seen(tx: &TransactionalTree, event: &RoutedEvent) -> Result<(), Abort> {
    let Some(key) = seen_key(event) else { return Ok(()) };
    match read::<Seen>(tx, &key)? {
        Some(seen) if seen.event == event.id => remove(tx, key),
        _ => Ok(()),
    }
}
