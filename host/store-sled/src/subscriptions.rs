//! Subscriptions and the routing index. The index names a subscription exactly while events are to be routed to it.

use super::failing;
use super::keys::{Key, Table};
use super::page::Order;
use super::waiting::to_route_key;
use super::{Abort, Error, Page, PageRequest, Store, abort, check_unchanged, mark, read, remove, write};
use patchbay_model::connection::Connection;
use patchbay_model::id::{IntegrationId, SubscriptionId};
use patchbay_model::subscription::{Recipient, Status, Subscription};

impl Store {
    /// Creates or replaces a subscription, and routes the events that waited for its selector.
    pub async fn put_subscription(&self, subscription: &Subscription) -> Result<(), Error> {
        self.write_subscription(subscription, None).await
    }

    /// Replaces a subscription that still is as it was when `earlier` was read: what others change meanwhile, the delivery
    /// worker too, is never overwritten. `Error::Changed` where it is not.
    pub async fn replace_subscription(&self, earlier: &Subscription, subscription: &Subscription) -> Result<(), Error> {
        self.write_subscription(subscription, Some(earlier)).await
    }

    async fn write_subscription(&self, subscription: &Subscription, known: Option<&Subscription>) -> Result<(), Error> {
        let alone = self.change_routing().await;
        let is_awaited = self.is_awaited(subscription)?;
        let change = || {
            self.transact(|tx| {
                check_unchanged(tx, &subscription_key(&subscription.id), known)?;
                // A connection that was made anew under the same id may be another customer's.
                let connection = read::<Connection>(tx, &super::connections::connection_key(&subscription.connection))?;
                let is_same = |connection: &Connection| {
                    connection.customer == subscription.customer
                        && connection.integration_id == subscription.integration_id
                };
                if !connection.as_ref().is_some_and(is_same) {
                    return abort(Error::Conflict("its connection was deleted meanwhile".into()));
                }
                let earlier = read::<Subscription>(tx, &subscription_key(&subscription.id))?;
                let is_elsewhere = earlier.as_ref().is_some_and(|it| it.destination != subscription.destination);
                if is_elsewhere || earlier.is_some_and(|it| it.status != subscription.status) {
                    failing::works(tx, &subscription.id)?;
                }
                take_off_routes(tx, &subscription.id)?;
                write(tx, subscription_key(&subscription.id), subscription)?;
                mark(tx, of_connection(&subscription.connection).tail(subscription.id.as_str()))?;
                if is_awaited {
                    mark(tx, to_route_key(&subscription.id))?;
                }
                route_key(subscription).map_or(Ok(()), |route| mark(tx, route))?;
                Ok(is_elsewhere)
            })
        };
        let is_elsewhere = self.reroute(&subscription.id, change)?;
        if is_awaited {
            self.route_waiting_events(subscription)?;
        }
        if is_elsewhere {
            self.lift_hold(&subscription.id)?;
        }
        if subscription.status == Status::Subscribed {
            self.resume_lane(&subscription.id)?;
        }
        drop(alone);
        self.durable().await
    }

    pub fn subscription(&self, id: &SubscriptionId) -> Result<Option<Subscription>, Error> {
        self.get(&subscription_key(id))
    }

    pub fn subscriptions(
        &self,
        request: &PageRequest,
        fits: impl Fn(&Subscription) -> bool,
    ) -> Result<Page<Subscription>, Error> {
        self.page(&Key::new(Table::Subscription), Order::NewestFirst, request, fits)
    }

    /// Forgets a subscription. Its pending deliveries end as dead when their turn comes.
    pub async fn remove_subscription(&self, subscription: &Subscription) -> Result<(), Error> {
        let alone = self.change_routing().await;
        self.forget_subscription(subscription)?;
        drop(alone);
        self.durable().await
    }

    /// The same, for a caller that holds the routing lock.
    pub(super) fn forget_subscription(&self, subscription: &Subscription) -> Result<(), Error> {
        let change = || {
            self.transact(|tx| {
                take_off_routes(tx, &subscription.id)?;
                failing::works(tx, &subscription.id)?;
                remove(tx, of_connection(&subscription.connection).tail(subscription.id.as_str()))?;
                remove(tx, subscription_key(&subscription.id))
            })
        };
        self.reroute(&subscription.id, change)?;
        self.resume_lane(&subscription.id)
    }

    pub fn subscriptions_of_connection(&self, connection: &str) -> Result<Vec<Subscription>, Error> {
        self.linked(&of_connection(connection), SubscriptionId::parse, |id| self.subscription(id))
    }

    /// The subscriptions with exactly this selector, in the order in which they were made.
    pub fn subscriptions_matching(
        &self,
        integration: &IntegrationId,
        webhook_key: &str,
        selector: &str,
    ) -> Result<Vec<Recipient>, Error> {
        if let Some(recipients) = self.inner.routes.find(integration, webhook_key, selector) {
            return Ok(recipients);
        }
        let prefix = routes(Table::Route, integration, webhook_key, selector);
        self.linked(&prefix, SubscriptionId::parse, |id| Ok(self.subscription(id)?.as_ref().map(Recipient::of)))
    }

    /// Makes a change that may begin or end a subscription's routes.
    pub(super) fn reroute<T>(
        &self,
        id: &SubscriptionId,
        change: impl FnOnce() -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.inner.routes.follow(|| self.subscription(id), change)
    }

    fn resume_lane(&self, id: &SubscriptionId) -> Result<(), Error> {
        let mut lanes = self.lanes();
        let next = self.first_due(&lanes, id)?;
        lanes.resume(id, next);
        self.inner.due.notify_one();
        Ok(())
    }
}

pub(super) fn take_off_routes(tx: &sled::transaction::TransactionalTree, id: &SubscriptionId) -> Result<(), Abort> {
    let earlier = read::<Subscription>(tx, &subscription_key(id))?;
    earlier.as_ref().and_then(route_key).map_or(Ok(()), |route| remove(tx, route))
}

pub(super) fn route_key(subscription: &Subscription) -> Option<Key> {
    let source = subscription.active_source()?;
    let of_selector = routes(
        Table::Route,
        &subscription.integration_id,
        &source.global_webhook_key,
        &source.global_webhook_event_selector,
    );
    Some(of_selector.tail(subscription.id.as_str()))
}

/// What all that waits for or listens to one selector has in common.
pub(super) fn routes(table: Table, integration: &IntegrationId, webhook_key: &str, selector: &str) -> Key {
    Key::new(table).part(integration.as_str()).part(webhook_key).part(selector)
}

pub(super) fn subscription_key(id: &SubscriptionId) -> Key {
    Key::new(Table::Subscription).tail(id.as_str())
}

pub(super) fn of_connection(connection: &str) -> Key {
    Key::new(Table::SubscriptionOfConnection).part(connection)
}
