//! Events that no subscription wanted wait for one. Where more wait than may, the oldest stop: all up to one, whose id is
//! kept, so that nothing is written for each of them. A few stop by themselves when the room runs short.

use std::collections::HashSet;

use sled::transaction::TransactionalTree;

use super::group::{delivery_of, name_delivery, write_delivery};
use super::keys::{Key, Table};
use super::order::chain_of;
use super::pace::unhurried;
use super::subscriptions::routes;
use super::webhooks::{event_key, request_key, unheard_keys};
use super::{Abort, Error, Store, decode, mark, read, remove, write};
use patchbay_model::clock;
use patchbay_model::delivery::Delivery;
use patchbay_model::event::{EventStatus, RoutedEvent};
use patchbay_model::id::{EventId, SubscriptionId};
use patchbay_model::subscription::{Reason, Recipient, Subscription};
use patchbay_model::webhook_request::{RequestStatus, WebhookRequest};

/// How many waiting events one transaction routes.
const EVENTS_ROUTED_AT_ONCE_MAX: usize = 100;

impl Store {
    /// An event from its record.
    pub(super) fn event_in(&self, record: &[u8]) -> Result<RoutedEvent, Error> {
        let event = decode::<RoutedEvent>(record)?;
        let newest = if event.is_waiting() { self.newest_stopped()? } else { None };
        Ok(as_it_is(event, newest.as_ref()))
    }

    /// Whether events wait for this subscription.
    pub(super) fn is_awaited(&self, subscription: &Subscription) -> Result<bool, Error> {
        let Some(list) = waiting_for(subscription) else { return Ok(false) };
        Ok(self.waiting_in(&list)?.next().transpose()?.is_some())
    }

    /// Routes all that waits for a subscription.
    pub(super) fn route_waiting_events(&self, subscription: &Subscription) -> Result<(), Error> {
        let Some(list) = waiting_for(subscription) else { return Ok(()) };
        let (now, recipient) = (clock::now(), Recipient::of(subscription));
        loop {
            let waiting = self.waiting_in(&list)?.take(EVENTS_ROUTED_AT_ONCE_MAX);
            let waiting: Vec<EventId> = waiting.collect::<Result<_, Error>>()?;
            if waiting.is_empty() {
                self.inner.tree.remove(to_route_key(&subscription.id))?;
                return Ok(());
            }
            let chains = self.chains();
            let taken = self.taken_chains(subscription, &waiting)?;
            self.transact(|tx| {
                let mut taken = taken.clone();
                waiting.iter().try_for_each(|event| {
                    let Some(event) = read::<RoutedEvent>(tx, &event_key(event))? else {
                        return remove(tx, list.clone().tail(event.as_str()));
                    };
                    let mut delivery = delivery_of(&event, &recipient, now);
                    if delivery.chain.as_ref().is_some_and(|chain| !taken.insert(chain.clone())) {
                        delivery.next_attempt_at = None;
                    }
                    route_waiting_event(tx, event, &delivery)
                })
            })?;
            drop(chains);
            self.announce(&subscription.id, now.as_millisecond());
        }
    }

    /// The chains of these events that have a pending delivery already.
    fn taken_chains(&self, subscription: &Subscription, events: &[EventId]) -> Result<HashSet<String>, Error> {
        let mut taken = HashSet::new();
        for event in events {
            let Some(chain) = self.event(event)?.and_then(|event| chain_of(&event, subscription.ordering)) else {
                continue;
            };
            if !self.is_chain_empty(&subscription.id, &chain)? {
                taken.insert(chain);
            }
        }
        Ok(taken)
    }

    /// Routes what still waits for a subscription: the process may have ended between making it and routing to it.
    pub(super) fn route_left_over_events(&self) -> Result<(), Error> {
        let marks = Key::new(Table::ToRoute);
        for subscription in self.linked(&marks, SubscriptionId::parse, |id| self.subscription(id))? {
            self.route_waiting_events(&subscription)?;
        }
        Ok(())
    }

    /// The events that wait in a list of them, the oldest first.
    fn waiting_in(&self, list: &Key) -> Result<impl Iterator<Item = Result<EventId, Error>> + use<>, Error> {
        let (keys, list) = (self.listed_after(list, self.newest_stopped()?.as_ref()), list.clone());
        let ids = keys.map(move |key| Ok(EventId::parse(&list.text_tail_of(&key?))));
        Ok(ids.filter_map(Result::transpose))
    }

    /// The keys of a list of events after one of them.
    fn listed_after(
        &self,
        list: &Key,
        after: Option<&EventId>,
    ) -> impl Iterator<Item = Result<sled::IVec, Error>> + use<> {
        self.inner.tree.range(list.all_after(after.map(|after| after.as_str().as_bytes()))).keys()
    }

    /// Has the oldest waiting events stop where more wait than may; returns how many did. They stay visible as unrouted.
    pub(super) fn trim_unrouted(&self, is_stopping: impl Fn() -> bool) -> Result<u64, Error> {
        let by_age = Key::new(Table::UnroutedByAge);
        let may_wait = usize::try_from(self.inner.options.unrouted_events_max).unwrap_or(usize::MAX);
        let after = |event| unhurried(self.listed_after(&by_age, event)).take_while(|_| !is_stopping());
        let stopped = self.newest_stopped()?;
        let excess = count(after(stopped.as_ref()))?.saturating_sub(may_wait);
        let newest = after(stopped.as_ref()).take(excess).try_fold(None, |_, key| key.map(Some))?;
        let Some(newest) = newest.and_then(|key| EventId::parse(&by_age.text_tail_of(&key))) else { return Ok(0) };
        // Some may have been routed meanwhile, and the others have room then.
        if count(after(Some(&newest)).take(may_wait))? < may_wait {
            return Ok(0);
        }
        self.inner.tree.insert(newest_stopped_key(), newest.as_str())?;
        Ok(excess as u64)
    }

    /// After the clock went back new events are older than those that stopped before. These wait again, for else the new ones
    /// never would.
    pub(super) fn check_stopped(&self) -> Result<(), Error> {
        let now = EventId::first_at(clock::now());
        if self.newest_stopped()?.is_some_and(|newest| newest > now) {
            self.inner.tree.insert(newest_stopped_key(), now.as_str())?;
        }
        Ok(())
    }

    /// Has one event wait no longer; `false` if it does not wait.
    pub(super) fn let_go(&self, id: &EventId, why: &Reason) -> Result<bool, Error> {
        self.transact(|tx| {
            let Some(mut event) = read_event(tx, id)?.filter(RoutedEvent::is_waiting) else { return Ok(false) };
            stop_waiting(tx, &event)?;
            unheard_keys(&event).try_for_each(|key| mark(tx, key))?;
            event.stopped_waiting = Some(why.clone());
            write(tx, event_key(id), &event)?;
            Ok(true)
        })
    }

    fn newest_stopped(&self) -> Result<Option<EventId>, Error> {
        Ok(self.inner.tree.get(newest_stopped_key())?.and_then(|id| newest_stopped(&id)))
    }
}

fn count(mut keys: impl Iterator<Item = Result<sled::IVec, Error>>) -> Result<usize, Error> {
    keys.try_fold(0, |count, key| key.map(|_| count + 1))
}

/// An event as it is at this point of a transaction.
pub(super) fn read_event(tx: &TransactionalTree, id: &EventId) -> Result<Option<RoutedEvent>, Abort> {
    let Some(event) = read::<RoutedEvent>(tx, &event_key(id))? else { return Ok(None) };
    let newest = if event.is_waiting() { tx.get(newest_stopped_key())? } else { None };
    Ok(Some(as_it_is(event, newest.and_then(|id| newest_stopped(&id)).as_ref())))
}

fn route_waiting_event(tx: &TransactionalTree, mut event: RoutedEvent, delivery: &Delivery) -> Result<(), Abort> {
    stop_waiting(tx, &event)?;
    event.status = EventStatus::Routed;
    event.delivery_count += 1;
    name_delivery(&mut event, &delivery.id).map_or(Ok(()), |key| mark(tx, key))?;
    write(tx, event_key(&event.id), &event)?;
    if let Some(mut request) = read::<WebhookRequest>(tx, &request_key(&event.request))? {
        request.status = RequestStatus::Routed;
        request.delivery_count += 1;
        write(tx, request_key(&request.id), &request)?;
    }
    write_delivery(tx, delivery)
}

/// Takes an event off the lists of those that wait for a subscription.
pub(super) fn stop_waiting(tx: &TransactionalTree, event: &RoutedEvent) -> Result<(), Abort> {
    for selector in &event.selectors {
        let waiting = routes(Table::Unrouted, &event.integration_id, &event.webhook_key, selector);
        remove(tx, waiting.tail(event.id.as_str()))?;
    }
    remove(tx, Key::new(Table::UnroutedByAge).tail(event.id.as_str()))
}

/// Where events that wait for a subscription are listed, if events are to be routed to it now.
fn waiting_for(subscription: &Subscription) -> Option<Key> {
    let source = subscription.active_source()?;
    Some(routes(
        Table::Unrouted,
        &subscription.integration_id,
        &source.global_webhook_key,
        &source.global_webhook_event_selector,
    ))
}

/// Its record does not say that it stopped with many others.
fn as_it_is(mut event: RoutedEvent, newest_stopped: Option<&EventId>) -> RoutedEvent {
    if event.is_waiting() && newest_stopped.is_some_and(|newest| event.id <= *newest) {
        let why = "more events waited for a subscription than may; the oldest stopped";
        event.stopped_waiting = Some(Reason::new("too_many_waiting", why));
    }
    event
}

fn newest_stopped_key() -> Key {
    Key::new(Table::NewestStopped)
}

fn newest_stopped(id: &[u8]) -> Option<EventId> {
    EventId::parse(&String::from_utf8_lossy(id))
}

pub(super) fn to_route_key(id: &SubscriptionId) -> Key {
    Key::new(Table::ToRoute).tail(id.as_str())
}
