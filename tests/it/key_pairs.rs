//! Deliveries signed with a private key that never leaves the server (`v1a` of Standard Webhooks). What verifies them here
//! is the cryptography of Node.js.

use serde_json::{Value, json};

use crate::delivery::verified;
use crate::harness::{Echo, Settings};

async fn subscribe(echo: &Echo) -> Value {
    let body = json!({
        "connection": "acme", "event": "chosen", "parameters": { "selector": "s" },
        "destination": { "url": echo.receiver.url("/s") }, "signature": "v1a",
    });
    echo.api().post("/v1/subscriptions", body).await.expect(201)
}

fn public_key(subscription: &Value) -> &str {
    subscription["publicKey"].as_str().unwrap_or_else(|| panic!("{subscription} has no public key"))
}

#[tokio::test]
async fn a_delivery_signed_with_a_private_key_verifies_with_the_public_one_alone() {
    let echo = Echo::start().await;
    let (subscription, other) = (subscribe(&echo).await, subscribe(&echo).await);
    assert_eq!((&subscription["signature"], &subscription["secret"]), (&json!("v1a"), &Value::Null));
    assert!(public_key(&subscription).starts_with("whpk_"));
    let shown =
        echo.api().get(&format!("/v1/subscriptions/{}", subscription["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(public_key(&shown), public_key(&subscription));
    echo.send("s", json!({ "text": "grüße" })).await.expect(200);
    for delivery in echo.receiver.wait("/s", 2).await {
        assert!(delivery.header("webhook-signature").starts_with("v1a,"));
        let is_first = delivery.json()["subscription"] == subscription["id"];
        let keys = [public_key(&subscription), public_key(&other)];
        assert_eq!(verified(&delivery, &keys).await, [is_first, !is_first]);
        let mut changed = delivery.clone();
        changed.body = String::from_utf8(delivery.body.to_vec()).unwrap().replace("grüße", "gruß").into();
        assert_eq!(verified(&changed, &keys).await, [false, false]);
    }
}

#[tokio::test]
async fn a_rotated_private_key_signs_along_until_its_time_is_over() {
    let echo = Echo::start_with(Settings::default().with("secret-overlap-ms", 1500)).await;
    let first = subscribe(&echo).await;
    let path = format!("/v1/subscriptions/{}/rotate-secret", first["id"].as_str().unwrap());
    let second = echo.api().act(&path).await.expect(200);
    assert_ne!(public_key(&first), public_key(&second));
    let keys = [public_key(&first), public_key(&second)];
    echo.send("s", json!(1)).await.expect(200);
    assert_eq!(verified(&echo.receiver.wait("/s", 1).await[0], &keys).await, [true, true]);
    tokio::time::sleep(std::time::Duration::from_millis(1500)).await;
    echo.send("s", json!(2)).await.expect(200);
    assert_eq!(verified(&echo.receiver.wait("/s", 2).await[1], &keys).await, [false, true]);
}

#[tokio::test]
async fn a_subscription_changes_from_a_shared_secret_to_a_pair_of_keys_and_back() {
    let echo = Echo::start().await;
    let shared = echo.subscribe("s", "/s").await;
    assert_eq!((&shared["signature"], &shared["publicKey"]), (&json!("v1"), &Value::Null));
    let path = format!("/v1/subscriptions/{}/rotate-secret", shared["id"].as_str().unwrap());
    let pair = echo.api().post(&path, json!({ "signature": "v1a" })).await.expect(200);
    assert_eq!(pair["secret"], Value::Null);
    echo.send("s", json!(1)).await.expect(200);
    let both = echo.receiver.wait("/s", 1).await.remove(0);
    assert_eq!(verified(&both, &[shared["secret"].as_str().unwrap(), public_key(&pair)]).await, [true, true]);
    let again = echo.api().post(&path, json!({ "signature": "v1" })).await.expect(200);
    assert_eq!((&again["signature"], &again["publicKey"]), (&json!("v1"), &Value::Null));
    echo.send("s", json!(2)).await.expect(200);
    let both = echo.receiver.wait("/s", 2).await.remove(1);
    assert_eq!(verified(&both, &[again["secret"].as_str().unwrap(), public_key(&pair)]).await, [true, true]);
    echo.api().post(&path, json!({ "signature": "v2" })).await.expect_problem(400, "body_invalid");
}
