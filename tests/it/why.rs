//! `GET /v1/customers/{id}/why`, and the search for events that went to nobody.

use serde_json::{Value, json};

use crate::harness::{Api, Echo, wait_for};

fn outcomes(items: &[Value]) -> Vec<&str> {
    items.iter().map(|item| item["outcome"].as_str().unwrap()).collect()
}

async fn settled(api: &Api, count: usize) {
    wait_for("all deliveries", async || {
        (api.all("/v1/deliveries?status=delivered").await.len() == count).then_some(())
    })
    .await;
}

#[tokio::test]
async fn why_says_of_each_request_that_concerned_a_customer_what_became_of_it() {
    let echo = Echo::start().await;
    let api = echo.api();
    api.put_connection("beta", "echo", "customer-beta", json!({ "accessToken": "beta-token" })).await;
    api.subscribe("beta", "chosen", json!({ "selector": "of-beta" }), &echo.receiver.url("/beta")).await;
    echo.subscribe("s", "/s").await;
    let off = echo.subscribe("off", "/off").await;
    api.act(&format!("/v1/subscriptions/{}/disable", off["id"].as_str().unwrap())).await.expect(200);
    let named = json!([{ "selectors": ["s", "of-beta"], "payload": 1, "id": "evt-1" }]);
    echo.send_events(named.clone()).await.expect(200);
    echo.send_events(named).await.expect(200);
    echo.send("late", json!(2)).await.expect(200);
    echo.send("off", json!(3)).await.expect(200);
    echo.send("of-beta", json!(4)).await.expect(200);
    api.post_webhook(&api.webhook("echo", "events").await, &Value::Null).await.expect_problem(500, "handler_failed");
    echo.subscribe("late", "/late").await;
    settled(&api, 4).await;

    let why = api.all("/v1/customers/customer-acme/why").await;
    assert_eq!(outcomes(&why), ["failed", "pending", "delivered", "duplicate", "delivered"]);
    let said = |at: usize| why[at]["why"].as_str().unwrap();
    assert!(said(1).contains("is switched off (disabled"), "{}", said(1));
    assert!(said(2).contains("it had waited for sub_"), "{}", said(2));
    assert_eq!(why[4]["selectors"], json!(["s"]), "of others it tells nothing");
    assert_eq!(why[4]["deliveries"].as_array().unwrap().len(), 1);
    assert_eq!(why[4]["deliveries"][0]["attempts"], 1);
    let one_by_one = async || {
        let (mut items, mut path) = (Vec::new(), "/v1/customers/customer-acme/why?limit=1".to_owned());
        loop {
            let page = api.get(&path).await.expect(200);
            items.extend(page["items"].as_array().unwrap().clone());
            let Some(cursor) = page["cursor"].as_str() else { return items };
            path = format!("/v1/customers/customer-acme/why?limit=1&cursor={cursor}");
        }
    };
    assert_eq!(one_by_one().await, why);

    let token = json!({ "name": "acme's", "scope": "customer", "customer": "customer-acme" });
    let token = api.post("/v1/tokens", token).await.expect(201)["token"].as_str().unwrap().to_owned();
    let acme = Api { token, ..api.clone() };
    let own = acme.all("/v1/customers/customer-acme/why").await;
    assert_eq!(outcomes(&own), ["pending", "delivered", "duplicate", "delivered"]);
    // With the hyphen, which no id has: four letters are in one of them now and then.
    assert!(!json!(own).to_string().contains("-beta"));
    acme.get("/v1/customers/customer-beta/why").await.expect_problem(404, "not_found");

    assert_eq!(outcomes(&api.all("/v1/customers/customer-beta/why").await).len(), 4);
    assert!(api.all("/v1/customers/customer-acme/why?to=2020-01-01T00:00:00Z").await.is_empty());
    assert!(api.all("/v1/customers/customer-acme/why?from=2100-01-01T00:00:00Z").await.is_empty());
    let from = why[2]["receivedAt"].as_str().unwrap();
    assert_eq!(api.all(&format!("/v1/customers/customer-acme/why?from={from}")).await.len(), 3);
    api.get("/v1/customers/customer-acme/why?from=yesterday").await.expect_problem(400, "query_invalid");
}

#[tokio::test]
async fn events_that_went_to_nobody_are_found_by_their_selector() {
    let echo = Echo::start().await;
    let api = echo.api();
    for number in 0..3 {
        echo.send_events(json!([{ "selectors": ["a", "b"], "payload": number, "id": "same" }])).await.expect(200);
        echo.send("other", json!(number)).await.expect(200);
    }
    let found = async |query: &str| {
        let mut items = Vec::new();
        let mut path = format!("/v1/events?integration=echo&limit=1&{query}");
        loop {
            let page = api.get(&path).await.expect(200);
            items.extend(page["items"].as_array().unwrap().clone());
            let Some(cursor) = page["cursor"].as_str() else { return items };
            path = format!("/v1/events?integration=echo&limit=1&{query}&cursor={cursor}");
        }
    };
    assert_eq!(found("status=unrouted&selector=a").await.len(), 1);
    assert_eq!(found("status=unrouted&selector=b&globalWebhook=events").await.len(), 1);
    assert_eq!(found("status=unrouted&selector=b&globalWebhook=other").await.len(), 0);
    assert_eq!(found("status=duplicate&selector=b").await.len(), 2);
    assert_eq!(found("status=unrouted&selector=other").await.len(), 3);
    assert_eq!(found("status=unrouted&selector=oth").await.len(), 0);
    echo.subscribe("other", "/other").await;
    assert_eq!(found("status=unrouted&selector=other").await.len(), 0);
}
