//! Replays: through a newer version, singly and in bulk, tried before they are done, and nothing delivered twice.

use serde_json::{Value, json};

use crate::harness::{Api, Echo, Host, Receiver, build, connector_folder, never, wait_for};

async fn replay(api: &Api, body: Value) -> Value {
    api.post("/v1/webhook-requests/replay", body).await.expect(200)
}

fn results(step: &Value) -> Vec<&str> {
    step["items"].as_array().unwrap().iter().map(|item| item["result"].as_str().unwrap()).collect()
}

fn id(item: &Value) -> String {
    item["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn failed_requests_are_tried_through_a_newer_version_and_then_replayed_through_it_once() {
    let (host, receiver) = (Host::start().await, Receiver::start().await);
    let api = host.api.clone();
    let pinned = json!({ "connector": "versioned", "version": 1, "parameters": {} });
    api.put("/v1/integrations/in-use", pinned).await.expect(201);
    api.put_connection("c", "in-use", "customer", json!({})).await;
    api.subscribe("c", "all", json!({}), &receiver.url("/all")).await;
    let url = api.webhook("in-use", "events").await;
    api.post_webhook(&url, &json!({ "number": 1 })).await.expect(200);
    api.post_webhook(&url, &Value::Null).await.expect_problem(500, "handler_failed");
    let failed = id(&api.last_request().await);
    receiver.wait("/all", 1).await;
    let bundle = tokio::task::spawn_blocking(|| build(&connector_folder("versioned-2"))).await.unwrap();
    api.upload(bundle).await.expect(201);

    let before = api.all("/v1/webhook-requests").await;
    let same = replay(&api, json!({ "integration": "in-use", "dryRun": true })).await;
    assert_eq!((results(&same), &same["items"][0]["changes"]), (vec!["would-replay"], &json!([])), "{same}");
    let tried = replay(&api, json!({ "integration": "in-use", "dryRun": true, "version": 2 })).await;
    let item = &tried["items"][0];
    assert_eq!(item["request"], json!(failed));
    assert_eq!((&item["before"]["status"], &item["before"]["answer"]), (&json!("failed"), &json!(500)));
    assert_eq!((&item["after"]["status"], &item["after"]["answer"]), (&json!("routed"), &json!(200)));
    assert_eq!(item["after"]["events"][0]["payload"], json!({ "number": null, "version": 2 }));
    assert_eq!(item["after"]["events"][0]["subscriptions"].as_array().unwrap().len(), 1);
    assert_eq!(item["changes"], json!(["status", "answer", "error", "selectors", "payloads"]));
    let routed = json!({ "integration": "in-use", "status": "routed", "dryRun": true, "version": 2 });
    assert_eq!(replay(&api, routed).await["items"][0]["changes"], json!(["payloads"]));
    assert_eq!(api.all("/v1/webhook-requests").await, before, "nothing is kept");
    never("it is delivered", async || receiver.count() > 1).await;

    let not_yet = json!({ "integration": "in-use", "version": 2 });
    api.post("/v1/webhook-requests/replay", not_yet).await.expect_problem(422, "invalid");
    let still_failing = replay(&api, json!({ "integration": "in-use" })).await;
    assert_eq!(still_failing["items"][0]["after"]["status"], "failed", "its version is the old one");
    api.patch("/v1/integrations/in-use", json!({ "version": 2 })).await.expect(200);
    let done = replay(&api, json!({ "integration": "in-use" })).await;
    assert_eq!((results(&done), &done["items"][0]["after"]["status"]), (vec!["replayed"], &json!("routed")), "{done}");
    assert_eq!(receiver.wait("/all", 2).await[1].json()["data"], json!({ "number": null, "version": 2 }));
    let new = done["items"][0]["replayedAs"].as_str().unwrap();
    assert_eq!(api.get(&format!("/v1/webhook-requests/{new}")).await.expect(200)["replayOf"], json!(failed));
    let again = replay(&api, json!({ "integration": "in-use" })).await;
    assert_eq!(results(&again), ["passed-over"], "{again}");
    never("it is delivered again", async || receiver.count() > 2).await;
}

#[tokio::test]
async fn many_requests_are_replayed_step_by_step_the_oldest_first_and_within_a_time() {
    let echo = Echo::start().await;
    let api = echo.api();
    let url = api.webhook("echo", "events").await;
    let mut failed = Vec::new();
    for _ in 0..5 {
        api.post_webhook(&url, &Value::Null).await.expect_problem(500, "handler_failed");
        failed.push(id(&api.last_request().await));
    }
    let (mut seen, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let step = replay(&api, json!({ "integration": "echo", "limit": 2, "cursor": cursor })).await;
        seen.extend(step["items"].as_array().unwrap().iter().map(|item| item["request"].as_str().unwrap().to_owned()));
        cursor = step["cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(seen, failed, "and not the replays, which failed as well");
    assert_eq!(api.all("/v1/webhook-requests?integration=echo&status=failed").await.len(), 10);
    let count = async |span: Value| {
        let mut body = json!({ "integration": "echo", "dryRun": true });
        body.as_object_mut().unwrap().extend(span.as_object().unwrap().clone());
        results(&replay(&api, body).await).len()
    };
    assert_eq!(count(json!({ "to": "2020-01-01T00:00:00Z" })).await, 0);
    assert_eq!(count(json!({ "from": "2100-01-01T00:00:00Z" })).await, 0);
    assert_eq!(count(json!({ "from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z" })).await, 5);
    assert_eq!(count(json!({ "globalWebhook": "other" })).await, 0);
    let named = replay(&api, json!({ "requests": [failed[3]], "dryRun": true })).await;
    assert_eq!(named["items"][0]["request"], json!(failed[3]));
    for (body, pointer) in [
        (json!({}), "/integration"),
        (json!({ "integration": "echo", "requests": [] }), "/integration"),
        (json!({ "integration": "echo", "limit": 0 }), "/limit"),
    ] {
        let problem = api.post("/v1/webhook-requests/replay", body).await.expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer);
    }
    let unknown = json!({ "requests": ["req_01m84hf674eyfsy4t8s7wa93fh"] });
    api.post("/v1/webhook-requests/replay", unknown).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn what_a_subscription_has_got_is_not_delivered_to_it_again_unless_that_is_asked_for() {
    let echo = Echo::start().await;
    let api = echo.api();
    echo.subscribe("s", "/s").await;
    for event in [json!({ "selector": "s", "payload": 1 }), json!({ "selector": "s", "payload": 2, "id": "evt-2" })] {
        echo.send_events(json!([event])).await.expect(200);
    }
    echo.receiver.wait("/s", 2).await;
    let requests = api.all("/v1/webhook-requests").await;
    for request in &requests {
        let replayed = api.act(&format!("/v1/webhook-requests/{}/replay", id(request))).await.expect(200);
        assert_eq!((&replayed["status"], &replayed["replayOf"]), (&json!("duplicate"), &request["id"]), "{replayed}");
    }
    never("a replay is delivered", async || echo.receiver.count() > 2).await;
    for request in &requests {
        let forced = api.act(&format!("/v1/webhook-requests/{}/replay?force=true", id(request))).await.expect(200);
        assert_eq!(forced["status"], "routed", "{forced}");
    }
    echo.receiver.wait("/s", 4).await;
    api.act(&format!("/v1/webhook-requests/{}/replay?forced=true", id(&requests[0])))
        .await
        .expect_problem(400, "query_invalid");
}

#[tokio::test]
async fn a_replay_of_an_event_that_waits_does_not_have_it_wait_twice_and_brings_it_to_who_had_none() {
    let echo = Echo::start().await;
    let api = echo.api();
    echo.send("later", json!("once")).await.expect(200);
    let waiting = id(&api.last_request().await);
    api.act(&format!("/v1/webhook-requests/{waiting}/replay")).await.expect(200);
    echo.subscribe("later", "/later").await;
    echo.receiver.wait("/later", 1).await;
    wait_for("it to be settled", async || (api.all("/v1/deliveries?status=delivered").await.len() == 1).then_some(()))
        .await;
    never("it comes twice", async || echo.receiver.count() > 1).await;
    // Another subscription to the same selector has not got it; the first one has.
    echo.subscribe("later", "/other").await;
    let replayed = api.act(&format!("/v1/webhook-requests/{waiting}/replay")).await.expect(200);
    assert_eq!((&replayed["status"], &replayed["deliveryCount"]), (&json!("routed"), &json!(1)), "{replayed}");
    echo.receiver.wait("/other", 1).await;
    never("the first gets it again", async || echo.receiver.count() > 2).await;
}

#[tokio::test]
async fn a_replay_brings_nothing_twice_whatever_the_payload_holds() {
    let echo = Echo::start().await;
    let api = echo.api();
    echo.subscribe("s", "/s").await;
    let url = api.webhook("echo", "events").await;
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let payloads = [r#""half \ud800""#, &deep, "1e400", "0.1000000000000000000000000001"];
    for (index, payload) in payloads.iter().enumerate() {
        let body = format!(r#"{{"events":[{{"selector":"s","payload":{payload}}}]}}"#);
        api.post_body(&url, "application/json", body).await.expect(200);
        echo.receiver.wait("/s", index + 1).await;
        let id = id(&api.last_request().await);
        for _ in 0..2 {
            let replayed = api.act(&format!("/v1/webhook-requests/{id}/replay")).await.expect(200);
            assert_eq!(replayed["status"], "duplicate", "{payload}");
        }
    }
    never("a replay delivers again", async || echo.receiver.count() > payloads.len()).await;
}
