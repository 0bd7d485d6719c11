//! A seeded simulation of the queue under a clock of its own: random requests, subscriptions, orders, outcomes, holds,
//! failures without end, moves and reopenings against a model.
//! Run it again with `PATCHBAY_SEED`, longer with `PATCHBAY_STEPS`.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};

use super::subject::new_connection;
use super::*;
use patchbay_model::subscription::{Destination, Ordering};

const SELECTORS: [&str; 6] = ["a", "b", "c", "ab", "abc", ""];
const IN_FLIGHT_MAX: usize = 3;
const PER_HOST_MAX: usize = 5;
const PER_CUSTOMER_MAX: usize = 6;
const DISABLE_AFTER_MS: u64 = 2_000;
const SUBSCRIPTIONS_MAX: usize = 20;
const CONNECTIONS: [&str; 2] = ["acme", "beta"];
const HOSTS: [&str; 4] = ["one", "two", "three", DEAD_HOST];
/// No attempt there succeeds.
const DEAD_HOST: &str = "dead";

#[tokio::test]
async fn every_event_ends_delivered_or_dead_for_each_of_its_subscriptions_whatever_happens() {
    let seed = number("PATCHBAY_SEED").unwrap_or_else(rand::random);
    let _told = TellSeed(seed);
    let mut simulation = Simulation::start(seed).await;
    for _ in 0..number("PATCHBAY_STEPS").unwrap_or(600) {
        simulation.step().await;
    }
    simulation.end().await;
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Names the seed when the test fails.
struct TellSeed(u64);

impl Drop for TellSeed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the simulation failed; run it again with PATCHBAY_SEED={}", self.0);
        }
    }
}

/// What the store owes, kept apart from it.
struct Simulation {
    store: Fixture,
    random: StdRng,
    integration: Integration,
    now_ms: u64,
    subscriptions: BTreeMap<SubscriptionId, Subscription>,
    /// Events that wait, with their selectors.
    waiting: BTreeMap<EventId, Vec<String>>,
    /// All that is owed, and how it ended.
    owed: BTreeMap<(EventId, SubscriptionId), Option<DeliveryStatus>>,
    /// When a pending delivery is due, where the model knows.
    retries: HashMap<DeliveryId, Timestamp>,
    /// Ordering keys of events.
    keys: HashMap<EventId, Option<String>>,
    /// What is still to be delivered in an order, by subscription and what has an order there.
    orders: HashMap<(SubscriptionId, String), VecDeque<EventId>>,
    /// Deliveries that keep no order, because a person had them tried again.
    loose: HashSet<DeliveryId>,
    /// When destinations want to hear something again.
    held: HashMap<SubscriptionId, Timestamp>,
    /// Since when, and when last, there were only failures.
    failing: HashMap<SubscriptionId, (u64, u64)>,
    /// How many subscriptions were disabled because they failed too long.
    given_up: usize,
    in_flight: Vec<Claim>,
}

impl Simulation {
    async fn start(seed: u64) -> Simulation {
        let store = store_with(|options| {
            options.attempts = Bounds {
                per_subscription_max: IN_FLIGHT_MAX,
                per_customer_max: PER_CUSTOMER_MAX,
                per_host_max: PER_HOST_MAX,
                silences_in_a_row_max: 3,
                new_hosts_max: IN_FLIGHT_MAX,
                silent_hosts_max: 1,
            };
            options.disable_after_ms = DISABLE_AFTER_MS;
        });
        let integration = store.integration_in_use().await;
        store.put_connection(&new_connection(&integration, "beta")).await.unwrap();
        Simulation {
            store,
            random: StdRng::seed_from_u64(seed),
            integration,
            now_ms: 0,
            subscriptions: BTreeMap::new(),
            waiting: BTreeMap::new(),
            owed: BTreeMap::new(),
            retries: HashMap::new(),
            keys: HashMap::new(),
            orders: HashMap::new(),
            loose: HashSet::new(),
            held: HashMap::new(),
            failing: HashMap::new(),
            given_up: 0,
            in_flight: Vec::new(),
        }
    }

    async fn step(&mut self) {
        match self.random.random_range(0..100) {
            0..35 => self.receive().await,
            35..40 => self.subscribe().await,
            40..43 => self.toggle().await,
            43..44 => self.move_away().await,
            44..68 => self.claim(),
            68..92 => self.settle(),
            92..97 => self.now_ms += self.random.random_range(1..500),
            97..98 => self.retry().await,
            _ => self.reopen(),
        }
    }

    async fn receive(&mut self) {
        let count = self.random.random_range(1..4);
        let selectors: Vec<Vec<String>> = (0..count).map(|_| self.selectors()).collect();
        let mut events: Vec<NewEvent> = selectors.iter().cloned().map(event).collect();
        for event in &mut events {
            event.ordering_key = [None, Some("x"), Some("y")].choose(&mut self.random).unwrap().map(str::to_owned);
        }
        let keys: Vec<Option<String>> = events.iter().map(|event| event.ordering_key.clone()).collect();
        let request = self.store.receive(&self.integration, events, at(self.now_ms)).await;
        let events = self.store.events_of_request(&request.id).unwrap();
        assert_eq!(events.len(), count);
        for ((event, selectors), key) in events.into_iter().zip(selectors).zip(keys) {
            self.keys.insert(event.id.clone(), key);
            let reached: Vec<_> = self.listeners(&selectors).collect();
            reached.iter().for_each(|reached| self.queue_up(reached, &event.id));
            if reached.is_empty() {
                self.waiting.insert(event.id, selectors);
            } else {
                self.owed.extend(reached.into_iter().map(|reached| ((event.id.clone(), reached), None)));
            }
        }
    }

    fn selectors(&mut self) -> Vec<String> {
        let count = self.random.random_range(1..3);
        (0..count).map(|_| (*SELECTORS.choose(&mut self.random).unwrap()).to_owned()).collect()
    }

    fn listeners(&self, selectors: &[String]) -> impl Iterator<Item = SubscriptionId> {
        let hears = |subscription: &&Subscription| {
            subscription.active_source().is_some_and(|it| selectors.contains(&it.global_webhook_event_selector))
        };
        self.subscriptions.values().filter(hears).map(|subscription| subscription.id.clone())
    }

    async fn subscribe(&mut self) {
        if self.subscriptions.len() == SUBSCRIPTIONS_MAX {
            return;
        }
        let selector = SELECTORS.choose(&mut self.random).unwrap();
        let connection = CONNECTIONS.choose(&mut self.random).unwrap();
        let mut subscription = listener(&self.integration, connection, HOOK, selector);
        let orderings = [Ordering::None, Ordering::Key, Ordering::Subscription];
        subscription.ordering = *orderings.choose(&mut self.random).unwrap();
        subscription.destination = self.destination();
        subscription.delivery.concurrency_max = *[None, Some(1), Some(2)].choose(&mut self.random).unwrap();
        self.put(subscription).await;
    }

    fn destination(&mut self) -> Destination {
        let host = HOSTS.choose(&mut self.random).unwrap();
        Destination { url: format!("https://{host}.example.test/{}", self.random.random_range(0..9)) }
    }

    /// Gives a subscription another destination.
    async fn move_away(&mut self) {
        let all: Vec<_> = self.subscriptions.values().cloned().collect();
        let Some(mut subscription) = all.choose(&mut self.random).cloned() else { return };
        let before = std::mem::replace(&mut subscription.destination, self.destination());
        if before != subscription.destination {
            self.held.remove(&subscription.id);
            self.failing.remove(&subscription.id);
        }
        self.put(subscription).await;
    }

    /// What keeps an order with other deliveries of a subscription.
    fn order_of(&self, subscription: &SubscriptionId, event: &EventId) -> Option<(SubscriptionId, String)> {
        let order = match self.subscriptions[subscription].ordering {
            Ordering::None => None,
            Ordering::Key => self.keys[event].clone(),
            Ordering::Subscription => Some("all".to_owned()),
        };
        Some((subscription.clone(), order?))
    }

    fn queue_up(&mut self, subscription: &SubscriptionId, event: &EventId) {
        if let Some(order) = self.order_of(subscription, event) {
            self.orders.entry(order).or_default().push_back(event.clone());
        }
    }

    /// Disables or enables a subscription.
    async fn toggle(&mut self) {
        let all: Vec<_> = self.subscriptions.values().cloned().collect();
        let Some(mut subscription) = all.choose(&mut self.random).cloned() else { return };
        let is_on = subscription.status == Status::Subscribed;
        subscription.status = if is_on { Status::Disabled } else { Status::Subscribed };
        self.failing.remove(&subscription.id);
        self.put(subscription).await;
    }

    async fn put(&mut self, subscription: Subscription) {
        self.store.put_subscription(&subscription).await.unwrap();
        self.subscriptions.insert(subscription.id.clone(), subscription.clone());
        if let Some(source) = subscription.active_source() {
            let found =
                self.waiting.extract_if(.., |_, selectors| selectors.contains(&source.global_webhook_event_selector));
            for (event, _) in found.collect::<Vec<_>>() {
                self.queue_up(&subscription.id, &event);
                self.owed.insert((event, subscription.id.clone()), None);
            }
        }
    }

    fn claim(&mut self) {
        let Some(claim) = self.store.claim_due(at(self.now_ms)).unwrap() else { return };
        let delivery = &claim.delivery;
        let owed = self.owed.get(&(delivery.event.clone(), delivery.subscription.clone()));
        assert_eq!(owed, Some(&None), "only what is owed is delivered");
        assert_eq!(self.subscriptions[&delivery.subscription].status, Status::Subscribed);
        assert!(self.retries.get(&delivery.id).is_none_or(|due| *due <= at(self.now_ms)), "before its time");
        assert!(self.in_flight.iter().all(|other| other.delivery.id != delivery.id), "claimed twice");
        let is_held = self.held.get(&delivery.subscription).is_some_and(|until| *until > at(self.now_ms));
        assert!(!is_held, "its destination asked for patience");
        if let Some(order) = self.order_of(&delivery.subscription, &delivery.event)
            && !self.loose.contains(&delivery.id)
        {
            assert_eq!(self.orders[&order].front(), Some(&delivery.event), "an earlier one was not settled");
        }
        self.in_flight.push(claim);
        self.check_bounds();
    }

    fn check_bounds(&self) {
        let most = |of: &dyn Fn(&Subscription) -> String| {
            let mut counts: BTreeMap<String, usize> = BTreeMap::new();
            let subscriptions = self.in_flight.iter().filter_map(|claim| claim.subscription.as_ref());
            subscriptions.for_each(|subscription| *counts.entry(of(subscription)).or_default() += 1);
            counts.into_values().max().unwrap_or(0)
        };
        assert!(most(&|it| it.id.to_string()) <= IN_FLIGHT_MAX);
        assert!(most(&|it| it.destination.host()) <= PER_HOST_MAX);
        assert!(most(&|it| it.customer.clone()) <= PER_CUSTOMER_MAX);
        for subscription in self.subscriptions.values() {
            let count = self.in_flight.iter().filter(|claim| claim.delivery.subscription == subscription.id).count();
            assert!(subscription.delivery.concurrency_max.is_none_or(|max| count <= max));
        }
    }

    fn settle(&mut self) {
        if self.in_flight.is_empty() {
            return;
        }
        let claim = self.in_flight.swap_remove(self.random.random_range(0..self.in_flight.len()));
        let is_dead = claim.subscription.as_ref().unwrap().destination.host().starts_with(DEAD_HOST);
        let (now, id) = (at(self.now_ms), claim.delivery.subscription.clone());
        let outcome = self.random.random_range(if is_dead { 4..10 } else { 0..10 });
        let (settlement, end) = match outcome {
            0..4 => (Settlement::Delivered, Some(DeliveryStatus::Delivered)),
            4 => (Settlement::Dead, Some(DeliveryStatus::Dead)),
            5 => (Settlement::DisableSubscription(Reason::new("gone", "gone")), Some(DeliveryStatus::Dead)),
            6 => return self.store.release(&claim).unwrap(),
            _ => {
                let due = clock::after_ms(now, self.random.random_range(0..2_000));
                if outcome == 7 {
                    self.store.hold(&claim, due);
                    let until = self.held.entry(id.clone()).or_insert(due);
                    *until = due.max(*until);
                }
                self.retries.insert(claim.delivery.id.clone(), due);
                (Settlement::RetryAt(due), None)
            }
        };
        let has_given_up = self.judge(&id, &settlement);
        let answer = self.random.random_bool(0.5).then_some(500);
        let attempt = Attempt { at: now, took_ms: 1, answer, error: None };
        let disabled = self.store.settle(&claim, attempt, settlement).unwrap();
        assert_eq!(disabled.is_some_and(|reason| reason.code == "destination_failing"), has_given_up);
        if end.is_some()
            && !self.loose.contains(&claim.delivery.id)
            && let Some(order) = self.order_of(&id, &claim.delivery.event)
        {
            let settled = self.orders.get_mut(&order).unwrap().pop_front();
            assert_eq!(settled.as_ref(), Some(&claim.delivery.event));
        }
        self.owed.insert((claim.delivery.event, id), end);
    }

    /// What an attempt means for its subscription; returns whether it has failed too long.
    fn judge(&mut self, id: &SubscriptionId, settlement: &Settlement) -> bool {
        let subscription = self.subscriptions.get_mut(id).unwrap();
        match settlement {
            Settlement::Delivered => {
                self.failing.remove(id);
                false
            }
            Settlement::RetryAt(_) | Settlement::Dead => {
                let (since, last) = self.failing.entry(id.clone()).or_insert((self.now_ms, self.now_ms));
                if self.now_ms - *last > DISABLE_AFTER_MS {
                    *since = self.now_ms;
                }
                *last = self.now_ms;
                let has_given_up = self.now_ms - *since > DISABLE_AFTER_MS && subscription.status == Status::Subscribed;
                if has_given_up {
                    subscription.status = Status::Disabled;
                    self.given_up += 1;
                }
                has_given_up
            }
            Settlement::DisableSubscription(_) | Settlement::Undeliverable => {
                subscription.status = Status::Disabled;
                false
            }
        }
    }

    /// A person wants a dead delivery tried again.
    async fn retry(&mut self) {
        let is_dead = |delivery: &Delivery| delivery.status == DeliveryStatus::Dead;
        let dead = self.store.deliveries(&first_page(1), Period::default(), is_dead).unwrap().items;
        for delivery in dead {
            self.store.retry_delivery(&delivery.id, at(self.now_ms)).await.unwrap();
            self.held.remove(&delivery.subscription);
            self.loose.insert(delivery.id.clone());
            self.retries.insert(delivery.id, at(self.now_ms));
            self.owed.insert((delivery.event, delivery.subscription), None);
        }
    }

    fn reopen(&mut self) {
        self.in_flight.clear();
        self.held.clear();
        self.store.reopen();
    }

    /// Lets everything end, and compares.
    async fn end(mut self) {
        self.reopen();
        let disabled = self.subscriptions.values().filter(|subscription| subscription.status != Status::Subscribed);
        for subscription in disabled.cloned().collect::<Vec<_>>() {
            self.put(Subscription { status: Status::Subscribed, ..subscription }).await;
        }
        while let Some(due) = self.store.next_due() {
            self.now_ms = self.now_ms.max(u64::try_from(due.as_millisecond() - at(0).as_millisecond()).unwrap_or(0));
            while let Some(claim) = self.store.claim_due(at(self.now_ms)).unwrap() {
                let key = (claim.delivery.event.clone(), claim.delivery.subscription.clone());
                assert_eq!(self.owed.insert(key, Some(DeliveryStatus::Delivered)), Some(None), "only what is owed");
                self.store.settle_as(&claim, at(self.now_ms), Settlement::Delivered);
            }
        }
        self.store.reopen();
        let everything = self.all_deliveries();
        let ended =
            everything.iter().map(|found| ((found.event.clone(), found.subscription.clone()), Some(found.status)));
        assert_eq!(ended.clone().count(), self.owed.len(), "each is delivered by one delivery");
        assert_eq!(ended.collect::<BTreeMap<_, _>>(), self.owed);
        assert!(self.owed.values().all(|end| matches!(end, Some(DeliveryStatus::Delivered | DeliveryStatus::Dead))));
        assert!(!self.owed.is_empty());
        for event in self.waiting.keys() {
            assert_eq!(self.store.reached(event), []);
        }
    }

    fn all_deliveries(&self) -> Vec<Delivery> {
        let mut request = first_page(250);
        let mut all = Vec::new();
        loop {
            let page = self.store.deliveries(&request, Period::default(), |_| true).unwrap();
            all.extend(page.items);
            match page.cursor {
                Some(cursor) => request.cursor = Some(cursor),
                None => return all,
            }
        }
    }
}
