//! Answers that are given before the request's body was read reach senders that are still sending, whatever they send with.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::harness::{Host, Settings, router};

/// Sends a body of so many bytes and prints the status, like senders that look at the answer only when they have sent everything.
const URLLIB: &str = "
import sys, urllib.request, urllib.error
try:
    print(urllib.request.urlopen(urllib.request.Request(sys.argv[1], data=b'x' * int(sys.argv[2]))).status)
except urllib.error.HTTPError as error:
    print(error.code)
";

const NODE: &str = "
const request = require('node:http').request(process.argv[1], { method: 'POST' }, (answer) => {
  answer.resume().on('end', () => console.log(answer.statusCode))
})
request.on('error', (error) => console.log(error.code))
request.end(Buffer.alloc(Number(process.argv[2]), 'x'))
";

/// What a program prints.
async fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).kill_on_drop(true).output().await;
    let output = output.unwrap_or_else(|error| panic!("{program} cannot be run ({error}): install it"));
    let (out, complaints) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    format!("{}{}", out.trim(), complaints.trim())
}

async fn curl(options: &[&str], url: &str, file: &Path) -> String {
    let data = format!("@{}", file.display());
    let fixed = ["-sS", "-o", "/dev/null", "-w", "%{http_code}", "--noproxy", "*", "--data-binary", &data, url];
    run("curl", &[options, &fixed].concat()).await
}

/// What is asked for: a path, how long the body is, and the status.
const CASES: &[(&str, usize, &str)] = &[
    ("/nowhere", 200_000, "404"),
    ("/nowhere", 3_000_000, "404"),
    ("/v1/connectors", 2_000_000, "401"),
    ("/webhooks/nobody", 1_500_000, "404"),
    (WEBHOOK, 1_500_000, "413"),
    (WEBHOOK, 30_000_000, "413"),
];

/// Stands for the address of a webhook that the host has.
const WEBHOOK: &str = "webhook";

struct Scene {
    host: Host,
    webhook: String,
}

impl Scene {
    async fn start(settings: Settings) -> Scene {
        let host = Host::start_empty(settings.with("request-body-bytes-max", 1_000_000)).await;
        host.api.upload(router("router", "1")).await.expect(201);
        host.api.put_integration("i", "router", json!({})).await;
        Scene { webhook: host.api.webhook("i", "events").await, host }
    }

    fn url(&self, path: &str) -> String {
        if path == WEBHOOK { self.webhook.clone() } else { format!("{}{path}", self.host.api.base) }
    }
}

fn file(folder: &Path, length: usize) -> std::path::PathBuf {
    let path = folder.join(length.to_string());
    std::fs::write(&path, vec![b'x'; length]).unwrap();
    path
}

#[tokio::test]
async fn an_early_answer_reaches_curl_over_http_1_and_2() {
    let scene = Scene::start(Settings::default()).await;
    let folder = tempfile::tempdir().unwrap();
    for (path, length, status) in CASES {
        let (url, file) = (scene.url(path), file(folder.path(), *length));
        for options in [
            &["--http1.1"][..],
            &["--http1.1", "-H", "Expect:"],
            &["--http1.1", "-H", "Expect:", "-H", "Transfer-Encoding: chunked"],
            &["--http2-prior-knowledge"],
        ] {
            for _ in 0..5 {
                let answer = curl(options, &url, &file).await;
                assert_eq!(answer, *status, "{options:?} {path} {length}");
            }
        }
    }
}

#[tokio::test]
async fn an_early_answer_reaches_curl_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let place = |name: &str| folder.path().join(name);
    std::fs::write(place("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(place("key.pem"), made.signing_key.serialize_pem()).unwrap();
    let settings = Settings::default().with("tls-cert", place("cert.pem").display());
    let host = Host::start_empty(settings.with("tls-key", place("key.pem").display())).await;
    for (path, length, status) in CASES.iter().filter(|(path, ..)| *path != WEBHOOK) {
        let (url, file) = (format!("{}{path}", host.api.base), file(folder.path(), *length));
        for options in [&["-k", "--http1.1", "-H", "Expect:"][..], &["-k", "--http2"]] {
            for _ in 0..3 {
                assert_eq!(curl(options, &url, &file).await, *status, "{options:?} {path} {length}");
            }
        }
    }
}

#[tokio::test]
async fn an_early_answer_reaches_node_and_python() {
    let scene = Scene::start(Settings::default()).await;
    for (path, length, status) in CASES {
        let (url, length) = (scene.url(path), length.to_string());
        for _ in 0..3 {
            assert_eq!(run("node", &["-e", NODE, &url, &length]).await, *status, "node {path} {length}");
            assert_eq!(run("python3", &["-c", URLLIB, &url, &length]).await, *status, "python {path} {length}");
        }
    }
}

/// Posts so many bytes to no resource and returns what comes until the server closes.
async fn post_nowhere(host: &Host, announced: usize, sent: usize) -> (String, Duration) {
    let mut stream = TcpStream::connect(host.api.base.trim_start_matches("http://")).await.unwrap();
    let head = format!("POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: {announced}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let start = Instant::now();
    let _ = stream.write_all(&vec![b'x'; sent]).await;
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
    (String::from_utf8_lossy(&answer).into_owned(), start.elapsed())
}

#[tokio::test]
async fn what_is_read_after_an_early_answer_is_bounded_in_time_and_bytes() {
    let host =
        Host::start_empty(Settings::default().with("linger-ms-max", 700).with("linger-bytes-max", 1 << 20)).await;
    let (answer, took) = post_nowhere(&host, 50_000_000, 100_000).await;
    assert!(answer.starts_with("HTTP/1.1 404") && answer.contains("connection: close"), "{answer}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    // The server does not read all of it; whether the answer is still there the network decides.
    let (_, took) = post_nowhere(&host, 500_000_000, 200_000_000).await;
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test]
async fn a_little_body_that_nobody_wanted_does_not_cost_the_connection() {
    let host = Host::start_empty(Settings::default()).await;
    let mut stream = TcpStream::connect(host.api.base.trim_start_matches("http://")).await.unwrap();
    for _ in 0..3 {
        stream.write_all(b"POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\n\r\n").await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        stream.write_all(&[b'x'; 20_000]).await.unwrap();
        let mut head = vec![0; 16 << 10];
        let count = stream.read(&mut head).await.unwrap();
        assert!(head[..count].starts_with(b"HTTP/1.1 404"), "{}", String::from_utf8_lossy(&head[..count]));
    }
}
