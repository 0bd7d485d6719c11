//! Figures of one host that need no peer: uploads, starts, memory; and those that the server measures of itself.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::bundle::{variant, with_own_answer};
use crate::contender::{Parts, subscriber};
use crate::host::{Host, Place};
use crate::http::Connection;
use crate::load::{self, Load, Target};
use crate::say;
use crate::subscribers;
use crate::webhook::webhook;

/// Engines, in the order in which they are shown; those whose bundle was not built are left out.
const ENGINES: &[&str] = &["starlingmonkey", "quickjs", "rust"];

/// What is measured, by name.
const PARTS: &[&str] =
    &["calls", "overhead", "commit", "routing", "claim", "subscriptions", "uploads", "connectors", "memory"];

/// How long a host gets to come to rest before its memory is read.
const REST: Duration = Duration::from_secs(3);

/// How long connectors are uploaded for one measurement: a JavaScript engine takes seconds for each.
const UPLOAD_TIME_MAX: Duration = Duration::from_secs(60);

/// How long a start gets to route by its table, and a delivery to be made.
const WAIT_MAX: Duration = Duration::from_secs(30);

const BODY_BYTES: usize = 1 << 10;

/// What a kept webhook with its event counts for, roughly.
const BYTES_OF_A_WEBHOOK: u64 = 4 << 10;

#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) stored_connectors: usize,
    pub(crate) loaded_connectors: usize,
    pub(crate) webhooks: u64,
    pub(crate) api_subscriptions: usize,
    pub(crate) subscriptions: &'static str,
    pub(crate) waiting: &'static str,
}

impl Sizes {
    pub(crate) fn full() -> Sizes {
        Sizes {
            stored_connectors: 1_000,
            loaded_connectors: 100,
            webhooks: 500_000,
            api_subscriptions: 1_000_000,
            subscriptions: "10000,1000000,10000000",
            waiting: "1000,1000000",
        }
    }

    pub(crate) fn quick() -> Sizes {
        Sizes {
            stored_connectors: 20,
            loaded_connectors: 5,
            webhooks: 10_000,
            api_subscriptions: 2_000,
            subscriptions: "10000,100000",
            waiting: "1000,20000",
        }
    }
}

pub(crate) async fn run(parts: &Parts, sizes: Sizes, only: &[String]) -> anyhow::Result<String> {
    if let Some(name) = only.iter().find(|name| !PARTS.contains(&name.as_str())) {
        bail!("--only {name}: there is no such part; there are {}", PARTS.join(", "));
    }
    let mut table = "| what | result |\n|---|---|\n".to_owned();
    for part in PARTS.iter().filter(|part| only.is_empty() || only.iter().any(|name| name == *part)) {
        let rows = match *part {
            "overhead" => overhead(parts).await?,
            "subscriptions" => subscriptions(parts, sizes).await?,
            "uploads" => uploads(parts).await?,
            "connectors" => connectors(parts, sizes).await?,
            "memory" => memory(parts, sizes).await?,
            of_the_server => own(parts, sizes, of_the_server)?,
        };
        say(&rows);
        table.push_str(&rows);
    }
    Ok(table)
}

/// Those that need the inside of the server.
fn own(parts: &Parts, sizes: Sizes, name: &str) -> anyhow::Result<String> {
    let mut command = Command::new(&parts.patchbay);
    let data = parts.data.join(name);
    command.arg("micro").arg("--data").arg(&data).arg(name);
    match name {
        "calls" => command.args(bundles(parts).into_iter().map(|(_, path)| path)),
        "routing" => command.args(["--subscriptions", sizes.subscriptions]),
        "claim" => command.args(["--waiting", sizes.waiting]),
        _ => &mut command,
    };
    let output = command.stderr(std::process::Stdio::inherit()).output()?;
    // Stores of millions of records need not stay until the end.
    let _ = std::fs::remove_dir_all(data);
    anyhow::ensure!(output.status.success(), "patchbay micro {name} failed");
    Ok(String::from_utf8(output.stdout)?)
}

/// Processor time of the whole server for each webhook, at 32 connections.
async fn overhead(parts: &Parts) -> anyhow::Result<String> {
    let mut rows = String::new();
    for (engine, path) in bundles(parts) {
        let place = Place::new(&parts.patchbay, &parts.data.join(format!("overhead-{engine}")));
        let mut host = place.start()?;
        let webhook_path = use_bundle(&host, &std::fs::read(&path)?, parts).await?;
        let (warm_up, time) = (Duration::from_secs(1), Duration::from_secs(5));
        let measured = send(&host, &webhook_path, warm_up).await?;
        anyhow::ensure!(measured.failures() == 0, "webhooks failed");
        let before = host.process.cpu()?;
        let measured = send(&host, &webhook_path, time).await?;
        let cpu = host.process.cpu()?.saturating_sub(before);
        let each = cpu.as_micros() as f64 / measured.taken.max(1) as f64;
        let bare = bare_call_us(parts, &path)?;
        rows.push_str(&row(
            &format!("processor time for each webhook, {engine}, 32 connections"),
            &format!(
                "whole server {each:.0} µs, bare fresh call {bare:.0} µs, so the host {:.0} µs; at {:.0} webhooks/s",
                each - bare,
                measured.per_second()
            ),
        ));
        host.process.stop()?;
    }
    Ok(rows)
}

/// Processor time of a fresh call without anything around it.
fn bare_call_us(parts: &Parts, bundle: &Path) -> anyhow::Result<f64> {
    let mut command = Command::new(&parts.patchbay);
    command.args(["micro", "--data"]).arg(parts.data.join("calls")).arg("calls").arg(bundle);
    let output = String::from_utf8(command.output()?.stdout)?;
    let before = output.split_once(" µs CPU").context("patchbay micro calls says nothing of processor time")?.0;
    Ok(before.rsplit(' ').next().unwrap_or_default().parse()?)
}

/// Subscriptions made through the API, and a start with them.
async fn subscriptions(parts: &Parts, sizes: Sizes) -> anyhow::Result<String> {
    let count = sizes.api_subscriptions;
    let (_, path) = bundles(parts).pop().context("no bundle")?;
    let mut place = Place::new(&parts.patchbay, &parts.data.join("subscriptions"));
    // Its rate is not what is measured.
    place.settings = vec!["--api-calls-per-s-max".into(), "0".into()];
    let mut host = place.start()?;
    let connector = host.upload(&std::fs::read(path)?).await?;
    let webhook_path = host.integrate(&connector, parts.sink).await?;
    let connecting = Instant::now();
    subscribers::connect(&host, &connector, count).await?;
    let connected = connecting.elapsed();
    let subscribing = Instant::now();
    subscribers::subscribe(&host, count, &format!("http://{}/hook", parts.sink)).await?;
    let per_second = |time: Duration| count as f64 / time.as_secs_f64();
    let (subscribed, before) = (per_second(subscribing.elapsed()), memory_of(&host)?);
    host.process.stop()?;
    let mut host = place.start_again(&host.api)?;
    deliver_one(&host, &webhook_path, &subscriber(count - 1)).await?;
    let text = format!(
        "{:.0} connections and then, in bulk, {subscribed:.0} subscriptions made a second; {before}; after a restart, which \
         listens after {} ms and delivers to the last of them, {}",
        per_second(connected),
        ms(host.started_in),
        memory_of(&host)?
    );
    host.process.stop()?;
    std::fs::remove_dir_all(parts.data.join("subscriptions"))?;
    Ok(row(&format!("{count} subscriptions through the API"), &text))
}

/// Sends an event for a user and waits until its subscription has a delivery.
async fn deliver_one(host: &Host, path: &str, user: &str) -> anyhow::Result<()> {
    let status = Connection::open(host.address).await?.status_of(&webhook(path, user, BODY_BYTES)).await?;
    anyhow::ensure!((200..300).contains(&status), "a webhook was answered {status}");
    let start = Instant::now();
    loop {
        let deliveries = host.api.get(&format!("/v1/deliveries?customer={user}&status=delivered")).await?;
        if deliveries.pointer("/items/0").is_some() {
            return Ok(());
        }
        anyhow::ensure!(start.elapsed() < WAIT_MAX, "nothing was delivered to {user}: {deliveries}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The first and the second upload of an engine; then a start with what was compiled.
async fn uploads(parts: &Parts) -> anyhow::Result<String> {
    let mut rows = String::new();
    for (engine, path) in bundles(parts) {
        let place = Place::new(&parts.patchbay, &parts.data.join(format!("uploads-{engine}")));
        let mut host = place.start()?;
        let bytes = std::fs::read(&path)?;
        let start = Instant::now();
        let webhook_path = use_bundle(&host, &bytes, parts).await?;
        let first = start.elapsed();
        let other = path.with_file_name(format!("{engine}-second.wasm"));
        // Other code of the same engine, or at least another component.
        let second = std::fs::read(other).or_else(|_| variant(&bytes, "second", true))?;
        let start = Instant::now();
        host.upload(&second).await?;
        let second = start.elapsed();
        let share = 100.0 * second.as_secs_f64() / first.as_secs_f64();
        let text = format!("first {} ms, second {} ms ({share:.0} %)", first.as_millis(), second.as_millis());
        rows.push_str(&row(&format!("upload to ready, {engine}"), &text));
        host.process.stop()?;
        let start = Instant::now();
        let host = place.start_again(&host.api)?;
        first_webhook(&host, &webhook_path).await?;
        let text = format!(
            "listens after {} ms, first webhook answered after {} ms",
            ms(host.started_in),
            ms(start.elapsed())
        );
        rows.push_str(&row(&format!("start with compiled code, {engine}"), &text));
    }
    Ok(rows)
}

/// Many connectors: those that are only stored, then those that are used.
async fn connectors(parts: &Parts, sizes: Sizes) -> anyhow::Result<String> {
    let mut rows = String::new();
    let all = bundles(parts);
    let smallest = all.last().context("no bundle")?;
    let place = Place::new(&parts.patchbay, &parts.data.join("stored"));
    let mut host = place.start()?;
    let paths = upload_variants(&host, parts, &smallest.1, sizes.stored_connectors, Duration::MAX).await?;
    let count = paths.len();
    host.process.stop()?;
    let start = Instant::now();
    let mut host = place.start_again(&host.api)?;
    first_webhook(&host, paths.last().context("no connector")?).await?;
    let first = ms(start.elapsed());
    tokio::time::sleep(REST).await;
    let what = format!("start with {count} stored connectors ({})", smallest.0);
    let text = format!(
        "listens after {} ms, first webhook answered after {first} ms, {}",
        ms(host.started_in),
        memory_of(&host)?
    );
    rows.push_str(&row(&what, &text));
    host.process.stop()?;
    std::fs::remove_dir_all(&place.data)?;
    for (engine, path) in &all {
        let mut host = Place::new(&parts.patchbay, &parts.data.join(format!("loaded-{engine}"))).start()?;
        tokio::time::sleep(REST).await;
        let idle = memory_of(&host)?;
        let paths = upload_variants(&host, parts, path, sizes.loaded_connectors, UPLOAD_TIME_MAX).await?;
        let count = paths.len();
        for path in paths {
            first_webhook(&host, &path).await?;
        }
        tokio::time::sleep(REST).await;
        let text = format!("idle {idle}; after a webhook to each {}", memory_of(&host)?);
        rows.push_str(&row(&format!("memory with {count} connectors, {engine}"), &text));
        host.process.stop()?;
        std::fs::remove_dir_all(parts.data.join(format!("loaded-{engine}")))?;
    }
    Ok(rows)
}

/// Memory over many webhooks, as a curve: where all of them are kept, and where there is room for some.
async fn memory(parts: &Parts, sizes: Sizes) -> anyhow::Result<String> {
    // The fastest, so that many webhooks take little time.
    let (engine, path) = bundles(parts).pop().context("no bundle")?;
    let bundle = std::fs::read(path)?;
    let all = memory_curve(parts, sizes, &bundle, &[]).await?;
    let room = format!("{}", sizes.webhooks / 10 * BYTES_OF_A_WEBHOOK);
    let some = memory_curve(parts, sizes, &bundle, &["--retention-bytes", &room, "--sweep-gap-ms", "1000"]).await?;
    Ok(row(&format!("memory over webhooks, {engine}, all kept"), &all)
        + &row(&format!("memory over webhooks, {engine}, about a tenth kept"), &some))
}

async fn memory_curve(parts: &Parts, sizes: Sizes, bundle: &[u8], settings: &[&str]) -> anyhow::Result<String> {
    let mut place = Place::new(&parts.patchbay, &parts.data.join("memory"));
    place.settings = settings.iter().map(ToString::to_string).collect();
    let mut host = place.start()?;
    let webhook_path = use_bundle(&host, bundle, parts).await?;
    let (mut taken, mut points) = (0, vec![format!("0: {}", memory_of(&host)?)]);
    let step = sizes.webhooks / 10;
    while taken < sizes.webhooks {
        let goal = taken + step;
        while taken < goal {
            taken += send(&host, &webhook_path, Duration::from_secs(1)).await?.taken;
        }
        points.push(format!("{taken}: {}", memory_of(&host)?));
        say(points.last().map_or("", String::as_str));
    }
    host.process.stop()?;
    std::fs::remove_dir_all(&place.data)?;
    Ok(points.join("<br>"))
}

async fn use_bundle(host: &Host, bundle: &[u8], parts: &Parts) -> anyhow::Result<String> {
    let connector = host.upload(bundle).await?;
    host.integrate(&connector, parts.sink).await
}

/// Uploads so many connectors, or as many as can be in this time; each is another component.
async fn upload_variants(
    host: &Host,
    parts: &Parts,
    bundle: &Path,
    count: usize,
    time: Duration,
) -> anyhow::Result<Vec<String>> {
    let bundle = std::fs::read(bundle)?;
    let (start, mut paths) = (Instant::now(), Vec::new());
    for number in 0..count {
        if start.elapsed() > time {
            break;
        }
        let own = variant(&with_own_answer(&bundle, number)?, &format!("connector-{number}"), false)?;
        paths.push(use_bundle(host, &own, parts).await?);
        if number % 100 == 99 {
            say(&format!("{} of {count} connectors uploaded", number + 1));
        }
    }
    Ok(paths)
}

async fn first_webhook(host: &Host, path: &str) -> anyhow::Result<()> {
    let status = Connection::open(host.address).await?.status_of(&webhook(path, "nobody", BODY_BYTES)).await?;
    anyhow::ensure!((200..300).contains(&status), "a webhook was answered {status}");
    Ok(())
}

async fn send(host: &Host, path: &str, time: Duration) -> anyhow::Result<load::Measured> {
    let target = Target { address: host.address, requests: vec![webhook(path, "nobody", BODY_BYTES)] };
    load::run(target, Load { connections: 32, warm_up: Duration::ZERO, time, rate: None }).await
}

fn bundles(parts: &Parts) -> Vec<(&'static str, PathBuf)> {
    let path = |engine: &&'static str| (*engine, parts.bundles.join(format!("{engine}.wasm")));
    ENGINES.iter().map(path).filter(|(_, path)| path.exists()).collect()
}

fn memory_of(host: &Host) -> anyhow::Result<String> {
    let memory = host.process.memory()?;
    Ok(format!("{} MB resident ({} MB of it not of files)", memory.resident >> 20, memory.own >> 20))
}

fn ms(time: Duration) -> u128 {
    time.as_millis()
}

fn row(what: &str, result: &str) -> String {
    format!("| {what} | {result} |\n")
}
