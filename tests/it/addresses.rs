//! The URIs of global webhooks: one for each webhook of each integration, unguessable, and the same for ever.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::harness::{Api, Echo, Host, Receiver, build, connector_folder, never};

async fn uris(api: &Api, integration: &str) -> Vec<Value> {
    let listed = api.get(&format!("/v1/integrations/{integration}/global-webhooks")).await.expect(200);
    listed.as_array().unwrap().clone()
}

#[tokio::test]
async fn every_webhook_of_an_integration_has_its_own_unguessable_uri() {
    let host = Host::start().await;
    for integration in ["one", "two"] {
        host.api.put_integration(integration, "echo", json!({})).await;
    }
    let webhooks = [uris(&host.api, "one").await, uris(&host.api, "two").await].concat();
    let keys: Vec<&str> = webhooks.iter().map(|webhook| webhook["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["answers", "arguments", "events", "other", "answers", "arguments", "events", "other"]);
    assert_eq!(webhooks[1]["name"], "Arguments");
    assert_eq!(webhooks[1]["description"], "Answers with all that its handler was given.");
    let tokens: HashSet<&str> = webhooks
        .iter()
        .map(|webhook| {
            let uri = webhook["uri"].as_str().unwrap();
            uri.strip_prefix("https://hooks.example.test/patchbay/webhooks/").expect("URIs begin with the public URL")
        })
        .collect();
    assert_eq!(tokens.len(), 8, "each has its own");
    for token in tokens {
        // 32 random bytes as base64url.
        assert_eq!(token.len(), 43, "{token}");
        assert!(token.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'), "{token}");
    }
}

#[tokio::test]
async fn a_uri_stays_the_same_over_restarts_and_new_connector_versions() {
    let mut host = Host::start().await;
    host.api.put_integration("in-use", "versioned", json!({})).await;
    let before = uris(&host.api, "in-use").await;
    host.stop().await;
    host.restart().await;
    assert_eq!(uris(&host.api, "in-use").await, before);

    let second = host.api.upload(build(&connector_folder("versioned-2"))).await.expect(201);
    assert_eq!(second["version"], 2);
    host.api.put("/v1/integrations/in-use", json!({ "connector": "versioned", "version": 1 })).await.expect(200);
    assert_eq!(uris(&host.api, "in-use").await, before);
    host.api.patch("/v1/integrations/in-use", json!({ "version": null })).await.expect(200);
    assert_eq!(uris(&host.api, "in-use").await, before);
    let url = host.api.webhook("in-use", "events").await;
    let answer = host.api.post_webhook(&url, &json!({ "number": 1 })).await.expect(200);
    assert_eq!(answer["version"], 2);
}

#[tokio::test]
async fn an_unknown_token_and_a_deleted_integration_are_404_and_leave_no_trace() {
    let echo = Echo::start().await;
    let api = echo.api();
    let unknown = format!("{}/webhooks/{}", api.base, "A".repeat(43));
    api.post_webhook(&unknown, &json!({})).await.expect_problem(404, "webhook_unknown");
    let bare = format!("{}/webhooks/", api.base);
    assert_eq!(api.post_webhook(&bare, &json!({})).await.status, 404);

    let url = api.webhook("echo", "events").await;
    api.post_webhook(&url, &json!({ "events": [] })).await.expect(200);
    let refused = api.delete("/v1/integrations/echo").await;
    refused.expect_problem(409, "conflict");
    api.delete("/v1/connections/acme").await.expect(204);
    api.delete("/v1/integrations/echo").await.expect(204);
    api.post_webhook(&url, &json!({ "events": [] })).await.expect_problem(404, "webhook_unknown");
    assert_eq!(api.all("/v1/webhook-requests").await.len(), 1);

    // The same key again is another integration: the URI that leaked before stays dead.
    api.put_integration("echo", "echo", json!({})).await;
    assert_ne!(api.webhook("echo", "events").await, url);
    api.post_webhook(&url, &json!({ "events": [] })).await.expect_problem(404, "webhook_unknown");
}

#[tokio::test]
async fn integrations_of_one_connector_never_route_into_each_other() {
    let (host, receiver) = (Host::start().await, Receiver::start().await);
    let credentials = json!({ "accessToken": "same-token" });
    for integration in ["one", "two"] {
        host.api.put_integration(integration, "echo", json!({})).await;
        host.api.put_connection(&format!("c-{integration}"), integration, "same-customer", credentials.clone()).await;
        let url = receiver.url(&format!("/{integration}"));
        host.api.subscribe(&format!("c-{integration}"), "chosen", json!({ "selector": "same" }), &url).await;
    }
    let url = host.api.webhook("two", "events").await;
    let events = json!({ "events": [{ "selector": "same", "payload": 2 }] });
    host.api.post_webhook(&url, &events).await.expect(200);
    assert_eq!(receiver.wait("/two", 1).await[0].json()["integration"], "two");
    never("the other integration gets it", async || receiver.count() > 1).await;
}

#[tokio::test]
async fn webhooks_of_one_integration_never_route_into_each_other() {
    let echo = Echo::start().await;
    let api = echo.api();
    echo.subscribe("same", "/events").await;
    api.subscribe("acme", "other-webhook", json!({ "selector": "same" }), &echo.receiver.url("/other")).await;
    let events = json!({ "events": [{ "selector": "same", "payload": 1 }] });
    api.post_webhook(&api.webhook("echo", "other").await, &events).await.expect(200);
    echo.receiver.wait("/other", 1).await;
    never("the other webhook's subscription gets it", async || echo.receiver.count() > 1).await;
}
