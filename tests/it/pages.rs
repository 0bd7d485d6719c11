//! Lists: pages that stay right while rows are added, and limits that are kept.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::harness::Echo;

fn ids(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn pages_are_newest_first_and_stable_while_rows_are_added() {
    let echo = Echo::start().await;
    let api = echo.api();
    let send = async |count: usize| {
        for number in 0..count {
            echo.send("nobody", json!(number)).await.expect(200);
        }
    };
    send(7).await;
    let before: Vec<String> = ids(&api.get("/v1/events?limit=250").await.expect(200));
    let mut seen = Vec::new();
    let mut path = "/v1/events?limit=3".to_owned();
    loop {
        let page = api.get(&path).await.expect(200);
        assert!(ids(&page).len() <= 3);
        seen.extend(ids(&page));
        // Each page finds the list changed since the one before.
        send(2).await;
        let Some(cursor) = page["cursor"].as_str() else { break };
        path = format!("/v1/events?limit=3&cursor={cursor}");
    }
    assert_eq!(seen, before, "every row once, in order, and none of the new ones");
    let after = ids(&api.get("/v1/events?limit=250").await.expect(200));
    assert!(after.ends_with(&before) && after.len() > before.len());
    assert_eq!(after.iter().collect::<HashSet<_>>().len(), after.len());
}

#[tokio::test]
async fn every_list_has_pages() {
    let echo = Echo::start().await;
    let api = echo.api();
    for number in 0..3 {
        api.put_integration(&format!("i{number}"), "echo", json!({})).await;
        api.put_connection(&format!("c{number}"), "echo", "customer", json!({ "accessToken": "token" })).await;
        echo.subscribe(&format!("s{number}"), "/s").await;
        echo.send(&format!("s{number}"), json!(number)).await.expect(200);
    }
    for list in
        ["connectors", "integrations", "connections", "subscriptions", "webhook-requests", "events", "deliveries"]
    {
        let all = api.all(&format!("/v1/{list}")).await;
        assert!(all.len() >= 3, "{list}");
        let first = api.get(&format!("/v1/{list}?limit=2")).await.expect(200);
        let cursor = first["cursor"].as_str().unwrap_or_else(|| panic!("{list} has no cursor"));
        let second = api.get(&format!("/v1/{list}?limit=2&cursor={cursor}")).await.expect(200);
        let paged = [first["items"].as_array().unwrap().clone(), second["items"].as_array().unwrap().clone()].concat();
        assert_eq!(paged, all[..paged.len()], "{list}");
    }
}

#[tokio::test]
async fn filters_let_through_what_fits() {
    let echo = Echo::start().await;
    let api = echo.api();
    let subscription = echo.subscribe("a", "/a").await;
    echo.send("a", json!(1)).await.expect(200);
    echo.send("b", json!(1)).await.expect(200);
    let count = async |path: &str| api.all(path).await.len();
    assert_eq!(count("/v1/events?selector=a").await, 1);
    assert_eq!(count("/v1/events?status=unrouted").await, 1);
    assert_eq!(count("/v1/events?integration=other").await, 0);
    assert_eq!(count("/v1/webhook-requests?status=routed").await, 1);
    assert_eq!(count("/v1/webhook-requests?globalWebhook=events&integration=echo").await, 2);
    assert_eq!(count(&format!("/v1/deliveries?subscription={}", subscription["id"].as_str().unwrap())).await, 1);
    assert_eq!(count("/v1/deliveries?customer=other").await, 0);
    assert_eq!(count("/v1/subscriptions?connection=acme&status=subscribed").await, 1);
    assert_eq!(count("/v1/connections?customer=customer-acme").await, 1);
}

#[tokio::test]
async fn limits_are_1_to_250_and_50_by_default() {
    let echo = Echo::start().await;
    let api = echo.api();
    let events: Vec<Value> = (0..60).map(|number| json!({ "selector": "nobody", "payload": number })).collect();
    echo.send_events(json!(events)).await.expect(200);
    assert_eq!(ids(&api.get("/v1/events").await.expect(200)).len(), 50);
    assert_eq!(ids(&api.get("/v1/events?limit=1").await.expect(200)).len(), 1);
    assert_eq!(ids(&api.get("/v1/events?limit=250").await.expect(200)).len(), 60);
    for limit in ["0", "251", "-1", "many", "", "1.5"] {
        api.get(&format!("/v1/events?limit={limit}")).await.expect_problem(400, "query_invalid");
    }
    api.get("/v1/events?status=no-such-status").await.expect_problem(400, "query_invalid");
}
