//! GitHub's own examples of its webhooks, all of them, through the GitHub App sample.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_lc_rs::hmac;
use futures::{StreamExt as _, stream};
use serde_json::{Value, json};

use crate::harness::{Answer, Api, Host, Receiver, never, repository, wait_for};

const SECRET: &str = "It's a Secret to Everybody";

/// One webhook as GitHub would send it.
struct Example {
    event: String,
    delivery: String,
    payload: Value,
}

impl Example {
    fn installation(&self) -> Option<i64> {
        self.payload["installation"]["id"].as_i64()
    }
}

/// Every payload of the npm package, of github.com and of each GitHub Enterprise Server.
fn examples() -> Vec<Example> {
    let package = repository().join("tests/node_modules/@octokit/webhooks-examples");
    let servers =
        std::fs::read_dir(&package).unwrap_or_else(|_| panic!("tests/node_modules is missing: run scripts/test"));
    let servers: BTreeSet<_> = servers.map(|entry| entry.unwrap().path().join("index.json")).collect();
    let mut examples = Vec::new();
    for file in servers.iter().filter(|file| file.exists()) {
        let kinds: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        for kind in kinds.as_array().unwrap() {
            for payload in kind["examples"].as_array().unwrap() {
                let event = kind["name"].as_str().unwrap().to_owned();
                let delivery = format!("delivery-{}", examples.len());
                examples.push(Example { event, delivery, payload: payload.clone() });
            }
        }
    }
    examples
}

/// GitHub's signature of a body.
fn signature(secret: &str, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    format!("sha256={}", hex::encode(hmac::sign(&key, body.as_bytes())))
}

async fn send(api: &Api, url: &str, example: &Example, secret: &str) -> Answer {
    let body = example.payload.to_string();
    let request = api
        .http
        .post(url)
        .header("content-type", "application/json")
        .header("x-github-event", &example.event)
        .header("x-github-delivery", &example.delivery)
        .header("x-hub-signature-256", signature(secret, &body));
    Answer::read(request.body(body).send().await.unwrap()).await
}

/// A customer for each of the installations.
async fn start(installations: impl IntoIterator<Item = i64>) -> (Host, Receiver, String) {
    let (host, receiver) = (Host::start().await, Receiver::start().await);
    host.api.put_integration("github", "github-app", json!({ "webhookSecret": SECRET })).await;
    for installation in installations {
        let (id, credentials) = (format!("c{installation}"), json!({ "installationId": installation }));
        host.api.put_connection(&id, "github", &id, credentials).await;
        let subscription =
            host.api.subscribe(&id, "any-event", json!({}), &receiver.url(&format!("/{installation}"))).await;
        assert_eq!(subscription["status"], "subscribed", "{subscription}");
    }
    let url = host.api.webhook("github", "github").await;
    (host, receiver, url)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_example_reaches_the_subscriber_of_its_installation_and_no_other() {
    let examples = examples();
    let with_installation: Vec<&Example> = examples.iter().filter(|example| example.installation().is_some()).collect();
    let installations: BTreeSet<i64> = examples.iter().filter_map(Example::installation).collect();
    println!("{} examples, {} of {} installations", examples.len(), with_installation.len(), installations.len());
    assert!(examples.len() > 300 && with_installation.len() > 100 && installations.len() > 10);
    let (host, receiver, url) = start(installations.iter().copied()).await;
    let answers: Vec<(&Example, Answer)> = stream::iter(&examples)
        .map(async |example| (example, send(&host.api, &url, example, SECRET).await))
        .buffer_unordered(8)
        .collect()
        .await;
    for (example, answer) in answers {
        let expected = if example.installation().is_some() || example.event == "ping" { 200 } else { 202 };
        assert_eq!(answer.status, expected, "{}: {}", example.event, answer.text());
    }
    let mut expected: BTreeMap<i64, HashMap<&str, &Example>> = BTreeMap::new();
    for example in with_installation.iter().filter(|example| example.event != "ping") {
        let installation = example.installation().unwrap();
        expected.entry(installation).or_default().insert(&example.delivery, example);
    }
    let total: usize = expected.values().map(HashMap::len).sum();
    wait_for("all deliveries", async || (receiver.count() >= total).then_some(())).await;
    for (installation, expected) in &expected {
        let received = receiver.received(&format!("/{installation}"));
        assert_eq!(received.len(), expected.len(), "installation {installation}");
        for delivery in received {
            let data = &delivery.json()["data"];
            let example = expected[data["delivery"].as_str().unwrap()];
            assert_eq!(data["event"], example.event);
            assert_eq!(data["payload"], example.payload);
        }
    }
    never("something comes twice, or to another", async || receiver.count() > total).await;
}

#[tokio::test]
async fn a_wrong_signature_is_401_and_stores_no_event() {
    let (host, receiver, url) = start([1]).await;
    let payload = json!({ "action": "opened", "installation": { "id": 1 } });
    let example = Example { event: "issues".to_owned(), delivery: "d-1".to_owned(), payload };
    send(&host.api, &url, &example, "another secret").await.expect_status(401);
    let body = example.payload.to_string();
    let unsigned = host.api.post_body(&url, "application/json", body.clone()).await;
    unsigned.expect_status(401);
    // The right signature of another body.
    let request = host.api.http.post(&url).header("content-type", "application/json");
    let request = request.header("x-hub-signature-256", signature(SECRET, &body)).header("x-github-event", "issues");
    let changed = request.header("x-github-delivery", "d-2").body(body.replace("opened", "closed"));
    Answer::read(changed.send().await.unwrap()).await.expect_status(401);
    assert!(host.api.all("/v1/events").await.is_empty());
    never("something is delivered", async || receiver.count() > 0).await;
    assert_eq!(host.api.last_request().await["status"], "answered");
    send(&host.api, &url, &example, SECRET).await.expect_status(200);
    receiver.wait("/1", 1).await;
}

#[tokio::test]
async fn a_redelivery_is_delivered_once() {
    let (host, receiver, url) = start([7]).await;
    let example = Example {
        event: "push".to_owned(),
        delivery: "same".to_owned(),
        payload: json!({ "installation": { "id": 7 } }),
    };
    for _ in 0..3 {
        send(&host.api, &url, &example, SECRET).await.expect_status(200);
    }
    assert_eq!(host.api.last_request().await["status"], "duplicate");
    receiver.wait("/7", 1).await;
    never("it comes again", async || receiver.count() > 1).await;
}
