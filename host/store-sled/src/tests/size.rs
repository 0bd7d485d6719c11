//! What goes when there is too much of it: never what is still to be delivered, and the room is given back.

use proptest::prelude::*;

use super::subject::receive;
use super::*;
use patchbay_model::id::RequestId;

const LIMIT: u64 = 20_000;
const START_MS: u64 = 3_600_000;

#[derive(Clone, Debug)]
enum Op {
    /// A request with events: whether a subscription has its selector, and how long its payload is.
    Receive(Vec<(bool, usize)>),
    /// Some deliveries end, well or not.
    Settle {
        count: usize,
        is_delivered: bool,
    },
    /// Some dead delivery is tried again.
    Retry,
    /// The subscription is disabled, or enabled.
    Switch,
    /// Sweeps; what came in the first so many requests is too old.
    Sweep {
        expired: usize,
    },
    Reopen,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => prop::collection::vec((any::<bool>(), 0..2_000_usize), 0..4).prop_map(Op::Receive),
        4 => (1..6_usize, any::<bool>()).prop_map(|(count, is_delivered)| Op::Settle { count, is_delivered }),
        1 => Just(Op::Retry),
        1 => Just(Op::Switch),
        3 => (0..4_usize).prop_map(|expired| Op::Sweep { expired }),
        1 => Just(Op::Reopen),
    ]
}

/// What the model knows of a request.
#[derive(Clone, Debug)]
struct Kept {
    id: RequestId,
    received_at: Timestamp,
    bytes: u64,
    events: Vec<KeptEvent>,
}

#[derive(Clone, Debug)]
struct KeptEvent {
    id: EventId,
    payload: String,
    is_waiting: bool,
    delivery: Option<(DeliveryId, DeliveryStatus)>,
}

impl Kept {
    fn is_pending(&self) -> bool {
        let mut deliveries = self.events.iter().filter_map(|event| event.delivery.as_ref());
        deliveries.any(|(_, status)| *status == DeliveryStatus::Pending)
    }

    fn is_waiting(&self) -> bool {
        self.events.iter().any(|event| event.is_waiting)
    }
}

struct Model {
    store: Fixture,
    integration: Integration,
    kept: Vec<Kept>,
    subscription: Subscription,
    base: Timestamp,
    received: u64,
}

impl Model {
    async fn start() -> Model {
        let store = store_with(|options| {
            (options.content_segment_bytes, options.retention_bytes) = (2_000, LIMIT);
            options.attempts.per_subscription_max = 1_000;
        });
        let integration = store.integration_in_use().await;
        let subscription = store.subscribe(&integration, "wanted").await;
        let base = clock::before_ms(clock::now(), START_MS);
        Model { store, integration, kept: Vec::new(), subscription, base, received: 0 }
    }

    async fn step(&mut self, op: Op) {
        match op {
            Op::Receive(events) => self.receive(events).await,
            Op::Settle { count, is_delivered } => self.settle(count, is_delivered),
            Op::Retry => self.retry().await,
            Op::Switch => self.switch().await,
            Op::Sweep { expired } => self.sweep(expired).await,
            Op::Reopen => self.store.reopen(),
        }
        self.check();
    }

    async fn receive(&mut self, events: Vec<(bool, usize)>) {
        self.received += 1;
        let received_at = clock::after_ms(self.base, self.received);
        let new = |(is_wanted, len): &(bool, usize)| NewEvent {
            payload: format!("\"{}\"", "x".repeat(*len)),
            ..event([if *is_wanted { "wanted" } else { "unwanted" }])
        };
        let new: Vec<NewEvent> = events.iter().map(new).collect();
        let payloads: Vec<String> = new.iter().map(|event| event.payload.clone()).collect();
        let request = receive(&self.store, &self.integration, HOOK, new, received_at).await.unwrap();
        let content = request.content.unwrap();
        let mut bytes = u64::from(content.received.len + content.body.len + request.record_bytes);
        let mut kept_events = Vec::new();
        for (event, payload) in self.store.events_of_request(&request.id).unwrap().into_iter().zip(payloads) {
            bytes += payload.len() as u64;
            let delivery = self.store.deliveries_of_event(&event.id).unwrap().pop();
            let delivery = delivery.map(|delivery| (delivery.id, delivery.status));
            kept_events.push(KeptEvent { id: event.id, payload, is_waiting: delivery.is_none(), delivery });
        }
        self.kept.push(Kept { id: request.id, received_at, bytes, events: kept_events });
    }

    fn settle(&mut self, count: usize, is_delivered: bool) {
        for _ in 0..count {
            let Some(claim) = self.store.claim_due(clock::now()).unwrap() else { return };
            let (how, status) = match is_delivered {
                true => (Settlement::Delivered, DeliveryStatus::Delivered),
                false => (Settlement::Dead, DeliveryStatus::Dead),
            };
            self.store.settle_as(&claim, clock::now(), how);
            self.set_status(&claim.delivery.id, status);
        }
    }

    async fn switch(&mut self) {
        let is_on = self.subscription.status == Status::Subscribed;
        self.subscription.status = if is_on { Status::Disabled } else { Status::Subscribed };
        self.store.put_subscription(&self.subscription).await.unwrap();
    }

    async fn retry(&mut self) {
        let events = self.kept.iter().flat_map(|request| &request.events);
        let dead =
            events.filter_map(|event| event.delivery.clone()).find(|(_, status)| *status == DeliveryStatus::Dead);
        let Some((id, _)) = dead else { return };
        self.store.retry_delivery(&id, clock::now()).await.unwrap().unwrap();
        self.set_status(&id, DeliveryStatus::Pending);
    }

    fn set_status(&mut self, id: &DeliveryId, status: DeliveryStatus) {
        let events = self.kept.iter_mut().flat_map(|request| &mut request.events);
        let mut deliveries = events.filter_map(|event| event.delivery.as_mut());
        deliveries.find(|(delivery, _)| delivery == id).unwrap().1 = status;
    }

    async fn sweep(&mut self, expired: usize) {
        let before = self.kept.get(expired).map_or(self.base, |first| first.received_at);
        self.store.sweep(before, || false).await.unwrap();
        self.kept.retain(|request| request.received_at >= before);
        let mut total: u64 = self.kept.iter().map(|request| request.bytes).sum();
        self.kept.retain(|request| {
            let is_kept = total <= LIMIT || request.is_pending() || request.is_waiting();
            total -= if is_kept { 0 } else { request.bytes };
            is_kept
        });
        let mut excess = total.saturating_sub(LIMIT);
        let mut is_any_let_go = false;
        for request in self.kept.iter_mut().filter(|request| request.is_waiting() && !request.is_pending()) {
            if excess == 0 {
                break;
            }
            excess = excess.saturating_sub(request.bytes);
            request.events.iter_mut().for_each(|event| event.is_waiting = false);
            is_any_let_go = true;
        }
        if is_any_let_go || self.subscription.status == Status::Subscribed {
            return;
        }
        for request in self.kept.iter_mut().filter(|request| request.is_pending()) {
            if excess == 0 {
                break;
            }
            excess = excess.saturating_sub(request.bytes);
            let deliveries = request.events.iter_mut().filter_map(|event| event.delivery.as_mut());
            deliveries
                .filter(|(_, status)| *status == DeliveryStatus::Pending)
                .for_each(|it| it.1 = DeliveryStatus::Dead);
        }
    }

    fn check(&self) {
        let mut found = self.store.webhook_requests(&first_page(1_000), |_| true).unwrap().items;
        found.reverse();
        let ids = |requests: &[Kept]| requests.iter().map(|request| request.id.clone()).collect::<Vec<_>>();
        assert_eq!(found.iter().map(|request| request.id.clone()).collect::<Vec<_>>(), ids(&self.kept));
        let total: u64 = self.kept.iter().map(|request| request.bytes).sum();
        assert_eq!(self.store.inner.room.used_bytes(), total, "the account is the sum");
        for (request, kept) in found.iter().zip(&self.kept) {
            assert_eq!(self.store.received(request).unwrap().unwrap().1, "the body");
            for expected in &kept.events {
                let event = self.store.event(&expected.id).unwrap().expect("its request is there");
                assert_eq!(self.store.payload(&event).unwrap().unwrap(), expected.payload);
                assert_eq!(event.is_waiting(), expected.is_waiting);
                if let Some((delivery, status)) = &expected.delivery {
                    assert_eq!(self.store.status_of(delivery), *status);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// Against a naive model: all that is too old goes; of the rest the oldest that is finished, until there is not too
    /// much; then waiting events wait no longer; then what waits for a disabled subscription ends; nothing else changes, and the account is the sum of what is there.
    #[test]
    fn what_goes_is_what_a_naive_model_says(ops in prop::collection::vec(op(), 1..50)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut model = Model::start().await;
            for op in ops {
                model.step(op).await;
            }
        });
    }
}

/// Files on disk, as the system counts them.
fn disk_bytes(store: &Fixture) -> u64 {
    let files = std::fs::read_dir(store.folder.path().join("store/content")).unwrap();
    files.map(|file| file.unwrap().metadata().unwrap().len()).sum()
}

#[tokio::test]
async fn files_go_though_something_in_each_of_them_is_still_to_be_delivered() {
    let mut store = store_with(|options| {
        (options.content_segment_bytes, options.retention_bytes) = (10_000, 200_000);
        options.attempts.per_subscription_max = 1_000;
    });
    let integration = store.integration_in_use().await;
    store.subscribe(&integration, "wanted").await;
    store.subscribe(&integration, "filler").await;
    let mut wanted = Vec::new();
    for _ in 0..40 {
        for _ in 0..10 {
            store.receive(&integration, vec![], clock::now()).await;
        }
        wanted.push(store.receive_one(&integration, &["wanted"], clock::now()).await);
        let filler = NewEvent { payload: format!("\"{}\"", "x".repeat(9_000)), ..event(["filler"]) };
        store.receive(&integration, vec![filler], clock::now()).await;
    }
    for claim in store.claim_all(clock::now()) {
        if !wanted.contains(&claim.delivery.event) {
            store.settle_as(&claim, clock::now(), Settlement::Delivered);
        }
    }
    let before = disk_bytes(&store);
    let swept = store.sweep(Timestamp::UNIX_EPOCH, || false).await.unwrap();
    assert!(swept.removed_for_room > 0 && swept.moved_bytes > 0, "{swept:?}");
    assert!(disk_bytes(&store) <= 200_000 && before > 350_000, "{before} → {}", disk_bytes(&store));
    // What was moved is on disk before the files go.
    let after_power_cut = store.copy();
    store.reopen();
    for store in [&store, &after_power_cut] {
        for id in &wanted {
            let event = store.event(id).unwrap().unwrap();
            assert_eq!(store.payload(&event).unwrap().unwrap(), r#"{"for":["wanted"]}"#);
            assert_eq!(store.status_of(&store.deliveries_of_event(id).unwrap()[0].id), DeliveryStatus::Pending);
        }
    }
}

#[tokio::test]
async fn a_claim_whose_payload_is_moved_meanwhile_still_finds_it() {
    let store = store_with(|options| (options.content_segment_bytes, options.retention_bytes) = (4_000, 1));
    let integration = store.integration_in_use().await;
    store.subscribe(&integration, "wanted").await;
    let id = store.receive_one(&integration, &["wanted"], clock::now()).await;
    for _ in 0..100 {
        store.receive(&integration, vec![], clock::now()).await;
    }
    let claimed = store.claim_one(clock::now()).event.unwrap();
    store.sweep(Timestamp::UNIX_EPOCH, || false).await.unwrap();
    assert_ne!(store.event(&id).unwrap().unwrap().payload, claimed.payload, "it was moved");
    assert_eq!(store.content(claimed.payload).unwrap(), None);
    assert_eq!(store.payload(&claimed).unwrap().unwrap(), r#"{"for":["wanted"]}"#);
}

#[tokio::test]
async fn what_is_to_be_delivered_is_kept_and_new_requests_are_refused_until_it_is() {
    let store = store_with(|options| {
        (options.content_segment_bytes, options.content_bytes_max, options.retention_bytes) = (1_000, 8_000, 6_000);
    });
    let integration = store.integration_in_use().await;
    store.subscribe(&integration, "wanted").await;
    let mut kept = Vec::new();
    let big = || NewEvent { payload: format!("\"{}\"", "x".repeat(500)), ..event(["wanted"]) };
    let full = loop {
        match receive(&store, &integration, HOOK, vec![big()], clock::now()).await {
            Ok(request) => kept.push(request.id),
            Err(error) => break error,
        }
    };
    assert!(matches!(full, Error::Full { bytes_max: 8_000 }), "{full}");
    let swept = store.sweep(Timestamp::UNIX_EPOCH, || false).await.unwrap();
    assert_eq!((swept.removed_for_room, swept.is_still_short), (0, true));
    assert!(kept.iter().all(|id| store.webhook_request(id).unwrap().is_some()));
    for claim in std::iter::from_fn(|| store.claim_due(clock::now()).unwrap()) {
        store.settle_as(&claim, clock::now(), Settlement::Delivered);
    }
    let swept = store.sweep(Timestamp::UNIX_EPOCH, || false).await.unwrap();
    assert!(swept.removed_for_room > 0 && !swept.is_still_short, "{swept:?}");
    receive(&store, &integration, HOOK, vec![big()], clock::now()).await.unwrap();
}

#[tokio::test]
async fn a_disabled_subscription_does_not_stop_the_requests_of_all_others() {
    let store = store_with(|options| {
        (options.content_segment_bytes, options.content_bytes_max, options.retention_bytes) = (1_000, 20_000, 8_000);
    });
    let integration = store.integration_in_use().await;
    let mut left = store.subscribe(&integration, "left").await;
    left.status = Status::Disabled;
    store.put_subscription(&left).await.unwrap();
    let mut ended = 0;
    for _ in 0..100 {
        let event = NewEvent { payload: format!("\"{}\"", "x".repeat(500)), ..event(["left"]) };
        receive(&store, &integration, HOOK, vec![event], clock::now()).await.expect("there is room");
        let swept = store.sweep(Timestamp::UNIX_EPOCH, || false).await.unwrap();
        assert!(!swept.is_still_short, "{swept:?}");
        ended += swept.ended_for_room;
    }
    assert!(ended > 50, "{ended}");
    let deliveries = store.deliveries(&first_page(1_000), Period::default(), |_| true).unwrap().items;
    let dead = deliveries.iter().filter(|delivery| delivery.status == DeliveryStatus::Dead);
    for delivery in dead {
        assert!(delivery.attempts[0].error.as_ref().unwrap().contains("disabled"), "{delivery:?}");
    }
    // What is still there is delivered once it is enabled.
    let waiting = deliveries.iter().filter(|delivery| delivery.status == DeliveryStatus::Pending).count();
    left.status = Status::Subscribed;
    store.put_subscription(&left).await.unwrap();
    let claimed = std::iter::from_fn(|| store.claim_due(clock::now()).unwrap())
        .inspect(|claim| store.settle_as(claim, clock::now(), Settlement::Delivered));
    assert_eq!((claimed.count(), waiting > 0), (waiting, true));
}

#[tokio::test]
async fn files_that_expire_before_their_requests_are_not_counted_off_twice() {
    let store = store_with(|options| options.content_segment_bytes = 200);
    let integration = store.integration_in_use().await;
    let base = clock::now();
    for ms in 0..10 {
        store.receive(&integration, vec![], clock::after_ms(base, 3_600_000 + ms)).await;
    }
    // Their files are older than that, they themselves are not.
    store.expire(clock::after_ms(base, 60_000), &mut Swept::default()).unwrap();
    let files = store.inner.content.segments();
    assert!(files.len() <= 2, "{files:?}");
    store.expire(clock::after_ms(base, 7_200_000), &mut Swept::default()).unwrap();
    assert_eq!(store.inner.room.used_bytes(), 0);
}

#[tokio::test]
async fn a_store_that_is_short_calls_for_a_sweep() {
    let store = store_with(|options| options.retention_bytes = 1);
    let integration = store.integration_in_use().await;
    let called = store.room_called_for();
    store.receive(&integration, vec![], clock::now()).await;
    tokio::time::timeout(Duration::from_secs(10), called).await.expect("it is called for");
}

#[test]
fn events_and_requests_of_earlier_versions_are_read() {
    let place = json!({ "segment": 1, "offset": 0, "len": 2, "check": 3 });
    let event = json!({
        "id": EventId::new(), "request": RequestId::new(), "integration": "i", "integration_id": "int_1",
        "webhook_key": "w", "selectors": ["a"], "provider_id": null, "ordering_key": null,
        "received_at": "2026-01-01T00:00:00Z", "status": "unrouted", "delivery_count": 0, "duplicate_of": null,
        "payload": place,
    });
    assert!(serde_json::from_value::<RoutedEvent>(event).unwrap().is_waiting());
    let request = json!({
        "id": RequestId::new(), "integration": "i", "integration_id": "int_1", "webhook_key": "w",
        "received_at": "2026-01-01T00:00:00Z", "handled_by": { "connector": "c", "version": 1, "digest": "d" },
        "status": "failed", "answer": 500, "error": null, "refused_events": [], "event_count": 0, "delivery_count": 0,
        "log": [], "handled_in_ms": 1, "replay_of": null, "content": { "received": place, "body": place },
    });
    assert_eq!(serde_json::from_value::<WebhookRequest>(request).unwrap().record_bytes, 0);
}
