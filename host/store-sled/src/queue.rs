//! The delivery queue: claim what is due, settle what was tried. A claim lives in memory only: after a crash
//! everything that was not settled is due again.

use std::sync::{MutexGuard, PoisonError};

use jiff::Timestamp;
use sled::transaction::TransactionalTree;

use super::deliveries::delivery_key;
use super::failing;
use super::keys::{Key, Table, split_time, time_bytes};
use super::lanes::{Due, Lanes, Search};
use super::order::leave;
use super::subscriptions::subscription_key;
use super::turns::{Heard, Way};
use super::{Abort, Error, Store, mark, read, remove, write};
use patchbay_model::clock;
use patchbay_model::delivery::{Attempt, Delivery, DeliveryStatus};
use patchbay_model::id::{DeliveryId, SubscriptionId};
use patchbay_model::subscription::{Reason, Status, Subscription};
use patchbay_store::{Claim, Settlement};

/// How many attempts a delivery remembers; older ones are forgotten when people retry again and again.
const ATTEMPTS_KEPT_MAX: usize = 50;
/// How many lanes are found by each claim after a start, so that no start waits for all of them.
const LANES_FOUND_AT_ONCE_MAX: usize = 128;
/// How much of a lane's queue is read at once, where it is due.
const DUE_READ_AT_ONCE_MAX: usize = 16;
/// How far the queue is counted: beyond that it is simply long.
const QUEUED_COUNTED_MAX: usize = 1_000_000;

impl Store {
    /// Takes the next delivery that is due; each subscription in turn. Every claim must be settled or released.
    pub fn claim_due(&self, now: Timestamp) -> Result<Option<Claim>, Error> {
        let now_ms = now.as_millisecond();
        let mut lanes = self.lanes();
        self.find_lanes(&mut lanes)?;
        loop {
            while let Some(lane) = lanes.arrived(now_ms) {
                let way = self.way_of(self.subscription(&lane)?.as_ref());
                lanes.goes(lane, way);
            }
            let Some(lane) = lanes.next(now_ms) else { return Ok(None) };
            let subscription = self.subscription(&lane)?;
            if subscription.as_ref().is_some_and(|found| found.status != Status::Subscribed) {
                lanes.park(&lane);
                continue;
            }
            let way = self.way_of(subscription.as_ref());
            if !lanes.is_on_way(&lane, &way) {
                lanes.goes(lane, way);
                continue;
            }
            let is_due = self.next_at(&mut lanes, &lane, now_ms)?.is_some_and(|at| at <= now_ms);
            let found = if is_due { lanes.take(&lane) } else { None };
            if let Some(id) = &found {
                lanes.claimed(&lane, id);
            }
            let next = self.next_at(&mut lanes, &lane, now_ms)?;
            lanes.looked(&lane, next);
            let Some(id) = found else { continue };
            let delivery = self.delivery(&id)?.filter(|found| found.status == DeliveryStatus::Pending);
            if let Some(delivery) = delivery {
                let event = self.event(&delivery.event)?;
                return Ok(Some(Claim { delivery, event, subscription }));
            }
            // It expired or ended since the queue was read: its place is free.
            lanes.ended(&lane, &id, Heard::NotAsked);
            lanes.looked(&lane, next);
        }
    }

    /// When the next one of a lane is due that is not under way. What is due by now is read in runs.
    fn next_at(&self, lanes: &mut Lanes, lane: &SubscriptionId, now_ms: i64) -> Result<Option<i64>, Error> {
        if let Some(at) = lanes.first(lane) {
            return Ok(Some(at));
        }
        let mut read = self.queue(lanes, lane, DUE_READ_AT_ONCE_MAX)?;
        let at = read.first().map(|(at, _)| *at);
        read.retain(|(at, _)| *at <= now_ms);
        lanes.read(lane, read);
        Ok(at)
    }

    /// Which way the deliveries of a subscription go. Those of one that was deleted go nowhere and take no time.
    fn way_of(&self, subscription: Option<&Subscription>) -> Way {
        let (host, customer) = match subscription {
            Some(found) => (found.destination.host().into(), found.customer.as_str().into()),
            None => Default::default(),
        };
        let own_max = subscription.and_then(|found| found.delivery.concurrency_max);
        let in_flight_max = own_max.unwrap_or(self.inner.options.attempts.per_subscription_max);
        Way { host, customer, in_flight_max }
    }

    /// When the next delivery is due, as far as is known: at once, while not every lane was found.
    pub fn next_due(&self) -> Option<Timestamp> {
        let lanes = self.lanes();
        if !matches!(lanes.search, Search::Ended) {
            return Some(Timestamp::MIN);
        }
        Timestamp::from_millisecond(lanes.next_timer()?).ok()
    }

    /// Returns when a delivery may be due earlier than `next_due` said. Ask before looking for work, await after.
    pub fn due_changed(&self) -> impl Future<Output = ()> {
        self.inner.due.notified()
    }

    /// Records what became of a claim. Returns why the subscription was disabled by it, if it was. Where it fails the claim
    /// still stands, to be released.
    pub fn settle(&self, claim: &Claim, attempt: Attempt, settlement: Settlement) -> Result<Option<Reason>, Error> {
        let heard = heard(&attempt, &settlement);
        let chains = claim.delivery.chain.is_some().then(|| self.chains());
        let follower = self.next_in_chain(&claim.delivery)?;
        let disabled = self.transact(|tx| {
            let Some(mut delivery) = read::<Delivery>(tx, &delivery_key(&claim.delivery.id))? else {
                return Ok(None);
            };
            due_key(&delivery).map_or(Ok(()), |due| remove(tx, due))?;
            apply(&mut delivery, attempt.clone(), &settlement);
            write(tx, delivery_key(&delivery.id), &delivery)?;
            due_key(&delivery).map_or(Ok(()), |due| mark(tx, due))?;
            if delivery.status != DeliveryStatus::Pending {
                leave(tx, &delivery, follower.as_ref(), attempt.at)?;
            }
            self.judge(tx, &delivery.subscription, &attempt, &settlement)
        })?;
        drop(chains);
        let is_queue_as_it_was = matches!(settlement, Settlement::Delivered) && follower.is_none();
        self.end(claim, heard, is_queue_as_it_was)?;
        Ok(disabled)
    }

    /// Ends a delivery that waits for a disabled subscription as dead; `false` where it does not, any more.
    pub(super) fn end_parked_delivery(&self, delivery: &Delivery, why: &str) -> Result<bool, Error> {
        let mut lanes = self.lanes();
        if lanes.is_in_flight(&delivery.subscription, &delivery.id) {
            return Ok(false);
        }
        lanes.forget_read(&delivery.subscription);
        let attempt = Attempt { at: clock::now(), took_ms: 0, answer: None, error: Some(why.to_owned()) };
        let chains = delivery.chain.is_some().then(|| self.chains());
        let follower = self.next_in_chain(delivery)?;
        let is_ended = self.transact(|tx| {
            let delivery = read::<Delivery>(tx, &delivery_key(&delivery.id))?;
            let Some(mut delivery) = delivery.filter(|found| found.status == DeliveryStatus::Pending) else {
                return Ok(false);
            };
            let subscription = read::<Subscription>(tx, &subscription_key(&delivery.subscription))?;
            if subscription.is_none_or(|found| found.status != Status::Disabled) {
                return Ok(false);
            }
            due_key(&delivery).map_or(Ok(()), |due| remove(tx, due))?;
            apply(&mut delivery, attempt.clone(), &Settlement::Undeliverable);
            write(tx, delivery_key(&delivery.id), &delivery)?;
            leave(tx, &delivery, follower.as_ref(), attempt.at)?;
            Ok(true)
        });
        drop(chains);
        is_ended
    }

    /// Disables a subscription whose destination is gone or has failed for too long.
    fn judge(
        &self,
        tx: &TransactionalTree,
        id: &SubscriptionId,
        attempt: &Attempt,
        settlement: &Settlement,
    ) -> Result<Option<Reason>, Abort> {
        let disable_after_ms = self.inner.options.disable_after_ms;
        match settlement {
            Settlement::Undeliverable => Ok(None),
            Settlement::Delivered => failing::works(tx, id).map(|()| None),
            Settlement::DisableSubscription(reason) => disable(tx, id, attempt.at, reason.clone()),
            Settlement::RetryAt(_) | Settlement::Dead if disable_after_ms == 0 => Ok(None),
            // One that was deleted meanwhile leaves nothing behind.
            _ if tx.get(subscription_key(id))?.is_none() => Ok(None),
            Settlement::RetryAt(_) | Settlement::Dead => {
                let since = failing::failed(tx, id, attempt.at, disable_after_ms)?;
                if failing::is_within(since, attempt.at, disable_after_ms) {
                    return Ok(None);
                }
                let last = attempt.error.as_deref().unwrap_or("it was refused");
                let why = format!(
                    "every attempt since {since} has failed, the last one because: {last}; enable the subscription when its destination works"
                );
                disable(tx, id, attempt.at, Reason::new("destination_failing", why))
            }
        }
    }

    /// Nothing more goes to the destination of this claim before `until`, or before a restart, a new destination or a retry
    /// by hand. Settle the claim after.
    pub fn hold(&self, claim: &Claim, until: Timestamp) {
        self.lanes().hold(&claim.delivery.subscription, until.as_millisecond());
    }

    /// Forgets that a destination asked for patience: it is another one, or a person wants it tried now.
    pub(super) fn lift_hold(&self, lane: &SubscriptionId) -> Result<(), Error> {
        let mut lanes = self.lanes();
        let next = self.first_due(&lanes, lane)?;
        lanes.lift(lane, next);
        self.inner.due.notify_one();
        Ok(())
    }

    /// Gives a claim back untried.
    pub fn release(&self, claim: &Claim) -> Result<(), Error> {
        self.end(claim, Heard::NotAsked, false)
    }

    /// `is_queue_as_it_was` but for the claim itself, which is not in it any more.
    fn end(&self, claim: &Claim, heard: Heard, is_queue_as_it_was: bool) -> Result<(), Error> {
        let lane = &claim.delivery.subscription;
        let mut lanes = self.lanes();
        lanes.ended(lane, &claim.delivery.id, heard);
        if !is_queue_as_it_was {
            lanes.forget_read(lane);
        }
        let next = match lanes.first(lane) {
            Some(at) => Some(at),
            None => self.first_due(&lanes, lane)?,
        };
        lanes.looked(lane, next);
        self.inner.due.notify_one();
        Ok(())
    }

    /// How many deliveries are not settled, counted up to `QUEUED_COUNTED_MAX`.
    pub fn queued_deliveries(&self) -> usize {
        self.inner.tree.scan_prefix(Key::new(Table::Due)).keys().take(QUEUED_COUNTED_MAX).count()
    }

    /// Tells the worker that a lane has something due.
    pub(super) fn announce(&self, lane: &SubscriptionId, at_ms: i64) {
        self.lanes().due(lane, at_ms);
        self.inner.due.notify_one();
    }

    /// When the first delivery of a lane is due that is not under way.
    pub(super) fn first_due(&self, lanes: &Lanes, lane: &SubscriptionId) -> Result<Option<i64>, Error> {
        Ok(self.queue(lanes, lane, 1)?.first().map(|(at, _)| *at))
    }

    /// How a lane's queue begins, without what is under way.
    fn queue(&self, lanes: &Lanes, lane: &SubscriptionId, count: usize) -> Result<Vec<Due>, Error> {
        let prefix = lane_key(lane);
        let mut first = Vec::new();
        for row in self.inner.tree.scan_prefix(&prefix) {
            let key = row?.0;
            let due = split_time(prefix.tail_of(&key))
                .and_then(|(at, id)| Some((at, DeliveryId::parse(std::str::from_utf8(id).ok()?)?)));
            first.extend(due.filter(|(_, id)| !lanes.is_in_flight(lane, id)));
            if first.len() == count {
                break;
            }
        }
        Ok(first)
    }

    /// Finds the next lanes that something waited in when the store was opened, by jumping from lane to lane.
    fn find_lanes(&self, lanes: &mut Lanes) -> Result<(), Error> {
        let queue = Key::new(Table::Due);
        for _ in 0..LANES_FOUND_AT_ONCE_MAX {
            let from = match &lanes.search {
                Search::Begins => queue.clone(),
                Search::After(lane) => lane_key(lane).tail([0xff; 9]),
                Search::Ended => return Ok(()),
            };
            let row = self.inner.tree.range(from..).next().transpose()?;
            let Some(lane) = row.and_then(|(key, _)| lane_of(&queue, &key)) else {
                lanes.search = Search::Ended;
                return Ok(());
            };
            if let Some(at) = self.first_due(lanes, &lane)? {
                lanes.due(&lane, at);
            }
            lanes.search = Search::After(lane);
        }
        Ok(())
    }

    pub(super) fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.inner.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn apply(delivery: &mut Delivery, attempt: Attempt, settlement: &Settlement) {
    delivery.attempt_count += 1;
    delivery.attempts.push(attempt);
    let surplus = delivery.attempts.len().saturating_sub(ATTEMPTS_KEPT_MAX);
    delivery.attempts.drain(..surplus);
    delivery.status = settlement.ending();
    delivery.next_attempt_at = match settlement {
        Settlement::RetryAt(at) => Some(*at),
        _ => None,
    };
}

fn heard(attempt: &Attempt, settlement: &Settlement) -> Heard {
    match (settlement, attempt.answer) {
        (Settlement::Undeliverable, _) => Heard::NotAsked,
        (_, Some(_)) => Heard::Something,
        (_, None) => Heard::Nothing,
    }
}

fn disable(
    tx: &TransactionalTree,
    id: &SubscriptionId,
    at: Timestamp,
    reason: Reason,
) -> Result<Option<Reason>, Abort> {
    let key = subscription_key(id);
    let Some(mut subscription) = read::<Subscription>(tx, &key)? else { return Ok(None) };
    if subscription.status == Status::Disabled {
        return Ok(None);
    }
    subscription.disable(reason.clone(), at);
    write(tx, key, &subscription)?;
    Ok(Some(reason))
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
