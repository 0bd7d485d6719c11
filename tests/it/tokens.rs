//! API tokens: made, shown once, good for their scope until they expire or are deleted.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Api, Echo, Host, Settings, wait_for};

async fn with_token(api: &Api, body: Value) -> (Api, String) {
    let made = api.post("/v1/tokens", body).await.expect(201);
    let token = made["token"].as_str().unwrap().to_owned();
    (Api { token, ..api.clone() }, made["id"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_token_is_shown_once_and_listed_without_its_text() {
    let mut host = Host::start_empty(Settings::default()).await;
    let api = host.api.clone();
    let (other, id) = with_token(&api, json!({ "name": "pipeline", "scope": "upload" })).await;
    assert!(other.token.starts_with("pbk_") && other.token.len() >= 40 && id.starts_with("tok_"));
    let list = api.get("/v1/tokens").await;
    let items = list.expect(200)["items"].clone();
    let names: Vec<&str> = items.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["pipeline", "first"]);
    assert_eq!((&items[0]["scope"], &items[1]["scope"]), (&json!("upload"), &json!("admin")));
    let shown = api.get(&format!("/v1/tokens/{id}")).await;
    for answer in [&list, &shown] {
        assert!(!answer.text().contains(&other.token) && !answer.text().contains("hash"), "{}", answer.text());
    }
    host.stop().await;
    host.restart().await;
    let other = Api { base: host.api.base.clone(), ..other };
    other.get("/v1/connectors").await.expect(200);
}

#[tokio::test]
async fn each_scope_opens_its_own_routes() {
    let echo = Echo::start().await;
    let api = echo.api();
    let (upload, _) = with_token(&api, json!({ "name": "u", "scope": "upload" })).await;
    let (read, _) = with_token(&api, json!({ "name": "r", "scope": "read" })).await;
    upload.get("/v1/connectors").await.expect(200);
    upload.act("/v1/connectors").await.expect_problem(415, "unsupported_media_type");
    upload.get("/v1/events").await.expect_problem(403, "forbidden");
    upload.put("/v1/integrations/new", json!({ "connector": "echo" })).await.expect_problem(403, "forbidden");
    for list in ["connectors", "integrations", "connections", "subscriptions", "webhook-requests", "events"] {
        read.get(&format!("/v1/{list}")).await.expect(200);
    }
    read.act("/v1/connectors").await.expect_problem(403, "forbidden");
    read.delete("/v1/connections/acme").await.expect_problem(403, "forbidden");
    read.get("/v1/tokens").await.expect_problem(403, "forbidden");
    read.get("/v1/no-such-thing").await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_token_that_has_expired_or_was_deleted_is_refused() {
    let host = Host::start_empty(Settings::default()).await;
    let api = host.api.clone();
    let soon = jiff::Timestamp::now() + Duration::from_millis(1500);
    let (short, _) = with_token(&api, json!({ "name": "short", "scope": "read", "expiresAt": soon.to_string() })).await;
    let (long, id) = with_token(&api, json!({ "name": "long", "scope": "read" })).await;
    wait_for("the token to expire", async || (short.get("/v1/events").await.status == 401).then_some(())).await;
    let problem = short.get("/v1/events").await.expect_problem(401, "unauthorized");
    assert!(problem["detail"].as_str().unwrap().contains("expired"), "{problem}");
    long.get("/v1/events").await.expect(200);
    api.delete(&format!("/v1/tokens/{id}")).await.expect_status(204);
    long.get("/v1/events").await.expect_problem(401, "unauthorized");
    api.delete(&format!("/v1/tokens/{id}")).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn the_last_admin_token_that_lasts_cannot_be_deleted() {
    let host = Host::start_empty(Settings::default()).await;
    let api = host.api.clone();
    let first = api.all("/v1/tokens").await[0]["id"].as_str().unwrap().to_owned();
    let later = (jiff::Timestamp::now() + Duration::from_secs(3600)).to_string();
    with_token(&api, json!({ "name": "not for ever", "scope": "admin", "expiresAt": later })).await;
    api.delete(&format!("/v1/tokens/{first}")).await.expect_problem(409, "conflict");
    let (second, _) = with_token(&api, json!({ "name": "second", "scope": "admin" })).await;
    second.delete(&format!("/v1/tokens/{first}")).await.expect_status(204);
    api.get("/v1/tokens").await.expect_problem(401, "unauthorized");
}

#[tokio::test]
async fn tokens_that_make_no_sense_are_refused_by_place() {
    let host = Host::start_empty(Settings::default().with("api-tokens-max", 2)).await;
    let api = host.api.clone();
    let check = async |body: Value, pointer: &str| {
        let problem = api.post("/v1/tokens", body).await.expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
    };
    check(json!({ "name": "", "scope": "read" }), "/name").await;
    check(json!({ "name": "x", "scope": "customer" }), "/customer").await;
    check(json!({ "name": "x", "scope": "customer", "customer": "" }), "/customer").await;
    check(json!({ "name": "x", "scope": "read", "customer": "acme" }), "/customer").await;
    check(json!({ "name": "x", "scope": "read", "expiresAt": "2020-01-01T00:00:00Z" }), "/expiresAt").await;
    for body in [json!({ "name": "x", "scope": "root" }), json!({ "name": "x", "scope": "read", "expiresAt": "soon" })]
    {
        api.post("/v1/tokens", body).await.expect_problem(400, "body_invalid");
    }
    with_token(&api, json!({ "name": "x", "scope": "read" })).await;
    let problem = api.post("/v1/tokens", json!({ "name": "y", "scope": "read" })).await.expect_problem(409, "conflict");
    assert!(problem["detail"].as_str().unwrap().contains('2'), "{problem}");
}
