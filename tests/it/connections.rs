//! How long connections stay open: briefly while a head is on its way, longer between two requests.

use std::process::Command;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::{Host, Settings};

async fn start() -> Host {
    Host::start_empty(Settings::default().with("receive-ms-max", 500).with("keep-alive-ms-max", 2_500)).await
}

async fn connect(host: &Host) -> TcpStream {
    TcpStream::connect(host.api.base.trim_start_matches("http://")).await.unwrap()
}

/// Whether a request is answered on the connection.
async fn is_served(stream: &mut TcpStream) -> bool {
    let sent = stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").await;
    let mut buffer = vec![0; 8 << 10];
    sent.is_ok() && stream.read(&mut buffer).await.is_ok_and(|count| buffer[..count].starts_with(b"HTTP/1.1 200"))
}

/// How long it takes until the server closes.
async fn closes_after(stream: &mut TcpStream) -> Duration {
    let start = Instant::now();
    let end = tokio::time::timeout(Duration::from_secs(20), stream.read(&mut [0; 1024])).await;
    assert!(matches!(end, Ok(Ok(0) | Err(_))), "{end:?}");
    start.elapsed()
}

#[tokio::test]
async fn an_idle_connection_outlives_the_time_for_a_head_and_ends_at_its_own() {
    let host = start().await;
    let mut stream = connect(&host).await;
    for _ in 0..3 {
        assert!(is_served(&mut stream).await);
        tokio::time::sleep(Duration::from_millis(1_200)).await;
    }
    assert!(is_served(&mut stream).await);
    let took = closes_after(&mut stream).await;
    assert!(took > Duration::from_millis(2_300) && took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test]
async fn a_connection_without_a_request_ends_after_the_time_for_a_head() {
    let host = start().await;
    let took = closes_after(&mut connect(&host).await).await;
    assert!(took < Duration::from_millis(1_500), "{took:?}");
    let mut slow = connect(&host).await;
    assert!(is_served(&mut slow).await);
    slow.write_all(b"GET /healthz HTTP/1.1\r\nX-Never: ").await.unwrap();
    let took = closes_after(&mut slow).await;
    assert!(took < Duration::from_millis(1_500), "a second request that never ends: {took:?}");
}

#[tokio::test]
async fn an_idle_connection_of_http_2_is_ended_with_a_goaway() {
    let host = start().await;
    let mut stream = connect(&host).await;
    // Preface, SETTINGS, and HEADERS of GET /healthz by the static table: method, scheme, path and authority.
    let block = b"\x82\x86\x04\x08/healthz\x01\x01a";
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    bytes.extend([0, 0, u8::try_from(block.len()).unwrap(), 1, 5, 0, 0, 0, 1]);
    bytes.extend(block);
    stream.write_all(&bytes).await.unwrap();
    let start = Instant::now();
    let mut all = Vec::new();
    tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut all)).await.unwrap().unwrap();
    let took = start.elapsed();
    assert!(took > Duration::from_millis(2_300) && took < Duration::from_secs(6), "{took:?}");
    let mut kinds = Vec::new();
    let mut rest = &all[..];
    while rest.len() >= 9 {
        let length = usize::from(rest[1]) << 8 | usize::from(rest[2]);
        kinds.push(rest[3]);
        rest = rest.get(9 + length..).unwrap_or_default();
    }
    assert!(kinds.contains(&1) && kinds.contains(&7), "an answer and a GOAWAY: {kinds:?}");
}

#[test]
fn by_default_an_idle_connection_outlives_those_of_load_balancers() {
    let help = Command::new(env!("CARGO_BIN_EXE_patchbay")).args(["serve", "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let (_, after) = help.split_once("--keep-alive-ms-max").unwrap();
    let (_, default) = after.split_once("[default: ").unwrap();
    let default: u64 = default.split(']').next().unwrap().parse().unwrap();
    assert!(default > 75_000, "{default}");
}
