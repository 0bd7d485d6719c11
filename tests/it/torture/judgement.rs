//! The end of a torture: lets the rest arrive, then compares what the world saw with what the host's records say.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::destinations::Kindness;
use super::load::{CONNECTORS, Scene};
use crate::harness::{Api, Host};

/// How long the rest may take to arrive.
const PATIENCE: Duration = Duration::from_secs(180);
/// Records this close to the end of their time may be gone.
const RETENTION_MARGIN_S: u64 = 60;

/// What the judges have to know of a run.
pub(super) struct Run<'r> {
    pub(super) retention_s: u64,
    pub(super) starts_ms: &'r [u64],
}

/// The judgement over a torture, with a table of what it was.
pub(super) async fn judge(scene: &Scene, host: &mut Host, run: &Run<'_>) {
    scene.destinations.be_kind(Kindness::Most);
    let drained = Instant::now();
    let young = Instant::now().checked_sub(Duration::from_secs(run.retention_s.saturating_sub(RETENTION_MARGIN_S)));
    // A machine that started after the oldest event could have been sent has forgotten none.
    let young = young.unwrap_or(scene.start).max(scene.start);
    // Where room is short what was delivered may be gone at once.
    check(scene, &host.api, (!scene.is_tight).then_some(young)).await;
    let drained_s = drained.elapsed().as_secs();
    // What is settled stays settled.
    let arrivals = scene.ledger.book().accepted_ids();
    assert_eq!(host.stop().await.code(), Some(0));
    host.restart().await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(scene.ledger.book().accepted_ids(), arrivals, "something is delivered anew after all was settled");
    table(scene, drained_s, run);
    let owed = verdict(scene);
    assert!(owed > 0 && scene.ledger.book().arrivals().0 > 0, "nothing was tried");
}

/// Lets everything arrive and looks at all that is on record: everything that was sent since `young` has to be, if it says so.
pub(super) async fn check(scene: &Scene, api: &Api, young: Option<Instant>) {
    enable_all(api).await;
    settle(api).await;
    show_disorders(scene, api).await;
    collect_dead_letters(scene).await;
    check_events(scene, api, young).await;
    check_deliveries(scene, api).await;
    check_subscriptions(scene, api).await;
    check_versions(scene, api).await;
}

async fn enable_all(api: &Api) {
    for subscription in api.all("/v1/subscriptions?status=disabled").await {
        api.act(&format!("/v1/subscriptions/{}/enable", subscription["id"].as_str().unwrap())).await.expect(200);
    }
}

async fn settle(api: &Api) {
    let start = Instant::now();
    while !api.get("/v1/deliveries?status=pending&limit=1").await.expect(200)["items"].as_array().unwrap().is_empty() {
        let pending = api.all("/v1/deliveries?status=pending").await;
        assert!(start.elapsed() < PATIENCE, "{} deliveries stay pending, {}", pending.len(), pending[0]);
        // A destination that answered 410 in the last moment has parked its lane.
        enable_all(api).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Notes what stands in the dead letters, before it expires there.
pub(super) async fn collect_dead_letters(scene: &Scene) {
    let Some(api) = scene.api.lock().unwrap().clone() else { return };
    let known: HashSet<String> = scene.ledger.book().dead_ids.clone();
    for delivery in api.all("/v1/deliveries?status=dead").await {
        let id = delivery["id"].as_str().unwrap();
        if known.contains(id) {
            continue;
        }
        let listener = scene.ledger.book().listener_of(delivery["subscription"].as_str().unwrap());
        let event = api.get(&format!("/v1/events/{}", delivery["event"].as_str().unwrap())).await;
        // It may expire between the two questions.
        if event.status == 200 {
            let number = number_of(&event.json());
            let mut book = scene.ledger.book();
            book.dead.extend(listener.map(|listener| (listener, number)));
            book.dead_ids.insert(id.to_owned());
        }
    }
}

/// What is on record of deliveries that came in the wrong order, for whoever looks into it.
async fn show_disorders(scene: &Scene, api: &Api) {
    let disorders = scene.ledger.book().disorders.clone();
    for id in disorders.into_iter().flatten() {
        let delivery = api.get(&format!("/v1/deliveries/{id}")).await.json();
        let event = api.get(&format!("/v1/events/{}", delivery["event"].as_str().unwrap_or_default())).await.json();
        let path = format!("/v1/subscriptions/{}", delivery["subscription"].as_str().unwrap_or_default());
        println!("{delivery}\n  {event}\n  {}", api.get(&path).await.json());
    }
}

fn number_of(event: &Value) -> usize {
    let id = event["providerId"].as_str().unwrap_or_default();
    id.strip_prefix('n').and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("whose is this? {event}"))
}

/// Every answered event is on record, once, and every record is of an event that was sent.
async fn check_events(scene: &Scene, api: &Api, young: Option<Instant>) {
    let mut found: HashMap<usize, u32> = HashMap::new();
    for event in api.all("/v1/events").await {
        let is_repeat = event["status"] == "duplicate";
        *found.entry(number_of(&event)).or_default() += u32::from(!is_repeat);
    }
    let answered = scene.ledger.book().answered_since(young.unwrap_or(scene.start));
    let sent = scene.ledger.book().sent();
    for number in answered {
        match found.get(&number) {
            Some(1) => {}
            Some(times) => scene.ledger.violation(format!("event {number} was taken {times} times")),
            None if young.is_none() => {}
            None => scene.ledger.violation(format!("event {number} was answered and is nowhere on record")),
        }
    }
    if let Some(invented) = found.keys().find(|number| **number >= sent) {
        scene.ledger.violation(format!("event {invented} was never sent"));
    }
}

/// What the records call delivered, a destination has accepted.
async fn check_deliveries(scene: &Scene, api: &Api) {
    for delivery in api.all("/v1/deliveries").await {
        let is_accepted = scene.ledger.book().is_accepted(delivery["id"].as_str().unwrap());
        match delivery["status"].as_str().unwrap() {
            "delivered" if !is_accepted => {
                scene.ledger.violation(format!("recorded as delivered, never accepted: {delivery}"));
            }
            "delivered" | "dead" => {}
            _ => scene.ledger.violation(format!("not settled: {delivery}")),
        }
    }
}

/// Subscriptions that were answered are there; those whose end was answered are not.
async fn check_subscriptions(scene: &Scene, api: &Api) {
    let there: HashSet<String> =
        api.all("/v1/subscriptions").await.iter().map(|found| found["id"].as_str().unwrap().to_owned()).collect();
    let mut violations = Vec::new();
    for (number, listener) in scene.ledger.book().listeners.iter().enumerate() {
        let is_there = listener.id().is_some_and(|id| there.contains(id));
        if is_there && listener.is_gone() {
            violations.push(format!("listener {number} was deleted and is there"));
        }
        if listener.id().is_some() && !is_there && !listener.may_be_gone() {
            violations.push(format!("listener {number} was made and is not there"));
        }
    }
    violations.into_iter().for_each(|violation| scene.ledger.violation(violation));
}

async fn check_versions(scene: &Scene, api: &Api) {
    for connector in 0..CONNECTORS {
        let Some(answered) = scene.ledger.book().newest_version(connector) else { continue };
        let path = format!("/v1/connectors/c{connector}/versions/{answered}");
        let found = api.get(&path).await;
        if found.status != 200 {
            scene.ledger.violation(format!("{path} was uploaded and is not there"));
        }
    }
}

fn table(scene: &Scene, drained_s: u64, run: &Run<'_>) {
    let book = scene.ledger.book();
    let (owed, lost) = book.owed_and_lost(scene.is_tight);
    let (arrived, repeated) = book.arrivals();
    let start_ms = |percent: usize| run.starts_ms.get(run.starts_ms.len() * percent / 100).copied().unwrap_or_default();
    println!("\n| torture | |\n|---|---:|");
    let rows = [
        ("events sent", book.sent()),
        ("events answered 2xx", book.answered()),
        ("deliveries owed for certain", owed),
        ("  of these lost", lost.len()),
        ("deliveries accepted", arrived),
        ("  of these more than once", repeated),
        ("dead letters", book.dead.len()),
        ("violations", book.violations.len()),
        ("start, median ms", start_ms(50) as usize),
        ("start, 99 % ms", start_ms(99) as usize),
        ("seconds until all had arrived", drained_s as usize),
        ("seconds in all", scene.start.elapsed().as_secs() as usize),
    ];
    for (name, value) in rows.iter().map(|(name, value)| (*name, *value as u64)).chain(book.counts.clone()) {
        println!("| {name} | {value} |");
    }
}

/// Fails if anything was lost or went wrong. Returns how many deliveries were owed.
pub(super) fn verdict(scene: &Scene) -> usize {
    let book = scene.ledger.book();
    let (owed, lost) = book.owed_and_lost(scene.is_tight);
    assert!(lost.is_empty(), "{} lost, the first: {:?}", lost.len(), &lost[..lost.len().min(5)]);
    assert!(book.violations.is_empty(), "{:?}", book.violations);
    owed
}
