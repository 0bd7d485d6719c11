//! What goes on while the host is killed: external apps send, customers change their minds, authors upload.
//! Every failure to get an answer is normal here; every wrong answer is not.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::destinations::{Destinations, GONE};
use super::ledger::{Ledger, Payload, Place};
use crate::harness::{Api, Random, router, router_to_compile};

pub(super) const CONNECTORS: u64 = 3;
pub(super) const INTEGRATIONS: u64 = 6;
pub(super) const TOPICS: u64 = 8;
/// The topics that nobody subscribes to for long: their events wait.
const UNSTEADY_TOPICS: u64 = 3;
pub(super) const WEBHOOKS: [&str; 2] = ["events", "other"];
const VOLATILE_LISTENERS_MAX: usize = 30;

/// What all the load shares.
#[derive(Clone)]
pub(super) struct Scene {
    pub(super) ledger: Arc<Ledger>,
    pub(super) destinations: Destinations,
    /// The host, or nothing while it is down.
    pub(super) api: Arc<Mutex<Option<Api>>>,
    pub(super) is_over: Arc<AtomicBool>,
    /// What follows `/webhooks/`, by integration and webhook.
    pub(super) tokens: Arc<Mutex<Vec<Vec<String>>>>,
    pub(super) start: Instant,
    /// How destinations behave.
    pub(super) kinds: &'static [&'static str],
    /// Requests go all the time for want of room.
    pub(super) is_tight: bool,
}

impl Scene {
    pub(super) fn goes_on(&self) -> bool {
        !self.is_over.load(Ordering::Relaxed)
    }

    fn api(&self) -> Option<Api> {
        self.api.lock().unwrap().clone()
    }

    /// One call, if the host is there: the status and the body, or nothing where no answer came.
    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Option<(u16, Value)> {
        let mut request = self.api()?.request(method.clone(), path);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.ok()?;
        let status = response.status().as_u16();
        let text = response.text().await.ok()?;
        if matches!(status, 404 | 500 | 401 | 422) {
            self.ledger.violation(format!("{method} {path} was answered {status}: {text}"));
        }
        Some((status, serde_json::from_str(&text).unwrap_or_default()))
    }
}

/// Integrations, a connection for each, and the listeners that stay: what nobody changes while the host is killed.
pub(super) async fn set_up(scene: &Scene, random: &mut Random) {
    let api = scene.api().unwrap();
    for connector in 0..CONNECTORS {
        api.upload(router(&format!("c{connector}"), "first")).await.expect(201);
        scene.ledger.uploaded(connector, 1);
    }
    for integration in 0..INTEGRATIONS {
        let name = format!("i{integration}");
        api.put_integration(&name, &format!("c{}", integration % CONNECTORS), json!({})).await;
        api.put_connection(&format!("of-{name}"), &name, &format!("customer of {name}"), json!({})).await;
        let mut tokens = Vec::new();
        for webhook in WEBHOOKS {
            tokens.push(api.webhook(&name, webhook).await.split_once("/webhooks/").unwrap().1.to_owned());
        }
        scene.tokens.lock().unwrap().push(tokens);
        for webhook in 0..WEBHOOKS.len() as u64 {
            for topic in UNSTEADY_TOPICS..TOPICS {
                let place = Place { integration, webhook, topic };
                let kind = scene.kinds[random.below(scene.kinds.len() as u64) as usize];
                assert!(subscribe(scene, place, kind).await.is_some(), "the first subscriptions are made");
            }
        }
    }
}

/// Starts everything that goes on until `end`.
pub(super) fn start(scene: &Scene, senders: usize, random: &mut Random) -> Vec<JoinHandle<()>> {
    scene.is_over.store(false, Ordering::Relaxed);
    let mut load: Vec<_> = (0..senders).map(|_| tokio::spawn(send(scene.clone(), random.fork()))).collect();
    load.push(tokio::spawn(change_subscriptions(scene.clone(), random.fork())));
    load.push(tokio::spawn(upload(scene.clone(), random.fork())));
    load
}

pub(super) async fn end(scene: &Scene, load: Vec<JoinHandle<()>>) {
    scene.is_over.store(true, Ordering::Relaxed);
    for task in load {
        task.await.unwrap();
    }
}

/// Sends events until it is over: each until it is answered.
async fn send(scene: Scene, mut random: Random) {
    while scene.goes_on() {
        let integration = random.below(INTEGRATIONS);
        let webhook = random.below(WEBHOOKS.len() as u64);
        let count = if random.below(5) == 0 { random.below(8) } else { 1 };
        let places = (0..count).map(|_| Place { integration, webhook, topic: random.below(TOPICS) });
        let events: Vec<Payload> = places.map(|place| scene.ledger.new_event(place)).collect();
        let body: String = events.iter().map(line).collect();
        let token = scene.tokens.lock().unwrap()[integration as usize][webhook as usize].clone();
        while scene.goes_on() && !send_once(&scene, &token, &body, &events).await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(random.below(12))).await;
    }
}

fn line(event: &Payload) -> String {
    format!("topic-{}\tn{}\t{}\n", event.place.topic, event.number, serde_json::to_string(event).unwrap())
}

async fn send_once(scene: &Scene, token: &str, body: &str, events: &[Payload]) -> bool {
    let Some(api) = scene.api() else { return false };
    let request = api.http.post(format!("{}/webhooks/{token}", api.base)).body(body.to_owned());
    let Ok(response) = request.send().await else { return false };
    let status = response.status().as_u16();
    match status {
        200 => scene.ledger.answered(events),
        503 => scene.ledger.count("webhooks answered 503"),
        _ => scene.ledger.violation(format!("a webhook was answered {status}: {:?}", response.text().await)),
    }
    status == 200
}

/// Makes, disables, enables, moves and removes subscriptions, and retries dead letters, until it is over.
async fn change_subscriptions(scene: Scene, mut random: Random) {
    let mut living: Vec<usize> = Vec::new();
    while scene.goes_on() {
        let is_new = living.is_empty() || (living.len() < VOLATILE_LISTENERS_MAX && random.below(3) == 0);
        if is_new {
            let kind = if random.below(8) == 0 { GONE } else { scene.kinds[random.below(4) as usize] };
            let place = Place {
                integration: random.below(INTEGRATIONS),
                webhook: random.below(WEBHOOKS.len() as u64),
                topic: random.below(TOPICS),
            };
            living.extend(subscribe(&scene, place, kind).await);
        } else {
            let index = random.below(living.len() as u64) as usize;
            match random.below(6) {
                0 => {
                    // Until it is answered: one that stayed there disabled would have its deliveries expire.
                    let listener = living.swap_remove(index);
                    while scene.goes_on() && !unsubscribe(&scene, listener).await {
                        tokio::time::sleep(Duration::from_millis(5)).await;
                    }
                }
                1 => switch(&scene, living[index], "disable").await,
                2..=4 => switch(&scene, living[index], "enable").await,
                _ => retry_a_dead_letter(&scene).await,
            }
        }
        tokio::time::sleep(Duration::from_millis(20 + random.below(60))).await;
    }
}

async fn subscribe(scene: &Scene, place: Place, kind: &str) -> Option<usize> {
    // One that stalls may accept long after the host has given up; one that refuses would hold up the rest for good.
    let is_ordered = place.topic.is_multiple_of(2) && !matches!(kind, "stalls" | "refuses");
    let listener = scene.ledger.new_listener(place, kind != GONE, is_ordered);
    let body = json!({
        "ordering": if is_ordered { "subscription" } else { "none" },
        "connection": format!("of-i{}", place.integration),
        "event": WEBHOOKS[place.webhook as usize],
        "parameters": { "selector": format!("topic-{}", place.topic) },
        "destination": { "url": scene.destinations.url(kind, listener) },
    });
    let (status, answer) = scene.call(Method::POST, "/v1/subscriptions", Some(body)).await?;
    if status != 201 {
        return None;
    }
    scene.ledger.count("subscriptions made");
    scene.ledger.is_made(listener, answer["id"].as_str()?);
    Some(listener)
}

/// Returns whether its end was answered.
async fn unsubscribe(scene: &Scene, listener: usize) -> bool {
    scene.ledger.asks_to_go(listener);
    let path = scene.path_of(listener);
    let Some(api) = scene.api() else { return false };
    let Ok(response) = api.request(Method::DELETE, &path).send().await else { return false };
    let is_gone = response.status().is_success() || response.status() == 404;
    if is_gone {
        scene.ledger.is_gone(listener);
        scene.ledger.count("subscriptions deleted");
    }
    is_gone
}

async fn switch(scene: &Scene, listener: usize, how: &str) {
    scene.ledger.changes(listener);
    let answer = scene.call(Method::POST, &format!("{}/{how}", scene.path_of(listener)), None).await;
    if answer.is_some_and(|(status, view)| status == 200 && view["status"] == "subscribed") {
        scene.ledger.is_active(listener);
    }
    scene.ledger.count("subscriptions switched");
}

async fn retry_a_dead_letter(scene: &Scene) {
    let found = scene.call(Method::GET, "/v1/deliveries?status=dead&limit=1", None).await;
    let Some(id) = found.as_ref().and_then(|(_, page)| page["items"][0]["id"].as_str()) else { return };
    let Some(api) = scene.api() else { return };
    scene.ledger.retries(id);
    // It may expire or be retried by the host this very moment.
    if let Ok(response) = api.request(Method::POST, &format!("/v1/deliveries/{id}/retry")).send().await
        && response.status().is_success()
    {
        scene.ledger.count("dead letters retried");
    }
}

/// Uploads versions and removes old ones until it is over. Some have to be compiled.
async fn upload(scene: Scene, mut random: Random) {
    let mut number = 0;
    while scene.goes_on() {
        number += 1;
        let connector = random.below(CONNECTORS);
        let key = format!("c{connector}");
        let build = format!("{number}-{}", random.below(u64::MAX));
        let bundle = if random.below(6) == 0 { router_to_compile(&key, &build) } else { router(&key, &build) };
        if let Some(version) = upload_once(&scene, bundle).await {
            scene.ledger.uploaded(connector, version);
            if version > 4 {
                let old = format!("/v1/connectors/{key}/versions/{}", version - 4);
                if let Some(api) = scene.api() {
                    let _ = api.request(Method::DELETE, &old).send().await;
                }
            }
        }
        tokio::time::sleep(Duration::from_millis(100 + random.below(500))).await;
    }
}

async fn upload_once(scene: &Scene, bundle: Vec<u8>) -> Option<u64> {
    let request = scene.api()?.request(Method::POST, "/v1/connectors").header("content-type", "application/wasm");
    let response = request.body(bundle).send().await.ok()?;
    let status = response.status().as_u16();
    let text = response.text().await.ok()?;
    match status {
        201 => scene.ledger.count("versions uploaded"),
        503 => return None,
        _ => scene.ledger.violation(format!("an upload was answered {status}: {text}")),
    }
    serde_json::from_str::<Value>(&text).ok()?["version"].as_u64()
}

impl Scene {
    fn path_of(&self, listener: usize) -> String {
        let book = self.ledger.book();
        format!("/v1/subscriptions/{}", book.listeners[listener].id().unwrap_or_default())
    }
}
