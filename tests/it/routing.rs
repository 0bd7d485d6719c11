//! Where events go, and how one finds out afterwards why.

use serde_json::{Value, json};

use crate::harness::{Echo, Settings, never, wait_for};

#[tokio::test]
async fn a_request_shows_to_whom_its_events_went() {
    let echo = Echo::start().await;
    let subscription = echo.subscribe("s", "/s").await;
    echo.send("s", json!({ "a": 1 })).await.expect(200);
    echo.receiver.wait("/s", 1).await;
    let request = wait_for("the delivery to be settled", async || {
        let request = echo.api().last_request().await;
        (request["events"][0]["deliveries"][0]["status"] == "delivered").then_some(request)
    })
    .await;
    assert_eq!(request["status"], "routed");
    assert_eq!(request["answer"], 200);
    assert_eq!((&request["connector"], &request["connectorVersion"]), (&json!("echo"), &json!(1)));
    assert_eq!((&request["integration"], &request["globalWebhookKey"]), (&json!("echo"), &json!("events")));
    let event = &request["events"][0];
    assert_eq!((&event["status"], &event["selectors"]), (&json!("routed"), &json!(["s"])));
    let delivery = &event["deliveries"][0];
    assert_eq!(delivery["subscription"], subscription["id"]);
    assert_eq!((&delivery["connection"], &delivery["customer"]), (&json!("acme"), &json!("customer-acme")));
    assert_eq!(delivery["attempts"][0]["answer"], 200);
    let received = &request["received"];
    assert_eq!((&received["method"], &received["path"]), (&json!("POST"), &json!("")));
    let body: Value = serde_json::from_str(received["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["events"][0]["payload"], json!({ "a": 1 }));
}

#[tokio::test]
async fn an_unrouted_event_says_why_and_is_delivered_when_a_matching_subscription_appears() {
    let echo = Echo::start().await;
    echo.send("later", json!("kept")).await.expect(200);
    let request = echo.api().last_request().await;
    assert_eq!(request["status"], "unrouted");
    let reason = request["events"][0]["reason"].as_str().unwrap();
    for part in ["`echo`", "`events`", "`later`"] {
        assert!(reason.contains(part), "{reason}");
    }
    echo.subscribe("other", "/other").await;
    echo.subscribe("later", "/later").await;
    assert_eq!(echo.receiver.wait("/later", 1).await[0].json()["data"], "kept");
    let event = &echo.api().all("/v1/events").await[0];
    assert_eq!((&event["status"], &event["deliveryCount"]), (&json!("routed"), &json!(1)));
    // It has found its subscription; the next one that matches begins with the next event.
    echo.subscribe("later", "/too-late").await;
    never("it is routed again", async || echo.receiver.count() > 1).await;
}

#[tokio::test]
async fn an_event_with_an_unreadable_selector_is_refused_alone_and_says_why() {
    let echo = Echo::start().await;
    echo.subscribe("good", "/good").await;
    let selectors = ["user_id:undefined", "good", "a:null", "NaN", "x:[object Object]", "", "id:"];
    let events: Vec<Value> = selectors.iter().map(|selector| json!({ "selector": selector, "payload": 1 })).collect();
    echo.send_events(json!(events)).await.expect(200);
    echo.receiver.wait("/good", 1).await;
    let request = echo.api().last_request().await;
    let refused = request["refusedEvents"].as_array().unwrap();
    let indexes: Vec<&Value> = refused.iter().map(|event| &event["index"]).collect();
    assert_eq!(indexes, [0, 2, 3, 4, 5, 6]);
    assert_eq!(refused[0]["code"], "selector_refused");
    let message = refused[0]["message"].as_str().unwrap();
    assert!(message.contains("`user_id:undefined`") && message.contains("could not be read"), "{message}");
    assert_eq!(request["status"], "routed");
    assert_eq!(request["eventCount"], 1);

    echo.send("user_id:undefined", json!(1)).await.expect(200);
    assert_eq!(echo.api().last_request().await["status"], "refused");
}

#[tokio::test]
async fn a_failed_request_says_which_error_at_which_line_and_can_be_replayed() {
    let echo = Echo::start().await;
    let api = echo.api();
    let url = api.webhook("echo", "events").await;
    // Text is no object with events: the handler destructures undefined from it, and later its result is refused.
    let failed = api.post_body(&url, "application/json", "null").await.expect_problem(500, "handler_failed");
    let record = api.last_request().await;
    assert_eq!(record["id"], failed["request_id"]);
    assert_eq!((&record["status"], &record["answer"]), (&json!("failed"), &json!(500)));
    assert_eq!(record["error"]["code"], "handler_failed");
    assert!(record["error"]["message"].as_str().unwrap().starts_with("TypeError: "), "{record}");
    let stack = record["error"]["stack"].as_str().unwrap();
    assert!(stack.contains("global-webhooks/events/handle.js:3:"), "{stack}");
    assert!(!failed.to_string().contains("handle.js"), "the external app learns nothing of it: {failed}");
    assert_eq!(record["received"]["body"], "null");

    let replay = api.act(&format!("/v1/webhook-requests/{}/replay", record["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(replay["replayOf"], record["id"]);
    assert_eq!(replay["status"], "failed");
    assert_ne!(replay["id"], record["id"]);
}

#[tokio::test]
async fn a_replayed_request_is_handled_as_when_it_came() {
    let echo = Echo::start().await;
    let api = echo.api();
    let url = api.webhook("echo", "arguments").await;
    let first = api.post_body(&format!("{url}/sub?q=1"), "text/plain", "once more").await.expect(200);
    let id = api.last_request().await["id"].as_str().unwrap().to_owned();
    let replay = api.act(&format!("/v1/webhook-requests/{id}/replay")).await.expect(200);
    assert_eq!(replay["status"], "answered");
    assert_eq!(replay["received"]["body"], "once more");
    assert_eq!((&replay["received"]["path"], &replay["received"]["query"]), (&json!("/sub"), &json!("q=1")));
    assert_eq!(replay["receivedAt"].as_str().unwrap().get(..19), first["receivedAt"].as_str().unwrap().get(..19));
}

#[tokio::test]
async fn a_deleted_connection_gets_nothing_more() {
    let echo = Echo::start_with(Settings::default().with("retry-gaps-ms", "600000")).await;
    let api = echo.api();
    echo.receiver.script("/s", [crate::harness::Step::Status(500)]);
    let subscription = echo.subscribe("s", "/s").await;
    echo.send("s", json!("pending")).await.expect(200);
    echo.receiver.wait("/s", 1).await;
    api.delete("/v1/connections/acme").await.expect(204);
    let id = subscription["id"].as_str().unwrap();
    assert_eq!(api.get(&format!("/v1/subscriptions/{id}")).await.status, 404);
    echo.send("s", json!("later")).await.expect(200);
    assert_eq!(api.last_request().await["status"], "unrouted");
    never("it gets more", async || echo.receiver.count() > 1).await;
}

#[tokio::test]
async fn a_disabled_subscription_gets_nothing_and_catches_up_when_it_is_enabled() {
    let echo = Echo::start().await;
    let api = echo.api();
    let subscription = echo.subscribe("s", "/s").await;
    let path = format!("/v1/subscriptions/{}", subscription["id"].as_str().unwrap());
    let disabled = api.act(&format!("{path}/disable")).await.expect(200);
    assert_eq!((&disabled["status"], &disabled["error"]["code"]), (&json!("disabled"), &json!("disabled")));
    for number in 0..3 {
        echo.send("s", json!(number)).await.expect(200);
    }
    never("it gets something", async || echo.receiver.count() > 0).await;
    assert_eq!(api.act(&format!("{path}/enable")).await.expect(200)["status"], "subscribed");
    let mut numbers: Vec<i64> =
        echo.receiver.wait("/s", 3).await.iter().map(|got| got.json()["data"].as_i64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [0, 1, 2]);
}

#[tokio::test]
async fn the_same_provider_id_twice_is_a_duplicate_and_delivered_once() {
    let mut echo = Echo::start().await;
    echo.subscribe("s", "/s").await;
    let event = |id: &str| json!([{ "selector": "s", "payload": id, "id": id }]);
    echo.send_events(event("evt-1")).await.expect(200);
    echo.send_events(event("evt-1")).await.expect(200);
    let duplicate = echo.api().last_request().await;
    assert_eq!(duplicate["status"], "duplicate");
    let first = echo.api().all("/v1/events").await.pop().unwrap();
    assert_eq!((&first["status"], &first["providerId"]), (&json!("routed"), &json!("evt-1")));
    assert_eq!(duplicate["events"][0]["duplicateOf"], first["id"]);
    echo.host.stop().await;
    echo.host.restart().await;
    echo.send_events(event("evt-1")).await.expect(200);
    echo.send_events(event("evt-2")).await.expect(200);
    echo.receiver.wait("/s", 2).await;
    never("a duplicate is delivered", async || echo.receiver.count() > 2).await;
}

#[tokio::test]
async fn the_same_provider_id_counts_again_after_its_window() {
    let echo = Echo::start_with(Settings::default().with("duplicate-window-ms", 100)).await;
    echo.subscribe("s", "/s").await;
    let event = json!([{ "selector": "s", "payload": 1, "id": "evt-1" }]);
    echo.send_events(event.clone()).await.expect(200);
    tokio::time::sleep(std::time::Duration::from_millis(150)).await;
    echo.send_events(event).await.expect(200);
    echo.receiver.wait("/s", 2).await;
}
