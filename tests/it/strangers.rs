//! What somebody without a token can do: take connections, permits, memory and processor time. Each is bounded, and given
//! back. All at once, in full, by `PATCHBAY_STRANGERS=1 cargo test --locked --test it strangers:: -- --nocapture`.

use std::time::{Duration, Instant};

use async_compression::tokio::bufread::GzipEncoder;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::{Api, Echo, Host, Settings, router, wait_for};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
/// `GET /` on the first stream.
const HTTP2_GET: &[u8] = b"\0\0\x06\x01\x05\0\0\0\x01\x82\x86\x84\x41\x01a";
/// The answer to a genuine webhook while strangers do their worst, at the 99th percentile.
const ANSWERED_WITHIN: Duration = Duration::from_millis(100);

async fn connect(api: &Api) -> TcpStream {
    TcpStream::connect(api.base.trim_start_matches("http://")).await.unwrap()
}

async fn connect_and_send(api: &Api, bytes: &[u8]) -> TcpStream {
    let mut stream = connect(api).await;
    stream.write_all(bytes).await.unwrap();
    stream
}

/// The head of a request whose body does not come.
fn post(path: &str, length: usize) -> Vec<u8> {
    format!("POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n").into()
}

/// How long it takes until the server closes.
async fn closed_after(mut stream: TcpStream) -> Duration {
    let start = Instant::now();
    let mut buffer = vec![0; 64 << 10];
    let reading = async { while matches!(stream.read(&mut buffer).await, Ok(1..)) {} };
    tokio::time::timeout(Duration::from_secs(20), reading).await.expect("the connection is closed");
    start.elapsed()
}

/// What comes first on a connection.
async fn first_answer(stream: &mut TcpStream) -> String {
    let mut buffer = vec![0; 16 << 10];
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read(&mut buffer)).await.expect("an answer");
    String::from_utf8_lossy(&buffer[..read.unwrap_or(0)]).into_owned()
}

/// Goes on when the server has begun to wait for the rest of these requests. It answers none of them.
async fn are_waited_for(slow: &mut [TcpStream]) {
    for stream in slow {
        let read = tokio::time::timeout(Duration::from_millis(500), stream.read(&mut [0; 1])).await;
        assert!(read.is_err(), "a request that has not come whole is answered");
    }
}

async fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::new();
    GzipEncoder::new(text).read_to_end(&mut encoded).await.unwrap();
    encoded
}

#[tokio::test]
async fn a_connection_that_asks_nothing_is_closed() {
    let settings = Settings::default().with("silent-ms-max", 300).with("receive-ms-max", 900);
    let host = Host::start_empty(settings.with("http2-idle-ms-max", 300)).await;
    for (what, bytes, at_least_ms, at_most_ms) in [
        ("nothing", &b""[..], 250, 3_000),
        ("one byte", b"P", 800, 5_000),
        ("half a head", b"GET /healthz HTTP/1.1\r\n", 800, 5_000),
        ("HTTP/2 without a request", PREFACE, 800, 5_000),
        ("HTTP/2 after a request", &[PREFACE, HTTP2_GET].concat(), 250, 4_000),
    ] {
        let stream = connect_and_send(&host.api, bytes).await;
        let took_ms = closed_after(stream).await.as_millis();
        assert!((at_least_ms..at_most_ms).contains(&took_ms), "{what}: closed after {took_ms} ms");
    }
}

#[tokio::test]
async fn a_connection_that_was_of_use_may_be_silent_for_longer() {
    let host = Host::start_empty(Settings::default().with("silent-ms-max", 300)).await;
    let ask = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut stream = connect_and_send(&host.api, ask).await;
    assert!(first_answer(&mut stream).await.starts_with("HTTP/1.1 200"));
    tokio::time::sleep(Duration::from_secs(1)).await;
    stream.write_all(ask).await.unwrap();
    assert!(first_answer(&mut stream).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn silent_connections_make_room_for_others() {
    let host = Host::start_empty(Settings::default().with("connections-max", 30)).await;
    let mut silent = Vec::new();
    for _ in 0..60 {
        silent.push(connect(&host.api).await);
    }
    let start = Instant::now();
    for _ in 0..5 {
        let other = Api::new(host.api.base.clone(), String::new());
        other.get("/healthz").await.expect(200);
    }
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
}

#[tokio::test]
async fn one_address_cannot_take_every_connection_unless_it_is_a_proxy() {
    let settings = Settings::default().with("connections-per-address-max", 5);
    let host = Host::start_empty(settings.clone().with("trusted-proxies", "192.0.2.0/24")).await;
    let mut silent = Vec::new();
    for _ in 0..10 {
        silent.push(connect(&host.api).await);
    }
    let oldest = tokio::time::timeout(Duration::from_secs(5), silent[0].read(&mut [0; 1])).await;
    assert!(matches!(oldest, Ok(Ok(0) | Err(_))), "the oldest is closed");
    let host = Host::start_empty(settings).await;
    let mut behind = connect(&host.api).await;
    let _others = futures::future::join_all((0..10).map(|_| connect(&host.api))).await;
    assert!(tokio::time::timeout(Duration::from_millis(700), behind.read(&mut [0; 1])).await.is_err());
}

#[tokio::test]
async fn a_body_for_an_unknown_webhook_takes_no_permit() {
    let echo = Echo::start_with(Settings::default().with("webhook-requests-max", 2)).await;
    let mut slow = Vec::new();
    for _ in 0..6 {
        let mut stream = connect_and_send(&echo.api(), &post("/webhooks/unknown", 1 << 20)).await;
        assert!(first_answer(&mut stream).await.starts_with("HTTP/1.1 404"), "before the body is there");
        slow.push(stream);
    }
    echo.send("nobody", json!(1)).await.expect(200);
}

#[tokio::test]
async fn slow_bodies_of_one_webhook_leave_permits_to_the_others() {
    let echo = Echo::start_with(Settings::default().with("webhook-requests-per-webhook-max", 2)).await;
    let api = echo.api();
    let (events, answers) = (api.webhook("echo", "events").await, api.webhook("echo", "answers").await);
    let path = events.strip_prefix(&api.base).unwrap();
    let mut slow = [connect_and_send(&api, &post(path, 100)).await, connect_and_send(&api, &post(path, 100)).await];
    are_waited_for(&mut slow).await;
    wait_for("the webhook has no permit left", async || {
        (api.post_webhook(&events, &json!({ "events": [] })).await.status == 503).then_some(())
    })
    .await;
    assert_eq!(api.post_webhook(&answers, &Value::Null).await.status, 200);
    drop(slow);
    wait_for("they are given back", async || {
        (api.post_webhook(&events, &json!({ "events": [] })).await.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_memory_of_bodies_in_flight_is_bounded_as_a_whole() {
    let settings = Settings::default().with("bodies-bytes-max", 2 << 20).with("bundle-bytes-max", 1 << 20);
    let settings = settings.with("request-body-bytes-max", 1 << 20).with("inflated-body-bytes-max", 1 << 20);
    let echo = Echo::start_with(settings).await;
    let api = echo.api();
    let events = api.webhook("echo", "events").await;
    let path = events.strip_prefix(&api.base).unwrap();
    let mut slow = Vec::new();
    for _ in 0..2 {
        let mut stream = connect_and_send(&api, &post(path, 1_000_000)).await;
        stream.write_all(&vec![b' '; 950_000]).await.unwrap();
        slow.push(stream);
    }
    are_waited_for(&mut slow).await;
    let large = format!("{{\"events\":[]{}}}", " ".repeat(700_000));
    let send_large = async || {
        let request = api.http.post(&events).header("content-type", "application/json").body(large.clone());
        // The server may close before everything is sent.
        request.send().await.map_or(503, |answer| answer.status().as_u16())
    };
    wait_for("there is no memory left", async || (send_large().await == 503).then_some(())).await;
    api.post_webhook(&events, &json!({ "events": [] })).await.expect(200);
    drop(slow);
    wait_for("it is given back", async || (send_large().await == 200).then_some(())).await;
}

#[tokio::test]
async fn a_body_for_the_api_that_never_ends_is_answered_408() {
    let host = Host::start_empty(Settings::default().with("receive-ms-max", 600)).await;
    let head = format!(
        "POST /v1/subscriptions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\nContent-Length: 1000\r\n\r\n{{",
        host.api.token
    );
    let mut stream = connect_and_send(&host.api, head.as_bytes()).await;
    let answer = first_answer(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("body_too_slow"), "{answer}");
}

#[tokio::test]
async fn a_response_that_is_never_read_ends_the_connection() {
    let host = Host::start_empty(Settings::default().with("response-ms-max", 700)).await;
    let asks = "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n".repeat(500);
    let mut stream = connect(&host.api).await;
    let (mut reader, mut writer) = stream.split();
    // The server stops reading as well.
    let _ = tokio::time::timeout(Duration::from_secs(4), writer.write_all(asks.as_bytes())).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let mut answers = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(20), reader.read_to_end(&mut answers)).await;
    assert!(ended.is_ok(), "the connection is closed");
    let count = String::from_utf8_lossy(&answers).matches("HTTP/1.1 200").count();
    assert!(count < 500, "{count} answers of {} bytes", answers.len());
}

#[tokio::test]
async fn a_small_body_that_inflates_to_a_large_one_is_refused() {
    let echo = Echo::start().await;
    let api = echo.api();
    let url = api.webhook("echo", "events").await;
    let send = async |body: Vec<u8>| {
        let request = api.http.post(&url).header("content-type", "application/json").header("content-encoding", "gzip");
        request.body(body).send().await.unwrap().status().as_u16()
    };
    let bomb = gzip(&vec![b' '; 30 << 20]).await;
    assert!(bomb.len() < 40 << 10);
    assert_eq!(send(bomb).await, 413);
    assert_eq!(send(gzip(br#"{"events":[]}"#).await).await, 200);
}

#[tokio::test]
async fn more_headers_than_can_be_sent_fail_the_request_and_leave_a_record() {
    let echo = Echo::start().await;
    let headers: serde_json::Map<String, Value> =
        (0..30_000).map(|number| (format!("x-{number}"), json!("v"))).collect();
    let api = echo.api();
    let url = api.webhook("echo", "events").await;
    let body = json!({ "events": [], "response": { "status": 200, "headers": headers } });
    api.post_webhook(&url, &body).await.expect_problem(500, "handler_output_invalid");
    let record = api.last_request().await;
    assert_eq!((&record["status"], &record["error"]["code"]), (&json!("failed"), &json!("handler_output_invalid")));
}

#[tokio::test]
async fn webhooks_may_have_a_listener_of_their_own_and_then_the_other_has_none() {
    let echo = Echo::start_with(Settings::default().with("webhook-listen", "127.0.0.1:0")).await;
    let api = echo.api();
    let printed = echo.host.printed.iter().find_map(|line| line.strip_prefix("Webhooks are served on "));
    let own = Api { base: format!("http://{}", printed.unwrap()), ..api.clone() };
    let url = api.webhook("echo", "events").await;
    api.post_webhook(&url, &json!({ "events": [] })).await.expect_problem(404, "not_found");
    let own_url = url.replace(&api.base, &own.base);
    api.post_webhook(&own_url, &json!({ "events": [] })).await.expect(200);
    own.get("/v1/events").await.expect_problem(404, "not_found");
    own.get("/healthz").await.expect(200);
}

/// What strangers do all at once.
struct Crowd {
    silent: usize,
    slow: usize,
    inflating: usize,
    genuine: usize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_genuine_webhook_is_answered_whatever_strangers_do() {
    let (crowd, within) = match std::env::var_os("PATCHBAY_STRANGERS") {
        Some(_) => (Crowd { silent: 4_096, slow: 512, inflating: 60, genuine: 500 }, ANSWERED_WITHIN),
        // Beside the other tests there may be no processor for a while.
        None => (Crowd { silent: 200, slow: 50, inflating: 12, genuine: 50 }, ANSWERED_WITHIN * 20),
    };
    let host = Host::start_empty(Settings::default()).await;
    host.api.upload(router("genuine", "1")).await.expect(201);
    host.api.upload(router("target", "2")).await.expect(201);
    host.api.put_integration("genuine", "genuine", json!({})).await;
    host.api.put_integration("target", "target", json!({})).await;
    let genuine = host.api.webhook("genuine", "events").await;
    let target = host.api.webhook("target", "events").await;
    host.api.post_body(&genuine, "text/plain", "nobody\t\t1\n").await.expect(200);
    let before = memory_bytes(&host);
    let mut kept = Vec::new();
    for _ in 0..crowd.silent {
        kept.push(connect(&host.api).await);
    }
    for _ in 0..crowd.slow {
        kept.push(connect_and_send(&host.api, &post("/webhooks/unknown", 10 << 20)).await);
    }
    let bomb = gzip(&vec![b' '; 30 << 20]).await;
    let inflating: Vec<_> = (0..crowd.inflating)
        .map(|_| {
            let request = host.api.http.post(&target).header("content-type", "text/plain");
            tokio::spawn(request.header("content-encoding", "gzip").body(bomb.clone()).send())
        })
        .collect();
    let mut times = Vec::new();
    for number in 0..crowd.genuine {
        let start = Instant::now();
        host.api.post_body(&genuine, "text/plain", format!("nobody\t\t{number}\n")).await.expect(200);
        times.push(start.elapsed());
    }
    times.sort();
    let p99 = times[times.len() * 99 / 100];
    let grown = memory_bytes(&host).saturating_sub(before);
    println!("p99 {p99:?}, slowest {:?}, memory grew by {} MiB", times.last().unwrap(), grown >> 20);
    for answer in inflating {
        let status = answer.await.unwrap().unwrap().status().as_u16();
        assert!(matches!(status, 413 | 503), "{status}");
    }
    assert!(p99 < within, "p99 {p99:?}");
    // Bodies, and 32 KiB for each connection.
    let bytes_max = (256 << 20) + (4_096 << 15);
    assert!(grown < bytes_max, "{} MiB", grown >> 20);
}

fn memory_bytes(host: &Host) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", host.process_id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() << 10
}
