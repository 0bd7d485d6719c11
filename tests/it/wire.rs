//! Bytes on the wire that no honest client sends: each is answered as documented, and none is understood in two ways.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::{Echo, Host, Settings};

/// Sends bytes and reads until the server closes or is silent for a while; it may take its time to begin.
async fn exchange(base: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(base.trim_start_matches("http://")).await.unwrap();
    // A server that has seen enough may close before everything is sent.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let mut buffer = [0; 16 << 10];
    let mut patience = Duration::from_secs(20);
    while let Ok(Ok(count @ 1..)) = tokio::time::timeout(patience, stream.read(&mut buffer)).await {
        answer.extend_from_slice(&buffer[..count]);
        patience = Duration::from_millis(700);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

/// The statuses of all answers on the connection.
fn statuses(answer: &str) -> Vec<u16> {
    let heads = answer.split("HTTP/1.1 ").skip(1);
    heads.map(|head| head.split([' ', '\r']).next().unwrap().parse().unwrap()).collect()
}

/// A request in which one proxy sees two requests and another sees one.
struct Probe {
    name: &'static str,
    head: &'static str,
    body: &'static str,
    /// What may be answered.
    answers: &'static [&'static [u16]],
}

const SMUGGLED: &str = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

#[tokio::test]
async fn requests_whose_length_is_ambiguous_are_refused_or_end_the_connection() {
    let echo = Echo::start().await;
    let webhook = echo.api().webhook("echo", "events").await;
    let path = webhook.strip_prefix(&echo.api().base).unwrap().to_owned();
    let probes = [
        Probe {
            name: "two different Content-Lengths",
            head: "Content-Length: 0\r\nContent-Length: 38\r\n",
            body: SMUGGLED,
            answers: &[&[400]],
        },
        Probe {
            name: "a list of Content-Lengths",
            head: "Content-Length: 0, 38\r\n",
            body: SMUGGLED,
            answers: &[&[400]],
        },
        Probe { name: "a signed Content-Length", head: "Content-Length: +38\r\n", body: SMUGGLED, answers: &[&[400]] },
        Probe {
            name: "a Content-Length in hexadecimal",
            head: "Content-Length: 0x26\r\n",
            body: SMUGGLED,
            answers: &[&[400]],
        },
        Probe {
            name: "a transfer coding that is not chunked",
            head: "Transfer-Encoding: identity\r\n",
            body: SMUGGLED,
            answers: &[&[400]],
        },
        Probe {
            name: "chunked that is not last",
            head: "Transfer-Encoding: chunked, gzip\r\n",
            body: "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
            answers: &[&[400]],
        },
        Probe { name: "a space before the colon", head: "Content-Length : 38\r\n", body: SMUGGLED, answers: &[&[400]] },
        Probe {
            name: "a folded header",
            head: "X-Folded: a\r\n Content-Length: 38\r\n",
            body: SMUGGLED,
            answers: &[&[400]],
        },
        Probe { name: "a NUL in a header", head: "X-Nul: a\0b\r\n", body: "", answers: &[&[400]] },
        Probe {
            name: "a chunk size that overflows",
            head: "Transfer-Encoding: chunked\r\n",
            body: "fffffffffffffffff\r\n",
            answers: &[&[400]],
        },
        Probe {
            name: "a chunk size that is no number",
            head: "Transfer-Encoding: chunked\r\n",
            body: "zz\r\n\r\n",
            answers: &[&[400]],
        },
    ];
    for Probe { name, head, body, answers } in probes {
        let request = format!("POST {path} HTTP/1.1\r\nHost: a\r\n{head}\r\n{body}");
        let answer = exchange(&echo.api().base, request.as_bytes()).await;
        assert!(answers.contains(&statuses(&answer).as_slice()), "{name}: {answer}");
        assert!(!answer.contains("/smuggled"), "{name}: {answer}");
    }
}

/// RFC 9112, 6.3: the chunked length counts, and the connection carries nothing after it.
#[tokio::test]
async fn a_length_beside_chunked_is_ignored_and_hides_no_second_request() {
    let echo = Echo::start().await;
    let webhook = echo.api().webhook("echo", "events").await;
    let path = webhook.strip_prefix(&echo.api().base).unwrap().to_owned();
    let body = json!({ "events": [], "response": { "status": 202 } }).to_string();
    let chunked = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    for head in [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n".to_owned(),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {}\r\n", chunked.len() + SMUGGLED.len()),
    ] {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{head}\r\n{chunked}{SMUGGLED}"
        );
        let answer = exchange(&echo.api().base, request.as_bytes()).await;
        assert!(matches!(statuses(&answer).as_slice(), [202] | [400]), "{head}: {answer}");
    }
}

#[tokio::test]
async fn a_bare_line_feed_ends_no_header_that_a_carriage_return_would_not() {
    let host = Host::start_empty(Settings::default()).await;
    // Lenient for the end of a line, as RFC 9112 allows; never inside a value.
    let answer = exchange(&host.api.base, b"GET /healthz HTTP/1.1\nHost: a\nConnection: close\n\n").await;
    assert!(matches!(statuses(&answer).as_slice(), [200] | [400]), "{answer}");
    let answer = exchange(&host.api.base, b"GET /healthz HTTP/1.1\r\nHost: a\r\nX-A: b\rX-C: d\r\n\r\n").await;
    assert_eq!(statuses(&answer), [400], "{answer}");
}

#[tokio::test]
async fn heads_that_are_too_large_are_431_or_414() {
    let host = Host::start_empty(Settings::default()).await;
    let get =
        |path: &str, headers: &str| format!("GET {path} HTTP/1.1\r\nHost: a\r\n{headers}Connection: close\r\n\r\n");
    let (long, longer) = ("a".repeat(100 << 10), "a".repeat(1 << 20));
    let many: String = (0..600).map(|number| format!("X-{number}: 1\r\n")).collect();
    for (name, request, expected) in [
        ("one huge header", get("/healthz", &format!("X-Huge: {longer}\r\n")), 431),
        ("many headers", get("/healthz", &many), 431),
        ("a long URI", get(&format!("/healthz?{long}"), ""), 414),
        ("a huge URI", get(&format!("/healthz?{longer}"), ""), 431),
        ("a head that never ends", format!("GET /healthz HTTP/1.1\r\nX-Huge: {longer}"), 431),
    ] {
        let answer = exchange(&host.api.base, request.as_bytes()).await;
        assert_eq!(statuses(&answer), [expected], "{name}: {answer}");
    }
    let few: String = (0..50).map(|number| format!("X-{number}: {}\r\n", "a".repeat(1_000))).collect();
    let answer = exchange(&host.api.base, get("/healthz", &few).as_bytes()).await;
    assert_eq!(statuses(&answer), [200], "{answer}");
}

#[tokio::test]
async fn a_head_that_comes_too_slowly_ends_the_connection() {
    let host = Host::start_empty(Settings::default().with("receive-ms-max", 600)).await;
    let mut stream = TcpStream::connect(host.api.base.trim_start_matches("http://")).await.unwrap();
    let start = Instant::now();
    let mut answer = Vec::new();
    for byte in
        b"GET /healthz HTTP/1.1\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    {
        let is_open = stream.write_all(&[*byte]).await.is_ok();
        tokio::time::sleep(Duration::from_millis(50)).await;
        if !is_open || stream.try_read_buf(&mut answer).is_ok_and(|count| count == 0) {
            break;
        }
    }
    assert!(start.elapsed() < Duration::from_secs(4), "the connection stayed open for {:?}", start.elapsed());
    assert!(answer.is_empty() || String::from_utf8_lossy(&answer).starts_with("HTTP/1.1 408"));
}

#[tokio::test]
async fn what_is_no_http_is_refused() {
    let host = Host::start_empty(Settings::default()).await;
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"GET\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"G\xffT / HTTP/1.1\r\n\r\n",
    ] {
        let answer = exchange(&host.api.base, bytes).await;
        assert!(matches!(statuses(&answer).as_slice(), [] | [400]), "{answer}");
    }
    let answer = exchange(&host.api.base, b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    assert_eq!(statuses(&answer), [200], "{answer}");
}

#[tokio::test]
async fn every_answer_of_the_servers_own_has_the_headers_that_browsers_need() {
    let echo = Echo::start().await;
    let api = echo.api();
    for path in ["/v1/events", "/v1/no-such-thing", "/v1/events?limit=0", "/healthz", "/metrics", "/nowhere"] {
        for api in [&api, &crate::harness::Api { token: "wrong".to_owned(), ..api.clone() }] {
            let answer = api.get(path).await;
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
            assert_eq!(
                answer.header("content-security-policy"),
                "default-src 'none'; frame-ancestors 'none'",
                "{path}"
            );
            assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
        }
    }
    let of_connector = api.post_webhook(&api.webhook("echo", "answers").await, &Value::Null).await;
    assert_eq!(of_connector.header("cache-control"), "no-store");
    assert_eq!(of_connector.header("content-security-policy"), "sandbox; default-src 'none'");
    assert_eq!(of_connector.header("x-content-type-options"), "nosniff");
}
