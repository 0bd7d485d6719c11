//! What is found of a customer and of a selector, without looking at anybody else's; and that nothing is left of what goes.

use super::subject::{listener, new_connection};
use super::*;
use crate::keys::{Key, Table};

fn no_span() -> Span {
    Span::default()
}

/// All pages of something, and how many there were.
fn all<T>(limit: usize, page_of: impl Fn(&PageRequest) -> Result<Page<T>, Error>) -> Vec<T> {
    let mut request = first_page(limit);
    let mut items = Vec::new();
    loop {
        let page = page_of(&request).unwrap();
        assert!(page.items.len() <= limit);
        items.extend(page.items);
        match page.cursor {
            Some(cursor) => request.cursor = Some(cursor),
            None => return items,
        }
    }
}

#[tokio::test]
async fn a_customers_deliveries_events_and_requests_are_found_page_by_page() {
    let mut store = store();
    let integration = store.integration_in_use().await;
    store.put_connection(&new_connection(&integration, "other")).await.unwrap();
    store.put_subscription(&listener(&integration, "other", HOOK, "both")).await.unwrap();
    store.put_subscription(&listener(&integration, "other", HOOK, "theirs")).await.unwrap();
    for selector in ["own", "own", "both"] {
        store.subscribe(&integration, selector).await;
    }
    let mut requests = Vec::new();
    for ms in 0..5 {
        let events = vec![event(["own"]), event(["theirs"]), event(["both"]), event(["nobody"])];
        requests.insert(0, store.receive(&integration, events, at(ms)).await.id);
        store.receive(&integration, vec![event(["theirs"])], at(ms)).await;
    }
    store.reopen();
    let customer = "customer of acme";
    for limit in [1, 2, 3, 250] {
        let deliveries = all(limit, |page| store.deliveries_of_customer(customer, page, |_| true));
        assert_eq!(deliveries.len(), 5 * 3);
        assert!(deliveries.iter().all(|delivery| delivery.customer == customer));
        let events = all(limit, |page| store.events_of_customer(customer, page, |_| true));
        assert_eq!(events.len(), 5 * 2);
        assert!(events.is_sorted_by(|newer, older| newer.id > older.id), "each once, the newest first");
        let found = all(limit, |page| store.requests_of_customer(customer, page, |_| true));
        assert_eq!(found.into_iter().map(|request| request.id).collect::<Vec<_>>(), requests, "limit {limit}");
    }
    let found = all(2, |page| store.connections_of_customer(customer, page, |_| true));
    assert_eq!(found.into_iter().map(|connection| connection.id).collect::<Vec<_>>(), ["acme"]);
    assert_eq!(all(2, |page| store.deliveries_of_customer("customer of", page, |_| true)).len(), 0);
}

#[tokio::test]
async fn an_event_with_more_deliveries_than_its_record_names_has_them_all() {
    let store = store();
    let integration = store.integration_in_use().await;
    for _ in 0..100 {
        store.subscribe(&integration, "user:1").await;
    }
    let event = store.receive_one(&integration, &["user:1"], at(0)).await;
    assert_eq!(store.deliveries_of_event(&event).unwrap().len(), 100);
    assert_eq!(store.event(&event).unwrap().unwrap().delivery_count, 100);
    assert_eq!(store.reached(&event).len(), 100);
}

#[tokio::test]
async fn what_concerned_a_customer_is_merged_by_time() {
    let store = store_with(|options| options.unrouted_events_max = 1);
    let integration = store.integration_in_use().await;
    store.subscribe(&integration, "user:1").await;
    let named = |selectors: [&str; 2]| NewEvent { provider_id: Some("E1".into()), ..event(selectors) };
    let routed = store.receive_one(&integration, &["user:1"], at(0)).await;
    let stopped = store.receive_one(&integration, &["team:1"], at(1)).await;
    let first = store.receive(&integration, vec![named(["a", "team:1"])], at(2)).await;
    let second = store.receive(&integration, vec![named(["a", "team:1"])], at(3)).await;
    store.trim_unrouted(|| false).unwrap();
    let of = |request: &WebhookRequest| store.events_of_request(&request.id).unwrap().remove(0).id;
    let listening: Vec<Listening> = ["user:1", "team:1", "a"]
        .map(|selector| Listening {
            integration: integration.id.clone(),
            webhook_key: HOOK.into(),
            selector: selector.into(),
        })
        .into();
    for limit in [1, 2, 250] {
        let found = all(limit, |page| store.concerns("customer of acme", &listening, &[], &no_span(), page));
        let ids: Vec<EventId> = found
            .into_iter()
            .map(|concern| match concern {
                Concern::Event(event, deliveries) => {
                    assert_eq!(deliveries.len(), usize::from(event.id == routed));
                    event.id
                }
                Concern::Failed(_) => panic!("nothing failed"),
            })
            .collect();
        assert_eq!(ids, [of(&second), of(&first), stopped.clone(), routed.clone()], "limit {limit}");
    }
    assert_eq!(store.event(&stopped).unwrap().unwrap().stopped_waiting.unwrap().code, "too_many_waiting");
    let found = all(1, |page| store.events_unheard(&integration.id, None, "team:1", page, |_| true));
    assert_eq!(found.len(), 3);
}

#[tokio::test]
async fn nothing_is_left_of_what_is_removed() {
    let store = store_with(|options| options.unrouted_events_max = 1);
    let integration = store.integration_in_use().await;
    for _ in 0..70 {
        store.subscribe(&integration, "user:1").await;
    }
    let named = || NewEvent { provider_id: Some("E1".into()), ..event(["a", "user:2"]) };
    store.receive(&integration, vec![event(["user:1"]), event(["nobody"]), named()], at(0)).await;
    let original = store.receive(&integration, vec![named()], at(0)).await;
    let mut failed = super::subject::request(&integration, HOOK, &[], at(0));
    (failed.status, failed.replay_of) = (RequestStatus::Failed, Some(original.id.clone()));
    store.routing().await.commit(super::subject::commit_of(failed, Vec::new())).await.unwrap();
    assert_eq!(store.replays(&original.id).unwrap().len(), 1);
    assert_eq!(store.failed_requests(&integration.id, &first_page(9), |_| true).unwrap().items.len(), 1);
    store.trim_unrouted(|| false).unwrap();
    for claim in store.claim_all(at(0)) {
        store.settle_as(&claim, at(0), Settlement::Dead);
    }
    store.expire(at(1), &mut Swept::default()).unwrap();
    for table in 50..80_u8 {
        if ![Table::CustomersListed as u8, Table::NewestStopped as u8].contains(&table) {
            assert_eq!(store.inner.tree.scan_prefix([table]).count(), 0, "table {table}");
        }
    }
    assert_eq!(store.inner.room.used_bytes(), 0);
}

#[tokio::test]
async fn what_an_earlier_version_wrote_is_entered_in_the_lists_once() {
    let mut store = store();
    let integration = store.integration_in_use().await;
    store.subscribe(&integration, "user:1").await;
    store.receive_one(&integration, &["user:1"], at(0)).await;
    for table in [Table::DeliveryOfCustomer, Table::ConnectionOfCustomer, Table::CustomersListed] {
        for key in store.inner.tree.scan_prefix(Key::new(table)).keys() {
            store.inner.tree.remove(key.unwrap()).unwrap();
        }
    }
    store.durable().await.unwrap();
    store.reopen();
    let customer = "customer of acme";
    assert_eq!(all(9, |page| store.deliveries_of_customer(customer, page, |_| true)).len(), 1);
    assert_eq!(all(9, |page| store.connections_of_customer(customer, page, |_| true)).len(), 1);
}
