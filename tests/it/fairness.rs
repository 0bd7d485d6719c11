//! Whether one destination or one customer delays the deliveries of others. The tests send little and ask only that
//! the others do not wait for the slow ones. Measured in full, against a host without anything slow, by
//! `PATCHBAY_FAIRNESS=1 cargo test --locked --test it fairness:: -- --nocapture --test-threads=1`
//! (`PATCHBAY_TEST_HOST` names another binary, such as one of a release build).

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::post;
use serde_json::{Value, json};

use crate::harness::{Host, Settings, router, wait_for};

/// Subscriptions that are measured, each of another customer.
const OTHERS: usize = 20;
/// What the measured p99 may be beside the slow ones, as a multiple of that without them.
const RATIO_MAX: f64 = 1.5;
/// The router takes no more events in one request.
const EVENTS_PER_REQUEST_MAX: usize = 100;
/// How long a slow destination takes to answer.
const SLOW: Duration = Duration::from_secs(12);

#[derive(Clone, Copy)]
struct Plan {
    waiting: usize,
    rounds: usize,
    events_per_round: usize,
    gap: Duration,
}

/// What else the host has to do.
#[derive(Clone, Copy, Debug)]
enum Burden {
    Nothing,
    /// So many subscriptions of as many customers to a host that never answers.
    Dead {
        subscriptions: usize,
    },
    /// So many hosts that never answer, each with one subscription of a customer of its own.
    DeadHosts {
        subscriptions: usize,
    },
    /// So many subscriptions of one customer, at the host that the others have as well.
    Noisy {
        subscriptions: usize,
    },
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_destination_that_never_answers_delays_no_other() {
    check(Burden::Dead { subscriptions: 1 }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_subscriptions_to_a_host_that_never_answers_delay_no_other() {
    check(Burden::Dead { subscriptions: 40 }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_hosts_that_never_answer_than_there_are_places_delay_none_that_does() {
    check(Burden::DeadHosts { subscriptions: 400 }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_slow_subscriptions_of_one_customer_delay_no_other_not_even_at_the_same_host() {
    check(Burden::Noisy { subscriptions: 40 }).await;
}

async fn check(burden: Burden) {
    if std::env::var_os("PATCHBAY_FAIRNESS").is_some() {
        let gap = Duration::from_millis(5);
        return measure(Plan { waiting: 10_000, rounds: 7, events_per_round: 2_000, gap }, burden).await;
    }
    let plan = Plan { waiting: 1_000, rounds: 1, events_per_round: 100, gap: Duration::ZERO };
    let scene = Scene::start(plan, burden).await;
    let latencies = scene.round(plan).await;
    let worst = latencies.last().unwrap();
    // An attempt at the dead host takes fifteen seconds: whoever waits for one of its places is later than this.
    assert!(*worst < Duration::from_secs(10), "{burden:?}: {worst:?}");
}

async fn measure(plan: Plan, burden: Burden) {
    let (without, with) = (Scene::start(plan, Burden::Nothing).await, Scene::start(plan, burden).await);
    let (mut p99s_without, mut p99s_with) = (Vec::new(), Vec::new());
    println!(
        "{burden:?}, {} waiting; ms:\n| p50 without | p50 with | p99 without | p99 with |\n|---|---|---|---|",
        plan.waiting
    );
    for _ in 0..plan.rounds {
        let (before, beside) = (without.round(plan).await, with.round(plan).await);
        let ms = |latencies: &[Duration], percent| percentile(latencies, percent).as_secs_f64() * 1_000.0;
        let row = [ms(&before, 50), ms(&beside, 50), ms(&before, 99), ms(&beside, 99)];
        println!("| {:.2} | {:.2} | {:.2} | {:.2} |", row[0], row[1], row[2], row[3]);
        p99s_without.push(percentile(&before, 99));
        p99s_with.push(percentile(&beside, 99));
    }
    let (without, with) = (median(p99s_without), median(p99s_with));
    let ratio = with.as_secs_f64() / without.as_secs_f64();
    println!("{burden:?}: p99 {without:?} without, {with:?} with: {ratio:.2} times, medians of {} rounds", plan.rounds);
    assert!(ratio <= RATIO_MAX, "{burden:?}");
}

fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    sorted[(sorted.len() * percent).div_ceil(100) - 1]
}

fn median(mut values: Vec<Duration>) -> Duration {
    values.sort_unstable();
    values[values.len() / 2]
}

struct Scene {
    host: Host,
    webhook: String,
    start: Instant,
    latencies: Arc<Mutex<Vec<Duration>>>,
}

#[derive(Clone)]
struct Receiver {
    start: Instant,
    latencies: Arc<Mutex<Vec<Duration>>>,
}

impl Scene {
    async fn start(plan: Plan, burden: Burden) -> Scene {
        let settings = Settings::default().with("egress-allow", "127.0.0.0/8").without("retry-gaps-ms");
        let (start, latencies) = (Instant::now(), Arc::default());
        let receiver = Receiver { start, latencies: Arc::clone(&latencies) };
        let (receiver, silence) = (receiver.listen().await, silence().await);
        let host = Host::start_empty(settings).await;
        host.api.upload(router("c", "first")).await.expect(201);
        host.api.put_integration("i", "c", json!({})).await;
        for other in 0..OTHERS {
            subscribe(&host, &format!("other-{other}"), &format!("other-{other}"), &format!("{receiver}/prompt")).await;
        }
        let webhook = host.api.webhook("i", "events").await;
        let scene = Scene { host, webhook, start, latencies };
        // From now on the others' host is known to answer.
        scene.round(Plan { events_per_round: OTHERS, ..plan }).await;
        match burden {
            Burden::Nothing => {}
            Burden::DeadHosts { subscriptions } => {
                let (_, port) = silence.rsplit_once(':').unwrap();
                for number in 0..subscriptions {
                    let (name, host) =
                        (format!("burden-{number}"), format!("127.1.{}.{}", number / 250, number % 250 + 1));
                    subscribe(&scene.host, &name, &name, &format!("http://{host}:{port}/")).await;
                }
                scene.send_burden(plan.waiting, subscriptions).await;
            }
            Burden::Dead { subscriptions } => {
                for number in 0..subscriptions {
                    let name = format!("burden-{number}");
                    subscribe(&scene.host, &name, &name, &format!("{silence}/{number}")).await;
                }
                scene.send_burden(plan.waiting, subscriptions).await;
            }
            Burden::Noisy { subscriptions } => {
                for number in 0..subscriptions {
                    subscribe(&scene.host, "noisy", &format!("burden-{number}"), &format!("{receiver}/slow")).await;
                }
                scene.send_burden(plan.waiting, subscriptions).await;
            }
        }
        scene
    }

    async fn send_burden(&self, count: usize, subscriptions: usize) {
        let lines: Vec<String> =
            (0..count).map(|number| line(&format!("burden-{}", number % subscriptions), 0)).collect();
        for lines in lines.chunks(EVENTS_PER_REQUEST_MAX) {
            self.host.api.post_body(&self.webhook, "text/plain", lines.concat()).await.expect_status(200);
        }
        // Until as many attempts are under way as will be.
        tokio::time::sleep(Duration::from_secs(2)).await;
    }

    /// Sends events to the others at a steady pace; returns how long each took to arrive, sorted.
    async fn round(&self, plan: Plan) -> Vec<Duration> {
        self.latencies.lock().unwrap().clear();
        let mut pace = tokio::time::interval(plan.gap.max(Duration::from_micros(100)));
        let mut sending = tokio::task::JoinSet::new();
        for number in 0..plan.events_per_round {
            pace.tick().await;
            let (api, webhook, start) = (self.host.api.clone(), self.webhook.clone(), self.start);
            sending.spawn(async move {
                let sent_us = u64::try_from(start.elapsed().as_micros()).unwrap();
                let line = line(&format!("other-{}", number % OTHERS), sent_us);
                api.post_body(&webhook, "text/plain", line).await.expect_status(200);
            });
        }
        sending.join_all().await;
        let arrived = async || Some(()).filter(|()| self.latencies.lock().unwrap().len() >= plan.events_per_round);
        wait_for("everything to arrive", arrived).await;
        let mut latencies = std::mem::take(&mut *self.latencies.lock().unwrap());
        latencies.sort_unstable();
        latencies
    }
}

fn line(selector: &str, sent_us: u64) -> String {
    format!("{selector}\t\t{{\"sentUs\":{sent_us}}}\n")
}

async fn subscribe(host: &Host, customer: &str, selector: &str, url: &str) {
    let connection = format!("of-{customer}");
    let body = json!({ "integration": "i", "customer": customer });
    host.api.put(&format!("/v1/connections/{connection}"), body).await;
    let subscription = host.api.subscribe(&connection, "events", json!({ "selector": selector }), url).await;
    assert_eq!(subscription["status"], "subscribed", "{subscription}");
}

impl Receiver {
    async fn listen(self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().route("/{kind}", post(receive)).with_state(self);
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        format!("http://{address}")
    }
}

async fn receive(State(receiver): State<Receiver>, Path(kind): Path<String>, body: axum::body::Bytes) {
    let arrived = receiver.start.elapsed();
    if kind == "slow" {
        return tokio::time::sleep(SLOW).await;
    }
    let body: Value = serde_json::from_slice(&body).unwrap();
    let sent = Duration::from_micros(body["data"]["sentUs"].as_u64().unwrap());
    receiver.latencies.lock().unwrap().push(arrived - sent);
}

/// A host of its own that accepts connections and never says anything, under many names.
async fn silence() -> String {
    let listener = tokio::net::TcpListener::bind("0.0.0.0:0").await.unwrap();
    let address = format!("127.0.0.2:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((connection, _)) = listener.accept().await {
            open.push(connection);
        }
    });
    format!("http://{address}")
}
