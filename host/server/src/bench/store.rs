//! The store by itself: commits, the routing index, the delivery queue. Uses operations of the store, on a disk, and one
//! short way to fill it.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use bytes::Bytes;
use jiff::Timestamp;
use rand::Rng as _;
use serde_json::json;

use super::report::{Times, row};
use crate::config::Config;
use patchbay_model::clock;
use patchbay_model::delivery::Attempt;
use patchbay_model::id::{IntegrationId, RequestId, SubscriptionId};
use patchbay_model::subscription::{Recipient, Subscription};
use patchbay_model::webhook_request::Received;
use patchbay_store::{NewEvent, Repeat, Settlement, WebhookCommit};
use patchbay_store_sled::Store;

const WEBHOOK: &str = "webhook-key";
const COMMIT_TIME: Duration = Duration::from_secs(3);
const LOOKUPS: usize = 200_000;
/// The one in the middle counts.
const LOOKUP_ROUNDS: usize = 15;
const CLAIMS: usize = 5_000;
/// How many subscriptions are written at once.
const CHUNK: usize = 10_000;
/// Above this only what routing reads is made, without records.
const RECORDED_SUBSCRIPTIONS_MAX: usize = 2_000_000;
/// How long a store may take to be let go of.
const REOPEN_TIME_MAX: Duration = Duration::from_secs(20);
/// How many events one request brings, where the queue is filled.
const EVENTS_PER_REQUEST: usize = 1_000;

pub(super) async fn commit(config: &Config, at_once: &[usize]) -> anyhow::Result<()> {
    for count in at_once {
        let store = open(config, &format!("commit-{count}"))?;
        let integration = IntegrationId::new();
        let start = Instant::now();
        let tasks: Vec<_> = (0..*count)
            .map(|_| tokio::spawn(commit_until(store.clone(), integration.clone(), start + COMMIT_TIME)))
            .collect();
        let mut times = Times::default();
        for task in tasks {
            times.extend(task.await??);
        }
        let per_second = times.count() as f64 / start.elapsed().as_secs_f64();
        row(&format!("commit, {count} at once, 1 KB"), &format!("{per_second:.0}/s, {}", times.quantiles()));
    }
    Ok(())
}

async fn commit_until(store: Store, integration: IntegrationId, end: Instant) -> anyhow::Result<Times> {
    let mut times = Times::default();
    while Instant::now() < end {
        let commit = one_request(&integration, vec![(event("user_id:nobody", 1_024), Vec::new())])?;
        let start = Instant::now();
        store.routing().await.commit(commit).await?;
        times.add(start);
    }
    Ok(times)
}

pub(super) async fn routing(config: &Config, subscriptions: &[usize]) -> anyhow::Result<()> {
    let mut stores = Vec::new();
    for count in subscriptions {
        stores.push(Subscribed::fill(config, *count).await?);
    }
    // In turns, so that a machine that is slower for a while is so for each of them. The first round does not count: what can be
    // cached is after it.
    for round in 0..=LOOKUP_ROUNDS {
        for store in &mut stores {
            let times = store.look_up().await?;
            if round > 0 {
                store.rounds.push(times);
            }
        }
    }
    let first: Vec<f64> = stores.first_mut().map(Subscribed::p50s_us).unwrap_or_default();
    for store in &mut stores {
        store.report(&first)?;
    }
    row("resident memory with all of these stores open", &format!("{} MB", resident_bytes() >> 20));
    Ok(())
}

/// A store with so many subscriptions, each with a selector of its own.
struct Subscribed {
    count: usize,
    folder: PathBuf,
    store: Store,
    integration: IntegrationId,
    filled_s: f64,
    opened_ms: u128,
    rounds: Vec<Times>,
}

impl Subscribed {
    async fn fill(config: &Config, count: usize) -> anyhow::Result<Subscribed> {
        let folder = format!("routing-{count}");
        let store = open(config, &folder)?;
        let integration = IntegrationId::new();
        let filling = Instant::now();
        for chunk in (0..count).collect::<Vec<_>>().chunks(CHUNK) {
            let chunk: Vec<_> =
                chunk.iter().map(|number| subscription(&integration, *number)).collect::<anyhow::Result<Vec<_>>>()?;
            if count > RECORDED_SUBSCRIPTIONS_MAX {
                store.fill_routes(&chunk)?;
            } else {
                store.fill_with_subscriptions(&chunk)?;
            }
        }
        store.durable().await?;
        let filled_s = filling.elapsed().as_secs_f64();
        drop(store);
        let opening = Instant::now();
        let store = open(config, &folder)?;
        let opened_ms = opening.elapsed().as_millis();
        anyhow::ensure!(store.has_complete_routes(), "the routing table was not kept");
        let folder = place(config, &folder);
        Ok(Subscribed { count, folder, store, integration, filled_s, opened_ms, rounds: Vec::new() })
    }

    async fn look_up(&self) -> anyhow::Result<Times> {
        let mut rng = rand::rng();
        let routing = self.store.routing().await;
        let mut times = Times::default();
        for _ in 0..LOOKUPS {
            let selector = selector(rng.random_range(0..self.count));
            let start = Instant::now();
            let found = routing.subscriptions_matching(&self.integration, WEBHOOK, &selector)?;
            times.add(start);
            anyhow::ensure!(found.len() == 1, "{} subscriptions have {selector}", found.len());
        }
        Ok(times)
    }

    /// Of each round.
    fn p50s_us(&mut self) -> Vec<f64> {
        self.rounds.iter_mut().map(|times| times.quantile_us(50)).collect()
    }

    /// Prints the round in the middle, and the middle of the ratios to the first store's p50 in the same round.
    fn report(&mut self, first_p50s_us: &[f64]) -> anyhow::Result<()> {
        let mut ratios: Vec<f64> =
            self.p50s_us().iter().zip(first_p50s_us).map(|(own, of_first)| own / of_first).collect();
        ratios.sort_by(f64::total_cmp);
        let ratio = ratios.get(LOOKUP_ROUNDS / 2).context("there was no round")?;
        let Subscribed { count, folder, filled_s, opened_ms, rounds, .. } = self;
        rounds.sort_by_key(Times::total);
        let times = rounds.get_mut(LOOKUP_ROUNDS / 2).context("there was no round")?;
        let mean_us = times.total().as_nanos() as f64 / 1_000.0 / LOOKUPS as f64;
        let quantiles = times.quantiles();
        let what = if *count > RECORDED_SUBSCRIPTIONS_MAX { " (the table alone)" } else { "" };
        row(
            &format!("routing lookup among {count} subscriptions{what}"),
            &format!(
                "mean {mean_us:.2} µs, {quantiles}, p50 {ratio:.2} × the first; filled in {filled_s:.0} s, opened in \
                 {opened_ms} ms; the table has {:.0} bytes for each, on disk; {} MB on disk",
                bytes_of(&folder.join("routes"))? as f64 / *count as f64,
                bytes_of(folder)? >> 20,
            ),
        );
        Ok(())
    }
}

pub(super) async fn claim(config: &Config, waiting: &[usize]) -> anyhow::Result<()> {
    for count in waiting {
        let store = open(config, &format!("claim-{count}"))?;
        let integration = IntegrationId::new();
        let subscriptions = (0..EVENTS_PER_REQUEST)
            .map(|number| subscription(&integration, number))
            .collect::<anyhow::Result<Vec<_>>>()?;
        store.fill_with_subscriptions(&subscriptions)?;
        for _ in 0..count.div_ceil(EVENTS_PER_REQUEST) {
            let routed = subscriptions.iter().map(|one| (event("user_id:somebody", 200), vec![Recipient::of(one)]));
            store.routing().await.commit(one_request(&integration, routed.collect())?).await?;
        }
        let (mut claims, mut settlements) = (Times::default(), Times::default());
        for _ in 0..CLAIMS.min(*count) {
            let now = clock::now();
            let start = Instant::now();
            let Some(claim) = store.claim_due(now)? else { anyhow::bail!("nothing is due") };
            claims.add(start);
            let start = Instant::now();
            store.settle(&claim, attempt(now), Settlement::Delivered)?;
            settlements.add(start);
        }
        let what = format!("claim with {count} deliveries waiting for 1,000 subscriptions");
        row(&what, &format!("{}; settle {}", claims.quantiles(), settlements.quantiles()));
    }
    for count in waiting {
        start_with_waiting(config, *count).await?;
    }
    Ok(())
}

/// A start with so many subscriptions, each of which has a delivery waiting.
async fn start_with_waiting(config: &Config, count: usize) -> anyhow::Result<()> {
    let folder = format!("waiting-{count}");
    let (store, integration) = (open(config, &folder)?, IntegrationId::new());
    for chunk in (0..count).collect::<Vec<_>>().chunks(EVENTS_PER_REQUEST) {
        let subscriptions =
            chunk.iter().map(|number| subscription(&integration, *number)).collect::<anyhow::Result<Vec<_>>>()?;
        store.fill_with_subscriptions(&subscriptions)?;
        let routed = subscriptions.iter().map(|one| (event("user_id:somebody", 200), vec![Recipient::of(one)]));
        store.routing().await.commit(one_request(&integration, routed.collect())?).await?;
    }
    store.durable().await?;
    drop(store);
    // Once without looking at the clock: the first one reads all that was written.
    drop(open_again(config, &folder).await?);
    let (store, opened_ms) = open_again(config, &folder).await?;
    let claiming = Instant::now();
    store.claim_due(clock::now())?.context("nothing is due")?;
    let claimed_us = claiming.elapsed().as_micros();
    row(
        &format!("second start with {count} subscriptions and a delivery waiting for each"),
        &format!("opened in {opened_ms} ms, first claim in {claimed_us} µs"),
    );
    Ok(())
}

/// Opens a store that was open just now, and says how long that took in milliseconds: sled's threads may hold the folder of a
/// large one for a moment longer.
async fn open_again(config: &Config, name: &str) -> anyhow::Result<(Store, u128)> {
    let end = Instant::now() + REOPEN_TIME_MAX;
    loop {
        let opening = Instant::now();
        match open(config, name) {
            Err(_) if opening < end => tokio::time::sleep(Duration::from_millis(100)).await,
            opened => return Ok((opened?, opening.elapsed().as_millis())),
        }
    }
}

fn open(config: &Config, name: &str) -> anyhow::Result<Store> {
    Ok(Store::open(&place(config, name), config.store())?)
}

fn place(config: &Config, name: &str) -> PathBuf {
    config.server.data.join(name)
}

fn selector(number: usize) -> String {
    format!("user_id:{number:012}")
}

fn event(selector: &str, payload_bytes: usize) -> NewEvent {
    NewEvent {
        selectors: vec![selector.to_owned()],
        payload: json!({ "text": "x".repeat(payload_bytes) }).to_string(),
        provider_id: None,
        ordering_key: None,
        repeat: Repeat::No,
    }
}

fn attempt(at: Timestamp) -> Attempt {
    Attempt { at, took_ms: 1, answer: Some(200), error: None }
}

/// Records are read from JSON, as those of older versions are: what they need not say has a default.
fn subscription(integration: &IntegrationId, number: usize) -> anyhow::Result<Subscription> {
    let (customer, connection) = (format!("customer-{number}"), format!("connection-{number}"));
    Ok(serde_json::from_value(json!({
        "id": SubscriptionId::new(), "connection": connection, "integration": "integration",
        "integration_id": integration, "customer": customer, "event": "event-key", "parameters": {},
        "destination": { "url": format!("https://{customer}.example.com/hooks/patchbay") },
        "secrets": [], "status": "subscribed", "error": null,
        "source": { "globalWebhookKey": WEBHOOK, "globalWebhookEventSelector": selector(number) },
        "created_at": clock::now(), "updated_at": clock::now(),
    }))?)
}

/// A request that brought these events, with whom each goes to.
fn one_request(integration: &IntegrationId, routed: Vec<(NewEvent, Vec<Recipient>)>) -> anyhow::Result<WebhookCommit> {
    let body = routed.first().map(|(event, _)| Bytes::from(event.payload.clone())).unwrap_or_default();
    let request = serde_json::from_value(json!({
        "id": RequestId::new(), "integration": "integration", "integration_id": integration,
        "webhook_key": WEBHOOK, "received_at": clock::now(),
        "handled_by": { "connector": "connector", "version": 1, "digest": "digest" },
        "status": "answered", "answer": 201, "error": null, "refused_events": [], "event_count": routed.len(),
        "delivery_count": 0, "log": [], "handled_in_ms": 1, "replay_of": null, "content": null,
    }))?;
    let header = |name: &str| (name.to_owned(), "some value of a header".to_owned());
    let headers = vec![header("content-type"), header("user-agent"), header("x-signature"), header("x-request-id")];
    let received = Received { method: "POST".to_owned(), path: String::new(), query: None, headers };
    Ok(WebhookCommit { request, received, body, routed })
}

fn bytes_of(folder: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        bytes += if entry.file_type()?.is_dir() { bytes_of(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(bytes)
}

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) << 10
}
