//! The same connectors on the other engine. The core of it; `PATCHBAY_TEST_ENGINE=quickjs` runs every test on it.

use serde_json::json;

use crate::harness::{Echo, build_for, connector_folder};

/// The echo connector, its newest version built for QuickJS.
async fn start() -> Echo {
    let echo = Echo::start().await;
    let uploaded = echo.api().upload(build_for("quickjs", &connector_folder("echo"))).await;
    assert!([200, 201].contains(&uploaded.status), "{}", uploaded.text());
    echo
}

#[tokio::test]
async fn an_event_reaches_the_subscription_of_its_selector() {
    let echo = start().await;
    echo.subscribe("team:1", "/one").await;
    let payload = json!({ "text": "Grüße, 世界 🦀", "list": [1, null, { "a": 0.5 }] });
    echo.send("team:1", payload.clone()).await.expect(200);
    assert_eq!(echo.receiver.wait("/one", 1).await[0].json()["data"], payload);
}

#[tokio::test]
async fn a_failure_names_the_authors_line() {
    let echo = start().await;
    let url = echo.receiver.url("/");
    let failed = echo.api().subscribe("acme", "throws", json!({}), &url).await;
    assert_eq!(failed["error"]["message"], "Error: this user has no account");
    let stack = failed["error"]["stack"].as_str().unwrap();
    assert!(stack.contains("lib/account.js:3:"), "{stack}");
    assert!(stack.contains("events/throws/get-event-selector.js:4:"), "{stack}");
}
