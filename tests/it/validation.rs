//! Input to the API that is wrong: refused with a pointer to the place, never with the value that stands there.

use serde_json::{Value, json};

use crate::harness::{Answer, Echo};

/// The pointers of a refusal.
#[track_caller]
fn pointers(answer: &Answer) -> Vec<String> {
    let problem = answer.expect_problem(422, "invalid");
    problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn parameters_that_do_not_fit_their_schema_are_refused_by_place_and_without_their_values() {
    let echo = Echo::start().await;
    let api = echo.api();
    let integration = |parameters: Value| json!({ "connector": "echo", "parameters": parameters });
    let secret = api.put("/v1/integrations/new", integration(json!({ "signingSecret": "hush" }))).await;
    assert_eq!(pointers(&secret), ["/parameters/signingSecret"]);
    assert!(!secret.text().contains("hush"), "{}", secret.text());
    let unknown = api.put("/v1/integrations/new", integration(json!({ "colour": "mauve" }))).await;
    assert_eq!(pointers(&unknown).len(), 1);
    assert!(!unknown.text().contains("mauve"), "{}", unknown.text());
    let list = api.put("/v1/integrations/new", integration(json!(["mauve"]))).await;
    assert_eq!(pointers(&list), ["/parameters"]);
    let patched = api.patch("/v1/integrations/echo", json!({ "parameters": { "signingSecret": 12345678 } })).await;
    assert_eq!(pointers(&patched), ["/parameters/signingSecret"]);
    assert!(!patched.text().contains("12345678"), "{}", patched.text());
    assert_eq!(api.get("/v1/integrations/new").await.status, 404);
}

#[tokio::test]
async fn credentials_that_do_not_fit_their_schema_are_refused_by_place_and_without_their_values() {
    let echo = Echo::start().await;
    let api = echo.api();
    let connection = |credentials: Value| json!({ "integration": "echo", "customer": "c", "credentials": credentials });
    let short = api.put("/v1/connections/new", connection(json!({ "accessToken": "xyz" }))).await;
    assert_eq!(pointers(&short), ["/credentials/accessToken"]);
    assert!(!short.text().contains("xyz"), "{}", short.text());
    let none = api.put("/v1/connections/new", json!({ "integration": "echo", "customer": "c" })).await;
    assert_eq!(pointers(&none).len(), 1);
    let patched = api.patch("/v1/connections/acme", json!({ "credentials": { "accessToken": "xyz" } })).await;
    assert_eq!(pointers(&patched), ["/credentials/accessToken"]);
    assert_eq!(api.get("/v1/connections/new").await.status, 404);
}

#[tokio::test]
async fn event_parameters_that_do_not_fit_their_schema_are_refused_by_place() {
    let echo = Echo::start().await;
    let api = echo.api();
    let url = echo.receiver.url("/");
    let subscription = |parameters: Value| json!({ "connection": "acme", "event": "chosen", "parameters": parameters, "destination": { "url": url } });
    let wrong = api.post("/v1/subscriptions", subscription(json!({ "selector": ["hush"] }))).await;
    assert_eq!(pointers(&wrong), ["/parameters/selector"]);
    assert!(!wrong.text().contains("hush"), "{}", wrong.text());
    assert_eq!(pointers(&api.post("/v1/subscriptions", subscription(json!({}))).await).len(), 1);
    assert_eq!(pointers(&api.post("/v1/subscriptions", subscription(json!("x"))).await), ["/parameters"]);
    let made = echo.subscribe("a", "/").await;
    let path = format!("/v1/subscriptions/{}", made["id"].as_str().unwrap());
    assert_eq!(pointers(&api.patch(&path, json!({ "parameters": { "selector": 7 } })).await), ["/parameters/selector"]);
    assert_eq!(api.all("/v1/subscriptions").await.len(), 1);
}

#[tokio::test]
async fn references_to_what_is_not_there_are_refused_by_place() {
    let echo = Echo::start().await;
    let api = echo.api();
    let check = |answer: Answer, pointer: &str| assert_eq!(pointers(&answer), [pointer]);
    check(api.put("/v1/integrations/new", json!({ "connector": "none" })).await, "/connector");
    check(api.put("/v1/integrations/new", json!({ "connector": "echo", "version": 9 })).await, "/version");
    check(api.put("/v1/connections/new", json!({ "integration": "none", "customer": "c" })).await, "/integration");
    let destination = json!({ "url": echo.receiver.url("/") });
    let no_connection = json!({ "connection": "none", "event": "chosen", "destination": destination });
    check(api.post("/v1/subscriptions", no_connection).await, "/connection");
    let no_event = json!({ "connection": "acme", "event": "none", "destination": destination });
    check(api.post("/v1/subscriptions", no_event).await, "/event");
    for url in ["", "example.test", "ftp://example.test/", "file:///etc/passwd", "http://user:pass@example.test/"] {
        let body = json!({
            "connection": "acme", "event": "chosen", "parameters": { "selector": "a" }, "destination": { "url": url },
        });
        check(api.post("/v1/subscriptions", body).await, "/destination/url");
    }
}

#[tokio::test]
async fn unknown_fields_and_broken_bodies_are_refused() {
    let echo = Echo::start().await;
    let api = echo.api();
    let url = echo.receiver.url("/");
    let check = |answer: Answer, words: &str| {
        let problem = answer.expect_problem(400, "body_invalid");
        assert!(problem["detail"].as_str().unwrap().contains(words), "{problem}");
    };
    check(api.put("/v1/integrations/echo", json!({ "connector": "echo", "colour": 1 })).await, "colour");
    check(api.patch("/v1/integrations/echo", json!({ "connector": "echo" })).await, "connector");
    let connection = json!({ "integration": "echo", "customer": "c", "token": "x" });
    check(api.put("/v1/connections/new", connection).await, "token");
    let destination = json!({ "url": url, "secret": "x" });
    let subscription = json!({ "connection": "acme", "event": "chosen", "destination": destination });
    check(api.post("/v1/subscriptions", subscription).await, "secret");
    check(api.put("/v1/integrations/echo", json!({})).await, "connector");
    check(api.put("/v1/integrations/echo", json!(["echo", null, {}])).await, "object");
    let broken = api.request(reqwest::Method::PUT, "/v1/integrations/echo").body("{");
    check(Answer::read(broken.send().await.unwrap()).await, "EOF");
    let unknown_filter = api.get("/v1/subscriptions?colour=mauve").await;
    unknown_filter.expect_problem(400, "query_invalid");
    let too_large = api.put("/v1/integrations/echo", json!({ "connector": "x".repeat(2 << 20) })).await;
    too_large.expect_problem(413, "body_too_large");
}

#[tokio::test]
async fn an_integration_keeps_its_connector_and_a_connection_its_customer_and_integration() {
    let echo = Echo::start().await;
    let api = echo.api();
    let other = api.put("/v1/integrations/echo", json!({ "connector": "hostile" })).await;
    other.expect_problem(409, "conflict");
    let moved = json!({ "integration": "echo", "customer": "someone-else", "credentials": { "accessToken": "abcd" } });
    api.put("/v1/connections/acme", moved).await.expect_problem(409, "conflict");
    api.put_integration("second", "echo", json!({})).await;
    let moved =
        json!({ "integration": "second", "customer": "customer-acme", "credentials": { "accessToken": "abcd" } });
    api.put("/v1/connections/acme", moved).await.expect_problem(409, "conflict");
}

#[tokio::test]
async fn what_is_not_there_is_404_and_says_what() {
    let echo = Echo::start().await;
    for path in [
        "/v1/integrations/none",
        "/v1/integrations/none/global-webhooks",
        "/v1/integrations/none/events",
        "/v1/connections/none",
        "/v1/subscriptions/none",
        "/v1/subscriptions/sub_00000000000000000000000000",
        "/v1/webhook-requests/none",
        "/v1/events/none",
        "/v1/deliveries/none",
        "/v1/none",
        "/none",
    ] {
        let problem = echo.api().get(path).await.expect_problem(404, "not_found");
        assert!(problem["detail"].as_str().unwrap().contains("none") || path.contains("sub_"), "{problem}");
    }
}
