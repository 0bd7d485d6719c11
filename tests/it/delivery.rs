//! Deliveries: signed, retried on a schedule, given up at its end, and never in each other's way.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Echo, Received, Settings, Step, never, node, wait_for};

/// Waits for the only delivery to have a status.
async fn settled(echo: &Echo, status: &str) -> Value {
    wait_for(&format!("the delivery to be {status}"), async || {
        let deliveries = echo.api().all("/v1/deliveries").await;
        deliveries.into_iter().next().filter(|delivery| delivery["status"] == status)
    })
    .await
}

fn id(value: &Value) -> &str {
    value["id"].as_str().unwrap()
}

/// What the npm package `standardwebhooks` says of a delivery and each of the secrets, and Node.js of public keys.
pub(crate) async fn verified(delivery: &Received, secrets: &[&str]) -> Vec<bool> {
    let headers: serde_json::Map<String, Value> = ["webhook-id", "webhook-timestamp", "webhook-signature"]
        .map(|name| (name.to_owned(), json!(delivery.header(name))))
        .into_iter()
        .collect();
    let body = String::from_utf8(delivery.body.to_vec()).unwrap();
    let input = json!({ "secrets": secrets, "headers": headers, "body": body });
    serde_json::from_str(&node("verify-delivery.mjs", &input.to_string()).await).unwrap()
}

#[tokio::test]
async fn a_delivery_is_signed_as_standard_webhooks_says() {
    let echo = Echo::start().await;
    let subscription = echo.subscribe("s", "/s").await;
    let other = echo.subscribe("t", "/t").await;
    echo.send("s", json!({ "text": "grüße" })).await.expect(200);
    let delivery = echo.receiver.wait("/s", 1).await.remove(0);
    let (own, others) = (subscription["secret"].as_str().unwrap(), other["secret"].as_str().unwrap());
    assert_eq!(verified(&delivery, &[own, others]).await, [true, false]);
    let mut changed = delivery.clone();
    changed.body = String::from_utf8(delivery.body.to_vec()).unwrap().replace("grüße", "gruß").into();
    assert_eq!(verified(&changed, &[own]).await, [false]);
    assert_eq!(delivery.header("content-type"), "application/json");
    assert!(delivery.header("webhook-id").starts_with("dlv_"));
}

#[tokio::test]
async fn the_body_says_what_happened_to_whom() {
    let echo = Echo::start().await;
    let subscription = echo.subscribe("s", "/s").await;
    echo.send("s", json!([1, "two"])).await.expect(200);
    let body = echo.receiver.wait("/s", 1).await[0].json();
    let timestamp = body["timestamp"].as_str().unwrap().to_owned();
    assert!(timestamp.parse::<jiff::Timestamp>().is_ok() && timestamp.len() == 24, "{timestamp}");
    let expected = json!({
        "type": "chosen", "timestamp": timestamp, "data": [1, "two"], "subscription": subscription["id"],
        "connection": "acme", "customer": "customer-acme", "integration": "echo",
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn after_500_500_200_it_has_been_tried_three_times_with_the_same_id() {
    let echo = Echo::start().await;
    echo.receiver.script("/s", [Step::Status(500), Step::Status(500)]);
    let subscription = echo.subscribe("s", "/s").await;
    echo.send("s", json!("x")).await.expect(200);
    let tries = echo.receiver.wait("/s", 3).await;
    let delivery = settled(&echo, "delivered").await;
    assert!(tries.iter().all(|tried| tried.header("webhook-id") == id(&delivery)));
    assert!(tries.iter().all(|tried| tried.body == tries[0].body));
    for tried in &tries {
        assert_eq!(verified(tried, &[subscription["secret"].as_str().unwrap()]).await, [true]);
    }
    let answers: Vec<&Value> = delivery["attempts"].as_array().unwrap().iter().map(|tried| &tried["answer"]).collect();
    assert_eq!(answers, [500, 500, 200]);
    assert_eq!(delivery["nextAttemptAt"], Value::Null);
    never("it is tried again", async || echo.receiver.count() > 3).await;
}

#[tokio::test]
async fn the_pauses_are_those_of_the_schedule() {
    let echo = Echo::start_with(Settings::default().with("retry-gaps-ms", "100,400")).await;
    echo.receiver.script("/s", [Step::Status(503), Step::Status(503)]);
    echo.subscribe("s", "/s").await;
    echo.send("s", json!("x")).await.expect(200);
    let tries = echo.receiver.wait("/s", 3).await;
    let gap = |index: usize| (tries[index + 1].at - tries[index].at).as_millis();
    assert!((100..350).contains(&gap(0)), "{}", gap(0));
    assert!((400..900).contains(&gap(1)), "{}", gap(1));
}

#[tokio::test]
async fn a_stalled_or_endless_answer_is_cut_off_and_tried_again_or_taken() {
    let settings = Settings::default().with("attempt-ms-max", 200).with("delivery-response-bytes-max", 65536);
    let echo = Echo::start_with(settings).await;
    echo.receiver.script("/stalls", [Step::Stall]);
    echo.receiver.script("/endless", [Step::Endless]);
    echo.subscribe("stalls", "/stalls").await;
    echo.send("stalls", json!("x")).await.expect(200);
    echo.receiver.wait("/stalls", 2).await;
    let delivery = settled(&echo, "delivered").await;
    assert!(delivery["attempts"][0]["error"].as_str().unwrap().contains("in time"), "{delivery}");
    assert!(delivery["attempts"][0]["tookMs"].as_u64().unwrap() >= 200);

    // A 2xx has been said; how long the rest of the answer is does not matter.
    echo.subscribe("endless", "/endless").await;
    echo.send("endless", json!("x")).await.expect(200);
    assert_eq!(settled(&echo, "delivered").await["attempts"][0]["answer"], 200);
    never("it is tried again", async || echo.receiver.received("/endless").len() > 1).await;
}

#[tokio::test]
async fn retry_after_is_honoured_when_it_asks_for_more_than_the_schedule() {
    let echo = Echo::start().await;
    echo.receiver.script("/s", [Step::Header(429, "retry-after", "1".to_owned())]);
    echo.subscribe("s", "/s").await;
    echo.send("s", json!("x")).await.expect(200);
    let tries = echo.receiver.wait("/s", 2).await;
    let pause = tries[1].at - tries[0].at;
    assert!(pause >= Duration::from_millis(1000) && pause < Duration::from_millis(2500), "{pause:?}");
    assert_eq!(settled(&echo, "delivered").await["attempts"][0]["answer"], 429);
}

#[tokio::test]
async fn a_destination_that_asks_for_patience_gets_nothing_else_meanwhile() {
    let echo = Echo::start().await;
    echo.receiver.script("/s", [Step::Header(429, "retry-after", "3".to_owned())]);
    echo.subscribe("s", "/s").await;
    echo.subscribe("t", "/t").await;
    echo.send("s", json!(1)).await.expect(200);
    wait_for("the first attempt to be recorded", async || {
        let deliveries = echo.api().all("/v1/deliveries").await;
        deliveries.iter().any(|delivery| delivery["attempts"][0]["answer"] == 429).then_some(())
    })
    .await;
    echo.send("s", json!(2)).await.expect(200);
    echo.send("t", json!(3)).await.expect(200);
    let other = echo.receiver.wait("/t", 1).await.remove(0);
    let tries = echo.receiver.wait("/s", 3).await;
    assert!(other.at < tries[1].at, "another destination waited, too");
    assert!(tries[1].at - tries[0].at >= Duration::from_secs(3), "{:?}", tries[1].at - tries[0].at);
}

#[tokio::test]
async fn a_410_disables_the_subscription_and_says_so() {
    let echo = Echo::start().await;
    let subscription = echo.subscribe("s", "/s").await;
    echo.receiver.script("/s", [Step::Status(410)]);
    echo.send("s", json!(1)).await.expect(200);
    let path = format!("/v1/subscriptions/{}", id(&subscription));
    let disabled = wait_for("the subscription to be disabled", async || {
        let shown = echo.api().get(&path).await.expect(200);
        (shown["status"] == "disabled").then_some(shown)
    })
    .await;
    assert_eq!(disabled["error"]["code"], "destination_gone");
    echo.send("s", json!(2)).await.expect(200);
    never("it is tried again", async || echo.receiver.count() > 1).await;
    echo.api().act(&format!("{path}/enable")).await.expect(200);
    echo.receiver.wait("/s", 2).await;
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_is_not_followed() {
    let echo = Echo::start_with(Settings::default().with("retry-gaps-ms", "600000")).await;
    echo.receiver.script("/s", [Step::Header(302, "location", echo.receiver.url("/elsewhere"))]);
    echo.subscribe("s", "/s").await;
    echo.send("s", json!(1)).await.expect(200);
    let tried = wait_for("an attempt", async || {
        let delivery = echo.api().all("/v1/deliveries").await.remove(0);
        (!delivery["attempts"].as_array().unwrap().is_empty()).then_some(delivery)
    })
    .await;
    assert_eq!((&tried["status"], &tried["attempts"][0]["answer"]), (&json!("pending"), &json!(302)));
    never("the redirect is followed", async || !echo.receiver.received("/elsewhere").is_empty()).await;
}

#[tokio::test]
async fn after_the_schedule_it_is_dead_and_a_person_can_have_it_tried_again() {
    let echo = Echo::start_with(Settings::default().with("retry-gaps-ms", "20,20")).await;
    let api = echo.api();
    echo.receiver.script("/s", [Step::Status(500), Step::Status(404), Step::Status(500), Step::Status(500)]);
    echo.subscribe("s", "/s").await;
    echo.send("s", json!(1)).await.expect(200);
    let dead = settled(&echo, "dead").await;
    assert_eq!(echo.receiver.count(), 3, "one attempt more than there are pauses");
    assert_eq!(dead["attempts"].as_array().unwrap().len(), 3);
    assert!(dead["attempts"][1]["error"].as_str().unwrap().contains("404"), "{dead}");
    assert_eq!(api.all("/v1/deliveries?status=dead").await.len(), 1);
    api.act(&format!("/v1/deliveries/{}/retry", id(&dead))).await.expect(200);
    // A new round: its first try fails too, the second succeeds.
    let tries = echo.receiver.wait("/s", 5).await;
    let delivered = settled(&echo, "delivered").await;
    assert_eq!(id(&delivered), id(&dead));
    assert!(tries.iter().all(|tried| tried.header("webhook-id") == id(&dead)));
}

#[tokio::test]
async fn an_unreachable_destination_is_tried_again() {
    let echo = Echo::start_with(Settings::default().with("retry-gaps-ms", "20")).await;
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}/nobody");
    echo.api().subscribe("acme", "chosen", json!({ "selector": "s" }), &url).await;
    echo.send("s", json!(1)).await.expect(200);
    let dead = settled(&echo, "dead").await;
    assert_eq!(dead["attempts"].as_array().unwrap().len(), 2);
    assert!(dead["attempts"][0]["error"].as_str().unwrap().contains("no answer"), "{dead}");
}

#[tokio::test]
async fn a_stalled_destination_does_not_hold_up_another_subscription() {
    let settings = Settings::default().with("attempts-in-flight-max", 16).with("attempts-per-subscription-max", 4);
    let echo = Echo::start_with(settings).await;
    echo.receiver.script("/stalls", std::iter::repeat_n(Step::Stall, 100));
    echo.subscribe("stalls", "/stalls").await;
    echo.subscribe("flows", "/flows").await;
    let events = |selector: &str| -> Vec<Value> {
        (0..40).map(|number| json!({ "selector": selector, "payload": number })).collect()
    };
    echo.send_events(json!(events("stalls"))).await.expect(200);
    echo.receiver.wait("/stalls", 4).await;
    let start = std::time::Instant::now();
    echo.send_events(json!(events("flows"))).await.expect(200);
    echo.receiver.wait("/flows", 40).await;
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(echo.receiver.received("/stalls").len(), 4, "no more than its share are under way");
}

#[tokio::test]
async fn a_rotated_secret_signs_along_until_its_time_is_over() {
    let echo = Echo::start_with(Settings::default().with("secret-overlap-ms", 1500)).await;
    let subscription = echo.subscribe("s", "/s").await;
    let first = subscription["secret"].as_str().unwrap();
    let rotated = echo.api().act(&format!("/v1/subscriptions/{}/rotate-secret", id(&subscription))).await.expect(200);
    let second = rotated["secret"].as_str().unwrap();
    echo.send("s", json!(1)).await.expect(200);
    let both = echo.receiver.wait("/s", 1).await.remove(0);
    assert_eq!(both.header("webhook-signature").split(' ').count(), 2);
    assert_eq!(verified(&both, &[first, second]).await, [true, true]);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    echo.send("s", json!(2)).await.expect(200);
    let after = echo.receiver.wait("/s", 2).await.remove(1);
    assert_eq!(verified(&after, &[first, second]).await, [false, true]);
}

#[tokio::test]
async fn a_new_destination_gets_what_is_still_pending() {
    let echo = Echo::start_with(Settings::default().with("retry-gaps-ms", "300,300")).await;
    echo.receiver.script("/old", [Step::Status(500)]);
    let subscription = echo.subscribe("s", "/old").await;
    echo.send("s", json!(1)).await.expect(200);
    echo.receiver.wait("/old", 1).await;
    let body = json!({ "destination": { "url": echo.receiver.url("/new") } });
    echo.api().patch(&format!("/v1/subscriptions/{}", id(&subscription)), body).await.expect(200);
    echo.receiver.wait("/new", 1).await;
}

#[tokio::test]
async fn a_private_destination_that_is_not_allowed_is_never_contacted_and_the_delivery_says_why() {
    let settings = Settings::default().without("egress-allow").with("retry-gaps-ms", "20");
    let echo = Echo::start_with(settings).await;
    echo.subscribe("by-address", "/s").await;
    let port = echo.receiver.url("").rsplit(':').next().unwrap().to_owned();
    let by_name = format!("http://localhost:{port}/s");
    echo.api().subscribe("acme", "chosen", json!({ "selector": "by-name" }), &by_name).await;
    for selector in ["by-address", "by-name"] {
        echo.send(selector, json!(1)).await.expect(200);
        let dead = settled(&echo, "dead").await;
        assert!(dead["attempts"][0]["error"].as_str().unwrap().contains("loopback"), "{selector}: {dead}");
    }
    assert_eq!(echo.receiver.count(), 0);
}

#[tokio::test]
async fn deliveries_of_one_ordering_key_arrive_in_order_although_the_first_is_refused() {
    let echo = Echo::start().await;
    let destination = json!({ "url": echo.receiver.url("/ordered") });
    let create = json!({
        "connection": "acme", "event": "chosen", "parameters": { "selector": "s" },
        "destination": destination, "ordering": "key",
    });
    let subscription = echo.api().post("/v1/subscriptions", create).await.expect(201);
    assert_eq!(subscription["ordering"], "key");
    echo.receiver.script("/ordered", [Step::Status(500), Step::Status(500)]);
    let event = |number: u32| json!({ "selector": "s", "payload": number, "orderingKey": "account-1" });
    echo.send_events(json!([event(0), event(1), event(2)])).await.expect(200);
    echo.send_events(json!([event(3), event(4)])).await.expect(200);
    let received = echo.receiver.wait("/ordered", 7).await;
    let payloads: Vec<u64> = received.iter().map(|received| received.json()["data"].as_u64().unwrap()).collect();
    assert_eq!(payloads, [0, 0, 0, 1, 2, 3, 4]);
}
