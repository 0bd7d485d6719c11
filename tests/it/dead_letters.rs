//! Deliveries found by time and status, and tried again in bulk: step by step, and safe to repeat.

use serde_json::{Value, json};

use crate::harness::{Api, Echo, Settings, Step, wait_for};

/// A host with so many dead letters of a subscription to `s`, and one of a subscription to `t` of another customer.
async fn with_dead_letters(count: usize) -> (Echo, Value) {
    let echo = Echo::start_with(Settings::default().with("retry-gaps-ms", "1")).await;
    let api = echo.api();
    api.put_connection("beta", "echo", "customer-beta", json!({ "accessToken": "beta-token" })).await;
    let subscription = echo.subscribe("s", "/s").await;
    api.subscribe("beta", "chosen", json!({ "selector": "t" }), &echo.receiver.url("/t")).await;
    echo.receiver.script("/s", std::iter::repeat_n(Step::Status(500), 2 * count));
    echo.receiver.script("/t", [Step::Status(500), Step::Status(500)]);
    let events: Vec<Value> = (0..count).map(|number| json!({ "selector": "s", "payload": number })).collect();
    echo.send_events(json!(events)).await.expect(200);
    echo.send("t", json!("t")).await.expect(200);
    all_are(&echo, "dead", count + 1).await;
    (echo, subscription)
}

async fn all_are(echo: &Echo, status: &str, count: usize) {
    wait_for(&format!("{count} deliveries to be {status}"), async || {
        (echo.api().all(&format!("/v1/deliveries?status={status}")).await.len() == count).then_some(())
    })
    .await;
}

async fn retry(api: &Api, which: Value) -> Value {
    api.post("/v1/deliveries/retry", which).await.expect(200)
}

#[tokio::test]
async fn the_dead_letters_of_a_subscription_are_retried_step_by_step() {
    let (echo, subscription) = with_dead_letters(5).await;
    let api = echo.api();
    let mut which = json!({ "subscription": subscription["id"], "limit": 2 });
    let mut counts = Vec::new();
    loop {
        let step = retry(&api, which.clone()).await;
        counts.push(step["retried"].as_u64().unwrap());
        let Some(cursor) = step["cursor"].as_str() else { break };
        which["cursor"] = json!(cursor);
    }
    assert_eq!(counts.iter().sum::<u64>(), 5, "{counts:?}");
    assert!(counts.len() >= 3 && counts.iter().all(|count| *count <= 2), "{counts:?}");
    all_are(&echo, "delivered", 5).await;
    all_are(&echo, "dead", 1).await;
    assert_eq!(retry(&api, json!({ "subscription": subscription["id"] })).await, json!({ "retried": 0 }));
    assert_eq!(echo.receiver.received("/s").len(), 15, "each failed twice and was delivered once");
}

#[tokio::test]
async fn a_span_of_time_decides_what_is_listed_and_what_is_retried() {
    let (echo, _) = with_dead_letters(3).await;
    let api = echo.api();
    let mut made: Vec<jiff::Timestamp> = api.all("/v1/deliveries").await.iter().map(made_at).collect();
    made.sort_unstable();
    let (first, last) = (made[0], made[3]);
    let count = async |filter: &str| api.all(&format!("/v1/deliveries?{filter}")).await.len();
    assert_eq!(count(&format!("from={first}")).await, 4);
    assert_eq!(count(&format!("to={first}")).await, 0);
    assert_eq!(count(&format!("from={first}&to={last}&status=dead")).await, made.partition_point(|at| *at < last));
    assert_eq!(count(&format!("from={last}&status=dead")).await, 4 - made.partition_point(|at| *at < last));
    assert_eq!(count("from=2000-01-01T00:00:00Z&to=2001-01-01T00:00:00Z").await, 0);
    assert_eq!(count("from=2099-01-01T00:00:00Z").await, 0);
    api.get("/v1/deliveries?from=yesterday").await.expect_problem(400, "query_invalid");
    assert_eq!(retry(&api, json!({ "to": first.to_string() })).await["retried"], 0);
    assert_eq!(retry(&api, json!({ "from": "2099-01-01T00:00:00Z" })).await["retried"], 0);
    assert_eq!(retry(&api, json!({ "status": "delivered" })).await["retried"], 0);
    assert_eq!(retry(&api, json!({ "from": first.to_string() })).await["retried"], 4);
    all_are(&echo, "delivered", 4).await;
}

fn made_at(delivery: &Value) -> jiff::Timestamp {
    delivery["createdAt"].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_customer_retries_its_own_dead_letters_alone() {
    let (echo, _) = with_dead_letters(2).await;
    let api = echo.api();
    let body = json!({ "name": "beta's", "scope": "customer", "customer": "customer-beta" });
    let token = api.post("/v1/tokens", body).await.expect(201);
    let beta = Api { token: token["token"].as_str().unwrap().to_owned(), ..api.clone() };
    assert_eq!(retry(&beta, json!({ "customer": "customer-acme" })).await["retried"], 0);
    assert_eq!(retry(&beta, json!({})).await["retried"], 1);
    all_are(&echo, "delivered", 1).await;
    all_are(&echo, "dead", 2).await;
}

#[tokio::test]
async fn a_retry_in_bulk_says_what_is_wrong_with_it() {
    let echo = Echo::start().await;
    let wrong = async |body: Value| echo.api().post("/v1/deliveries/retry", body).await;
    for (body, pointer) in [(json!({ "limit": 0 }), "/limit"), (json!({ "cursor": "no cursor" }), "/cursor")] {
        assert_eq!(wrong(body).await.expect_problem(422, "invalid")["errors"][0]["pointer"], pointer);
    }
    wrong(json!({ "from": "yesterday" })).await.expect_problem(400, "body_invalid");
    wrong(json!({ "everything": true })).await.expect_problem(400, "body_invalid");
}
