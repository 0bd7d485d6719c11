//! A commit is all or nothing, and what it has answered is on disk.

use super::subject::{receive, received};
use super::*;
use patchbay_model::subscription::Ordering;

/// Checks that a store holds all of a request with one routed and one waiting event.
fn assert_holds(store: &Store, request: &WebhookRequest) {
    let found = store.webhook_request(&request.id).unwrap().expect("the request is there");
    assert_eq!((found.status, found.event_count, found.delivery_count), (RequestStatus::Routed, 2, 1));
    let content = found.content.unwrap();
    assert_eq!(store.content(content.body).unwrap().unwrap(), "the body");
    assert_eq!(store.content(content.received).unwrap().unwrap(), serde_json::to_vec(&received()).unwrap());

    let events = store.events_of_request(&request.id).unwrap();
    let statuses: Vec<_> = events.iter().map(|event| (event.status, event.delivery_count)).collect();
    assert_eq!(statuses, [(EventStatus::Routed, 1), (EventStatus::Unrouted, 0)]);
    let payloads: Vec<_> = events.iter().map(|event| store.content(event.payload).unwrap().unwrap()).collect();
    assert_eq!(payloads, [r#"{"for":["user:1"]}"#, r#"{"for":["nobody"]}"#]);

    let deliveries = store.deliveries_of_event(&events[0].id).unwrap();
    assert_eq!((deliveries.len(), deliveries[0].status), (1, DeliveryStatus::Pending));
    assert_eq!(deliveries[0].request, request.id);
}

fn two_events() -> Vec<NewEvent> {
    vec![event(["user:1"]), event(["nobody"])]
}

#[tokio::test]
async fn a_commit_holds_request_events_deliveries_and_contents_and_survives_reopening() {
    let mut store = store();
    let integration = store.integration_in_use().await;
    store.subscribe(&integration, "user:1").await;
    let request = store.receive(&integration, two_events(), at(0)).await;
    assert_holds(&store, &request);
    store.reopen();
    assert_holds(&store, &request);
    assert_eq!(store.claim_all(at(0)).len(), 1);
}

#[tokio::test]
async fn a_request_without_events_is_kept_as_it_was_judged() {
    let mut store = store();
    let integration = store.integration_in_use().await;
    let request = store.receive(&integration, vec![], at(0)).await;
    store.reopen();
    assert_eq!(store.webhook_request(&request.id).unwrap().unwrap().status, RequestStatus::Answered);
}

#[tokio::test]
async fn a_full_store_refuses_the_whole_request_and_keeps_what_it_has() {
    let mut store = store_with(|options| options.content_bytes_max = 2_000);
    let integration = store.integration_in_use().await;
    store.subscribe(&integration, "user:1").await;
    let kept = store.receive(&integration, two_events(), at(0)).await;
    let too_much = vec![event(["user:1"]), event(["user:1".to_owned(), "x".repeat(2_000)])];
    let refused = receive(&store, &integration, HOOK, too_much, at(0)).await;
    assert!(matches!(refused, Err(Error::Full { bytes_max: 2_000 })));
    for _ in 0..2 {
        assert_eq!(store.webhook_requests(&first_page(9), |_| true).unwrap().items.len(), 1);
        assert_eq!(store.events(&first_page(9), |_| true).unwrap().items.len(), 2);
        assert_eq!(store.claim_all(at(0)).len(), 1);
        assert_holds(&store, &kept);
        store.reopen();
    }
    store.receive(&integration, two_events(), at(1)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_a_commit_answered_is_on_disk_at_that_moment() {
    let store = store();
    let integration = store.integration_in_use().await;
    store.subscribe(&integration, "user:1").await;
    let others = (0..3).map(|_| {
        let (store, integration) = (store.deref().clone(), integration.clone());
        tokio::spawn(async move {
            loop {
                receive(&store, &integration, HOOK, two_events(), at(0)).await.unwrap();
            }
        })
    });
    let others: Vec<_> = others.collect();
    for _ in 0..5 {
        let request = store.receive(&integration, two_events(), at(0)).await;
        let found = store.copy();
        assert_holds(&found, &request);
        assert!(found.claim_due(at(0)).unwrap().is_some());
    }
    others.iter().for_each(tokio::task::JoinHandle::abort);
}

/// What sled and the content log wrote out of themselves is not counted on.
#[tokio::test]
async fn what_a_commit_answered_is_in_the_journal_alone() {
    let mut store = store();
    let integration = store.integration_in_use().await;
    store.subscribe(&integration, "user:1").await;
    store.reopen();
    // The first commit of a start waits for a checkpoint.
    let before = store.receive(&integration, two_events(), at(0)).await;
    let earlier = store.copy();
    let requests = [
        store.receive(&integration, two_events(), at(1)).await,
        store.receive(&integration, two_events(), at(2)).await,
    ];

    let found = earlier.with_journal_of(&store);
    assert_holds(&found, &before);
    requests.iter().for_each(|request| assert_holds(&found, request));
    assert_eq!(found.claim_all(at(3)).len(), 3);
}

#[tokio::test]
async fn more_content_than_the_journal_takes_is_on_disk_all_the_same() {
    let store = store();
    let integration = store.integration_in_use().await;
    store.receive(&integration, vec![], at(0)).await;
    let large = "x".repeat(400 << 10);
    let request = store.receive(&integration, vec![event([large.as_str()])], at(1)).await;
    let found = store.copy();
    let event = found.events_of_request(&request.id).unwrap().remove(0);
    assert_eq!(found.content(event.payload).unwrap().unwrap(), json!({ "for": [large] }).to_string());
}

#[tokio::test]
async fn records_that_end_before_the_journal_begins_are_not_taken_for_all_there_is() {
    let mut store = store();
    let integration = store.integration_in_use().await;
    store.receive(&integration, vec![], at(0)).await;
    let earlier = store.copy();
    store.receive(&integration, vec![], at(1)).await;
    store.reopen();
    store.receive(&integration, vec![], at(2)).await;
    store.receive(&integration, vec![], at(3)).await;
    let folder = earlier.take_journal_of(&store);
    let Err(Error::Corrupt(message)) = Store::open(&folder.path().join("store"), store.options.clone()) else {
        panic!("a gap was not noticed")
    };
    assert!(message.contains("Restore the data folder from a backup"), "{message}");
}

/// An event that nobody was subscribed to must not be found beside a subscription that it would have gone to.
#[tokio::test]
async fn what_an_event_was_routed_by_is_on_disk_with_it() {
    let store = store();
    let integration = store.integration_in_use().await;
    let subscription = store.subscribe(&integration, "user:1").await;
    let alone = store.change_routing().await;
    store.forget_subscription(&subscription).unwrap();
    drop(alone);
    store.receive_one(&integration, &["user:1"], at(0)).await;
    assert!(store.copy().subscription(&subscription.id).unwrap().is_none());
}

#[tokio::test]
async fn a_delivery_that_keeps_an_order_is_on_disk_with_what_became_of_those_before_it() {
    let store = store();
    let integration = store.integration_in_use().await;
    let in_order = Subscription { ordering: Ordering::Subscription, ..listener(&integration, "acme", HOOK, "user:1") };
    store.put_subscription(&in_order).await.unwrap();
    store.receive_one(&integration, &["user:1"], at(0)).await;
    store.settle_as(&store.claim_one(at(0)), at(0), Settlement::Delivered);
    let second = store.receive_one(&integration, &["user:1"], at(1)).await;
    let due: Vec<_> = store.copy().claim_all(at(2)).into_iter().map(|claim| claim.delivery.event).collect();
    assert_eq!(due, [second]);
}

#[tokio::test]
async fn every_change_that_was_answered_is_on_disk_at_that_moment() {
    let store = store();
    let integration = store.set_up("slack").await;
    let token = store.webhook_token(&integration, HOOK).await.unwrap();
    let found = store.copy();
    assert_eq!(found.integration("slack").unwrap().unwrap().id, integration.id);
    assert!(found.webhook_address(&token).unwrap().is_some());

    store.put_connection(&subject::new_connection(&integration, "acme")).await.unwrap();
    let subscription = store.subscribe(&integration, "user:1").await;
    let found = store.copy();
    assert!(found.connection("acme").unwrap().is_some() && found.subscription(&subscription.id).unwrap().is_some());

    store.remove_connection(&store.connection("acme").unwrap().unwrap()).await.unwrap();
    let found = store.copy();
    assert!(found.connection("acme").unwrap().is_none() && found.subscription(&subscription.id).unwrap().is_none());
}

#[tokio::test]
async fn a_store_is_open_in_one_place_at_a_time() {
    let store = store();
    let second = Store::open(&store.folder.path().join("store"), store.options.clone());
    let Err(Error::Unavailable(message)) = second else { panic!("it was opened twice") };
    assert!(message.contains("in use by another process"), "{message}");
}

/// sled takes the file for a snapshot, and for the newest.
#[tokio::test]
async fn a_start_that_was_killed_while_a_snapshot_was_written_does_not_hold_up_the_next() {
    let mut store = store();
    let integration = store.integration_in_use().await;
    store.subscribe(&integration, "user:1").await;
    let request = store.receive(&integration, two_events(), at(0)).await;
    store.reopen();
    let unfinished = store.folder.path().join("store/sled/snap.FFFFFFFFFFFFFFFF.generating");
    std::fs::write(&unfinished, "").unwrap();
    store.reopen();
    assert_holds(&store, &request);
    assert!(!unfinished.exists());
}
