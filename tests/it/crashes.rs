//! `kill -9` at random moments while webhooks stream in: what was answered 2xx arrives.
//! This proves that a dead process loses nothing; a power cut is another matter, and another test's.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Echo, Random, Settings, wait_for};

/// Where the host is, or nothing while it is down.
type Address = Arc<Mutex<Option<String>>>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_that_was_answered_2xx_is_delivered_although_the_host_is_killed() {
    let is_torture = std::env::var_os("PATCHBAY_TORTURE").is_some();
    let (webhooks, kills) = if is_torture { (2_000_u64, 20_u64) } else { (200, 3) };
    let mut random = Random::new("crashes");
    // So many tries that none is given up, and a pause in which the delivery is nowhere but in the store.
    let gaps = vec!["300"; 200].join(",");
    let mut echo = Echo::start_with(Settings::default().with("retry-gaps-ms", gaps)).await;
    // What is accepted at once would arrive even if it had never been stored.
    echo.receiver.refuse_first_tries("/s");
    echo.subscribe("s", "/s").await;
    let path = echo.api().webhook("echo", "events").await.split_once("/webhooks/").unwrap().1.to_owned();

    let address: Address = Arc::new(Mutex::new(Some(echo.api().base)));
    let progress = Arc::new(AtomicU64::new(0));
    let senders: Vec<_> = (0..4)
        .map(|sender| {
            let numbers = (0..webhooks).filter(move |number| number % 4 == sender).collect();
            let (address, progress) = (Arc::clone(&address), Arc::clone(&progress));
            tokio::spawn(send(echo.api().http, address, progress, path.clone(), numbers))
        })
        .collect();
    for kill in 0..kills {
        // In the midst of the stream, however long a start takes: somewhere in this kill's share of the webhooks.
        let share = webhooks / (kills + 1);
        let moment = kill * share + 1 + random.below(share);
        wait_for("the stream to go on", async || (progress.load(Ordering::Relaxed) >= moment).then_some(())).await;
        tokio::time::sleep(Duration::from_millis(random.below(20))).await;
        *address.lock().unwrap() = None;
        echo.host.kill().await;
        println!("kill {} of {kills}: {} webhooks were answered", kill + 1, progress.load(Ordering::Relaxed));
        echo.host.restart().await;
        *address.lock().unwrap() = Some(echo.api().base);
    }
    let mut answered = HashSet::new();
    for sender in senders {
        answered.extend(sender.await.unwrap());
    }
    println!("{} of {webhooks} webhooks were answered 2xx", answered.len());
    assert_eq!(answered.len() as u64, webhooks, "each is sent until it is answered");

    wait_for("all that was answered to arrive", async || answered.is_subset(&arrived(&echo)).then_some(())).await;
    let accepted = echo.receiver.received("/s").iter().filter(|delivery| delivery.is_accepted).count();
    println!("{accepted} deliveries accepted, {} more than once", accepted - arrived(&echo).len());
    // What the records say agrees with what arrived.
    wait_for("all deliveries to be settled", async || {
        let pending = echo.api().all("/v1/deliveries?status=pending").await;
        pending.is_empty().then_some(())
    })
    .await;
    let recorded = echo.api().all("/v1/events").await.len();
    assert!(recorded >= answered.len(), "{recorded} events are recorded");
    assert!(echo.api().all("/v1/deliveries?status=dead").await.is_empty());
}

/// Sends each number until it is answered 2xx, like an external app that retries.
async fn send(
    http: reqwest::Client,
    address: Address,
    progress: Arc<AtomicU64>,
    path: String,
    numbers: Vec<u64>,
) -> Vec<u64> {
    let mut answered = Vec::new();
    for number in numbers {
        loop {
            let base = address.lock().unwrap().clone();
            let body: Value = json!({ "events": [{ "selector": "s", "payload": number }] });
            if let Some(base) = base {
                let request = http.post(format!("{base}/webhooks/{path}")).header("content-type", "application/json");
                if let Ok(response) = request.body(body.to_string()).send().await {
                    assert_eq!(response.status(), 200);
                    answered.push(number);
                    progress.fetch_add(1, Ordering::Relaxed);
                    break;
                }
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    answered
}

fn arrived(echo: &Echo) -> HashSet<u64> {
    let received = echo.receiver.received("/s");
    let accepted = received.iter().filter(|delivery| delivery.is_accepted);
    accepted.map(|delivery| delivery.json()["data"].as_u64().unwrap()).collect()
}
