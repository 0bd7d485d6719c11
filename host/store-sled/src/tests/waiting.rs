//! Events that no subscription wanted when they came: they wait, and are routed once.

use super::subject::{commit_of, receive, request};
use super::*;

/// An event waits; what `appear` does must route it to the subscription that it returns.
async fn check<F: AsyncFn(&mut Fixture, &Integration) -> Subscription>(appear: F) {
    let mut store = store();
    let integration = store.integration_in_use().await;
    let other = store.receive_one(&integration, &["user:2"], at(0)).await;
    let waiting = store.receive_one(&integration, &["user:1", "team:1"], at(0)).await;
    assert_eq!(store.event(&waiting).unwrap().unwrap().status, EventStatus::Unrouted);

    let subscription = appear(&mut store, &integration).await;
    assert_eq!(store.reached(&waiting), std::slice::from_ref(&subscription.id));
    let event = store.event(&waiting).unwrap().unwrap();
    assert_eq!((event.status, event.delivery_count), (EventStatus::Routed, 1));
    let request = store.webhook_request(&event.request).unwrap().unwrap();
    assert_eq!((request.status, request.delivery_count), (RequestStatus::Routed, 1));
    assert_eq!(store.claim_one(at(0)).delivery.event, waiting);

    // It waits no longer: not under its other selector, not for another subscription, not after reopening.
    store.subscribe(&integration, "team:1").await;
    store.subscribe(&integration, "user:1").await;
    store.put_subscription(&subscription).await.unwrap();
    store.reopen();
    store.put_subscription(&subscription).await.unwrap();
    assert_eq!(store.reached(&waiting), [subscription.id]);
    assert_eq!(store.reached(&other), []);
}

#[tokio::test]
async fn a_new_subscription_gets_the_events_that_waited_for_it() {
    check(async |store, integration| store.subscribe(integration, "user:1").await).await;
}

#[tokio::test]
async fn events_wait_over_a_reopening() {
    check(async |store, integration| {
        store.reopen();
        store.subscribe(integration, "team:1").await
    })
    .await;
}

#[tokio::test]
async fn an_enabled_subscription_gets_the_events_that_waited_for_it() {
    check(async |store, integration| {
        let subscription = listener(integration, "acme", HOOK, "user:1");
        store.set_status(&subscription, Status::Disabled).await;
        store.reopen();
        store.put_subscription(&subscription).await.unwrap();
        subscription
    })
    .await;
}

#[tokio::test]
async fn a_resubscribed_subscription_gets_the_events_that_wait_for_its_new_selector() {
    check(async |store, integration| {
        let subscription = store.subscribe(integration, "user:old").await;
        let moved = Subscription { source: listener(integration, "acme", HOOK, "user:1").source, ..subscription };
        store.put_subscription(&moved).await.unwrap();
        moved
    })
    .await;
}

#[tokio::test]
async fn more_events_than_one_step_routes_are_all_routed() {
    let store = store();
    let integration = store.integration_in_use().await;
    let events = (0..250).map(|_| event(["user:1"])).collect();
    let request = store.receive(&integration, events, at(0)).await;
    let subscription = store.subscribe(&integration, "user:1").await;
    for event in store.events_of_request(&request.id).unwrap() {
        assert_eq!(store.reached(&event.id), std::slice::from_ref(&subscription.id));
    }
    assert_eq!(store.webhook_request(&request.id).unwrap().unwrap().delivery_count, 250);
}

#[tokio::test]
async fn a_subscription_made_between_the_match_and_the_commit_gets_the_event() {
    let store = store();
    let integration = store.integration_in_use().await;
    let subscription = listener(&integration, "acme", HOOK, "user:1");
    let routing = store.routing().await;
    assert!(routing.subscriptions_matching(&integration.id, HOOK, "user:1").unwrap().is_empty());
    let mut subscribe = tokio::spawn({
        let (store, subscription) = (store.deref().clone(), subscription.clone());
        async move { store.put_subscription(&subscription).await.unwrap() }
    });
    // It may be made to wait until the commit; it must not slip through.
    let is_done = tokio::time::timeout(Duration::from_millis(100), &mut subscribe).await.is_ok();
    let events = vec![event(["user:1"])];
    let request = request(&integration, HOOK, &events, at(0));
    let routed = events.into_iter().map(|event| (event, Vec::new())).collect();
    let request = routing.commit(commit_of(request, routed)).await.unwrap();
    if !is_done {
        subscribe.await.unwrap();
    }
    let events = store.events_of_request(&request.id).unwrap();
    assert_eq!(store.reached(&events[0].id), [subscription.id]);
}

/// Either the commit finds the subscription, or the subscription finds the waiting event; never neither, never both.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_event_that_races_with_its_subscription_is_routed_once() {
    let store = store();
    let integration = store.integration_in_use().await;
    let pairs = (0..300).map(|pair| {
        let (store, integration) = (store.deref().clone(), integration.clone());
        tokio::spawn(async move {
            let selector = format!("user:{pair}");
            let subscription = listener(&integration, "acme", HOOK, &selector);
            let commit = tokio::spawn({
                let store = store.clone();
                async move { receive(&store, &integration, HOOK, vec![event([selector])], at(0)).await.unwrap() }
            });
            let subscribe = tokio::spawn({
                let subscription = subscription.clone();
                async move { store.put_subscription(&subscription).await.unwrap() }
            });
            subscribe.await.unwrap();
            (commit.await.unwrap(), subscription)
        })
    });
    for pair in pairs.collect::<Vec<_>>() {
        let (request, subscription) = pair.await.unwrap();
        let events = store.events_of_request(&request.id).unwrap();
        assert_eq!(store.reached(&events[0].id), [subscription.id]);
    }
}
