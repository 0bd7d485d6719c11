//! What is kept stays within its bounds while webhooks go on, and what is still to be delivered is never among what goes.

use serde_json::{Value, json};

use crate::harness::{Echo, Settings, Step, wait_for};

fn value(metrics: &str, series: &str) -> f64 {
    let line = metrics.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok());
    line.unwrap_or_else(|| panic!("no {series} in {metrics}"))
}

#[tokio::test]
async fn the_oldest_finished_requests_make_room_and_what_is_owed_stays() {
    let settings = Settings::default()
        .with("content-bytes-max", 400_000)
        .with("retention-bytes", 200_000)
        .with("content-segment-bytes", 20_000)
        .with("sweep-gap-ms", 100)
        .with("retry-gaps-ms", "600000");
    let mut echo = Echo::start_with(settings).await;
    let api = echo.api();
    echo.subscribe("owed", "/owed").await;
    echo.subscribe("s", "/s").await;
    echo.receiver.script("/owed", [Step::Status(500)]);
    echo.send("owed", json!("still to come")).await.expect(200);
    echo.receiver.wait("/owed", 1).await;
    let owed = api.last_request().await;
    echo.send("later", json!("waits")).await.expect(200);
    let filler = json!("x".repeat(2_000));
    for _ in 0..300 {
        echo.send("s", filler.clone()).await.expect(200);
    }
    let metrics = wait_for("the room to be given back", async || {
        let metrics = api.get("/metrics").await.text();
        (value(&metrics, r#"patchbay_stored_bytes{part="content"}"#) < 220_000.0).then_some(metrics)
    })
    .await;
    assert!(value(&metrics, r#"patchbay_requests_removed_total{why="size"}"#) > 100.0, "{metrics}");
    assert!(api.all("/v1/webhook-requests").await.len() < 200);
    // What is owed is there after a restart too, and goes out; what waited still waits.
    echo.host.kill().await;
    echo.host.restart().await;
    let kept = echo.api().get(&format!("/v1/webhook-requests/{}", owed["id"].as_str().unwrap())).await.expect(200);
    let delivery = kept["events"][0]["deliveries"][0]["id"].as_str().unwrap().to_owned();
    echo.api().act(&format!("/v1/deliveries/{delivery}/retry")).await.expect(200);
    assert_eq!(echo.receiver.wait("/owed", 2).await[1].json()["data"], "still to come");
    echo.subscribe("later", "/later").await;
    assert_eq!(echo.receiver.wait("/later", 1).await[0].json()["data"], "waits");
}

#[tokio::test]
async fn an_event_that_waits_no_longer_says_why() {
    let echo = Echo::start_with(Settings::default().with("unrouted-events-max", 1).with("sweep-gap-ms", 50)).await;
    let api = echo.api();
    echo.send("nobody", json!("older")).await.expect(200);
    echo.send("nobody", json!("newer")).await.expect(200);
    let events = wait_for("the older one to stop waiting", async || {
        let events = api.all("/v1/events").await;
        events.iter().any(|event| event["isWaiting"] == json!(false)).then_some(events)
    })
    .await;
    let shown = |event: &Value| (event["isWaiting"].clone(), event["stoppedWaiting"]["code"].clone());
    assert_eq!(shown(&events[0]), (json!(true), Value::Null));
    assert_eq!(shown(&events[1]), (json!(false), json!("too_many_waiting")));
}
