//! Which subscriptions an event reaches: exactly those with its integration, its webhook and one of its selectors.

use proptest::prelude::*;

use super::subject::{new_connection, receive};
use super::*;

#[tokio::test]
async fn a_match_is_the_same_integration_the_same_webhook_and_the_same_selector() {
    let store = store();
    let integration = store.integration_in_use().await;
    let other = store.set_up("github").await;
    store.put_connection(&new_connection(&other, "other")).await.unwrap();
    let exact = store.subscribe(&integration, "user:1").await;
    // Each of them is another one, byte by byte: the two é are written in different ways.
    let misses = ["user:", "user:10", "user:1 ", "User:1", "user:1\0", "ser:1", "*", ".*", "é", "e\u{301}", "É"];
    let mut others = Vec::new();
    for miss in misses {
        others.push(store.subscribe(&integration, miss).await.id);
    }
    store.put_subscription(&listener(&integration, "acme", "hook2", "user:1")).await.unwrap();
    store.put_subscription(&listener(&integration, "acme", "hoo", "user:1")).await.unwrap();
    store.put_subscription(&listener(&other, "other", HOOK, "user:1")).await.unwrap();

    let event = store.receive_one(&integration, &["user:1"], at(0)).await;
    assert_eq!(store.reached(&event), [exact.id]);
    for (selector, other) in misses.into_iter().zip(others) {
        let event = store.receive_one(&integration, &[selector], at(0)).await;
        assert_eq!(store.reached(&event), [other], "{selector:?}");
    }
}

#[tokio::test]
async fn an_event_with_several_selectors_reaches_each_subscription_once() {
    let store = store();
    let integration = store.integration_in_use().await;
    let (one, two) = (store.subscribe(&integration, "team:1").await, store.subscribe(&integration, "user:1").await);
    let same = store.subscribe(&integration, "team:1").await;
    let event = store.receive_one(&integration, &["team:1", "user:1", "team:1", "nobody"], at(0)).await;
    assert_eq!(store.reached(&event), [one.id, two.id, same.id]);
    let event = store.event(&event).unwrap().unwrap();
    assert_eq!((event.status, event.delivery_count), (EventStatus::Routed, 3));
}

#[tokio::test]
async fn a_subscription_that_changes_its_selector_leaves_the_old_one() {
    let mut store = store();
    let integration = store.integration_in_use().await;
    let subscription = store.subscribe(&integration, "user:1").await;
    let moved = Subscription { source: listener(&integration, "acme", HOOK, "user:2").source, ..subscription.clone() };
    store.put_subscription(&moved).await.unwrap();
    store.reopen();
    let (old, new) = (
        store.receive_one(&integration, &["user:1"], at(0)).await,
        store.receive_one(&integration, &["user:2"], at(0)).await,
    );
    assert_eq!((store.reached(&old), store.reached(&new)), (vec![], vec![subscription.id]));
}

#[tokio::test]
async fn what_was_removed_or_failed_is_not_routed_to_and_what_is_disabled_is() {
    let store = store();
    let integration = store.integration_in_use().await;
    let removed = store.subscribe(&integration, "user:1").await;
    store.remove_subscription(&removed).await.unwrap();
    let failed = store.subscribe(&integration, "user:1").await;
    store.set_status(&failed, Status::Error).await;
    let event = store.receive_one(&integration, &["user:1"], at(0)).await;
    assert_eq!(store.reached(&event), []);
    assert_eq!(store.event(&event).unwrap().unwrap().status, EventStatus::Unrouted);
    let disabled = store.subscribe(&integration, "user:2").await;
    store.set_status(&disabled, Status::Disabled).await;
    let event = store.receive_one(&integration, &["user:2"], at(0)).await;
    assert_eq!(store.reached(&event), [disabled.id]);
}

/// Waits until routing goes by the table.
fn wait_for_table(store: &Fixture) {
    let start = Instant::now();
    while !store.inner.routes.is_complete() {
        assert!(start.elapsed() < Duration::from_secs(30), "the table is not made");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Sends an event for each of these users; returns the subscription that it reached, if any.
async fn reached_each(store: &Fixture, integration: &Integration, users: usize) -> Vec<Option<SubscriptionId>> {
    let mut all = Vec::new();
    for user in 0..users {
        let event = store.receive_one(integration, &[&format!("user:{user}")], at(0)).await;
        let reached = store.reached(&event);
        assert!(reached.len() <= 1);
        all.push(reached.into_iter().next());
    }
    all
}

#[tokio::test]
async fn after_a_crash_events_are_routed_as_before_while_the_table_is_made_and_by_it() {
    const USERS: usize = 60;
    let store = store();
    let integration = store.integration_in_use().await;
    let mut expected = Vec::new();
    for user in 0..USERS {
        let subscription = store.subscribe(&integration, &format!("user:{user}")).await;
        expected.push(Some(subscription.id.clone()));
        if user % 3 == 0 {
            store.set_status(&subscription, Status::Error).await;
            expected[user] = None;
        }
    }
    let mut crashed = store.copy();
    assert_eq!(reached_each(&crashed, &integration, USERS).await, expected);
    wait_for_table(&crashed);
    assert_eq!(reached_each(&crashed, &integration, USERS).await, expected);
    crashed.reopen();
    assert!(crashed.inner.routes.is_complete(), "a store that was closed has its table at once");
    assert_eq!(reached_each(&crashed, &integration, USERS).await, expected);
}

#[tokio::test]
async fn a_damaged_table_is_not_believed() {
    let mut store = store();
    let integration = store.integration_in_use().await;
    let subscription = store.subscribe(&integration, "user:1").await;
    store.reopen();
    let buckets = store.folder.path().join("store/routes/buckets");
    let length = std::fs::metadata(&buckets).unwrap().len();
    std::fs::write(&buckets, vec![7; usize::try_from(length).unwrap()]).unwrap();
    let event = store.receive_one(&integration, &["user:1"], at(0)).await;
    assert_eq!(store.reached(&event), std::slice::from_ref(&subscription.id));
    store.reopen();
    wait_for_table(&store);
    let event = store.receive_one(&integration, &["user:1"], at(0)).await;
    assert_eq!(store.reached(&event), [subscription.id]);
}

/// Selectors that share beginnings, hold separators and lengths, or differ in what the eye does not see.
fn selector() -> impl Strategy<Value = String> {
    let piece =
        prop::sample::select(vec!["a", "b", "\0", "\0\u{1}a", ":", "/", "é", "e\u{301}", "😀", "\u{ffff}", " "]);
    prop::collection::vec(piece, 1..4).prop_map(|pieces| pieces.concat())
}

/// An integration (0 or 1), a webhook and a selector.
fn address() -> impl Strategy<Value = (usize, &'static str, String)> {
    (0..2_usize, prop::sample::select(vec!["w", "wa", "w\0"]), selector())
}

/// Routes like the store should, the slow way.
fn naive(
    subscriptions: &[Subscription],
    integration: &Integration,
    webhook: &str,
    event: &NewEvent,
) -> Vec<SubscriptionId> {
    let reached = subscriptions.iter().filter(|subscription| {
        let source = subscription.source.as_ref().unwrap();
        subscription.integration_id == integration.id
            && source.global_webhook_key == webhook
            && event.selectors.contains(&source.global_webhook_event_selector)
    });
    reached.map(|subscription| subscription.id.clone()).collect()
}

/// Checks both ways to route: `late` subscriptions come after the events.
async fn check_routing(
    early: Vec<(usize, &'static str, String)>,
    late: Vec<(usize, &'static str, String)>,
    events: Vec<(usize, &'static str, Vec<String>)>,
) -> Result<(), TestCaseError> {
    let store = store();
    let mut integrations = Vec::new();
    for key in ["one", "two"] {
        let integration = store.set_up(key).await;
        store.put_connection(&new_connection(&integration, key)).await.unwrap();
        integrations.push(integration);
    }
    let subscription = |(integration, webhook, selector): &(usize, &'static str, String)| {
        listener(&integrations[*integration], &integrations[*integration].key, webhook, selector)
    };
    let early: Vec<Subscription> = early.iter().map(subscription).collect();
    let late: Vec<Subscription> = late.iter().map(subscription).collect();
    futures::future::try_join_all(early.iter().map(|early| store.put_subscription(early))).await.unwrap();
    let mut received = Vec::new();
    for (integration, webhook, selectors) in events {
        let (integration, event) = (&integrations[integration], event(selectors));
        let request = receive(&store, integration, webhook, vec![event.clone()], at(0)).await.unwrap();
        let id = store.events_of_request(&request.id).unwrap().remove(0).id;
        let expected = naive(&early, integration, webhook, &event);
        prop_assert_eq!(store.reached(&id), expected.clone());
        received.push((integration, webhook, event, id, expected));
    }
    for subscription in &late {
        store.put_subscription(subscription).await.unwrap();
    }
    for (integration, webhook, event, id, reached) in received {
        // An event that waited goes to the first subscription that has one of its selectors.
        let first = naive(&late, integration, webhook, &event).into_iter().take(1);
        let expected: Vec<_> = if reached.is_empty() { first.collect() } else { reached };
        prop_assert_eq!(store.reached(&id), expected);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn routing_equals_a_naive_loop(
        early in prop::collection::vec(address(), 0..12),
        late in prop::collection::vec(address(), 0..6),
        events in prop::collection::vec(
            (0..2_usize, prop::sample::select(vec!["w", "wa", "w\0"]), prop::collection::vec(selector(), 1..4)), 1..12,
        ),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(check_routing(early, late, events))?;
    }
}
