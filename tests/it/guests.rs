//! Guests of a few lines that do what no compiler would make them do: each gets its status and its code, the next call of
//! another is served, and the host is no larger afterwards.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{Answer, Echo, Host, Random, Settings, build_for, connector_folder, guest, guest_with_manifest};

/// What each guest is answered: 200, or a status and a code.
const GUESTS: &[(&str, u16, &str)] = &[
    ("fine", 200, ""),
    ("burns-a-little-and-answers", 200, ""),
    ("burns-a-second-and-answers", 504, "handler_timed_out"),
    ("spins", 504, "handler_timed_out"),
    ("recurses", 500, "handler_crashed"),
    ("traps", 500, "handler_crashed"),
    ("traps-at-start", 500, "handler_crashed"),
    ("spins-at-start", 504, "handler_timed_out"),
    ("grows-memory", 500, "handler_out_of_memory"),
    ("asks-for-more-memory", 200, ""),
    ("grows-tables", 200, ""),
    ("floods-the-log", 504, "handler_timed_out"),
    ("logs-what-is-not-text", 500, "handler_crashed"),
    ("logs-what-it-has-not", 500, "handler_crashed"),
    ("logs-too-much-at-once", 500, "handler_crashed"),
    ("hashes-without-end", 504, "handler_timed_out"),
    ("verifies-garbage", 504, "handler_timed_out"),
    ("sends-many-requests", 500, "handler_crashed"),
    ("waits-for-a-far-timer", 504, "handler_timed_out"),
    ("hoards-timers", 500, "handler_crashed"),
    ("polls-many-timers", 504, "handler_timed_out"),
    ("reads-the-clock-without-end", 504, "handler_timed_out"),
    ("wants-endless-random", 500, "handler_crashed"),
    ("draws-random-without-end", 504, "handler_timed_out"),
    ("floods-stdout", 504, "handler_timed_out"),
    ("forges-a-handle", 500, "handler_crashed"),
    ("returns-a-list-outside", 500, "handler_crashed"),
    ("returns-a-list-too-long", 500, "handler_crashed"),
    ("returns-a-list-askew", 500, "handler_crashed"),
    ("returns-one-byte-many-times", 500, "handler_crashed"),
    ("returns-what-is-not-text", 500, "handler_crashed"),
    ("returns-no-case", 500, "handler_crashed"),
    ("returns-a-huge-failure", 500, "handler_failed"),
    ("returns-nowhere", 500, "handler_crashed"),
    ("allocates-nowhere", 500, "handler_crashed"),
    ("allocates-without-end", 504, "handler_timed_out"),
];

/// How much larger the host may be after all of that, in KiB. One call may have 128 MiB.
const GROWTH_KIB_MAX: u64 = 200 << 10;

async fn put(host: &Host, name: &str) -> String {
    host.api.upload(guest(name)).await.expect(201);
    host.api.put_integration(name, name, json!({})).await;
    host.api.webhook(name, "events").await
}

async fn call(host: &Host, url: &str) -> Answer {
    host.api.post_webhook(url, &json!({ "order": 7 })).await
}

fn settings() -> Settings {
    let settings = Settings::default().with("guest-cpu-ms-max", 300).with("handler-deadline-ms", 3_000);
    settings.with("guest-queue-ms-max", 1_000)
}

/// The resident memory of the host, in KiB.
fn memory_kib(host: &Host) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", host.process_id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test]
async fn every_guest_gets_its_status_and_the_next_call_of_another_is_served() {
    let host = Host::start_empty(settings()).await;
    let fine = put(&host, "fine").await;
    let (mut before, mut wrong) = (0, Vec::new());
    for (name, status, code) in GUESTS {
        let url = if *name == "fine" { fine.clone() } else { put(&host, name).await };
        let start = Instant::now();
        let answer = call(&host, &url).await;
        let record = host.api.last_request().await;
        let recorded = record["error"]["code"].as_str().unwrap_or_default();
        if (answer.status, recorded) != (*status, *code) {
            wrong.push(format!("{name} is answered {} {recorded}: {}", answer.status, record["error"]["message"]));
        }
        if *status != 200 {
            assert_eq!(answer.json()["code"], *code, "{name}");
        }
        // 64 KiB of log; a zero byte takes six in JSON.
        if record.to_string().len() > 500 << 10 {
            wrong.push(format!("{name} fills the records: {}", record.to_string().len()));
        }
        assert!(start.elapsed() < Duration::from_secs(10), "{name}: {:?}", start.elapsed());
        assert_eq!(call(&host, &fine).await.status, 200, "after {name}");
        before = if *name == "fine" { memory_kib(&host) } else { before };
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    let after = memory_kib(&host);
    assert!(after < before + GROWTH_KIB_MAX, "{before} KiB became {after} KiB");
}

/// What each slot of guests' memory has of its own, in KiB, by where its image begins: an image is a private copy of a part of
/// machine code, with plain memory after it.
fn slots_kib(host: &Host) -> BTreeMap<String, u64> {
    let maps = std::fs::read_to_string(format!("/proc/{}/smaps", host.process_id())).unwrap();
    let (mut slots, mut slot) = (BTreeMap::new(), None);
    for line in maps.lines() {
        let is_head = line.split_whitespace().next().is_some_and(|first| first.contains('-'));
        if is_head && line.contains(" rw-p ") && line.contains(".cwasm") {
            slot = Some(line.split('-').next().unwrap().to_owned());
        } else if is_head && line.split_whitespace().count() > 5 {
            slot = None;
        } else if let (Some(slot), Some(size)) = (&slot, line.strip_prefix("Private_Dirty:")) {
            *slots.entry(slot.clone()).or_default() += size.trim().trim_end_matches(" kB").parse::<u64>().unwrap();
        }
    }
    slots
}

#[tokio::test]
async fn what_a_large_body_needed_is_not_cleared_after_each_small_one() {
    let echo = Echo::start().await;
    let uploaded = echo.api().upload(build_for("quickjs", &connector_folder("echo"))).await;
    assert!([200, 201].contains(&uploaded.status), "{}", uploaded.text());
    let send = async |bytes: usize| {
        for _ in 0..20 {
            echo.send("nobody", json!({ "text": "x".repeat(bytes) })).await.expect(200);
        }
    };
    send(1_000).await;
    let before = slots_kib(&echo.host);
    send(200_000).await;
    send(1_000).await;
    let after = slots_kib(&echo.host);
    assert!(after.values().any(|kib| *kib > 500), "a large body needs little: {after:?}");
    for (slot, kib) in &before {
        let now = after.get(slot).copied().unwrap_or(0);
        assert!(now < 2 * kib, "a slot of {kib} KiB has {now}: {after:?}");
    }
}

#[tokio::test]
async fn a_component_that_needs_more_from_the_start_than_a_call_may_have_is_refused_or_fails_alone() {
    let host = Host::start_empty(settings()).await;
    let fine = put(&host, "fine").await;
    host.api.upload(guest("starts-with-too-much-memory")).await.expect_problem(422, "bundle_world_not_implemented");
    assert_eq!(call(&host, &fine).await.status, 200);
}

#[tokio::test]
async fn globals_and_memory_never_reach_a_second_call() {
    let host = Host::start_empty(settings()).await;
    let url = put(&host, "answers-how-often-it-was-called").await;
    for _ in 0..50 {
        assert_eq!(call(&host, &url).await.status, 202, "200, and one for each of two counts");
    }
}

#[tokio::test]
async fn a_connector_that_crashes_again_and_again_rests_visibly_and_is_tried_again() {
    let settings = settings().with("guest-crashes-in-a-row-max", 3).with("guest-rest-ms-min", 1_500);
    let host = Host::start_empty(settings).await;
    let (fine, traps) = (put(&host, "fine").await, put(&host, "traps").await);
    for _ in 0..3 {
        call(&host, &traps).await.expect_problem(500, "handler_crashed");
    }
    let refused = call(&host, &traps).await;
    assert!(matches!(refused.header("retry-after"), "1" | "2"), "{}", refused.header("retry-after"));
    refused.expect_problem(503, "connector_resting");
    assert_eq!(call(&host, &fine).await.status, 200);
    let usage = usage(&host, "traps").await;
    assert_eq!((&usage["calls"], &usage["crashed"], &usage["isResting"]), (&json!(3), &json!(3), &json!(true)));
    assert!(host.log().contains("it rests"), "{}", host.log());
    tokio::time::sleep(Duration::from_millis(1_600)).await;
    // One call is let through to prove it; it does not.
    call(&host, &traps).await.expect_problem(500, "handler_crashed");
    call(&host, &traps).await.expect_problem(503, "connector_resting");
    assert_eq!(usage_of_fine(&host).await["isResting"], false);
}

async fn usage(host: &Host, connector: &str) -> Value {
    host.api.get(&format!("/v1/connectors/{connector}/versions/1")).await.expect(200)["usage"].clone()
}

async fn usage_of_fine(host: &Host) -> Value {
    usage(host, "fine").await
}

#[tokio::test]
async fn processor_time_is_counted_where_it_is_spent_in_the_guest_and_in_what_it_calls() {
    let host = Host::start_empty(settings()).await;
    let waits = put(&host, "waits-for-a-far-timer").await;
    for name in ["spins", "hashes-without-end"] {
        let url = put(&host, name).await;
        call(&host, &url).await.expect_problem(504, "handler_timed_out");
        let spent = usage(&host, name).await["cpuMs"].as_u64().unwrap();
        assert!((300..1_500).contains(&spent), "{name}: {spent} ms");
    }
    call(&host, &waits).await.expect_problem(504, "handler_timed_out");
    let spent = usage(&host, "waits-for-a-far-timer").await["cpuMs"].as_u64().unwrap();
    assert!(spent < 100, "it waited: {spent} ms");
}

/// `PATCHBAY_FAIRNESS=1 cargo test --test it guests:: -- --nocapture` prints how much of its throughput a connector keeps while
/// another spins at its limit in every place that it gets: as long as that one is called, and where it rests as it does. By
/// default only that it is served at all, because what else the machine does counts as well.
#[tokio::test]
async fn a_connector_that_spins_leaves_the_machine_to_the_others() {
    let is_measured = std::env::var_os("PATCHBAY_FAIRNESS").is_some();
    let window = Duration::from_secs(if is_measured { 6 } else { 1 });
    let never_rests = Settings::default().with("guest-crashes-in-a-row-max", 1_000_000);
    let share = share("spins", never_rests, window).await;
    assert!(share > 0.0);
    if is_measured {
        for name in ["spins", "burns-a-second-and-answers", "burns-a-little-and-answers"] {
            self::share(name, Settings::default(), window).await;
        }
    }
}

/// What is left of a connector's throughput beside one that takes what it can.
async fn share(name: &str, settings: Settings, window: Duration) -> f64 {
    let host = Host::start_empty(settings).await;
    let (fine, spins) = (put(&host, "fine").await, put(&host, name).await);
    let alone = throughput(&host, &fine, window).await;
    let mut spinning = JoinSet::new();
    for _ in 0..40 {
        let (api, url) = (host.api.clone(), spins.clone());
        spinning.spawn(async move {
            loop {
                // External apps do not come back at once.
                if api.post_webhook(&url, &json!({})).await.status == 503 {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        });
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let beside = throughput(&host, &fine, window).await;
    spinning.shutdown().await;
    let usage = usage(&host, name).await;
    println!("{name}: alone {alone:.0}/s, beside it {beside:.0}/s: {:.0} %; {usage}", 100.0 * beside / alone);
    beside / alone
}

/// Calls in a second, eight at a time.
async fn throughput(host: &Host, url: &str, window: Duration) -> f64 {
    let end = Instant::now() + window;
    let mut callers = JoinSet::new();
    for _ in 0..8 {
        let (api, url) = (host.api.clone(), url.to_owned());
        callers.spawn(async move {
            let mut count = 0_u32;
            while Instant::now() < end {
                count += u32::from(api.post_webhook(&url, &json!({})).await.status == 200);
            }
            count
        });
    }
    let count: u32 = callers.join_all().await.into_iter().sum();
    f64::from(count) / window.as_secs_f64()
}

/// Bundles with a few bytes changed, as they come: refused with words, or taken and harmless. `PATCHBAY_FUZZ=1` for 10,000.
/// Of the real bundles in the folder `PATCHBAY_FUZZ_BUNDLES` each is changed so often, because some take seconds to compile.
#[tokio::test]
async fn changed_bundles_are_refused_or_taken_and_the_host_goes_on() {
    let count = if std::env::var_os("PATCHBAY_FUZZ").is_some() { 10_000 } else { 60 };
    let seeds = ["answers-how-often-it-was-called", "floods-stdout", "grows-tables"].map(guest);
    upload_changed("small bundles", &seeds, count).await;
    let Some(folder) = std::env::var_os("PATCHBAY_FUZZ_BUNDLES") else { return };
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let count = (100_000_000 / std::fs::metadata(&path).unwrap().len()).min(500) as usize;
        upload_changed(&path.display().to_string(), &[std::fs::read(path).unwrap()], count).await;
    }
}

async fn upload_changed(what: &str, seeds: &[Vec<u8>], count: usize) {
    let host = Host::start_empty(settings()).await;
    let fine = put(&host, "fine").await;
    let (mut random, mut taken, before) = (Random::new("changed bundles"), 0, memory_kib(&host));
    for number in 0..count {
        let mut bundle = seeds[number % seeds.len()].clone();
        for _ in 0..=random.below(3) {
            let at = random.below(bundle.len() as u64) as usize;
            match random.below(3) {
                0 => bundle[at] = random.below(256) as u8,
                1 => bundle[at] ^= 1 << random.below(8),
                _ => drop(bundle.remove(at)),
            }
        }
        let answer = host.api.upload(bundle).await;
        assert!([200, 201, 422].contains(&answer.status), "bundle {number}: {} {}", answer.status, answer.text());
        taken += usize::from(answer.status != 422);
        if number % 20 == 0 {
            assert_eq!(call(&host, &fine).await.status, 200, "after bundle {number}");
        }
    }
    println!("{what}: {count} changed, {taken} taken, {before} KiB, then {} KiB", memory_kib(&host));
    assert_eq!(call(&host, &fine).await.status, 200);
}

/// A manifest, or its packing, that takes far more to read than to send.
#[tokio::test]
async fn bombs_in_uploads_are_refused_promptly_and_take_no_room() {
    let host = Host::start_empty(settings()).await;
    let fine = put(&host, "fine").await;
    send_bombs(&host).await;
    // What was once needed is kept for the next time, and that is all.
    let (before, start) = (memory_kib(&host), Instant::now());
    send_bombs(&host).await;
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    assert!(memory_kib(&host) < before + GROWTH_KIB_MAX, "{before} KiB became {} KiB", memory_kib(&host));
    assert_eq!(call(&host, &fine).await.status, 200);
}

async fn send_bombs(host: &Host) {
    let deep = format!("{{\"manifestVersion\":1,\"x\":{}1{}}}", "[".repeat(200_000), "]".repeat(200_000));
    let repeated = format!("{{{}\"manifestVersion\":1}}", "\"connector\":{},".repeat(50_000));
    let huge = format!("{{\"manifestVersion\":1,\"x\":\"{}\"}}", "x".repeat(2 << 20));
    for manifest in [deep, repeated, huge, "\u{0}".repeat(1 << 20)] {
        let answer = host.api.upload(guest_with_manifest("fine", manifest.as_bytes())).await;
        answer.expect_problem(422, "bundle_manifest_invalid");
    }
    // 200 MB of zero bytes in 200 KB, and in a few bytes more each time that it is packed again.
    for encoding in ["gzip", "zstd"] {
        let bomb = packed_zeros(encoding, 200 << 20);
        let request =
            host.api.request(reqwest::Method::POST, "/v1/connectors").header("content-type", "application/wasm");
        let answer = Answer::read(request.header("content-encoding", encoding).body(bomb).send().await.unwrap()).await;
        answer.expect_problem(413, "body_too_large");
    }
}

/// So many zero bytes, packed. A zstd frame can say so in blocks of 4 bytes each.
fn packed_zeros(encoding: &str, bytes: usize) -> Vec<u8> {
    if encoding == "gzip" {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::copy(&mut std::io::repeat(0).take(bytes as u64), &mut encoder).unwrap();
        return encoder.finish().unwrap();
    }
    // Magic number; no content size, a window of 1 MiB; then blocks that repeat one byte 128 KiB times.
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 10 << 3];
    let blocks = bytes.div_ceil(128 << 10);
    for number in 1..=blocks {
        let header = (128_u32 << 10) << 3 | 1 << 1 | u32::from(number == blocks);
        frame.extend_from_slice(&header.to_le_bytes()[..3]);
        frame.push(0);
    }
    frame
}
