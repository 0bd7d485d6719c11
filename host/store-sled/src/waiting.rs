//! Events that no subscription wanted wait for one. Where more wait than may, the oldest of the integrations that have most
//! stop: all up to one, whose id is kept, so that nothing is written for each of them. A few stop by themselves when the room runs short.

use std::collections::{HashMap, HashSet};

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
use patchbay_model::id::{EventId, IntegrationId, SubscriptionId};
use patchbay_model::subscription::{Reason, Recipient, Subscription};
use patchbay_model::webhook_request::{RequestStatus, WebhookRequest};

/// How many waiting events one transaction routes.
const EVENTS_ROUTED_AT_ONCE_MAX: usize = 100;

impl Store {
    /// An event from its record.
    pub(super) fn event_in(&self, record: &[u8]) -> Result<RoutedEvent, Error> {
        let event = decode::<RoutedEvent>(record)?;
        let newest = if event.is_waiting() { self.newest_stopped(event.integration_id.as_str())? } else { None };
        Ok(as_it_is(event, newest.as_ref()))
    }

    /// Whether events wait for this subscription.
    pub(super) fn is_awaited(&self, subscription: &Subscription) -> Result<bool, Error> {
        let Some(list) = waiting_for(subscription) else { return Ok(false) };
        Ok(self.waiting_in(&list, &subscription.integration_id)?.next().transpose()?.is_some())
    }

    /// Routes all that waits for a subscription.
    pub(super) fn route_waiting_events(&self, subscription: &Subscription) -> Result<(), Error> {
        let Some(list) = waiting_for(subscription) else { return Ok(()) };
        let (now, recipient) = (clock::now(), Recipient::of(subscription));
        loop {
            let waiting = self.waiting_in(&list, &subscription.integration_id)?.take(EVENTS_ROUTED_AT_ONCE_MAX);
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

    /// The events that wait in a list of an integration's, the oldest first.
    fn waiting_in(
        &self,
        list: &Key,
        integration: &IntegrationId,
    ) -> Result<impl Iterator<Item = Result<EventId, Error>> + use<>, Error> {
        let newest_stopped = self.newest_stopped(integration.as_str())?;
        let (keys, list) = (self.listed_after(list, newest_stopped.as_ref()), list.clone());
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
    /// Each integration has a share: those that have fewer events than that lose none.
    pub(super) fn trim_unrouted(&self, is_stopping: impl Fn() -> bool) -> Result<u64, Error> {
        let counts = self.waiting_counts(&Stops::default(), &is_stopping)?;
        let share = share(counts.values().copied().collect(), self.inner.options.unrouted_events_max);
        let mut excess: HashMap<String, u64> = counts
            .iter()
            .filter(|(_, count)| **count > share)
            .map(|(integration, count)| (integration.clone(), count - share))
            .collect();
        let (stopped, may_wait): (u64, u64) =
            (excess.values().sum(), counts.values().map(|count| (*count).min(share)).sum());
        if excess.is_empty() || is_stopping() {
            return Ok(0);
        }
        let mut stops = Stops::default();
        self.each_waiting(&Stops::default(), &is_stopping, |integration, id| {
            if let Some(left) = excess.get_mut(integration).filter(|left| **left > 0) {
                *left -= 1;
                stops.insert(integration.to_owned(), id);
            }
        })?;
        // Some may have been routed meanwhile, and the others have room then.
        if self.waiting_counts(&stops, &is_stopping)?.values().sum::<u64>() < may_wait {
            return Ok(0);
        }
        for (integration, newest) in stops {
            self.inner.tree.insert(newest_stopped_key(&integration), newest.as_str())?;
        }
        Ok(stopped)
    }

    /// How many events wait in each integration, besides those that stop here.
    fn waiting_counts(&self, stops: &Stops, is_stopping: impl Fn() -> bool) -> Result<HashMap<String, u64>, Error> {
        let mut counts = HashMap::<String, u64>::new();
        self.each_waiting(stops, is_stopping, |integration, _| match counts.get_mut(integration) {
            Some(count) => *count += 1,
            None => drop(counts.insert(integration.to_owned(), 1)),
        })?;
        Ok(counts)
    }

    /// Every event that waits, the oldest first, with its integration; that is empty for one of an earlier version.
    fn each_waiting(
        &self,
        stops: &Stops,
        is_stopping: impl Fn() -> bool,
        mut see: impl FnMut(&str, EventId),
    ) -> Result<(), Error> {
        let by_age = Key::new(Table::UnroutedByAge);
        let mut newest = HashMap::<String, Option<EventId>>::new();
        for row in unhurried(self.inner.tree.scan_prefix(&by_age)).take_while(|_| !is_stopping()) {
            let (key, integration) = row?;
            let Some(id) = EventId::parse(&by_age.text_tail_of(&key)) else { continue };
            let integration = String::from_utf8_lossy(&integration);
            if !newest.contains_key(integration.as_ref()) {
                let stopped = self.newest_stopped(&integration)?.max(stops.get(integration.as_ref()).cloned());
                newest.insert(integration.clone().into_owned(), stopped);
            }
            let stopped = newest.get(integration.as_ref()).and_then(Option::as_ref);
            if stopped.is_none_or(|stopped| id > *stopped) {
                see(&integration, id);
            }
        }
        Ok(())
    }

    /// After the clock went back new events are older than those that stopped before. These wait again, for else the new ones
    /// never would.
    pub(super) fn check_stopped(&self) -> Result<(), Error> {
        let now = EventId::first_at(clock::now());
        for row in self.inner.tree.scan_prefix(Key::new(Table::NewestStopped)) {
            let (key, newest) = row?;
            if newest_stopped(&newest).is_some_and(|newest| newest > now) {
                self.inner.tree.insert(key, now.as_str())?;
            }
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

    /// Up to which event those of an integration have stopped waiting.
    fn newest_stopped(&self, integration: &str) -> Result<Option<EventId>, Error> {
        let read = |integration| self.inner.tree.get(newest_stopped_key(integration));
        let (of_all, own) = (read("")?, read(integration)?);
        Ok(newest_of(of_all, own))
    }
}

/// Up to which event those of some integrations stop waiting.
type Stops = HashMap<String, EventId>;

/// What each may have so that all together have at most `max`, and those with less keep all they have.
fn share(mut counts: Vec<u64>, max: u64) -> u64 {
    counts.sort_unstable();
    let (mut left, mut sharers) = (max, counts.len() as u64);
    for count in counts {
        let share = left / sharers;
        if count > share {
            return share;
        }
        left -= count;
        sharers -= 1;
    }
    u64::MAX
}

fn newest_of(of_all: Option<sled::IVec>, own: Option<sled::IVec>) -> Option<EventId> {
    of_all.and_then(|id| newest_stopped(&id)).max(own.and_then(|id| newest_stopped(&id)))
}

/// An event as it is at this point of a transaction.
pub(super) fn read_event(tx: &TransactionalTree, id: &EventId) -> Result<Option<RoutedEvent>, Abort> {
    let Some(event) = read::<RoutedEvent>(tx, &event_key(id))? else { return Ok(None) };
    if !event.is_waiting() {
        return Ok(Some(event));
    }
    let own = tx.get(newest_stopped_key(event.integration_id.as_str()))?;
    let newest = newest_of(tx.get(newest_stopped_key(""))?, own);
    Ok(Some(as_it_is(event, newest.as_ref())))
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

/// Nothing stands for all integrations, as in stores of the time when they had no shares.
fn newest_stopped_key(integration: &str) -> Key {
    Key::new(Table::NewestStopped).tail(integration)
}

fn newest_stopped(id: &[u8]) -> Option<EventId> {
    EventId::parse(&String::from_utf8_lossy(id))
}

pub(super) fn to_route_key(id: &SubscriptionId) -> Key {
    Key::new(Table::ToRoute).tail(id.as_str())
}
