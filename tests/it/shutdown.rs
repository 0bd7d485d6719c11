//! SIGTERM: what is under way ends, nothing is left half-done, and the next start goes on.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::harness::{Echo, Host, Settings, Step, never};

#[tokio::test]
async fn a_stop_without_work_is_prompt_and_clean() {
    let mut host = Host::start_empty(Settings::default()).await;
    let start = Instant::now();
    assert_eq!(host.stop().await.code(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert!(host.log().contains("stopped"));
}

#[tokio::test]
async fn requests_under_way_are_answered_and_their_events_delivered_after_the_next_start() {
    let mut host = Host::start_with(Settings::default().with("guest-cpu-ms-max", 800)).await;
    host.api.put_integration("hostile", "hostile", json!({})).await;
    let url = host.api.webhook("hostile", "spins").await;
    let api = host.api.clone();
    let under_way = tokio::spawn(async move { api.post_webhook(&url, &json!({})).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    host.ask_to_stop();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let refused = host.api.http.get(format!("{}/healthz", host.api.base)).send().await;
    assert!(refused.is_err(), "a new connection is accepted: {refused:?}");
    under_way.await.unwrap().expect_problem(504, "handler_timed_out");
    assert_eq!(host.wait().await.code(), Some(0));
    host.restart().await;
    assert_eq!(host.api.last_request().await["status"], "failed");
}

#[tokio::test]
async fn an_attempt_under_way_ends_and_is_recorded_before_the_stop() {
    let mut echo = with_a_stalled_attempt(Settings::default().with("attempt-ms-max", 1000)).await;
    let start = Instant::now();
    assert_eq!(echo.host.stop().await.code(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    echo.host.restart().await;
    let delivery = echo.api().all("/v1/deliveries").await.remove(0);
    assert!(delivery["attempts"][0]["error"].as_str().unwrap().contains("in time"), "{delivery}");
    echo.receiver.wait("/s", 2).await;
}

#[tokio::test]
async fn an_attempt_longer_than_the_grace_is_made_again_after_the_next_start() {
    let mut echo = with_a_stalled_attempt(Settings::default().with("shutdown-ms-max", 300)).await;
    let start = Instant::now();
    assert_eq!(echo.host.stop().await.code(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    echo.host.restart().await;
    let tries = echo.receiver.wait("/s", 2).await;
    assert_eq!(tries[0].header("webhook-id"), tries[1].header("webhook-id"));
}

#[tokio::test]
async fn pending_deliveries_go_on_after_a_restart_and_settled_ones_stay_settled() {
    let mut echo = Echo::start_with(Settings::default().with("retry-gaps-ms", "1500,1500")).await;
    echo.subscribe("done", "/done").await;
    echo.subscribe("pending", "/pending").await;
    echo.receiver.script("/pending", [Step::Status(500)]);
    echo.send("done", json!(1)).await.expect(200);
    echo.send("pending", json!(2)).await.expect(200);
    echo.receiver.wait("/done", 1).await;
    echo.receiver.wait("/pending", 1).await;
    assert_eq!(echo.host.stop().await.code(), Some(0));
    assert_eq!(echo.receiver.count(), 2);
    echo.host.restart().await;
    echo.receiver.wait("/pending", 2).await;
    never("what was delivered is delivered again", async || echo.receiver.received("/done").len() > 1).await;
}

/// A host in the middle of an attempt that its receiver, at `/s`, does not answer.
async fn with_a_stalled_attempt(settings: Settings) -> Echo {
    let echo = Echo::start_with(settings).await;
    echo.receiver.script("/s", [Step::Stall]);
    echo.subscribe("s", "/s").await;
    echo.send("s", json!("x")).await.expect(200);
    echo.receiver.wait("/s", 1).await;
    echo
}
