//! One bad event never costs the others of its request: it is refused alone, with its reason in the request's record.

use serde_json::{Value, json};

use crate::harness::{Echo, Settings, build_for, connector_folder, router};

/// The echo connector on both engines.
async fn engines() -> [Echo; 2] {
    let (usual, other) = (Echo::start().await, Echo::start().await);
    let uploaded = other.api().upload(build_for("quickjs", &connector_folder("echo"))).await;
    assert!([200, 201].contains(&uploaded.status), "{}", uploaded.text());
    [usual, other]
}

/// Sends `bad` between two good events, and returns why it was refused: the code and the message.
async fn refusal(echo: &Echo, bad: Value) -> (String, String) {
    let count = echo.receiver.count();
    let events = json!([
        { "selector": "other:1", "payload": "before" }, bad, { "selector": "other:1", "payload": "after" },
    ]);
    let body = json!({ "events": events, "response": { "status": 202, "data": "chosen" } });
    let answer = echo.api().post_webhook(&echo.api().webhook("echo", "other").await, &body).await;
    assert_eq!((answer.status, answer.text().as_str()), (202, "chosen"), "{bad}");
    let delivered = echo.receiver.wait("/good", count + 2).await;
    let mut payloads: Vec<_> = delivered[count..].iter().map(|got| got.json()["data"].to_string()).collect();
    payloads.sort();
    assert_eq!(payloads, ["\"after\"", "\"before\""], "{bad}");
    let record = echo.api().last_request().await;
    assert_eq!((&record["status"], &record["eventCount"]), (&json!("routed"), &json!(2)), "{record}");
    let refused = record["refusedEvents"].as_array().unwrap_or_else(|| panic!("{bad}: {record}"));
    assert_eq!((refused.len(), &refused[0]["index"]), (1, &json!(1)), "{record}");
    let text = |member: &str| refused[0][member].as_str().unwrap().to_owned();
    (text("code"), text("message"))
}

async fn subscribe(echo: &Echo) {
    for (selector, path) in [("other:1", "/good"), ("odd", "/odd")] {
        let url = echo.receiver.url(path);
        let made = echo.api().subscribe("acme", "other-webhook", json!({ "selector": selector }), &url).await;
        assert_eq!(made["status"], "subscribed", "{made}");
    }
}

#[tokio::test]
async fn an_event_that_is_bad_in_json_is_refused_alone() {
    let long = "x".repeat(513);
    let with = |member: &str, value: Value| {
        let mut event = json!({ "selector": "odd", "payload": "odd" });
        event[member] = value;
        event
    };
    let cases = [
        (with("id", json!({})), "id_refused", "`id` must be a string"),
        (with("id", json!([1])), "id_refused", "an array"),
        (with("id", json!(true)), "id_refused", "true"),
        (with("id", json!(0.5)), "id_refused", "0.5"),
        (with("id", json!("")), "id_refused", "1 to 512"),
        (with("id", json!(long)), "id_refused", "513 bytes"),
        (with("orderingKey", json!({})), "ordering_key_refused", "`orderingKey` must be a string"),
        (with("orderingKey", json!(-0.1)), "ordering_key_refused", "-0.1"),
        (with("orderingKey", json!("")), "ordering_key_refused", "1 to 512"),
        (with("orderingKey", json!(long)), "ordering_key_refused", "513 bytes"),
        (with("selector", json!(7)), "selector_refused", "`selector` must be a string, but it is the number 7"),
        (with("selector", json!(null)), "selector_refused", "null"),
        (with("selector", json!("odd:undefined")), "selector_refused", "could not be read"),
        (with("selector", json!(long)), "selector_refused", "513 bytes"),
        (with("selectors", json!(["odd"])), "selector_refused", "both `selector` and `selectors`"),
        (json!({ "selectors": [], "payload": 1 }), "selector_refused", "empty"),
        (json!({ "selectors": "odd", "payload": 1 }), "selector_refused", "an array of strings"),
        (json!({ "selectors": ["odd", 5], "payload": 1 }), "selector_refused", "`selectors[1]`"),
        (json!({ "selectors": vec!["odd"; 1_001], "payload": 1 }), "selector_refused", "1001 selectors"),
        (json!({ "payload": "odd" }), "selector_refused", "undefined"),
        (with("playload", json!(1)), "event_refused", "did you mean `payload`?"),
        (json!(null), "event_refused", "it is null"),
        (json!("odd"), "event_refused", "the text \"odd\""),
        (json!(["odd"]), "event_refused", "an array"),
    ];
    for echo in engines().await {
        subscribe(&echo).await;
        for (bad, code, words) in &cases {
            let refused = refusal(&echo, bad.clone()).await;
            assert_eq!(refused.0, *code, "{bad}: {}", refused.1);
            assert!(refused.1.contains(words), "{bad}: {}", refused.1);
        }
        assert_eq!(echo.receiver.count(), 2 * cases.len(), "nothing that was refused is delivered");
    }
}

#[tokio::test]
async fn an_event_that_cannot_be_read_or_written_as_json_is_refused_alone() {
    let cases = [
        ("undefined", "event_refused", "undefined"),
        ("a promise of an event", "event_refused", "`await`"),
        ("a getter that throws", "event_refused", "thrown by the author"),
        ("a proxy that throws", "event_refused", "thrown by the author"),
        ("an error without words", "event_refused", "cannot be shown"),
        ("a cycle in the payload", "payload_refused", "cannot be written as JSON"),
        ("an undefined payload", "payload_refused", "undefined"),
        ("a function for a payload", "payload_refused", "a function"),
        ("a symbol for a payload", "payload_refused", "a symbol"),
        ("a promise for a payload", "payload_refused", "await"),
        ("a toJSON that throws", "payload_refused", "thrown by the author"),
        ("a toJSON without a value", "payload_refused", "has no JSON"),
        ("a payload with a getter that throws", "payload_refused", "thrown by the author"),
        ("a payload nested without end", "payload_refused", "cannot be written as JSON"),
        ("NaN for an id", "id_refused", "NaN"),
        ("a date for an id", "id_refused", "an object"),
        ("half a character in the id", "id_refused", "half a character"),
        ("half a character in the selector", "selector_refused", "half a character"),
        ("half a character in the ordering key", "ordering_key_refused", "half a character"),
        ("a hole among the selectors", "selector_refused", "`selectors[1]`"),
    ];
    for echo in engines().await {
        subscribe(&echo).await;
        for (odd, code, words) in cases {
            let refused = refusal(&echo, json!({ "odd": odd })).await;
            assert_eq!(refused.0, code, "{odd}: {}", refused.1);
            assert!(refused.1.contains(words), "{odd}: {}", refused.1);
        }
    }
}

#[tokio::test]
async fn a_payload_over_its_limit_is_refused_alone() {
    let echo = Echo::start_with(Settings::default().with("payload-bytes-max", 1_000)).await;
    subscribe(&echo).await;
    let (code, message) = refusal(&echo, json!({ "selector": "odd", "payload": "x".repeat(999) })).await;
    assert_eq!(code, "payload_refused");
    assert!(message.contains("1001 bytes, 1000 are allowed"), "{message}");
}

#[tokio::test]
async fn whole_numbers_are_taken_as_ids_and_ordering_keys() {
    for echo in engines().await {
        echo.subscribe("s", "/s").await;
        let event = |id: Value| json!({ "selector": "s", "payload": id, "id": id, "orderingKey": id });
        let ids = json!([7, -7, 0, 9_007_199_254_740_991_i64, "7"]);
        let events: Vec<Value> = ids.as_array().unwrap().iter().map(|id| event(id.clone())).collect();
        echo.send_events(json!(events)).await.expect(200);
        let mut kept: Vec<_> =
            echo.api().all("/v1/events").await.iter().map(|event| event["providerId"].to_string()).collect();
        kept.sort();
        assert_eq!(kept, ["\"-7\"", "\"0\"", "\"7\"", "\"7\"", "\"9007199254740991\""]);
        // The text and the number are the same id.
        echo.receiver.wait("/s", 4).await;
        let record = echo.api().last_request().await;
        assert_eq!((&record["refusedEventCount"], &record["events"][4]["status"]), (&json!(0), &json!("duplicate")));
    }
}

#[tokio::test]
async fn events_beyond_the_limit_of_a_request_are_refused_and_those_before_are_delivered() {
    let echo = Echo::start_with(Settings::default().with("events-per-request-max", 3)).await;
    echo.subscribe("s", "/s").await;
    let events: Vec<Value> = (0..10).map(|number| json!({ "selector": "s", "payload": number })).collect();
    echo.send_events(json!(events)).await.expect(200);
    echo.receiver.wait("/s", 3).await;
    let record = echo.api().last_request().await;
    assert_eq!((&record["eventCount"], &record["refusedEventCount"]), (&json!(3), &json!(7)));
    let refused = record["refusedEvents"].as_array().unwrap();
    assert_eq!((refused.len(), &refused[0]["index"], &refused[0]["code"]), (1, &json!(3), &json!("too_many_events")));
    assert!(refused[0]["message"].as_str().unwrap().contains("10, 3 are allowed"), "{record}");
}

#[tokio::test]
async fn the_record_of_many_refused_events_is_bounded_and_counts_them_all() {
    let echo = Echo::start().await;
    echo.subscribe("s", "/s").await;
    let mut events = vec![json!({ "selector": "s", "payload": 1, "id": { "much": "x".repeat(100) } }); 900];
    events.push(json!({ "selector": "s", "payload": "good" }));
    echo.send_events(json!(events)).await.expect(200);
    assert_eq!(echo.receiver.wait("/s", 1).await[0].json()["data"], "good");
    let record = echo.api().last_request().await;
    assert_eq!(record["refusedEventCount"], 900);
    let refused = record["refusedEvents"].as_array().unwrap();
    assert!(refused.len() >= 500 && record["refusedEvents"].to_string().len() < 128 << 10, "{}", refused.len());
}

/// The host judges what no SDK has looked at: here each line of the body is selector, id and payload of an event.
#[tokio::test]
async fn events_of_a_component_in_another_language_are_refused_alone() {
    let echo = Echo::start().await;
    let api = echo.api();
    api.upload(router("router", "1")).await.expect(201);
    api.put_integration("router", "router", json!({})).await;
    api.put_connection("r", "router", "customer-r", json!({})).await;
    let url = echo.receiver.url("/good");
    let made = api.subscribe("r", "events", json!({ "selector": "a" }), &url).await;
    assert_eq!(made["status"], "subscribed", "{made}");
    let long = "x".repeat(513);
    let lines = [
        "a\tone\t1".to_owned(),
        format!("a\t{long}\t2"),
        "a\t\t{\"not\": json}".to_owned(),
        "a\t\t".to_owned(),
        "\t\t3".to_owned(),
        format!("{long}\t\t4"),
        "a\ttwo\t\"\\ud800\"".to_owned(),
    ];
    let body: String = lines.iter().map(|line| format!("{line}\n")).collect();
    api.post_body(&api.webhook("router", "events").await, "text/plain", body).await.expect(200);
    echo.receiver.wait("/good", 2).await;
    let record = api.last_request().await;
    let refused: Vec<_> = record["refusedEvents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| (event["index"].as_u64().unwrap(), event["code"].as_str().unwrap()))
        .collect();
    let expected = [
        (1, "id_refused"),
        (2, "payload_refused"),
        (3, "payload_refused"),
        (4, "selector_refused"),
        (5, "selector_refused"),
    ];
    assert_eq!(refused, expected, "{record}");
}
