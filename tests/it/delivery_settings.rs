//! What a subscription says about its own deliveries, and what its destination brings about: holds and the end of patience.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Answer, Echo, Settings, Step, never, wait_for};

async fn create(echo: &Echo, selector: &str, more: Value) -> Answer {
    let mut body = json!({
        "connection": "acme", "event": "chosen", "parameters": { "selector": selector },
        "destination": { "url": echo.receiver.url(&format!("/{selector}")) },
    });
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    echo.api().post("/v1/subscriptions", body).await
}

fn path(subscription: &Value) -> String {
    format!("/v1/subscriptions/{}", subscription["id"].as_str().unwrap())
}

async fn disabled(echo: &Echo, subscription: &Value) -> Value {
    wait_for("the subscription to be disabled", async || {
        let shown = echo.api().get(&path(subscription)).await.expect(200);
        (shown["status"] == "disabled").then_some(shown)
    })
    .await
}

#[tokio::test]
async fn a_subscription_has_its_own_time_out_pauses_and_concurrency() {
    let echo = Echo::start().await;
    let settings = json!({ "timeoutMs": 200, "concurrencyMax": 1, "retryGapsMs": [100] });
    let subscription = create(&echo, "s", json!({ "delivery": settings })).await.expect(201);
    assert_eq!(subscription["delivery"], settings);
    assert_eq!(echo.api().get(&path(&subscription)).await.expect(200)["delivery"], settings);
    echo.receiver.script("/s", std::iter::repeat_n(Step::Stall, 4));
    echo.send_events(json!([{ "selector": "s", "payload": 1 }, { "selector": "s", "payload": 2 }])).await.expect(200);
    let dead = wait_for("both to be given up", async || {
        Some(echo.api().all("/v1/deliveries?status=dead").await).filter(|dead| dead.len() == 2)
    })
    .await;
    let attempts: Vec<&Value> = dead.iter().flat_map(|dead| dead["attempts"].as_array().unwrap()).collect();
    assert_eq!(attempts.len(), 4, "{dead:?}");
    for attempt in attempts {
        let took_ms = attempt["tookMs"].as_u64().unwrap();
        assert!((200..5_000).contains(&took_ms), "{attempt}");
    }
    let tries = echo.receiver.received("/s");
    for pair in tries.windows(2) {
        assert!(pair[1].at - pair[0].at >= Duration::from_millis(150), "two were under way at once");
    }
}

#[tokio::test]
async fn settings_of_deliveries_are_merged_and_go_back_to_those_of_the_server() {
    let echo = Echo::start().await;
    let subscription = create(&echo, "s", json!({ "delivery": { "timeoutMs": 200 } })).await.expect(201);
    let patched = async |patch: Value| echo.api().patch(&path(&subscription), json!({ "delivery": patch })).await;
    let shown = patched(json!({ "concurrencyMax": 2 })).await.expect(200);
    assert_eq!(shown["delivery"], json!({ "timeoutMs": 200, "concurrencyMax": 2 }));
    let shown = patched(json!({ "timeoutMs": null, "retryGapsMs": [] })).await.expect(200);
    assert_eq!(shown["delivery"], json!({ "concurrencyMax": 2, "retryGapsMs": [] }));
    let shown = patched(Value::Null).await.expect(200);
    assert_eq!(shown["delivery"], json!({}));
}

#[tokio::test]
async fn settings_of_deliveries_have_bounds() {
    let echo = Echo::start_with(Settings::default().with("subscription-retry-gaps-max", 2)).await;
    for (settings, pointer) in [
        (json!({ "timeoutMs": 99 }), "/delivery/timeoutMs"),
        (json!({ "timeoutMs": 60_001 }), "/delivery/timeoutMs"),
        (json!({ "concurrencyMax": 0 }), "/delivery/concurrencyMax"),
        (json!({ "concurrencyMax": 33 }), "/delivery/concurrencyMax"),
        (json!({ "retryGapsMs": [100, 100, 100] }), "/delivery/retryGapsMs"),
        (json!({ "retryGapsMs": [99] }), "/delivery/retryGapsMs"),
        (json!({ "retryGapsMs": [u64::MAX, u64::MAX] }), "/delivery/retryGapsMs"),
    ] {
        let problem = create(&echo, "s", json!({ "delivery": settings })).await.expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{settings}");
    }
    create(&echo, "s", json!({ "delivery": { "patience": 1 } })).await.expect_problem(400, "body_invalid");
    let subscription = create(&echo, "s", json!({})).await.expect(201);
    let patch = async |settings: Value| echo.api().patch(&path(&subscription), json!({ "delivery": settings })).await;
    patch(json!({ "timeoutMs": 99 })).await.expect_problem(422, "invalid");
    patch(json!({ "patience": 1 })).await.expect_problem(422, "invalid");
}

#[tokio::test]
async fn an_event_waits_for_a_disabled_subscription_although_another_one_gets_it() {
    let echo = Echo::start().await;
    let off = echo.subscribe("s", "/off").await;
    let shown = echo.api().act(&format!("{}/disable", path(&off))).await.expect(200);
    assert!(shown["disabledAt"].is_string(), "{shown}");
    echo.subscribe("s", "/on").await;
    echo.send("s", json!(1)).await.expect(200);
    echo.receiver.wait("/on", 1).await;
    never("a disabled subscription gets something", async || !echo.receiver.received("/off").is_empty()).await;
    let shown = echo.api().act(&format!("{}/enable", path(&off))).await.expect(200);
    assert_eq!((&shown["disabledAt"], &shown["error"]), (&Value::Null, &Value::Null));
    assert_eq!(echo.receiver.wait("/off", 1).await[0].json()["data"], 1);
}

#[tokio::test]
async fn a_destination_that_only_fails_is_switched_off_with_a_reason_and_nothing_is_lost() {
    let gaps_ms = ["200"; 40].join(",");
    let echo =
        Echo::start_with(Settings::default().with("retry-gaps-ms", gaps_ms).with("disable-after-ms", 1_000)).await;
    let subscription = echo.subscribe("s", "/s").await;
    echo.receiver.script("/s", std::iter::repeat_n(Step::Status(500), 100));
    echo.send("s", json!(1)).await.expect(200);
    let shown = disabled(&echo, &subscription).await;
    assert_eq!(shown["error"]["code"], "destination_failing");
    assert!(shown["error"]["message"].as_str().unwrap().contains("500"), "{shown}");
    assert!(shown["disabledAt"].is_string(), "{shown}");
    echo.receiver.script("/s", []);
    let before = echo.receiver.count();
    echo.send("s", json!(2)).await.expect(200);
    never("it is tried while it is disabled", async || echo.receiver.count() > before).await;
    echo.api().act(&format!("{}/enable", path(&subscription))).await.expect(200);
    let tries = echo.receiver.wait("/s", before + 2).await;
    let mut last: Vec<u64> = tries[before..].iter().map(|tried| tried.json()["data"].as_u64().unwrap()).collect();
    last.sort_unstable();
    assert_eq!(last, [1, 2]);
}

/// A subscription whose destination has asked for a minute of patience, with a second event that waits.
async fn held(echo: &Echo) -> Value {
    echo.receiver.script("/s", [Step::Header(429, "retry-after", "60".to_owned())]);
    let subscription = echo.subscribe("s", "/s").await;
    echo.send("s", json!(1)).await.expect(200);
    wait_for("the first attempt to be recorded", async || {
        let deliveries = echo.api().all("/v1/deliveries").await;
        deliveries.iter().any(|delivery| delivery["attempts"][0]["answer"] == 429).then_some(())
    })
    .await;
    echo.send("s", json!(2)).await.expect(200);
    never("a destination that asks for patience gets more", async || echo.receiver.count() > 1).await;
    subscription
}

#[tokio::test]
async fn a_new_destination_does_not_wait_because_the_old_one_asked_for_patience() {
    let echo = Echo::start().await;
    let subscription = held(&echo).await;
    let body = json!({ "destination": { "url": echo.receiver.url("/new") } });
    echo.api().patch(&path(&subscription), body).await.expect(200);
    assert_eq!(echo.receiver.wait("/new", 1).await[0].json()["data"], 2);
}

#[tokio::test]
async fn a_retry_by_hand_does_not_wait_because_the_destination_asked_for_patience() {
    let echo = Echo::start().await;
    held(&echo).await;
    let deliveries = echo.api().all("/v1/deliveries").await;
    let tried = deliveries.iter().find(|delivery| delivery["attempts"][0]["answer"] == 429).unwrap();
    let id = tried["id"].as_str().unwrap();
    echo.api().act(&format!("/v1/deliveries/{id}/retry")).await.expect(200);
    echo.receiver.wait("/s", 3).await;
}
