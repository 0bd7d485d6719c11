//! Changes that come at the same time: each is there afterwards, whoever was first, people or the delivery worker.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::delivery::verified;
use crate::harness::{Host, Receiver, Settings, Step, router, wait_for};

/// How often the same is tried: each time the changes meet in another order.
const ROUNDS: u64 = 15;

struct Scene {
    host: Host,
    receiver: Receiver,
}

impl Scene {
    async fn start() -> Scene {
        let host = Host::start_empty(Settings::default()).await;
        host.api.upload(router("router", "1")).await.expect(201);
        host.api.put_integration("i", "router", json!({ "first": 0 })).await;
        host.api.put_connection("c", "i", "customer", json!({})).await;
        Scene { host, receiver: Receiver::start().await }
    }

    async fn subscribe(&self) -> String {
        let url = self.receiver.url("/s");
        let subscription = self.host.api.subscribe("c", "events", json!({ "selector": "s" }), &url).await;
        format!("/v1/subscriptions/{}", subscription["id"].as_str().unwrap())
    }

    /// Makes calls at the same time; returns what they were answered, which is 200.
    async fn all_at_once(
        &self,
        calls: impl IntoIterator<Item = (reqwest::Method, String, Option<Value>)>,
    ) -> Vec<Value> {
        let mut under_way = JoinSet::new();
        for (method, path, body) in calls {
            let mut request = self.host.api.request(method, &path);
            if let Some(body) = body {
                request = request.header("content-type", "application/json").body(body.to_string());
            }
            under_way.spawn(async move {
                let response = request.send().await.unwrap();
                let (status, text) = (response.status(), response.text().await.unwrap());
                assert_eq!(status, 200, "{text}");
                serde_json::from_str(&text).unwrap()
            });
        }
        under_way.join_all().await
    }
}

fn patch(path: &str, body: Value) -> (reqwest::Method, String, Option<Value>) {
    (reqwest::Method::PATCH, path.to_owned(), Some(body))
}

#[tokio::test]
async fn changes_of_a_subscription_at_the_same_time_are_all_kept() {
    let scene = Scene::start().await;
    let path = scene.subscribe().await;
    for round in 1..=ROUNDS {
        let selector = format!("s{round}");
        // Several times each, so that they meet more often.
        let changes = [
            patch(&path, json!({ "delivery": { "timeoutMs": 1_000 + round } })),
            patch(&path, json!({ "delivery": { "concurrencyMax": round } })),
            patch(&path, json!({ "destination": { "url": scene.receiver.url(&format!("/{round}")) } })),
            patch(&path, json!({ "parameters": { "selector": selector } })),
        ];
        scene.all_at_once(changes.iter().cycle().take(16).cloned()).await;
        let shown = scene.host.api.get(&path).await.expect(200);
        assert_eq!(shown["delivery"], json!({ "timeoutMs": 1_000 + round, "concurrencyMax": round }), "{shown}");
        assert_eq!(shown["destination"]["url"], scene.receiver.url(&format!("/{round}")), "{shown}");
        assert_eq!(shown["parameters"]["selector"], selector, "{shown}");
        assert_eq!(shown["globalWebhookEventSelector"], selector, "{shown}");
    }
}

#[tokio::test]
async fn a_secret_that_was_shown_signs_whatever_else_is_changed_at_the_same_time() {
    let scene = Scene::start().await;
    let path = scene.subscribe().await;
    let webhook = scene.host.api.webhook("i", "events").await;
    for round in 1..=ROUNDS {
        let rotate = (reqwest::Method::POST, format!("{path}/rotate-secret"), None);
        let changes = (1..5).map(|number| patch(&path, json!({ "delivery": { "timeoutMs": 1_000 * number + round } })));
        let answers = scene.all_at_once(std::iter::once(rotate).chain(changes)).await;
        let secret = answers.iter().find_map(|answer| answer["secret"].as_str()).unwrap();
        scene.host.api.post_body(&webhook, "text/plain", format!("s\tn{round}\t{round}\n")).await.expect(200);
        let delivery = scene.receiver.wait("/s", round as usize).await.pop().unwrap();
        assert_eq!(
            verified(&delivery, &[secret]).await,
            [true],
            "round {round}: the secret that was shown does not sign"
        );
    }
}

#[tokio::test]
async fn a_destination_that_is_gone_disables_its_subscription_whatever_is_changed_at_the_same_time() {
    let scene = Scene::start().await;
    let path = scene.subscribe().await;
    let webhook = scene.host.api.webhook("i", "events").await;
    for round in 1..=ROUNDS {
        scene.receiver.script("/s", [Step::Status(410)]);
        scene.host.api.post_body(&webhook, "text/plain", format!("s\tn{round}\t{round}\n")).await.expect(200);
        let is_settled = async || {
            let changes = (1..4).map(|number| patch(&path, json!({ "delivery": { "timeoutMs": 1_000 * number } })));
            scene.all_at_once(changes).await;
            let dead = scene.host.api.all("/v1/deliveries?status=dead").await;
            (dead.len() == round as usize).then_some(())
        };
        wait_for("the delivery to be given up", is_settled).await;
        let shown = scene.host.api.get(&path).await.expect(200);
        assert_eq!((&shown["status"], &shown["error"]["code"]), (&json!("disabled"), &json!("destination_gone")));
        scene.host.api.act(&format!("{path}/enable")).await.expect(200);
    }
}

#[tokio::test]
async fn parameters_of_an_integration_and_credentials_of_a_connection_are_merged_even_at_the_same_time() {
    let scene = Scene::start().await;
    for round in 1..=ROUNDS {
        let changes = (0..4).map(|number| patch("/v1/connections/c", json!({ "name": format!("{number}-{round}") })));
        let pinned = patch("/v1/integrations/i", json!({ "version": 1 }));
        let others = (0..3).map(|number| patch("/v1/integrations/i", json!({ "parameters": { "a": number } })));
        scene.all_at_once(changes.chain([pinned]).chain(others)).await;
        assert_eq!(scene.host.api.get("/v1/integrations/i").await.expect(200)["version"], 1, "round {round}");
        scene.host.api.patch("/v1/integrations/i", json!({ "version": null })).await.expect(200);
    }
}
