//! What a destination brings about: bounds, holds, and the end of patience.

use super::*;
use patchbay_model::subscription::{DeliverySettings, Destination};

fn to(url: &str) -> Destination {
    Destination { url: url.into() }
}

impl Fixture {
    async fn subscribe_as(
        &self,
        integration: &Integration,
        selector: &str,
        change: impl FnOnce(&mut Subscription),
    ) -> Subscription {
        let mut subscription = listener(integration, "acme", HOOK, selector);
        change(&mut subscription);
        self.put_subscription(&subscription).await.unwrap();
        subscription
    }

    async fn receive_many(&self, integration: &Integration, selector: &str, count: usize) {
        self.receive(integration, (0..count).map(|_| event([selector])).collect(), at(0)).await;
    }

    fn fail(&self, ms: u64) -> Option<Reason> {
        let attempt = Attempt { at: at(ms), took_ms: 1, answer: Some(500), error: Some("it answered 500".into()) };
        self.settle(&self.claim_one(at(ms)), attempt, Settlement::RetryAt(at(ms))).unwrap()
    }
}

#[tokio::test]
async fn a_host_gets_only_so_much_at_a_time_whoever_sends_it() {
    let store = store_with(|options| options.attempts.per_host_max = 3);
    let integration = store.integration_in_use().await;
    for (selector, url) in [("a", "http://Slow.example.test:8080/"), ("b", "http://slow.example.test./b?Slow")] {
        store.subscribe_as(&integration, selector, |it| it.destination = to(url)).await;
        store.receive_many(&integration, selector, 4).await;
    }
    store.subscribe(&integration, "elsewhere").await;
    store.receive_many(&integration, "elsewhere", 4).await;
    let claims = store.claim_all(at(0));
    let to_slow: Vec<&Claim> =
        claims.iter().filter(|claim| claim.subscription.as_ref().unwrap().destination.url.contains("Slow")).collect();
    assert_eq!((claims.len(), to_slow.len()), (6, 3));
    store.settle_as(to_slow[0], at(1), Settlement::Delivered);
    assert_eq!(store.claim_all(at(1)).len(), 1);
}

#[tokio::test]
async fn a_customer_gets_only_so_much_at_a_time_wherever_it_goes() {
    let store = store_with(|options| options.attempts.per_customer_max = 3);
    let integration = store.integration_in_use().await;
    for host in ["one", "two"] {
        let url = format!("https://{host}.example.test/");
        store.subscribe_as(&integration, "a", |it| it.destination = to(&url)).await;
    }
    store.receive_many(&integration, "a", 4).await;
    let claims = store.claim_all(at(0));
    assert_eq!(claims.len(), 3);
    store.settle_as(&claims[0], at(1), Settlement::Delivered);
    assert_eq!(store.claim_all(at(1)).len(), 1);
}

#[tokio::test]
async fn a_host_that_never_answers_gets_one_at_a_time_until_it_does() {
    let mut store = store_with(|options| options.attempts.silences_in_a_row_max = 4);
    let integration = store.integration_in_use().await;
    store.subscribe(&integration, "a").await;
    store.receive_many(&integration, "a", 12).await;
    let settle = |store: &Fixture, claim: &Claim, answer| {
        let attempt = Attempt { at: at(0), took_ms: 1, answer, error: None };
        store.settle(claim, attempt, Settlement::RetryAt(at(0))).unwrap();
    };
    for claim in store.claim_all(at(0)) {
        settle(&store, &claim, None);
    }
    for _ in 0..3 {
        let claims = store.claim_all(at(0));
        assert_eq!(claims.len(), 1);
        settle(&store, &claims[0], None);
    }
    let claims = store.claim_all(at(0));
    settle(&store, &claims[0], Some(503));
    assert_eq!(store.claim_all(at(0)).len(), 4, "any answer will do");
    store.reopen();
    assert_eq!(store.claim_all(at(0)).len(), 4);
}

#[tokio::test]
async fn a_subscription_says_itself_how_much_it_takes_at_a_time() {
    let store = store();
    let integration = store.integration_in_use().await;
    let concurrency = |count| DeliverySettings { concurrency_max: Some(count), ..DeliverySettings::default() };
    let mut subscription = store.subscribe_as(&integration, "a", |it| it.delivery = concurrency(2)).await;
    store.receive_many(&integration, "a", 20).await;
    let claims = store.claim_all(at(0));
    assert_eq!(claims.len(), 2);
    subscription.delivery = concurrency(7);
    store.put_subscription(&subscription).await.unwrap();
    store.settle_as(&claims[0], at(0), Settlement::Delivered);
    assert_eq!(store.claim_all(at(0)).len(), 6);
    subscription.delivery = concurrency(1);
    store.put_subscription(&subscription).await.unwrap();
    store.settle_as(&claims[1], at(0), Settlement::Delivered);
    assert_eq!(store.claim_all(at(0)).len(), 0);
}

#[tokio::test]
async fn a_destination_that_only_fails_disables_its_subscription_in_the_end_and_what_is_pending_waits() {
    let mut store = store_with(|options| options.disable_after_ms = 1_000);
    let integration = store.integration_in_use().await;
    let subscription = store.subscribe(&integration, "a").await;
    store.receive_many(&integration, "a", 1).await;
    assert_eq!(store.fail(0), None);
    store.reopen();
    assert_eq!(store.fail(600), None);
    assert_eq!(store.fail(1_000), None);
    let reason = store.fail(1_001).unwrap();
    assert_eq!(reason.code, "destination_failing");
    assert!(reason.message.contains("2100-01-01T00:00:00Z") && reason.message.contains("500"), "{}", reason.message);
    let disabled = store.subscription(&subscription.id).unwrap().unwrap();
    assert_eq!(
        (disabled.status, disabled.error, disabled.disabled_at),
        (Status::Disabled, Some(reason), Some(at(1_001)))
    );
    store.receive_many(&integration, "a", 1).await;
    assert!(store.claim_due(at(2_000)).unwrap().is_none());
    store.put_subscription(&subscription).await.unwrap();
    assert_eq!(store.claim_all(at(2_000)).len(), 2);
}

#[tokio::test]
async fn a_success_a_long_silence_or_a_new_destination_begin_the_count_anew() {
    for what in ["success", "silence", "destination"] {
        let store = store_with(|options| options.disable_after_ms = 1_000);
        let integration = store.integration_in_use().await;
        let subscription = store.subscribe(&integration, "a").await;
        store.receive_many(&integration, "a", 2).await;
        assert_eq!(store.fail(0), None);
        let mut now = 900;
        match what {
            "success" => store.settle_as(&store.claim_one(at(900)), at(900), Settlement::Delivered),
            "silence" => now = 5_000,
            _ => {
                let destination = to("https://new.example.test/");
                store.put_subscription(&Subscription { destination, ..subscription }).await.unwrap();
            }
        }
        assert_eq!(store.fail(now), None, "{what}");
        assert_eq!(store.fail(now + 900), None, "{what}");
        assert!(store.fail(now + 1_001).is_some(), "{what}");
    }
}

/// Claims the first delivery and has its destination ask for patience.
async fn held(store: &Fixture, integration: &Integration) -> DeliveryId {
    store.receive_many(integration, "a", 2).await;
    let claim = store.claim_one(at(0));
    store.hold(&claim, at(1_000));
    store.settle_as(&claim, at(0), Settlement::RetryAt(at(1_000)));
    assert!(store.claim_due(at(500)).unwrap().is_none());
    claim.delivery.id
}

#[tokio::test]
async fn a_hold_ends_when_the_destination_is_another_one() {
    let store = store();
    let integration = store.integration_in_use().await;
    let subscription = store.subscribe(&integration, "a").await;
    let first = held(&store, &integration).await;
    store.put_subscription(&subscription).await.unwrap();
    assert!(store.claim_due(at(500)).unwrap().is_none(), "it is the same");
    let destination = to("https://new.example.test/");
    store.put_subscription(&Subscription { destination, ..subscription }).await.unwrap();
    let claims = store.claim_all(at(500));
    assert_eq!(claims.len(), 1, "what was to be tried again keeps its time");
    assert_ne!(claims[0].delivery.id, first);
}

#[tokio::test]
async fn a_hold_ends_when_a_person_retries() {
    let store = store();
    let integration = store.integration_in_use().await;
    store.subscribe(&integration, "a").await;
    let first = held(&store, &integration).await;
    store.retry_delivery(&first, at(500)).await.unwrap();
    assert_eq!(store.claim_all(at(500)).len(), 2);
}

#[tokio::test]
async fn a_lifted_hold_keeps_the_order() {
    let store = store();
    let integration = store.integration_in_use().await;
    let ordering = patchbay_model::subscription::Ordering::Subscription;
    store.subscribe_as(&integration, "a", |it| it.ordering = ordering).await;
    let first = held(&store, &integration).await;
    store.retry_delivery(&first, at(500)).await.unwrap();
    let claims = store.claim_all(at(500));
    assert_eq!(claims.iter().map(|claim| claim.delivery.id.clone()).collect::<Vec<_>>(), [first]);
    store.settle_as(&claims[0], at(500), Settlement::Delivered);
    assert_eq!(store.claim_all(at(500)).len(), 1);
}

#[tokio::test]
async fn what_was_read_before_the_destination_was_found_gone_replaces_nothing() {
    let store = store();
    let integration = store.integration_in_use().await;
    let read = store.subscribe(&integration, "a").await;
    let change = Subscription { destination: to("https://new.example.test/"), ..read.clone() };
    store.receive_many(&integration, "a", 1).await;
    let gone = Settlement::DisableSubscription(Reason::new("destination_gone", "it answered 410"));
    store.settle_as(&store.claim_one(at(0)), at(0), gone);
    assert!(matches!(store.replace_subscription(&read, &change).await, Err(Error::Changed)));
    let now = store.subscription(&read.id).unwrap().unwrap();
    assert_eq!((now.status, &now.destination), (Status::Disabled, &read.destination));
    let change = Subscription { destination: to("https://new.example.test/"), ..now.clone() };
    store.replace_subscription(&now, &change).await.unwrap();
    store.remove_subscription(&now).await.unwrap();
    assert!(matches!(store.replace_subscription(&change, &now).await, Err(Error::Changed)), "it is gone");
    assert!(store.subscription(&now.id).unwrap().is_none());
}

#[tokio::test]
async fn an_integration_or_a_connection_that_was_changed_meanwhile_is_not_replaced() {
    let store = store();
    let integration = store.integration_in_use().await;
    let pinned = Integration { version: Some(1), ..integration.clone() };
    store.replace_integration(&integration, &pinned).await.unwrap();
    let other = Integration { version: Some(2), ..integration.clone() };
    assert!(matches!(store.replace_integration(&integration, &other).await, Err(Error::Changed)));
    assert_eq!(store.integration(&integration.key).unwrap().unwrap().version, Some(1));
    let twin = Integration { id: patchbay_model::id::IntegrationId::new(), ..integration.clone() };
    assert!(
        matches!(store.put_integration(&twin).await, Err(Error::Changed)),
        "it was made by somebody else meanwhile"
    );
    let connection = store.connection("acme").unwrap().unwrap();
    let named = |name: &str| patchbay_model::connection::Connection { name: Some(name.into()), ..connection.clone() };
    store.replace_connection(&connection, &named("first")).await.unwrap();
    assert!(matches!(store.replace_connection(&connection, &named("second")).await, Err(Error::Changed)));
    assert_eq!(store.connection("acme").unwrap().unwrap().name.as_deref(), Some("first"));
}
