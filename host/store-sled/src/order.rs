//! Strict order: deliveries of one chain go one after the other. Only the first of a chain stands in the queue; the others
//! are pending without a time, until the one before is delivered or given up.
//!
//! Who looks whether a chain is empty, or who follows, holds the lock until that is written: else one could join a
//! chain at the moment at which its last one leaves.

use std::sync::{MutexGuard, PoisonError};

use jiff::Timestamp;
use sled::transaction::TransactionalTree;

use super::deliveries::delivery_key;
use super::keys::{Key, Table};
use super::queue::due_key;
use super::{Abort, Error, Store, mark, read, remove, write};
use patchbay_model::delivery::{Delivery, DeliveryStatus};
use patchbay_model::event::RoutedEvent;
use patchbay_model::id::{DeliveryId, SubscriptionId};
use patchbay_model::subscription::Ordering;

/// The chain that an event joins on its way to a subscription with this order.
pub(super) fn chain_of(event: &RoutedEvent, ordering: Ordering) -> Option<String> {
    match ordering {
        Ordering::None => None,
        Ordering::Key => event.ordering_key.as_ref().map(|key| format!("key:{key}")),
        Ordering::Subscription => Some("all".to_owned()),
    }
}

/// What all pending deliveries of a chain have in common.
pub(super) fn chain_key(subscription: &SubscriptionId, chain: &str) -> Key {
    Key::new(Table::Chain).part(subscription.as_str()).part(chain)
}

/// The place of a pending delivery in its chain.
pub(super) fn link_key(delivery: &Delivery) -> Option<Key> {
    let chain = delivery.chain.as_ref().filter(|_| delivery.status == DeliveryStatus::Pending)?;
    Some(chain_key(&delivery.subscription, chain).tail(delivery.id.as_str()))
}

/// Takes a delivery out of its chain; the one after it is due now.
pub(super) fn leave(
    tx: &TransactionalTree,
    delivery: &Delivery,
    next: Option<&DeliveryId>,
    now: Timestamp,
) -> Result<(), Abort> {
    let Some(chain) = &delivery.chain else { return Ok(()) };
    remove(tx, chain_key(&delivery.subscription, chain).tail(delivery.id.as_str()))?;
    let Some(next) = next else { return Ok(()) };
    let Some(mut next) = read::<Delivery>(tx, &delivery_key(next))? else { return Ok(()) };
    if next.next_attempt_at.is_none() && next.status == DeliveryStatus::Pending {
        next.next_attempt_at = Some(now);
        due_key(&next).map_or(Ok(()), |due| mark(tx, due))?;
        write(tx, delivery_key(&next.id), &next)?;
    }
    Ok(())
}

impl Store {
    pub(super) fn chains(&self) -> MutexGuard<'_, ()> {
        self.inner.chains.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nothing of this chain is pending. Asked with the lock held.
    pub(super) fn is_chain_empty(&self, subscription: &SubscriptionId, chain: &str) -> Result<bool, Error> {
        Ok(self.inner.tree.scan_prefix(chain_key(subscription, chain)).next().transpose()?.is_none())
    }

    /// The delivery that becomes the first of its chain when this one leaves; `None` where this one is not the first.
    /// Asked with the lock held.
    pub(super) fn next_in_chain(&self, delivery: &Delivery) -> Result<Option<DeliveryId>, Error> {
        let Some(chain) = &delivery.chain else { return Ok(None) };
        let prefix = chain_key(&delivery.subscription, chain);
        let mut pending = self.inner.tree.scan_prefix(&prefix).keys();
        let first = pending.next().transpose()?.map(|key| prefix.text_tail_of(&key));
        if first.as_deref() != Some(delivery.id.as_str()) {
            return Ok(None);
        }
        let next = pending.next().transpose()?.map(|key| prefix.text_tail_of(&key));
        Ok(next.and_then(|id| DeliveryId::parse(&id)))
    }
}
