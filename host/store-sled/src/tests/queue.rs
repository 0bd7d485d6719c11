//! The delivery queue: whose turn it is, what becomes of it, and what a worker is told.

use std::collections::BTreeMap;

use super::subject::receive;
use super::*;

/// How long a test waits for what must happen at once.
const AT_ONCE: Duration = Duration::from_secs(20);

fn reason() -> Reason {
    Reason::new("destination_gone", "the destination answered 410")
}

fn events(claims: &[Claim]) -> Vec<EventId> {
    claims.iter().map(|claim| claim.delivery.event.clone()).collect()
}

#[tokio::test]
async fn what_is_due_first_is_claimed_first_and_nothing_before_its_time() {
    let store = store();
    let integration = store.integration_in_use().await;
    store.subscribe(&integration, "user:1").await;
    let later = store.receive_one(&integration, &["user:1"], at(20)).await;
    let sooner = store.receive_one(&integration, &["user:1"], at(10)).await;
    assert!(store.claim_due(at(9)).unwrap().is_none());
    assert_eq!(store.next_due(), Some(at(10)));
    assert_eq!(store.claim_one(at(10)).delivery.event, sooner);
    assert!(store.claim_due(at(19)).unwrap().is_none());
    assert_eq!(store.next_due(), Some(at(20)));
    assert_eq!(store.claim_one(at(20)).delivery.event, later);
    assert_eq!((store.claim_due(at(99)).unwrap().is_none(), store.next_due()), (true, None));
}

#[tokio::test]
async fn events_due_at_the_same_time_are_claimed_in_the_order_in_which_they_came() {
    let mut store = store_with(|options| options.attempts.per_subscription_max = 100);
    let integration = store.integration_in_use().await;
    store.subscribe(&integration, "user:1").await;
    let request = store.receive(&integration, (0..40).map(|_| event(["user:1"])).collect(), at(0)).await;
    let came: Vec<EventId> = store.events_of_request(&request.id).unwrap().into_iter().map(|event| event.id).collect();
    assert_eq!(events(&store.claim_all(at(0))), came);
    store.reopen();
    assert_eq!(events(&store.claim_all(at(0))), came);
}

#[tokio::test]
async fn what_comes_to_be_due_before_others_goes_before_them_whatever_was_read_of_the_queue() {
    let store = store_with(|options| options.attempts.per_subscription_max = 1);
    let integration = store.integration_in_use().await;
    store.subscribe(&integration, "user:1").await;
    store.receive(&integration, (0..9).map(|_| event(["user:1"])).collect(), at(10)).await;
    let claim = store.claim_one(at(20));
    let sooner = store.receive_one(&integration, &["user:1"], at(5)).await;
    store.settle_as(&claim, at(20), Settlement::Delivered);
    let claim = store.claim_one(at(20));
    assert_eq!(claim.delivery.event, sooner);
    store.settle_as(&claim, at(20), Settlement::RetryAt(at(7)));
    let again = store.claim_one(at(20));
    assert_eq!(again.delivery.id, claim.delivery.id);
    store.release(&again).unwrap();
    assert_eq!(store.claim_one(at(20)).delivery.id, claim.delivery.id);
}

#[tokio::test]
async fn what_expired_since_the_queue_was_read_is_claimed_no_more_and_what_follows_it_is() {
    let store = store_with(|options| options.attempts.per_subscription_max = 1);
    let integration = store.integration_in_use().await;
    store.subscribe(&integration, "user:1").await;
    for ms in 0..3 {
        store.receive_one(&integration, &["user:1"], at(ms)).await;
    }
    let last = store.receive_one(&integration, &["user:1"], at(1_000)).await;
    let claim = store.claim_one(at(2_000));
    assert_eq!(store.expire(at(500), &mut Swept::default()).unwrap(), 3);
    store.settle_as(&claim, at(2_000), Settlement::Delivered);
    assert_eq!(store.claim_one(at(2_000)).delivery.event, last);
}

#[tokio::test]
async fn a_claim_holds_all_that_an_attempt_needs() {
    let store = store();
    let integration = store.integration_in_use().await;
    let subscription = store.subscribe(&integration, "user:1").await;
    let id = store.receive_one(&integration, &["user:1"], at(0)).await;
    let claim = store.claim_one(at(0));
    let event = claim.event.unwrap();
    assert_eq!((event.id, claim.subscription.unwrap().destination), (id, subscription.destination));
    assert_eq!(store.content(event.payload).unwrap().unwrap(), r#"{"for":["user:1"]}"#);
    let delivery = claim.delivery;
    assert_eq!((delivery.connection.as_str(), delivery.integration.as_str()), ("acme", "slack"));
    assert_eq!((delivery.status, delivery.attempt_count), (DeliveryStatus::Pending, 0));
}

#[tokio::test]
async fn one_subscription_has_only_so_many_deliveries_under_way() {
    let store = store_with(|options| options.attempts.per_subscription_max = 2);
    let integration = store.integration_in_use().await;
    store.subscribe(&integration, "user:1").await;
    store.receive(&integration, (0..5).map(|_| event(["user:1"])).collect(), at(0)).await;
    let claims = store.claim_all(at(0));
    assert_eq!(claims.len(), 2);
    store.settle_as(&claims[0], at(0), Settlement::Delivered);
    assert_eq!(store.claim_all(at(0)).len(), 1);
    store.settle_as(&claims[1], at(0), Settlement::Dead);
    assert_eq!(store.claim_all(at(0)).len(), 1);
}

#[tokio::test]
async fn subscriptions_take_turns_however_much_one_of_them_is_owed() {
    let store = store_with(|options| options.attempts.per_subscription_max = 100);
    let integration = store.integration_in_use().await;
    for selector in ["long", "short"] {
        store.subscribe(&integration, selector).await;
    }
    store.receive(&integration, (0..30).map(|_| event(["long"])).collect(), at(0)).await;
    let short = store.receive(&integration, (0..3).map(|_| event(["short"])).collect(), at(5)).await;
    let short: Vec<EventId> = store.events_of_request(&short.id).unwrap().into_iter().map(|event| event.id).collect();
    let first_six: Vec<Claim> = (0..6).map(|_| store.claim_one(at(5))).collect();
    let of_short: Vec<EventId> = events(&first_six).into_iter().filter(|event| short.contains(event)).collect();
    assert_eq!(of_short, short);
    let lanes: Vec<_> = first_six.iter().map(|claim| &claim.delivery.subscription).collect();
    assert!(lanes.windows(2).all(|turns| turns[0] != turns[1]), "{lanes:?}");
}

#[tokio::test]
async fn every_settlement_has_its_consequence() {
    let store = store();
    let integration = store.integration_in_use().await;
    store.subscribe(&integration, "user:1").await;
    let settlements =
        [(Settlement::Delivered, DeliveryStatus::Delivered, None), (Settlement::Dead, DeliveryStatus::Dead, None)];
    let retry = (Settlement::RetryAt(at(50)), DeliveryStatus::Pending, Some(at(50)));
    for (settlement, status, next) in settlements.into_iter().chain([retry]) {
        store.receive_one(&integration, &["user:1"], at(0)).await;
        let claim = store.claim_one(at(1));
        store.settle_as(&claim, at(2), settlement);
        let settled = store.delivery(&claim.delivery.id).unwrap().unwrap();
        assert_eq!((settled.status, settled.next_attempt_at, settled.attempt_count), (status, next, 1));
        assert_eq!((settled.attempts.len(), settled.attempts[0].at), (1, at(2)));
        assert!(store.claim_due(at(49)).unwrap().is_none());
    }
    assert_eq!(store.claim_one(at(50)).delivery.attempt_count, 1);
    assert!(store.claim_due(at(99)).unwrap().is_none());
}

#[tokio::test]
async fn attempts_are_remembered_to_a_limit_and_counted_without_one() {
    let store = store();
    let integration = store.integration_in_use().await;
    store.subscribe(&integration, "user:1").await;
    store.receive_one(&integration, &["user:1"], at(0)).await;
    for ms in 0..70 {
        store.settle_as(&store.claim_one(at(ms)), at(ms), Settlement::RetryAt(at(ms + 1)));
    }
    let delivery = store.claim_one(at(70)).delivery;
    assert_eq!((delivery.attempt_count, delivery.attempts.len()), (70, 50));
    assert_eq!((delivery.attempts[0].at, delivery.attempts[49].at), (at(20), at(69)));
}

#[tokio::test]
async fn what_was_settled_stays_settled_and_what_was_claimed_is_due_again_after_reopening() {
    let mut store = store_with(|options| options.attempts.per_subscription_max = 100);
    let integration = store.integration_in_use().await;
    store.subscribe(&integration, "user:1").await;
    store.receive(&integration, (0..6).map(|_| event(["user:1"])).collect(), at(0)).await;
    let claims = store.claim_all(at(0));
    store.settle_as(&claims[0], at(0), Settlement::Delivered);
    store.settle_as(&claims[1], at(0), Settlement::Dead);
    store.settle_as(&claims[2], at(0), Settlement::RetryAt(at(50)));
    store.reopen();
    assert_eq!(events(&store.claim_all(at(49))), events(&claims[3..]));
    assert_eq!(events(&store.claim_all(at(50))), events(&claims[2..3]));
    assert_eq!(store.status_of(&claims[0].delivery.id), DeliveryStatus::Delivered);
    assert_eq!(store.status_of(&claims[1].delivery.id), DeliveryStatus::Dead);
}

#[tokio::test]
async fn a_start_does_not_wait_for_every_subscription_and_misses_none() {
    let mut store = store();
    let integration = store.integration_in_use().await;
    for _ in 0..300 {
        store.subscribe(&integration, "all").await;
    }
    let last = store.subscribe(&integration, "last").await;
    let event = store.receive_one(&integration, &["all", "last"], at(0)).await;
    store.reopen();
    let first = store.claim_one(at(0));
    store.settle_as(&first, at(0), Settlement::Delivered);
    assert!(store.next_due().unwrap() < at(0), "all were looked for at once");
    // Known from something new before it is found.
    store.receive_one(&integration, &["last"], at(0)).await;
    let mut served = vec![first.delivery.subscription];
    while store.next_due().is_some() {
        while let Some(claim) = store.claim_due(at(0)).unwrap() {
            store.settle_as(&claim, at(0), Settlement::Delivered);
            served.push(claim.delivery.subscription);
        }
    }
    served.sort();
    let mut expected = store.reached(&event);
    expected.push(last.id);
    expected.sort();
    assert_eq!((served.len(), served), (302, expected));
}

#[tokio::test]
async fn a_released_claim_is_due_as_before_and_untried() {
    let store = store_with(|options| options.attempts.per_subscription_max = 1);
    let integration = store.integration_in_use().await;
    store.subscribe(&integration, "user:1").await;
    store.receive(&integration, vec![event(["user:1"]), event(["user:1"])], at(0)).await;
    let claim = store.claim_one(at(0));
    assert!(store.claim_due(at(0)).unwrap().is_none());
    store.release(&claim).unwrap();
    let again = store.claim_one(at(0)).delivery;
    assert_eq!((again.id, again.attempt_count), (claim.delivery.id, 0));
}

#[tokio::test]
async fn nothing_goes_to_a_disabled_subscription_until_it_is_enabled() {
    let mut store = store();
    let integration = store.integration_in_use().await;
    let (gone, fine) = (store.subscribe(&integration, "gone").await, store.subscribe(&integration, "fine").await);
    store.receive(&integration, (0..4).map(|_| event(["gone", "fine"])).collect(), at(0)).await;
    let claim = std::iter::from_fn(|| store.claim_due(at(0)).unwrap())
        .find(|claim| claim.delivery.subscription == gone.id)
        .unwrap();
    store.settle_as(&claim, at(0), Settlement::DisableSubscription(reason()));
    assert_eq!(store.status_of(&claim.delivery.id), DeliveryStatus::Dead);
    let disabled = store.subscription(&gone.id).unwrap().unwrap();
    assert_eq!((disabled.status, disabled.error), (Status::Disabled, Some(reason())));
    assert_eq!(disabled.disabled_at, Some(at(0)));
    let meanwhile = store.receive_one(&integration, &["gone", "fine"], at(1)).await;
    assert_eq!(store.reached(&meanwhile).len(), 2, "it waits for the one, whoever else gets it");

    store.reopen();
    let claims = store.claim_all(at(1));
    assert_eq!(claims.len(), 4);
    assert!(claims.iter().all(|claim| claim.delivery.subscription == fine.id));
    claims.iter().for_each(|claim| store.settle_as(claim, at(1), Settlement::Delivered));
    assert_eq!(store.claim_all(at(2)).len(), 1);

    store.put_subscription(&gone).await.unwrap();
    let claims = store.claim_all(at(2));
    assert_eq!(claims.len(), 4, "three that were pending, and the one that came meanwhile");
    assert!(claims.iter().all(|claim| claim.delivery.subscription == gone.id));
}

#[tokio::test]
async fn the_deliveries_of_a_removed_subscription_come_up_without_it() {
    let mut store = store();
    let integration = store.integration_in_use().await;
    let disabled = store.subscribe(&integration, "user:1").await;
    store.receive(&integration, vec![event(["user:1"]), event(["user:1"])], at(0)).await;
    store.set_status(&disabled, Status::Disabled).await;
    assert!(store.claim_due(at(0)).unwrap().is_none());
    store.remove_subscription(&disabled).await.unwrap();
    let claim = store.claim_one(at(0));
    assert!(claim.subscription.is_none() && claim.event.is_some());
    store.settle_as(&claim, at(0), Settlement::Dead);
    store.reopen();
    assert_eq!(store.claim_all(at(0)).len(), 1);
}

#[tokio::test]
async fn a_dead_delivery_is_tried_again_when_a_person_asks() {
    let mut store = store();
    let integration = store.integration_in_use().await;
    store.subscribe(&integration, "user:1").await;
    store.receive_one(&integration, &["user:1"], at(0)).await;
    let claim = store.claim_one(at(0));
    store.settle_as(&claim, at(0), Settlement::Dead);
    let retried = store.retry_delivery(&claim.delivery.id, at(5)).await.unwrap().unwrap();
    assert_eq!((retried.status, retried.attempt_count, retried.attempts.len()), (DeliveryStatus::Pending, 0, 1));
    assert!(store.claim_due(at(4)).unwrap().is_none());
    assert_eq!(store.claim_one(at(5)).delivery.id, claim.delivery.id);
    assert!(store.retry_delivery(&DeliveryId::new(), at(5)).await.unwrap().is_none());
    store.reopen();
    assert_eq!(store.claim_all(at(5)).len(), 1);
}

#[tokio::test]
async fn a_waiting_retry_is_brought_forward_and_made_once() {
    let store = store();
    let integration = store.integration_in_use().await;
    store.subscribe(&integration, "user:1").await;
    store.receive_one(&integration, &["user:1"], at(0)).await;
    let claim = store.claim_one(at(0));
    let conflict = store.retry_delivery(&claim.delivery.id, at(0)).await;
    assert!(matches!(conflict, Err(Error::Conflict(_))), "its attempt is under way");
    store.settle_as(&claim, at(0), Settlement::RetryAt(at(1_000)));
    store.retry_delivery(&claim.delivery.id, at(5)).await.unwrap();
    store.settle_as(&store.claim_one(at(5)), at(5), Settlement::Delivered);
    assert!(store.claim_due(at(9_999)).unwrap().is_none());
}

/// What makes a worker that found nothing look again.
async fn check_wake<F: AsyncFn(&Fixture, &Integration, &Subscription)>(what: &str, wake: F) {
    let store = store_with(|options| options.attempts.per_subscription_max = 1);
    let integration = store.integration_in_use().await;
    let subscription = store.subscribe(&integration, "user:1").await;
    for _ in 0..2 {
        store.receive_one(&integration, &["user:1"], at(0)).await;
    }
    let claim = store.claim_one(at(0));
    store.settle_as(&claim, at(0), Settlement::RetryAt(at(1_000)));
    let held = store.claim_one(at(0));
    store.settle_as(&held, at(0), Settlement::RetryAt(at(2_000)));
    // A wake-up from before may still stand; the second look finds nothing and no wake-up.
    while tokio::time::timeout(Duration::from_millis(1), store.due_changed()).await.is_ok() {}

    let changed = store.due_changed();
    assert!(store.claim_due(at(0)).unwrap().is_none());
    wake(&store, &integration, &subscription).await;
    tokio::time::timeout(AT_ONCE, changed).await.unwrap_or_else(|_| panic!("{what} wakes nobody"));
    assert!(store.claim_due(at(0)).unwrap().is_some(), "{what}");
}

#[tokio::test]
async fn whatever_makes_a_delivery_due_wakes_the_worker() {
    check_wake("a commit", async |store, integration, _| {
        store.receive_one(integration, &["user:1"], at(0)).await;
    })
    .await;
    check_wake("a retry", async |store, _, subscription| {
        let waiting =
            store.deliveries(&first_page(1), Period::default(), |found| found.subscription == subscription.id).unwrap();
        store.retry_delivery(&waiting.items[0].id, at(0)).await.unwrap();
    })
    .await;
    check_wake("a subscription for a waiting event", async |store, integration, _| {
        store.receive_one(integration, &["user:2"], at(0)).await;
        store.subscribe(integration, "user:2").await;
    })
    .await;
    check_wake("an enabled subscription", async |store, integration, subscription| {
        store.set_status(subscription, Status::Disabled).await;
        store.receive_one(integration, &["user:1"], at(0)).await;
        store.put_subscription(subscription).await.unwrap();
    })
    .await;
}

/// A worker that never looks at a clock, only at wake-ups, still delivers all.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_worker_that_trusts_wake_ups_misses_nothing() {
    const EVENTS: usize = 300;
    let store = store_with(|options| options.attempts.per_subscription_max = 1);
    let integration = store.integration_in_use().await;
    for selector in ["a", "b", "c"] {
        store.subscribe(&integration, selector).await;
    }
    let worker = tokio::spawn({
        let store = store.deref().clone();
        async move {
            let mut delivered = 0;
            while delivered < EVENTS {
                let changed = store.due_changed();
                let Some(claim) = store.claim_due(at(0)).unwrap() else {
                    changed.await;
                    continue;
                };
                delivered += 1;
                let store = store.clone();
                tokio::spawn(async move {
                    tokio::task::yield_now().await;
                    let attempt = Attempt { at: at(0), took_ms: 0, answer: None, error: None };
                    store.settle(&claim, attempt, Settlement::Delivered).unwrap();
                });
            }
        }
    });
    for number in 0..EVENTS {
        let (store, integration) = (store.deref().clone(), integration.clone());
        tokio::spawn(async move {
            receive(&store, &integration, HOOK, vec![event([["a", "b", "c"][number % 3]])], at(0)).await.unwrap();
        });
    }
    tokio::time::timeout(AT_ONCE, worker).await.expect("a wake-up was missed").unwrap();
}

/// Several workers at once: no delivery is claimed twice, none is left.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn workers_side_by_side_never_claim_the_same_delivery() {
    let store = store_with(|options| options.attempts.per_subscription_max = 3);
    let integration = store.integration_in_use().await;
    for selector in ["a", "b"] {
        store.subscribe(&integration, selector).await;
    }
    store.receive(&integration, (0..100).map(|_| event(["a", "b"])).collect(), at(0)).await;
    let workers = (0..4).map(|_| {
        let store = store.deref().clone();
        tokio::task::spawn_blocking(move || {
            let mut claimed = Vec::new();
            while claimed.len() < 200 {
                let Some(claim) = store.claim_due(at(0)).unwrap() else { break };
                let attempt = Attempt { at: at(0), took_ms: 0, answer: None, error: None };
                store.settle(&claim, attempt, Settlement::Delivered).unwrap();
                claimed.push(claim.delivery.id);
            }
            claimed
        })
    });
    let mut times: BTreeMap<DeliveryId, u32> = BTreeMap::new();
    for worker in workers.collect::<Vec<_>>() {
        for delivery in worker.await.unwrap() {
            *times.entry(delivery).or_default() += 1;
        }
    }
    for claim in store.claim_all(at(0)) {
        *times.entry(claim.delivery.id).or_default() += 1;
    }
    assert_eq!((times.len(), times.values().max()), (200, Some(&1)));
}
