//! `Idempotency-Key`: a create that is sent again is answered as before and creates nothing twice.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Api, Echo, Settings, wait_for};

async fn create(api: &Api, path: &str, key: &str, body: &Value) -> Answer {
    let request = api.request(Method::POST, path).header("idempotency-key", key);
    Answer::read(request.header("content-type", "application/json").body(body.to_string()).send().await.unwrap()).await
}

fn subscription(echo: &Echo, selector: &str) -> Value {
    let destination = json!({ "url": echo.receiver.url("/s") });
    json!({
        "connection": "acme", "event": "chosen", "parameters": { "selector": selector }, "destination": destination,
    })
}

#[tokio::test]
async fn the_same_key_gives_the_same_answer_and_one_subscription_across_restarts() {
    let mut echo = Echo::start().await;
    let body = subscription(&echo, "a");
    let first = create(&echo.api(), "/v1/subscriptions", "key-1", &body).await;
    let secret = first.expect(201)["secret"].as_str().unwrap().to_owned();
    assert_eq!(first.header("idempotency-replayed"), "");
    for _ in 0..2 {
        let again = create(&echo.api(), "/v1/subscriptions", "key-1", &body).await;
        assert_eq!((again.status, again.text()), (201, first.text()));
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.header("content-type"), first.header("content-type"));
        echo.host.kill().await;
        echo.host.restart().await;
    }
    assert_eq!(echo.api().all("/v1/subscriptions").await.len(), 1);
    echo.host.stop().await;
    assert_eq!(crate::access::files_with(echo.host.folder(), &secret), Vec::<String>::new());
}

#[tokio::test]
async fn a_key_is_good_for_one_request_of_one_token() {
    let echo = Echo::start().await;
    let api = echo.api();
    create(&api, "/v1/subscriptions", "key-1", &subscription(&echo, "a")).await.expect(201);
    let other = create(&api, "/v1/subscriptions", "key-1", &subscription(&echo, "b")).await;
    other.expect_problem(422, "idempotency_key_reused");
    let token = json!({ "name": "x", "scope": "admin" });
    create(&api, "/v1/tokens", "key-1", &token).await.expect_problem(422, "idempotency_key_reused");
    let made = create(&api, "/v1/tokens", "key-2", &token).await.expect(201);
    let again = create(&api, "/v1/tokens", "key-2", &token).await.expect(201);
    assert_eq!(made, again);
    let other = Api { token: made["token"].as_str().unwrap().to_owned(), ..api.clone() };
    create(&other, "/v1/subscriptions", "key-1", &subscription(&echo, "b")).await.expect(201);
    assert_eq!(api.all("/v1/subscriptions").await.len(), 2);
    for key in ["", "a key", "ü", &"k".repeat(256)] {
        create(&api, "/v1/tokens", key, &token).await.expect_problem(400, "idempotency_key_invalid");
    }
}

#[tokio::test]
async fn what_failed_may_be_tried_again_with_its_key() {
    let echo = Echo::start().await;
    let api = echo.api();
    let mut body = subscription(&echo, "a");
    body["connection"] = json!("later");
    create(&api, "/v1/subscriptions", "key-1", &body).await.expect_problem(422, "invalid");
    api.put_connection("later", "echo", "customer", json!({ "accessToken": "token" })).await;
    create(&api, "/v1/subscriptions", "key-1", &body).await.expect(201);
}

#[tokio::test]
async fn of_many_at_once_with_one_key_one_creates() {
    let echo = Echo::start().await;
    let api = echo.api();
    let body = subscription(&echo, "a");
    let answers = futures::future::join_all((0..12).map(|_| create(&api, "/v1/subscriptions", "key-1", &body))).await;
    for answer in &answers {
        match answer.status {
            201 => assert_eq!(answer.header("content-type"), "application/json"),
            _ => drop(answer.expect_problem(409, "idempotency_key_in_use")),
        }
    }
    assert!(answers.iter().any(|answer| answer.status == 201));
    assert_eq!(api.all("/v1/subscriptions").await.len(), 1);
}

/// The answer is kept although nobody waits for it any more.
#[tokio::test]
async fn a_client_that_hangs_up_finds_the_outcome_with_its_key() {
    let echo = Echo::start().await;
    let api = echo.api();
    let body = subscription(&echo, "a");
    let impatient = tokio::time::timeout(Duration::from_millis(4), create(&api, "/v1/subscriptions", "key-1", &body));
    let _ = impatient.await;
    wait_for("the outcome", async || {
        (create(&api, "/v1/subscriptions", "key-1", &body).await.status == 201).then_some(())
    })
    .await;
    assert_eq!(api.all("/v1/subscriptions").await.len(), 1);
}

#[tokio::test]
async fn keys_are_bounded_and_expire() {
    let settings = Settings::default().with("idempotency-keys-max", 2).with("idempotency-ms", 700);
    let echo = Echo::start_with(settings).await;
    let api = echo.api();
    let token = json!({ "name": "x", "scope": "read" });
    let first = create(&api, "/v1/tokens", "key-1", &token).await.expect(201);
    create(&api, "/v1/tokens", "key-2", &token).await.expect(201);
    create(&api, "/v1/tokens", "key-3", &token).await.expect_problem(429, "too_many_idempotency_keys");
    tokio::time::sleep(Duration::from_millis(800)).await;
    let anew = create(&api, "/v1/tokens", "key-1", &token).await.expect(201);
    assert_ne!(first["id"], anew["id"], "an expired key creates anew");
}
