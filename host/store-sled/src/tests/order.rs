//! Strict order: who waits for whom, and who goes on when.

use super::*;
use patchbay_model::subscription::Ordering;
use patchbay_store::NewEvent;

/// A store with a subscription to `user:1` that keeps this order.
async fn ordered(ordering: Ordering) -> (Fixture, Integration) {
    let store = store();
    let integration = store.integration_in_use().await;
    let subscription = Subscription { ordering, ..listener(&integration, "acme", HOOK, "user:1") };
    store.put_subscription(&subscription).await.unwrap();
    (store, integration)
}

fn keyed(key: &str) -> NewEvent {
    NewEvent { ordering_key: Some(key.into()), ..event(["user:1"]) }
}

/// Receives one event with this ordering key.
async fn receive(store: &Fixture, integration: &Integration, key: &str, now: Timestamp) -> EventId {
    let request = store.receive(integration, vec![keyed(key)], now).await;
    store.events_of_request(&request.id).unwrap().remove(0).id
}

fn events(claims: &[Claim]) -> Vec<EventId> {
    claims.iter().map(|claim| claim.delivery.event.clone()).collect()
}

#[tokio::test]
async fn the_deliveries_of_one_key_go_one_after_the_other_and_other_keys_do_not_wait() {
    let (mut store, integration) = ordered(Ordering::Key).await;
    let first = receive(&store, &integration, "a", at(0)).await;
    let second = receive(&store, &integration, "a", at(1)).await;
    let third = receive(&store, &integration, "a", at(2)).await;
    let other = receive(&store, &integration, "b", at(3)).await;
    let claims = store.claim_all(at(10));
    assert_eq!(events(&claims), [first, other]);
    store.settle_as(&claims[0], at(11), Settlement::Delivered);
    let claims = store.claim_all(at(11));
    assert_eq!(events(&claims), [second]);
    store.reopen();
    let again = store.claim_all(at(12));
    assert_eq!(again.len(), 2, "what was claimed and not settled is due again, and nothing else");
    for claim in &again {
        store.settle_as(claim, at(12), Settlement::Delivered);
    }
    assert_eq!(events(&store.claim_all(at(13))), [third]);
}

#[tokio::test]
async fn a_head_that_is_retried_holds_up_its_followers_until_it_is_delivered_or_given_up() {
    let (store, integration) = ordered(Ordering::Key).await;
    receive(&store, &integration, "a", at(0)).await;
    let second = receive(&store, &integration, "a", at(1)).await;
    store.settle_as(&store.claim_one(at(2)), at(2), Settlement::RetryAt(at(100)));
    assert!(store.claim_due(at(99)).unwrap().is_none());
    store.settle_as(&store.claim_one(at(100)), at(100), Settlement::Dead);
    assert_eq!(store.claim_one(at(100)).delivery.event, second);
}

#[tokio::test]
async fn events_of_one_request_keep_their_order_and_those_without_a_key_keep_none() {
    let (store, integration) = ordered(Ordering::Key).await;
    let request = store.receive(&integration, vec![keyed("a"), keyed("a"), event(["user:1"])], at(0)).await;
    let came: Vec<EventId> = store.events_of_request(&request.id).unwrap().into_iter().map(|event| event.id).collect();
    let claims = store.claim_all(at(1));
    assert_eq!(events(&claims), [came[0].clone(), came[2].clone()]);
    store.settle_as(&claims[0], at(2), Settlement::Delivered);
    assert_eq!(store.claim_one(at(2)).delivery.event, came[1]);
}

#[tokio::test]
async fn a_subscription_in_order_gets_one_delivery_at_a_time_whatever_the_keys() {
    let (store, integration) = ordered(Ordering::Subscription).await;
    let came = [receive(&store, &integration, "a", at(0)).await, receive(&store, &integration, "b", at(0)).await];
    for event in came {
        let claim = store.claim_one(at(1));
        assert_eq!(claim.delivery.event, event);
        assert!(store.claim_due(at(1)).unwrap().is_none());
        store.settle_as(&claim, at(1), Settlement::Delivered);
    }
}

#[tokio::test]
async fn events_that_waited_for_the_subscription_are_delivered_in_the_order_in_which_they_came() {
    let store = store();
    let integration = store.integration_in_use().await;
    let waited = [receive(&store, &integration, "a", at(0)).await, receive(&store, &integration, "a", at(1)).await];
    let subscription = Subscription { ordering: Ordering::Key, ..listener(&integration, "acme", HOOK, "user:1") };
    store.put_subscription(&subscription).await.unwrap();
    let later = receive(&store, &integration, "a", at(2)).await;
    for event in waited.into_iter().chain([later]) {
        let claim = store.claim_one(at(9));
        assert_eq!(claim.delivery.event, event);
        assert!(store.claim_due(at(9)).unwrap().is_none());
        store.settle_as(&claim, at(9), Settlement::Delivered);
    }
}

#[tokio::test]
async fn a_head_that_expires_lets_the_next_one_go() {
    let (store, integration) = ordered(Ordering::Key).await;
    receive(&store, &integration, "a", at(0)).await;
    let second = receive(&store, &integration, "a", at(50)).await;
    store.settle_as(&store.claim_one(at(51)), at(51), Settlement::RetryAt(at(1_000_000)));
    assert_eq!(store.expire(at(50), &mut Swept::default()).unwrap(), 1);
    assert_eq!(store.claim_one(at(60)).delivery.event, second);
}

#[tokio::test]
async fn what_waits_for_an_earlier_one_cannot_be_retried_and_what_was_given_up_is_retried_out_of_order() {
    let (store, integration) = ordered(Ordering::Key).await;
    let first = receive(&store, &integration, "a", at(0)).await;
    let second = receive(&store, &integration, "a", at(0)).await;
    let of = |event| store.deliveries_of_event(event).unwrap().remove(0).id;
    let (first, second) = (of(&first), of(&second));
    assert!(matches!(store.retry_delivery(&second, at(1)).await, Err(Error::Conflict(_))));
    store.settle_as(&store.claim_one(at(1)), at(1), Settlement::Dead);
    store.retry_delivery(&first, at(2)).await.unwrap();
    let mut claimed: Vec<DeliveryId> = store.claim_all(at(9)).into_iter().map(|claim| claim.delivery.id).collect();
    claimed.sort();
    assert_eq!(claimed, [first, second]);
}
