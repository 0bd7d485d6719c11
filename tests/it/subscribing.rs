//! `get-event-selector`: what it is given, what its result does, and how its failures look.

use serde_json::{Value, json};

use crate::harness::{Answer, Api, Echo, ExternalApi, Settings, never};

/// The echo connector with an external app behind it that knows the user `u_acme`.
async fn start() -> (Echo, ExternalApi) {
    let (echo, app) = (Echo::start().await, ExternalApi::start().await);
    app.add_user("acme-token", "u_acme");
    let parameters = json!({ "parameters": { "apiBaseUri": app.url } });
    echo.api().patch("/v1/integrations/echo", parameters).await.expect(200);
    (echo, app)
}

async fn subscribe(echo: &Echo, event: &str) -> Value {
    echo.api().subscribe("acme", event, json!({}), &echo.receiver.url("/to")).await
}

async fn sent(echo: &Echo, selector: &str) {
    echo.send(selector, json!("hello")).await.expect(200);
}

async fn get(api: &Api, subscription: &Value) -> Value {
    api.get(&format!("/v1/subscriptions/{}", subscription["id"].as_str().unwrap())).await.expect(200)
}

#[tokio::test]
async fn the_returned_key_and_selector_decide_what_is_routed() {
    let (echo, _app) = start().await;
    let subscription = subscribe(&echo, "me").await;
    assert_eq!(subscription["status"], "subscribed", "{subscription}");
    assert_eq!(subscription["globalWebhookKey"], "events");
    assert_eq!(subscription["globalWebhookEventSelector"], "user:u_acme");
    sent(&echo, "user:u_other").await;
    sent(&echo, "user:u_acme ").await;
    sent(&echo, "USER:u_acme").await;
    sent(&echo, "user:u_acme").await;
    echo.receiver.wait("/to", 1).await;
    never("another selector is routed", async || echo.receiver.count() > 1).await;
}

#[tokio::test]
async fn it_gets_the_parameters_of_this_event_and_the_credentials_of_this_connection() {
    let (echo, _app) = start().await;
    let chosen = echo.subscribe("channel:7", "/to").await;
    assert_eq!(chosen["globalWebhookEventSelector"], "channel:7");
    let credentials = subscribe(&echo, "credentials").await;
    assert_eq!(credentials["globalWebhookEventSelector"], "token:acme-token");
    assert_eq!(chosen["parameters"], json!({ "selector": "channel:7" }));
}

#[tokio::test]
async fn it_may_be_a_mapping_instead_of_javascript() {
    let (echo, _app) = start().await;
    let mapped = subscribe(&echo, "mapped").await;
    assert_eq!(mapped["status"], "subscribed", "{mapped}");
    assert_eq!(mapped["globalWebhookEventSelector"], "token:acme-token");
    sent(&echo, "token:acme-token").await;
    assert_eq!(echo.receiver.wait("/to", 1).await[0].json()["type"], "mapped");
}

#[tokio::test]
async fn the_host_adds_the_credentials_to_each_request_of_the_api_client() {
    let (echo, app) = start().await;
    subscribe(&echo, "me").await;
    let (line, headers) = &app.requests()[0];
    assert_eq!(line, "GET /users/me");
    assert_eq!(headers["authorization"], "Bearer acme-token");
}

#[tokio::test]
async fn a_failing_api_leaves_a_subscription_with_the_reason_and_resubscribe_mends_it() {
    let (echo, app) = start().await;
    let api = echo.api();
    app.set_down(true);
    let failed = subscribe(&echo, "me").await;
    assert_eq!(failed["status"], "error");
    assert_eq!(failed["error"]["code"], "selector_failed");
    assert!(failed["error"]["message"].as_str().unwrap().contains("500"), "{failed}");
    assert!(failed["error"]["stack"].as_str().unwrap().contains("events/me/get-event-selector.js"), "{failed}");
    assert!(failed["error"]["log"][0].as_str().unwrap().contains("/users/me"), "{failed}");
    assert_eq!(failed["globalWebhookEventSelector"], Value::Null);
    sent(&echo, "user:u_acme").await;
    never("events reach it", async || echo.receiver.count() > 0).await;

    let path = format!("/v1/subscriptions/{}/resubscribe", failed["id"].as_str().unwrap());
    assert_eq!(api.act(&path).await.expect(200)["status"], "error");
    app.set_down(false);
    let mended = api.act(&path).await.expect(200);
    assert_eq!(mended["status"], "subscribed", "{mended}");
    assert_eq!(mended["error"], Value::Null);
    // What came in between has waited.
    echo.receiver.wait("/to", 1).await;
}

#[tokio::test]
async fn credentials_that_are_no_longer_good_say_so() {
    let (echo, _app) = start().await;
    let body = json!({ "credentials": { "accessToken": "expired-token" } });
    echo.api().patch("/v1/connections/acme", body).await.expect(200);
    let failed = subscribe(&echo, "me").await;
    assert_eq!(failed["status"], "error");
    assert!(failed["error"]["message"].as_str().unwrap().contains("401"), "{failed}");
    assert!(!failed.to_string().contains("expired-token"), "{failed}");
}

#[tokio::test]
async fn a_thrown_error_is_kept_with_the_authors_own_file_and_line() {
    let (echo, _app) = start().await;
    let failed = subscribe(&echo, "throws").await;
    assert_eq!(failed["status"], "error");
    assert_eq!(failed["error"]["message"], "Error: this user has no account");
    let stack = failed["error"]["stack"].as_str().unwrap();
    assert!(stack.contains("lib/account.js:3:"), "{stack}");
    assert!(stack.contains("events/throws/get-event-selector.js:4:"), "{stack}");
    assert_eq!(get(&echo.api(), &failed).await["error"], failed["error"]);
}

#[tokio::test]
async fn the_api_client_reaches_no_host_that_the_connector_does_not_declare() {
    let (echo, _app) = start().await;
    let failed = subscribe(&echo, "undeclared-host").await;
    assert_eq!(failed["status"], "error");
    let message = failed["error"]["message"].as_str().unwrap();
    assert!(message.contains("127.0.0.2"), "{message}");
}

#[tokio::test]
async fn the_api_client_reaches_no_private_address_that_is_not_allowed() {
    let echo = Echo::start_with(Settings::default().without("egress-allow")).await;
    let app = ExternalApi::start().await;
    let parameters = json!({ "parameters": { "apiBaseUri": app.url } });
    echo.api().patch("/v1/integrations/echo", parameters).await.expect(200);
    let failed = subscribe(&echo, "me").await;
    assert_eq!(failed["status"], "error");
    assert!(failed["error"]["message"].as_str().unwrap().contains("loopback"), "{failed}");
    assert!(app.requests().is_empty());
}

#[tokio::test]
async fn a_webhook_key_that_the_connector_does_not_have_is_refused() {
    let (echo, _app) = start().await;
    let failed = subscribe(&echo, "unknown-webhook").await;
    assert_eq!(failed["status"], "error");
    assert_eq!(failed["error"]["code"], "global_webhook_unknown");
    let message = failed["error"]["message"].as_str().unwrap();
    assert!(message.contains("no-such-webhook") && message.contains("arguments"), "{message}");
}

#[tokio::test]
async fn a_selector_made_of_what_could_not_be_read_is_refused() {
    let (echo, _app) = start().await;
    let unreadable = subscribe(&echo, "unreadable").await;
    assert_eq!(unreadable["status"], "error");
    assert_eq!(unreadable["error"]["code"], "selector_refused");
    assert!(unreadable["error"]["message"].as_str().unwrap().contains("user_id:undefined"), "{unreadable}");
    let url = echo.receiver.url("/");
    for selector in ["", "  ", "user:null", "a:NaN:b", "[object Object]", "team:", &"x".repeat(513)] {
        let refused = echo.api().subscribe("acme", "chosen", json!({ "selector": selector }), &url).await;
        assert_eq!(refused["error"]["code"], "selector_refused", "{selector}");
    }
}

#[tokio::test]
async fn new_event_parameters_change_what_is_routed() {
    let (echo, _app) = start().await;
    let subscription = echo.subscribe("channel:1", "/to").await;
    let path = format!("/v1/subscriptions/{}", subscription["id"].as_str().unwrap());
    let patched = echo.api().patch(&path, json!({ "parameters": { "selector": "channel:2" } })).await.expect(200);
    assert_eq!(patched["globalWebhookEventSelector"], "channel:2");
    sent(&echo, "channel:1").await;
    sent(&echo, "channel:2").await;
    echo.receiver.wait("/to", 1).await;
    never("the earlier selector still routes", async || echo.receiver.count() > 1).await;
}

#[tokio::test]
async fn many_subscriptions_are_made_in_one_request_and_a_bad_line_holds_up_no_other() {
    let setup = Echo::start().await;
    let line = |selector: &str| {
        let destination = json!({ "url": setup.receiver.url("/bulk") });
        json!({
            "connection": "acme", "event": "chosen", "parameters": { "selector": selector }, "destination": destination,
            "delivery": { "timeoutMs": 900 },
        })
    };
    let mut bad = line("x");
    bad["connection"] = json!("nobody");
    let body = format!("{}\n{bad}\nnot json\n\n{}\n", line("bulk:1"), line("bulk:2"));
    let answer = bulk(&setup, body).await;
    answer.expect_status(200);
    let lines: Vec<Value> = answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let statuses: Vec<_> = lines.iter().map(|line| line["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [201, 422, 400, 201], "{lines:?}");
    assert_eq!(lines[0]["subscription"]["globalWebhookEventSelector"], "bulk:1");
    assert_eq!(lines[0]["subscription"]["delivery"], json!({ "timeoutMs": 900 }));
    assert!(lines[0]["subscription"]["secret"].as_str().unwrap().starts_with("whsec_"));
    assert_eq!(lines[1]["problem"]["code"], "invalid");
    for selector in ["bulk:1", "bulk:2"] {
        setup.send(selector, json!({ "to": selector })).await.expect_status(200);
    }
    assert_eq!(setup.receiver.wait("/bulk", 2).await.len(), 2);
}

#[tokio::test]
async fn more_subscriptions_than_one_request_may_ask_for_are_refused_and_none_is_made() {
    let setup = Echo::start_with(Settings::default().with("bulk-lines-max", 2)).await;
    bulk(&setup, "{}\n{}\n{}\n".to_owned()).await.expect_problem(413, "too_many_lines");
    assert!(setup.host.api.all("/v1/subscriptions").await.is_empty());
}

async fn bulk(setup: &Echo, body: String) -> Answer {
    let request = setup.host.api.request(reqwest::Method::POST, "/v1/subscriptions/bulk");
    Answer::read(request.header("content-type", "application/x-ndjson").body(body).send().await.unwrap()).await
}
