//! `/metrics`: for tokens that may read, or for everyone where that is asked for; labels of a fixed number.

use serde_json::{Value, json};

use crate::harness::{Api, Echo, Settings, Step, wait_for};

/// The value of one line.
fn value(text: &str, series: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok())
}

async fn shown(api: &Api) -> String {
    let answer = api.get("/metrics").await;
    answer.expect_status(200);
    assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
    answer.text()
}

#[tokio::test]
async fn what_happened_is_counted() {
    let echo = Echo::start().await;
    let api = echo.api();
    echo.subscribe("a", "/a").await;
    echo.receiver.script("/a", [Step::Status(500)]);
    echo.send_events(json!([{ "selector": "a", "payload": 1 }, { "selector": "", "payload": 1 }])).await.expect(200);
    echo.send("nobody", Value::Null).await.expect(200);
    api.post_webhook(&format!("{}/webhooks/unknown", api.base), &Value::Null).await.expect_status(404);
    let text = wait_for("the delivery to be settled, and nothing to be queued", async || {
        let text = shown(&api).await;
        value(&text, r#"patchbay_deliveries_settled_total{status="delivered"}"#)?;
        (value(&text, "patchbay_deliveries_queued") == Some(0.0)).then_some(text)
    })
    .await;
    for (series, expected) in [
        (r#"patchbay_webhook_answers_total{class="2xx"}"#, 2.0),
        (r#"patchbay_webhook_answers_total{class="4xx"}"#, 1.0),
        ("patchbay_webhook_seconds_count", 3.0),
        ("patchbay_handler_seconds_count", 2.0),
        ("patchbay_commit_seconds_count", 2.0),
        (r#"patchbay_requests_total{status="routed"}"#, 1.0),
        (r#"patchbay_requests_total{status="unrouted"}"#, 1.0),
        (r#"patchbay_events_total{status="taken"}"#, 2.0),
        (r#"patchbay_events_total{status="refused"}"#, 1.0),
        (r#"patchbay_delivery_attempts_total{outcome="refused"}"#, 1.0),
        (r#"patchbay_delivery_attempts_total{outcome="accepted"}"#, 1.0),
        ("patchbay_deliveries_queued", 0.0),
        ("patchbay_sandbox_calls", 0.0),
    ] {
        assert_eq!(value(&text, series), Some(expected), "{series} in {text}");
    }
    assert!(value(&text, "patchbay_memory_bytes").unwrap() > 1e6, "{text}");
    assert!(value(&text, r#"patchbay_api_answers_total{class="2xx"}"#).unwrap() > 2.0, "{text}");
}

#[tokio::test]
async fn what_waits_for_a_destination_is_in_the_queue() {
    let echo = Echo::start().await;
    echo.subscribe("a", "/a").await;
    echo.receiver.script("/a", [Step::Stall, Step::Stall]);
    echo.send("a", json!(1)).await.expect(200);
    echo.receiver.wait("/a", 1).await;
    assert_eq!(value(&shown(&echo.api()).await, "patchbay_deliveries_queued"), Some(1.0));
}

#[tokio::test]
async fn metrics_need_the_scope_read_unless_they_are_public() {
    let echo = Echo::start().await;
    let api = echo.api();
    let with = async |body: Value| {
        let made = api.post("/v1/tokens", body).await.expect(201);
        Api { token: made["token"].as_str().unwrap().to_owned(), ..api.clone() }
    };
    shown(&with(json!({ "name": "r", "scope": "read" })).await).await;
    let customer = with(json!({ "name": "c", "scope": "customer", "customer": "customer-acme" })).await;
    customer.get("/metrics").await.expect_problem(403, "forbidden");
    let public = Echo::start_with(Settings::default().with("metrics-public", true)).await;
    let anybody = Api { token: "none".to_owned(), ..public.api() };
    shown(&anybody).await;
}
