//! Events that the external app sends again. It names them; the store remembers the name for a while.

use super::*;

fn named(provider_id: &str, selectors: &[&str]) -> NewEvent {
    NewEvent { provider_id: Some(provider_id.to_owned()), ..event(selectors.iter().copied()) }
}

impl Fixture {
    async fn receive_named(&self, integration: &Integration, events: &[NewEvent], now: Timestamp) -> Vec<RoutedEvent> {
        let request = self.receive(integration, events.to_vec(), now).await;
        self.events_of_request(&request.id).unwrap()
    }
}

#[tokio::test]
async fn the_same_event_within_the_window_is_delivered_once() {
    let mut store = store_with(|options| options.duplicate_window_ms = 1_000);
    let integration = store.integration_in_use().await;
    store.subscribe(&integration, "user:1").await;
    let first = store.receive_named(&integration, &[named("E1", &["user:1"])], at(0)).await;
    store.reopen();
    let request = store.receive(&integration, vec![named("E1", &["user:1"])], at(1_000)).await;
    let again = store.events_of_request(&request.id).unwrap().remove(0);
    assert_eq!((again.status, again.duplicate_of.as_ref()), (EventStatus::Duplicate, Some(&first[0].id)));
    assert_eq!((request.status, request.delivery_count), (RequestStatus::Duplicate, 0));
    assert_eq!((store.reached(&first[0].id).len(), store.reached(&again.id).len()), (1, 0));
}

#[tokio::test]
async fn the_same_event_after_the_window_is_delivered_again() {
    let store = store_with(|options| options.duplicate_window_ms = 1_000);
    let integration = store.integration_in_use().await;
    store.subscribe(&integration, "user:1").await;
    for (ms, is_delivered) in [(0, true), (1_001, true), (2_001, false), (2_002, true)] {
        let events = store.receive_named(&integration, &[named("E1", &["user:1"])], at(ms)).await;
        assert_eq!(store.reached(&events[0].id).len(), usize::from(is_delivered), "at {ms}");
    }
}

#[tokio::test]
async fn another_id_other_selectors_another_webhook_or_integration_make_another_event() {
    let store = store();
    let integration = store.integration_in_use().await;
    let other = store.set_up("github").await;
    store.receive_named(&integration, &[named("E1", &["user:1"])], at(0)).await;
    let different =
        [named("E2", &["user:1"]), named("E1", &["user:2"]), named("E1", &["user:1", "user:2"]), event(["user:1"])];
    for event in different {
        let events = store.receive_named(&integration, std::slice::from_ref(&event), at(1)).await;
        assert_eq!(events[0].status, EventStatus::Unrouted, "{event:?}");
    }
    let events = store.receive_named(&other, &[named("E1", &["user:1"])], at(1)).await;
    assert_eq!(events[0].status, EventStatus::Unrouted);
    let elsewhere = subject::receive(&store, &integration, "hook2", vec![named("E1", &["user:1"])], at(1)).await;
    assert_eq!(elsewhere.unwrap().status, RequestStatus::Unrouted);
}

#[tokio::test]
async fn the_same_event_twice_in_one_request_is_delivered_once() {
    let store = store();
    let integration = store.integration_in_use().await;
    store.subscribe(&integration, "user:1").await;
    let twice = [named("E1", &["user:1"]), named("E1", &["user:1"])];
    let events = store.receive_named(&integration, &twice, at(0)).await;
    assert_eq!((events[0].status, events[1].status), (EventStatus::Routed, EventStatus::Duplicate));
    assert_eq!(events[1].duplicate_of.as_ref(), Some(&events[0].id));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_event_many_times_at_once_is_delivered_once() {
    let store = store();
    let integration = store.integration_in_use().await;
    store.subscribe(&integration, "user:1").await;
    let received = (0..20).map(|_| {
        let (store, integration) = (store.deref().clone(), integration.clone());
        tokio::spawn(async move {
            subject::receive(&store, &integration, HOOK, vec![named("E1", &["user:1"])], at(0)).await.unwrap()
        })
    });
    let mut deliveries = 0;
    for request in received.collect::<Vec<_>>() {
        deliveries += request.await.unwrap().delivery_count;
    }
    assert_eq!(deliveries, 1);
}
