//! A short way to fill a store for a benchmark: the records that `put_subscription` writes, many at once.
//! Skips what one subscription alone needs: checks, waiting events, and the wait for the disk.

use super::subscriptions::{of_connection, route_key, subscription_key};
use super::{Error, Store, encode};
use patchbay_model::subscription::Subscription;

impl Store {
    pub fn fill_with_subscriptions(&self, subscriptions: &[Subscription]) -> Result<(), Error> {
        let mut batch = sled::Batch::default();
        for subscription in subscriptions {
            batch.insert(subscription_key(&subscription.id), encode(subscription)?);
            let of_connection = of_connection(&subscription.connection).tail(subscription.id.as_str());
            batch.insert(of_connection, Vec::new());
            if let Some(route) = route_key(subscription) {
                batch.insert(route, Vec::new());
            }
        }
        self.inner.tree.apply_batch(batch)?;
        self.fill_routes(subscriptions)
    }

    /// Only what routing reads, without any records.
    pub fn fill_routes(&self, subscriptions: &[Subscription]) -> Result<(), Error> {
        subscriptions.iter().try_for_each(|subscription| self.inner.routes.add(subscription))
    }

    /// Whether routing goes by the table and not by the records.
    pub fn has_complete_routes(&self) -> bool {
        self.inner.routes.is_complete()
    }
}
