//! A seeded simulation of the queue: random requests, subscriptions, outcomes and reopenings against a model.
//! Run it again with `PATCHBAY_SEED`, longer with `PATCHBAY_STEPS`.

use std::collections::{BTreeMap, HashMap};

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};

use super::*;

const SELECTORS: [&str; 6] = ["a", "b", "c", "ab", "abc", ""];
const IN_FLIGHT_MAX: usize = 3;
const SUBSCRIPTIONS_MAX: usize = 20;

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
    in_flight: Vec<Claim>,
}

impl Simulation {
    async fn start(seed: u64) -> Simulation {
        let store = store_with(|options| options.deliveries_in_flight_per_subscription_max = IN_FLIGHT_MAX);
        let integration = store.integration_in_use().await;
        Simulation {
            store,
            random: StdRng::seed_from_u64(seed),
            integration,
            now_ms: 0,
            subscriptions: BTreeMap::new(),
            waiting: BTreeMap::new(),
            owed: BTreeMap::new(),
            retries: HashMap::new(),
            in_flight: Vec::new(),
        }
    }

    async fn step(&mut self) {
        match self.random.random_range(0..100) {
            0..35 => self.receive().await,
            35..40 => self.subscribe().await,
            40..44 => self.toggle().await,
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
        let events = selectors.iter().cloned().map(event).collect();
        let request = self.store.receive(&self.integration, events, at(self.now_ms)).await;
        let events = self.store.events_of_request(&request.id).unwrap();
        assert_eq!(events.len(), count);
        for (event, selectors) in events.into_iter().zip(selectors) {
            let reached: Vec<_> = self.listeners(&selectors).collect();
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
        self.put(listener(&self.integration, "acme", HOOK, selector)).await;
    }

    /// Disables or enables a subscription.
    async fn toggle(&mut self) {
        let all: Vec<_> = self.subscriptions.values().cloned().collect();
        let Some(mut subscription) = all.choose(&mut self.random).cloned() else { return };
        let is_on = subscription.status == Status::Subscribed;
        subscription.status = if is_on { Status::Disabled } else { Status::Subscribed };
        self.put(subscription).await;
    }

    async fn put(&mut self, subscription: Subscription) {
        self.store.put_subscription(&subscription).await.unwrap();
        if let Some(source) = subscription.active_source() {
            let found =
                self.waiting.extract_if(.., |_, selectors| selectors.contains(&source.global_webhook_event_selector));
            self.owed.extend(found.map(|(event, _)| ((event, subscription.id.clone()), None)));
        }
        self.subscriptions.insert(subscription.id.clone(), subscription);
    }

    fn claim(&mut self) {
        let Some(claim) = self.store.claim_due(at(self.now_ms)).unwrap() else { return };
        let delivery = &claim.delivery;
        let owed = self.owed.get(&(delivery.event.clone(), delivery.subscription.clone()));
        assert_eq!(owed, Some(&None), "only what is owed is delivered");
        assert_eq!(self.subscriptions[&delivery.subscription].status, Status::Subscribed);
        assert!(self.retries.get(&delivery.id).is_none_or(|due| *due <= at(self.now_ms)), "before its time");
        assert!(self.in_flight.iter().all(|other| other.delivery.id != delivery.id), "claimed twice");
        self.in_flight.push(claim);
        let mut of_each: BTreeMap<&SubscriptionId, usize> = BTreeMap::new();
        self.in_flight.iter().for_each(|claim| *of_each.entry(&claim.delivery.subscription).or_default() += 1);
        assert!(of_each.values().all(|count| *count <= IN_FLIGHT_MAX));
    }

    fn settle(&mut self) {
        if self.in_flight.is_empty() {
            return;
        }
        let claim = self.in_flight.swap_remove(self.random.random_range(0..self.in_flight.len()));
        let now = at(self.now_ms);
        let (settlement, end) = match self.random.random_range(0..10) {
            0..4 => (Settlement::Delivered, Some(DeliveryStatus::Delivered)),
            4 => (Settlement::Dead, Some(DeliveryStatus::Dead)),
            5 => {
                self.subscriptions.get_mut(&claim.delivery.subscription).unwrap().status = Status::Disabled;
                (Settlement::DisableSubscription(Reason::new("gone", "gone")), Some(DeliveryStatus::Dead))
            }
            6 => return self.store.release(&claim).unwrap(),
            _ => {
                let due = clock::after_ms(now, self.random.random_range(0..2_000));
                self.retries.insert(claim.delivery.id.clone(), due);
                (Settlement::RetryAt(due), None)
            }
        };
        self.store.settle_as(&claim, now, settlement);
        self.owed.insert((claim.delivery.event, claim.delivery.subscription), end);
    }

    /// A person wants a dead delivery tried again.
    async fn retry(&mut self) {
        let is_dead = |delivery: &Delivery| delivery.status == DeliveryStatus::Dead;
        let dead = self.store.deliveries(&first_page(1), is_dead).unwrap().items;
        for delivery in dead {
            self.store.retry_delivery(&delivery.id, at(self.now_ms)).await.unwrap();
            self.retries.insert(delivery.id, at(self.now_ms));
            self.owed.insert((delivery.event, delivery.subscription), None);
        }
    }

    fn reopen(&mut self) {
        self.in_flight.clear();
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
            let page = self.store.deliveries(&request, |_| true).unwrap();
            all.extend(page.items);
            match page.cursor {
                Some(cursor) => request.cursor = Some(cursor),
                None => return all,
            }
        }
    }
}
