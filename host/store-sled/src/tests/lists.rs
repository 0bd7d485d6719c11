//! Lists: the newest first, a page at a time, stable while rows are added.

use super::subject::new_connection;
use super::*;

/// Reads a list to its end.
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
async fn every_list_is_complete_and_the_newest_comes_first() {
    let mut store = store();
    let integration = store.integration_in_use().await;
    let mut subscriptions = Vec::new();
    for _ in 0..3 {
        subscriptions.push(store.subscribe(&integration, "user:1").await.id);
    }
    let (mut requests, mut events) = (Vec::new(), Vec::new());
    for ms in 0..7 {
        let request = store.receive(&integration, vec![event(["user:1"]), event(["user:1"])], at(ms)).await;
        events.extend(store.events_of_request(&request.id).unwrap().into_iter().map(|event| event.id));
        requests.push(request.id);
    }
    store.reopen();
    for list in [&mut requests as &mut dyn Reverse, &mut events, &mut subscriptions] {
        list.reverse_order();
    }
    for limit in [1, 2, 7, 250] {
        let ids: Vec<_> = all(limit, |page| store.webhook_requests(page, |_| true)).into_iter().map(|r| r.id).collect();
        assert_eq!(ids, requests);
        let ids: Vec<_> = all(limit, |page| store.events(page, |_| true)).into_iter().map(|event| event.id).collect();
        assert_eq!(ids, events);
        let ids: Vec<_> = all(limit, |page| store.subscriptions(page, |_| true)).into_iter().map(|s| s.id).collect();
        assert_eq!(ids, subscriptions);
        let deliveries = all(limit, |page| store.deliveries(page, Period::default(), |_| true));
        assert_eq!(deliveries.len(), 7 * 2 * 3);
        assert!(deliveries.is_sorted_by(|newer, older| newer.created_at >= older.created_at && newer.id > older.id));
    }
}

/// Turns lists of different ids around.
trait Reverse {
    fn reverse_order(&mut self);
}

impl<T> Reverse for Vec<T> {
    fn reverse_order(&mut self) {
        self.reverse();
    }
}

#[tokio::test]
async fn integrations_and_connections_are_listed_by_key() {
    let store = store();
    for key in ["b", "a", "c"] {
        let integration = store.set_up(key).await;
        store.put_connection(&new_connection(&integration, &format!("of-{key}"))).await.unwrap();
    }
    let keys: Vec<_> = all(2, |page| store.integrations(page)).into_iter().map(|found| found.key).collect();
    assert_eq!(keys, ["a", "b", "c"]);
    let ids: Vec<_> = all(1, |page| store.connections(page, |_| true)).into_iter().map(|found| found.id).collect();
    assert_eq!(ids, ["of-a", "of-b", "of-c"]);
}

#[tokio::test]
async fn a_cursor_goes_on_where_its_page_ended_whatever_was_added_since() {
    let store = store();
    let integration = store.integration_in_use().await;
    let mut expected = Vec::new();
    for ms in 0..6 {
        expected.insert(0, store.receive_one(&integration, &["user:1"], at(ms)).await);
    }
    let mut request = first_page(2);
    let mut seen = Vec::new();
    for ms in 6..9 {
        let page = store.events(&request, |_| true).unwrap();
        seen.extend(page.items.into_iter().map(|event| event.id));
        request.cursor = page.cursor;
        store.receive_one(&integration, &["user:1"], at(ms)).await;
    }
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_filter_fills_its_pages() {
    let store = store();
    let integration = store.integration_in_use().await;
    let subscription = store.subscribe(&integration, "user:1").await;
    store.receive(&integration, (0..20).map(|_| event(["user:1"])).collect(), at(0)).await;
    for claim in store.claim_all(at(0)) {
        store.settle_as(&claim, at(0), Settlement::Dead);
    }
    let is_dead = |delivery: &Delivery| delivery.status == DeliveryStatus::Dead;
    let page = store.deliveries(&first_page(3), Period::default(), is_dead).unwrap();
    assert_eq!((page.items.len(), page.items.iter().all(is_dead)), (3, true));
    assert_eq!(all(3, |page| store.deliveries(page, Period::default(), is_dead)).len(), 4);
    assert_eq!(
        all(3, |page| store.deliveries(page, Period::default(), |found| found.subscription != subscription.id)).len(),
        0
    );
}

#[tokio::test]
async fn a_forged_cursor_does_no_harm() {
    let store = store();
    let integration = store.integration_in_use().await;
    store.receive_one(&integration, &["user:1"], at(0)).await;
    for cursor in ["", "%%%", "AAAA", "_____________________w", "ZXZ0Xw"] {
        let request = PageRequest { limit: 5, cursor: Some(cursor.to_owned()) };
        assert!(store.events(&request, |_| true).unwrap().items.len() <= 1, "{cursor}");
        assert!(store.connections(&request, |_| true).unwrap().items.len() <= 1, "{cursor}");
    }
}

#[tokio::test]
async fn a_request_that_was_kept_before_requests_named_their_events_still_has_them() {
    let store = store();
    let integration = store.integration_in_use().await;
    let request = store.receive(&integration, vec![event(["user:1"]), event(["user:2"])], at(0)).await;
    let ids = || -> Vec<EventId> {
        store.events_of_request(&request.id).unwrap().into_iter().map(|event| event.id).collect()
    };
    let named = ids();
    assert_eq!(named.len(), 2);
    let older = encode(&WebhookRequest { events: None, ..request.clone() }).unwrap();
    store.inner.tree.insert(Key::new(Table::Request).tail(request.id.as_str()), older).unwrap();
    assert_eq!(ids(), []);
    for id in &named {
        let of_request = Key::new(Table::EventOfRequest).part(request.id.as_str()).tail(id.as_str());
        store.inner.tree.insert(of_request, Vec::new()).unwrap();
    }
    assert_eq!(ids(), named);
}
