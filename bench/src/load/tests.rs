//! The generator against servers whose answers and pauses are known.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::net::TcpListener;

use super::*;
use crate::http::request;

const OK: &str = "HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\nok";
const BUSY: &str = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n";

/// A server that answers its n-th request with what `answer` makes of n, after that pause.
async fn server(answer: fn(u64) -> (&'static str, Duration)) -> Target {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let count = Arc::new(AtomicU64::new(0));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let count = Arc::clone(&count);
            tokio::spawn(async move {
                let mut connection = Connection::of(stream);
                while let Ok(Some(_)) = connection.receive().await {
                    let (answer, pause) = answer(count.fetch_add(1, Ordering::Relaxed));
                    tokio::time::sleep(pause).await;
                    if answer.is_empty() || connection.send(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    Target { address, requests: vec![request("POST", "/", &[], b"{}")] }
}

fn load(connections: usize, rate: Option<f64>) -> Load {
    Load { connections, warm_up: Duration::ZERO, time: Duration::from_millis(500), rate }
}

#[tokio::test]
async fn only_answers_of_2xx_are_throughput_and_all_others_are_counted() {
    let target = server(|n| (if n % 2 == 0 { OK } else { BUSY }, Duration::ZERO)).await;
    let measured = run(target, load(4, None)).await.unwrap();
    let busy = measured.refused[&503];
    assert_eq!(measured.failures(), busy);
    assert!(busy > 0 && measured.taken.abs_diff(busy) <= 4, "{} taken, {busy} refused", measured.taken);
    assert_eq!(measured.latency_us.len(), measured.taken);
}

#[tokio::test]
async fn a_connection_that_breaks_is_a_failure_and_another_one_takes_its_place() {
    let target = server(|n| (if n == 0 { "" } else { OK }, Duration::ZERO)).await;
    let measured = run(target, load(1, None)).await.unwrap();
    assert_eq!(measured.broken, 1);
    assert!(measured.taken > 0);
}

#[tokio::test]
async fn at_a_fixed_rate_a_stall_counts_for_every_request_that_was_due_meanwhile() {
    let stall = Duration::from_millis(300);
    let target = server(|n| (OK, Duration::from_millis(if n == 10 { 300 } else { 0 }))).await;
    let measured = run(target, load(1, Some(200.0))).await.unwrap();
    // 40 were due within the last 200 ms of the stall, and all of them waited for at least 100 ms.
    let late = measured.latency_us.count_between(stall.as_micros() as u64 / 3, LATENCY_US_MAX);
    assert!(late >= 38, "{late} late");
    assert_eq!(measured.taken, 100);
}
