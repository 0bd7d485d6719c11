//! What `handle` may return, and what becomes of it: the answer to the external app, and the events.

use serde_json::{Value, json};

use crate::harness::{Answer, Api, Echo};

async fn answer(api: &Api, kind: &str) -> Answer {
    let url = api.webhook("echo", "answers").await;
    Answer::read(api.http.get(format!("{url}?answer={kind}")).send().await.unwrap()).await
}

#[tokio::test]
async fn the_external_app_gets_the_status_headers_and_data_that_the_handler_chose() {
    let echo = Echo::start().await;
    let api = echo.api();
    let check = async |kind: &str, status: u16, content_type: &str, body: &[u8]| {
        let answer = answer(&api, kind).await;
        assert_eq!(answer.status, status, "{kind}");
        assert_eq!(answer.header("content-type"), content_type, "{kind}");
        assert_eq!(answer.body, body, "{kind}");
    };
    check("text", 200, "text/plain;charset=utf-8", b"plain text").await;
    check("object", 202, "application/json", br#"{"a":1}"#).await;
    check("bytes", 200, "application/octet-stream", &[0, 255, 7]).await;
    check("typed", 200, "application/xml", b"<a/>").await;
    check("empty", 204, "", b"").await;
    check("teapot", 418, "text/plain;charset=utf-8", b"short and stout").await;
    assert_eq!(answer(&api, "typed").await.header("x-custom"), "yes");
    let redirect = answer(&api, "location").await;
    assert_eq!((redirect.status, redirect.header("location")), (302, "https://example.test/"));
}

#[tokio::test]
async fn without_a_response_the_answer_is_200_and_empty() {
    let echo = Echo::start().await;
    for kind in ["events-only", "nothing"] {
        let answer = answer(&echo.api(), kind).await;
        assert_eq!((answer.status, answer.body.len()), (200, 0), "{kind}");
        assert_eq!(echo.api().last_request().await["status"], "answered", "{kind}");
    }
}

#[tokio::test]
async fn the_handlers_answer_does_not_depend_on_whether_its_events_find_anyone() {
    let echo = Echo::start().await;
    let url = echo.api().webhook("echo", "events").await;
    let body = json!({
        "events": [{ "selector": "nobody", "payload": 1 }],
        "response": { "status": 207, "headers": { "x-a": "b" }, "data": { "seen": true } },
    });
    let answer = echo.api().post_webhook(&url, &body).await;
    assert_eq!(answer.header("x-a"), "b");
    assert_eq!(answer.expect(207), json!({ "seen": true }));
}

#[tokio::test]
async fn a_payload_is_arbitrary_json_and_arrives_as_it_was() {
    let echo = Echo::start().await;
    echo.subscribe("s", "/s").await;
    let payloads = [
        json!(null),
        json!(false),
        json!(-0.5),
        json!("täxt \u{1F600} \u{0} \" \\ </script>"),
        json!([1, [2, [3, []]]]),
        json!({ "z": 1, "a": { "b": {} }, "": "empty key" }),
        json!(9_007_199_254_740_991_i64),
    ];
    let events: Vec<Value> = payloads.iter().map(|payload| json!({ "selector": "s", "payload": payload })).collect();
    echo.send_events(json!(events)).await.expect(200);
    let received = echo.receiver.wait("/s", payloads.len()).await;
    let arrived: Vec<Value> = received.iter().map(|delivery| delivery.json()["data"].clone()).collect();
    for payload in &payloads {
        assert!(arrived.contains(payload), "{payload} is not in {arrived:?}");
    }
    let listed = echo.api().all("/v1/events").await;
    assert_eq!(listed.len(), payloads.len());
    let shown = echo.api().get(&format!("/v1/events/{}", listed[0]["id"].as_str().unwrap())).await.expect(200);
    assert!(payloads.contains(&shown["payload"]), "{shown}");
}

#[tokio::test]
async fn a_payload_just_below_the_limit_arrives() {
    let echo = Echo::start().await;
    echo.subscribe("s", "/s").await;
    let payload = json!({ "text": "x".repeat((1 << 20) - 100) });
    echo.send("s", payload.clone()).await.expect(200);
    assert_eq!(echo.receiver.wait("/s", 1).await[0].json()["data"], payload);
}

#[tokio::test]
async fn each_event_of_a_request_goes_to_its_own_subscription() {
    let echo = Echo::start().await;
    for selector in ["a", "b", "c"] {
        echo.subscribe(selector, &format!("/{selector}")).await;
    }
    let events = json!([
        { "selector": "a", "payload": 1 }, { "selector": "b", "payload": 2 },
        { "selector": "a", "payload": 3 }, { "selector": "d", "payload": 4 },
    ]);
    echo.send_events(events).await.expect(200);
    let payloads = async |path: &str, count| {
        let mut payloads: Vec<i64> =
            echo.receiver.wait(path, count).await.iter().map(|got| got.json()["data"].as_i64().unwrap()).collect();
        payloads.sort_unstable();
        payloads
    };
    assert_eq!(payloads("/a", 2).await, [1, 3]);
    assert_eq!(payloads("/b", 1).await, [2]);
    let request = echo.api().last_request().await;
    assert_eq!((&request["eventCount"], &request["deliveryCount"]), (&json!(4), &json!(3)));
    let statuses: Vec<&Value> = request["events"].as_array().unwrap().iter().map(|event| &event["status"]).collect();
    assert_eq!(statuses, ["routed", "routed", "routed", "unrouted"]);
    assert_eq!(echo.receiver.count(), 3);
}

#[tokio::test]
async fn an_event_with_several_selectors_reaches_each_subscription_once() {
    let echo = Echo::start().await;
    echo.subscribe("team:1", "/team").await;
    echo.subscribe("user:1", "/user").await;
    echo.send_events(json!([{ "selectors": ["team:1", "user:1", "team:1"], "payload": "p" }])).await.expect(200);
    echo.receiver.wait("/team", 1).await;
    echo.receiver.wait("/user", 1).await;
    crate::harness::never("it comes twice", async || echo.receiver.count() > 2).await;
}
