//! What goes when it is old, or when there is too much of it.

use super::subject::receive;
use super::*;
use crate::retention::{REQUESTS_REMOVED_AT_ONCE_MAX, Which};

fn named(provider_id: &str) -> NewEvent {
    NewEvent { provider_id: Some(provider_id.to_owned()), ..event(["user:1"]) }
}

fn waiting_count(store: &Store) -> usize {
    let is_waiting = |event: &RoutedEvent| event.status == EventStatus::Unrouted;
    store.events(&first_page(1_000), is_waiting).unwrap().items.len()
}

#[tokio::test]
async fn an_expired_request_goes_with_its_events_and_deliveries_and_no_other_does() {
    let mut store = store();
    let integration = store.integration_in_use().await;
    store.subscribe(&integration, "user:1").await;
    let old = store.receive(&integration, vec![event(["user:1"]), event(["nobody"])], at(9)).await;
    let young = store.receive(&integration, vec![event(["user:1"]), event(["nobody"])], at(10)).await;
    let [routed, unrouted] = [0, 1].map(|index| store.events_of_request(&old.id).unwrap().remove(index).id);
    let delivery = store.deliveries_of_event(&routed).unwrap().remove(0).id;

    let mut swept = Swept::default();
    assert_eq!(store.expire(at(10), &mut swept).unwrap(), 1);
    assert_eq!((swept.expired, swept.undelivered), (1, 1));
    store.reopen();
    assert!(store.webhook_request(&old.id).unwrap().is_none());
    assert!(store.event(&routed).unwrap().is_none() && store.event(&unrouted).unwrap().is_none());
    assert!(store.events_of_request(&old.id).unwrap().is_empty());
    assert!(store.delivery(&delivery).unwrap().is_none());
    assert!(store.deliveries_of_event(&routed).unwrap().is_empty());
    assert!(store.webhook_request(&young.id).unwrap().is_some());
    assert_eq!(store.events(&first_page(9), |_| true).unwrap().items.len(), 2);
    assert_eq!(store.claim_all(at(10)).len(), 1, "an expired delivery is not due");
    store.subscribe(&integration, "nobody").await;
    assert_eq!(store.claim_all(at(10)).len(), 1, "an expired event waits no more");
    assert_eq!(store.expire(at(10), &mut Swept::default()).unwrap(), 0);
}

#[tokio::test]
async fn more_than_one_pass_removes_expires_in_one_sweep_unless_it_is_stopped() {
    let store = store();
    let integration = store.integration_in_use().await;
    let expired = REQUESTS_REMOVED_AT_ONCE_MAX + 2;
    let requests: Vec<_> = (0..expired)
        .map(|_| {
            let (store, integration) = (store.deref().clone(), integration.clone());
            tokio::spawn(async move { receive(&store, &integration, HOOK, Vec::new(), at(0)).await.unwrap() })
        })
        .collect();
    for request in requests {
        request.await.unwrap();
    }
    let young = store.receive(&integration, Vec::new(), at(1)).await;
    let mut swept = Swept::default();
    store.expire_all(at(1), &mut swept, || true).unwrap();
    assert_eq!(swept.expired, 0);
    store.expire_all(at(1), &mut swept, || false).unwrap();
    assert_eq!(swept.expired, expired as u64);
    let left = store.webhook_requests(&first_page(9), |_| true).unwrap().items;
    assert_eq!(left.into_iter().map(|request| request.id).collect::<Vec<_>>(), [young.id]);
}

#[tokio::test]
async fn a_claim_may_be_settled_after_its_delivery_has_expired() {
    let store = store_with(|options| options.attempts.per_subscription_max = 1);
    let integration = store.integration_in_use().await;
    store.subscribe(&integration, "user:1").await;
    store.receive_one(&integration, &["user:1"], at(0)).await;
    let claim = store.claim_one(at(0));
    store.expire(at(1), &mut Swept::default()).unwrap();
    store.settle_as(&claim, at(1), Settlement::RetryAt(at(2)));
    assert!(store.delivery(&claim.delivery.id).unwrap().is_none());
    assert!(store.claim_due(at(2)).unwrap().is_none());
    store.receive_one(&integration, &["user:1"], at(2)).await;
    assert!(store.claim_due(at(2)).unwrap().is_some(), "its place is free");
}

#[tokio::test]
async fn content_expires_and_makes_room() {
    let store = store_with(|options| (options.content_segment_bytes, options.content_bytes_max) = (1_000, 8_000));
    let integration = store.integration_in_use().await;
    let mut first = None;
    let full = loop {
        match receive(&store, &integration, HOOK, vec![event(["x".repeat(300)])], at(0)).await {
            Ok(request) => first = first.or(request.content),
            Err(error) => break error,
        }
    };
    assert!(matches!(full, Error::Full { bytes_max: 8_000 }), "{full}");
    store.expire(at(1), &mut Swept::default()).unwrap();
    assert!(store.content(first.unwrap().body).unwrap().is_none());
    receive(&store, &integration, HOOK, vec![event(["user:1"])], at(1)).await.unwrap();
}

#[tokio::test]
async fn requests_without_events_cannot_use_up_the_room_of_those_that_have_some() {
    let mut store = store_with(|options| (options.content_segment_bytes, options.content_bytes_max) = (1_000, 8_000));
    let integration = store.integration_in_use().await;
    let mut requests = Vec::new();
    for _ in 0..200 {
        requests.push(receive(&store, &integration, HOOK, Vec::new(), at(0)).await.unwrap());
    }
    let event = receive(&store, &integration, HOOK, vec![event(["x".repeat(300)])], at(0)).await.unwrap();
    store.reopen();
    assert!(event.content.is_some());
    assert!(requests.first().unwrap().content.is_some(), "there was room");
    let last = store.webhook_request(&requests.last().unwrap().id).unwrap().expect("it can be found");
    assert!(last.content.is_none());
}

#[tokio::test]
async fn content_that_has_not_expired_is_kept() {
    let store = store_with(|options| options.content_segment_bytes = 100);
    let integration = store.integration_in_use().await;
    let before = clock::now();
    let request = store.receive(&integration, vec![event(["x".repeat(300)])], at(0)).await;
    store.receive(&integration, vec![event(["x".repeat(300)])], at(0)).await;
    store
        .expire(clock::after_ms(Timestamp::UNIX_EPOCH, before.as_millisecond() as u64 - 1_000), &mut Swept::default())
        .unwrap();
    assert_eq!(store.content(request.content.unwrap().body).unwrap().unwrap(), "the body");
}

#[tokio::test]
async fn the_memory_of_a_provider_id_goes_with_its_event() {
    let store = store_with(|options| options.duplicate_window_ms = 1_000);
    let integration = store.integration_in_use().await;
    store.receive(&integration, vec![named("E1")], at(0)).await;
    store.expire(at(1), &mut Swept::default()).unwrap();
    assert_eq!(store.receive(&integration, vec![named("E1")], at(2)).await.status, RequestStatus::Unrouted);
}

#[tokio::test]
async fn an_expired_event_does_not_take_along_the_memory_of_a_later_one() {
    let store = store_with(|options| options.duplicate_window_ms = 1_000);
    let integration = store.integration_in_use().await;
    store.receive(&integration, vec![named("E1")], at(0)).await;
    store.receive(&integration, vec![named("E1")], at(1_500)).await;
    store.expire(at(1_000), &mut Swept::default()).unwrap();
    assert_eq!(store.receive(&integration, vec![named("E1")], at(2_000)).await.status, RequestStatus::Duplicate);
}

#[tokio::test]
async fn the_oldest_waiting_events_stop_waiting_when_too_many_wait() {
    let mut store = store_with(|options| options.unrouted_events_max = 3);
    let integration = store.integration_in_use().await;
    let mut events = Vec::new();
    for ms in 0..5 {
        events.push(store.receive_one(&integration, &["user:1", "team:1"], at(ms)).await);
    }
    store.reopen();
    assert_eq!(store.trim_unrouted(|| false).unwrap(), 2);
    assert_eq!(store.trim_unrouted(|| false).unwrap(), 0);
    assert_eq!(waiting_count(&store), 5, "they stay visible");
    let subscription = store.subscribe(&integration, "user:1").await;
    let reached: Vec<bool> = events.iter().map(|event| store.reached(event) == [subscription.id.clone()]).collect();
    assert_eq!(reached, [false, false, true, true, true]);
}

#[tokio::test]
async fn an_event_that_stopped_waiting_with_others_says_so_everywhere_and_may_go_for_room() {
    let store = store_with(|options| options.unrouted_events_max = 1);
    let integration = store.integration_in_use().await;
    let stopped = store.receive(&integration, vec![event(["user:1"])], at(0)).await;
    let waiting = store.receive(&integration, vec![event(["user:1"])], at(0)).await;
    assert_eq!(store.trim_unrouted(|| false).unwrap(), 1);
    let first = |request: &WebhookRequest| store.events_of_request(&request.id).unwrap().remove(0);
    assert!(first(&waiting).is_waiting());
    assert_eq!(first(&stopped).stopped_waiting.unwrap().code, "too_many_waiting");
    let listed = store.events(&first_page(9), |event| !event.is_waiting()).unwrap().items;
    assert_eq!(listed.len(), 1);
    let mut swept = Swept::default();
    assert!(!store.remove_request(&waiting, Which::Finished, &mut swept).unwrap());
    assert!(store.remove_request(&stopped, Which::Finished, &mut swept).unwrap());
}

#[tokio::test]
async fn after_the_clock_went_back_new_events_wait_like_any() {
    let mut store = store_with(|options| options.unrouted_events_max = 1);
    let integration = store.integration_in_use().await;
    let later = EventId::first_at(clock::after_ms(clock::now(), 3_600_000));
    store.inner.tree.insert(Key::new(Table::NewestStopped), later.as_str()).unwrap();
    store.reopen();
    let event = store.receive_one(&integration, &["user:1"], at(0)).await;
    let subscription = store.subscribe(&integration, "user:1").await;
    assert_eq!(store.reached(&event), [subscription.id]);
}

#[tokio::test]
async fn events_that_were_routed_or_have_expired_do_not_count_as_waiting() {
    let store = store_with(|options| options.unrouted_events_max = 2);
    let integration = store.integration_in_use().await;
    store.receive(&integration, vec![event(["old"]), event(["old"])], at(0)).await;
    store.receive(&integration, vec![event(["routed"]), event(["routed"])], at(1)).await;
    let kept = store.receive(&integration, vec![event(["kept"]), event(["kept"])], at(2)).await;
    store.expire(at(1), &mut Swept::default()).unwrap();
    store.subscribe(&integration, "routed").await;
    assert_eq!(store.trim_unrouted(|| false).unwrap(), 0);
    store.subscribe(&integration, "kept").await;
    assert_eq!(store.webhook_request(&kept.id).unwrap().unwrap().delivery_count, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn events_that_still_have_room_go_on_waiting_however_much_goes_on() {
    let store = store_with(|options| options.unrouted_events_max = 500);
    let integration = store.integration_in_use().await;
    let patient = store.receive_one(&integration, &["patient"], at(0)).await;
    let trims = tokio::task::spawn_blocking({
        let store = store.deref().clone();
        move || (0..2_000).map(|_| store.trim_unrouted(|| false).unwrap()).max()
    });
    let pairs = (0..100).map(|pair| {
        let (store, integration) = (store.deref().clone(), integration.clone());
        tokio::spawn(async move {
            let selector = format!("user:{pair}");
            let subscription = listener(&integration, "acme", HOOK, &selector);
            let commit = receive(&store, &integration, HOOK, vec![event([selector])], at(0));
            tokio::join!(async { commit.await.unwrap() }, async {
                store.put_subscription(&subscription).await.unwrap()
            })
        })
    });
    for pair in pairs.collect::<Vec<_>>() {
        pair.await.unwrap();
    }
    assert_eq!(trims.await.unwrap(), Some(0), "never were there too many");
    let subscription = store.subscribe(&integration, "patient").await;
    assert_eq!(store.reached(&patient), [subscription.id]);
}
