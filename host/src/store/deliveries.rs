//! The delivery queue: claim what is due, settle what was tried. A claim lives in memory only: after a crash
//! everything that was not settled is due again.

use std::sync::{MutexGuard, PoisonError};

use jiff::Timestamp;

use super::keys::{Key, Table, split_time, time_bytes};
use super::lanes::Lanes;
use super::order::leave;
use super::page::Order;
use super::webhooks::write_delivery;
use super::{Error, Page, PageRequest, Store, abort, mark, read, remove, write};
use crate::delivery::{Attempt, Delivery, DeliveryStatus};
use crate::event::RoutedEvent;
use crate::id::{DeliveryId, EventId, SubscriptionId};
use crate::subscription::{Reason, Status, Subscription};

/// How many attempts a delivery remembers; older ones are forgotten when people retry again and again.
const ATTEMPTS_KEPT_MAX: usize = 50;
/// How far the queue is counted: beyond that it is simply long.
const QUEUED_COUNTED_MAX: usize = 1_000_000;

/// A delivery whose turn it is, with all that an attempt needs.
pub(crate) struct Claim {
    pub(crate) delivery: Delivery,
    /// `None` where the event has expired.
    pub(crate) event: Option<RoutedEvent>,
    /// `None` where the subscription was deleted.
    pub(crate) subscription: Option<Subscription>,
}

/// What follows from an attempt.
pub(crate) enum Settlement {
    Delivered,
    RetryAt(Timestamp),
    Dead,
    /// Dead, and nothing more goes to this destination until its owner says so.
    DisableSubscription(Reason),
}

impl Store {
    /// Takes the next delivery that is due; each subscription in turn. Every claim must be settled or released.
    pub(crate) fn claim_due(&self, now: Timestamp) -> Result<Option<Claim>, Error> {
        let now_ms = now.as_millisecond();
        let mut lanes = self.lanes();
        while let Some(lane) = lanes.next(now_ms) {
            let subscription = self.subscription(&lane)?;
            if subscription.as_ref().is_some_and(|found| found.status != Status::Subscribed) {
                lanes.park(&lane);
                continue;
            }
            let found = self.first_due(&lanes, &lane)?.filter(|(at, _)| *at <= now_ms).map(|(_, id)| id);
            lanes.claimed(&lane, found.as_ref(), None);
            let next = self.first_due(&lanes, &lane)?.map(|(at, _)| at);
            lanes.claimed(&lane, None, next);
            let Some(id) = found else { continue };
            if let Some(delivery) = self.delivery(&id)? {
                let event = self.event(&delivery.event)?;
                return Ok(Some(Claim { delivery, event, subscription }));
            }
            // It expired this very moment: its place is free.
            lanes.settled(&lane, &id, next);
        }
        Ok(None)
    }

    /// When the next delivery is due.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.lanes().next_timer()?).ok()
    }

    /// Returns when a delivery may be due earlier than `next_due` said. Ask before looking for work, await after.
    pub(crate) fn due_changed(&self) -> impl Future<Output = ()> {
        self.inner.due.notified()
    }

    /// Records what became of a claim. Where that fails the claim still stands, to be released.
    pub(crate) fn settle(&self, claim: &Claim, attempt: Attempt, settlement: Settlement) -> Result<(), Error> {
        let disabled = match &settlement {
            Settlement::DisableSubscription(reason) => Some(reason.clone()),
            _ => None,
        };
        let chains = claim.delivery.chain.is_some().then(|| self.chains());
        let follower = self.next_in_chain(&claim.delivery)?;
        let change = || {
            self.transact(|tx| {
                let Some(mut delivery) = read::<Delivery>(tx, &delivery_key(&claim.delivery.id))? else {
                    return Ok(());
                };
                due_key(&delivery).map_or(Ok(()), |due| remove(tx, due))?;
                apply(&mut delivery, attempt.clone(), &settlement);
                write(tx, delivery_key(&delivery.id), &delivery)?;
                due_key(&delivery).map_or(Ok(()), |due| mark(tx, due))?;
                if delivery.status != DeliveryStatus::Pending {
                    leave(tx, &delivery, follower.as_ref(), attempt.at)?;
                }
                disabled.iter().try_for_each(|reason| disable(tx, &claim.delivery.subscription, reason))
            })
        };
        match disabled {
            Some(_) => self.reroute(&claim.delivery.subscription, change)?,
            None => change()?,
        }
        drop(chains);
        self.release(claim)
    }

    /// Nothing more goes to the destination of this claim before `until`, or before a restart. Settle the claim after.
    pub(crate) fn hold(&self, claim: &Claim, until: Timestamp) {
        self.lanes().hold(&claim.delivery.subscription, until.as_millisecond());
    }

    /// Gives a claim back untried.
    pub(crate) fn release(&self, claim: &Claim) -> Result<(), Error> {
        let lane = &claim.delivery.subscription;
        let mut lanes = self.lanes();
        lanes.settled(lane, &claim.delivery.id, None);
        let next = self.first_due(&lanes, lane)?.map(|(at, _)| at);
        lanes.claimed(lane, None, next);
        self.inner.due.notify_one();
        Ok(())
    }

    pub(crate) fn delivery(&self, id: &DeliveryId) -> Result<Option<Delivery>, Error> {
        self.get(&delivery_key(id))
    }

    pub(crate) fn deliveries(
        &self,
        request: &PageRequest,
        fits: impl Fn(&Delivery) -> bool,
    ) -> Result<Page<Delivery>, Error> {
        self.page(&Key::new(Table::Delivery), Order::NewestFirst, request, fits)
    }

    /// How many deliveries are not settled, counted up to `QUEUED_COUNTED_MAX`.
    pub(crate) fn queued_deliveries(&self) -> usize {
        self.inner.tree.scan_prefix(Key::new(Table::Due)).keys().take(QUEUED_COUNTED_MAX).count()
    }

    pub(crate) fn deliveries_of_event(&self, id: &EventId) -> Result<Vec<Delivery>, Error> {
        let mut deliveries = Vec::new();
        for named in self.event(id)?.into_iter().flat_map(|event| event.deliveries) {
            deliveries.extend(self.delivery(&named)?);
        }
        let prefix = Key::new(Table::DeliveryOfEvent).part(id.as_str());
        deliveries.extend(self.linked(&prefix, DeliveryId::parse, |id| self.delivery(id))?);
        Ok(deliveries)
    }

    /// Makes a delivery due now, with a new round of attempts. One that was settled keeps no order any more.
    pub(crate) async fn retry_delivery(&self, id: &DeliveryId, now: Timestamp) -> Result<Option<Delivery>, Error> {
        let retried = {
            let lanes = self.lanes();
            self.transact(|tx| {
                let Some(mut delivery) = read::<Delivery>(tx, &delivery_key(id))? else { return Ok(None) };
                if lanes.is_in_flight(&delivery.subscription, id) {
                    return abort(Error::Conflict("an attempt is under way".into()));
                }
                if delivery.status == DeliveryStatus::Pending && delivery.next_attempt_at.is_none() {
                    return abort(Error::Conflict("it waits for an earlier delivery of the same order".into()));
                }
                due_key(&delivery).map_or(Ok(()), |due| remove(tx, due))?;
                if delivery.status != DeliveryStatus::Pending {
                    // The ones after it have gone on.
                    delivery.chain = None;
                }
                delivery.status = DeliveryStatus::Pending;
                delivery.attempt_count = 0;
                delivery.next_attempt_at = Some(now);
                write_delivery(tx, &delivery)?;
                Ok(Some(delivery))
            })?
        };
        if let Some(delivery) = &retried {
            self.announce(&delivery.subscription, now.as_millisecond());
        }
        self.durable().await?;
        Ok(retried)
    }

    /// Tells the worker that a lane has something due.
    pub(super) fn announce(&self, lane: &SubscriptionId, at_ms: i64) {
        self.lanes().due(lane, at_ms);
        self.inner.due.notify_one();
    }

    /// The first delivery of a lane that is not under way, and when it is due.
    pub(super) fn first_due(&self, lanes: &Lanes, lane: &SubscriptionId) -> Result<Option<(i64, DeliveryId)>, Error> {
        let prefix = lane_key(lane);
        for row in self.inner.tree.scan_prefix(&prefix) {
            let key = row?.0;
            let due = split_time(prefix.tail_of(&key))
                .and_then(|(at, id)| Some((at, DeliveryId::parse(std::str::from_utf8(id).ok()?)?)));
            if let Some((at, id)) = due.filter(|(_, id)| !lanes.is_in_flight(lane, id)) {
                return Ok(Some((at, id)));
            }
        }
        Ok(None)
    }

    /// Finds every lane that has something due, by jumping from lane to lane.
    pub(super) fn load_lanes(&self) -> Result<(), Error> {
        let queue = Key::new(Table::Due);
        let mut from = queue.as_ref().to_vec();
        while let Some(row) = self.inner.tree.range(from.clone()..).next() {
            let key = row?.0;
            let Some(lane) = lane_of(&queue, &key) else { return Ok(()) };
            let mut lanes = self.lanes();
            if let Some((at, _)) = self.first_due(&lanes, &lane)? {
                lanes.due(&lane, at);
            }
            from = lane_key(&lane).tail([0xff; 9]).as_ref().to_vec();
        }
        Ok(())
    }

    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.inner.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn apply(delivery: &mut Delivery, attempt: Attempt, settlement: &Settlement) {
    delivery.attempt_count += 1;
    delivery.attempts.push(attempt);
    let surplus = delivery.attempts.len().saturating_sub(ATTEMPTS_KEPT_MAX);
    delivery.attempts.drain(..surplus);
    (delivery.status, delivery.next_attempt_at) = match settlement {
        Settlement::Delivered => (DeliveryStatus::Delivered, None),
        Settlement::RetryAt(at) => (DeliveryStatus::Pending, Some(*at)),
        Settlement::Dead | Settlement::DisableSubscription(_) => (DeliveryStatus::Dead, None),
    };
}

fn disable(
    tx: &sled::transaction::TransactionalTree,
    id: &SubscriptionId,
    reason: &Reason,
) -> Result<(), super::Abort> {
    let key = super::subscriptions::subscription_key(id);
    let Some(mut subscription) = read::<Subscription>(tx, &key)? else { return Ok(()) };
    super::subscriptions::take_off_routes(tx, id)?;
    subscription.status = Status::Disabled;
    subscription.error = Some(reason.clone());
    write(tx, key, &subscription)
}

pub(super) fn delivery_key(id: &DeliveryId) -> Key {
    Key::new(Table::Delivery).tail(id.as_str())
}

/// The place of a pending delivery in its lane.
pub(super) fn due_key(delivery: &Delivery) -> Option<Key> {
    let at = delivery.next_attempt_at.filter(|_| delivery.status == DeliveryStatus::Pending)?;
    Some(lane_key(&delivery.subscription).tail(time_bytes(at.as_millisecond())).tail(delivery.id.as_str()))
}

fn lane_key(lane: &SubscriptionId) -> Key {
    Key::new(Table::Due).part(lane.as_str())
}

fn lane_of(queue: &Key, key: &[u8]) -> Option<SubscriptionId> {
    if !key.starts_with(queue.as_ref()) {
        return None;
    }
    let (length, rest) = queue.tail_of(key).split_first_chunk::<2>()?;
    let id = rest.get(..usize::from(u16::from_be_bytes(*length)))?;
    SubscriptionId::parse(std::str::from_utf8(id).ok()?)
}
