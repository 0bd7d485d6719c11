//! A new version of a connector takes over while webhooks stream in: none is lost, none sees two versions.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use crate::harness::{Host, Receiver, build, connector_folder};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_while_webhooks_stream_in_loses_none_and_mixes_no_versions() {
    let (host, receiver) = (Host::start().await, Receiver::start().await);
    let api = host.api.clone();
    api.put_integration("in-use", "versioned", json!({})).await;
    api.put_connection("c", "in-use", "customer", json!({})).await;
    api.subscribe("c", "all", json!({}), &receiver.url("/all")).await;
    let bundle = tokio::task::spawn_blocking(|| build(&connector_folder("versioned-2"))).await.unwrap();
    let url = api.webhook("in-use", "events").await;
    let is_over = Arc::new(AtomicBool::new(false));
    let streaming = tokio::spawn({
        let (api, is_over) = (api.clone(), Arc::clone(&is_over));
        async move {
            let mut answered = HashMap::new();
            while !is_over.load(Ordering::Relaxed) {
                let number = answered.len() as u64;
                let answer = api.post_webhook(&url, &json!({ "number": number })).await.expect(200);
                assert_eq!(answer["number"], number);
                answered.insert(number, answer["version"].as_u64().unwrap());
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            answered
        }
    });
    assert_eq!(api.upload(bundle).await.expect(201)["version"], 2);
    // From here on only the new one answers.
    let url = api.webhook("in-use", "events").await;
    for _ in 0..20 {
        assert_eq!(api.post_webhook(&url, &json!({ "number": 1_000_000 })).await.expect(200)["version"], 2);
    }
    is_over.store(true, Ordering::Relaxed);
    let answered = streaming.await.unwrap();
    let of = |version: u64| answered.values().filter(|answer| **answer == version).count();
    println!("answered by version 1: {}, by version 2: {}", of(1), of(2));
    assert!(of(1) > 0 && of(2) > 0 && of(1) + of(2) == answered.len());

    let received = receiver.wait("/all", answered.len() + 20).await;
    let mut delivered = HashMap::new();
    for delivery in received.iter().map(|delivery| delivery.json()["data"].clone()) {
        if delivery["number"] != 1_000_000 {
            let earlier = delivered.insert(delivery["number"].as_u64().unwrap(), delivery["version"].as_u64().unwrap());
            assert_eq!(earlier, None, "delivered twice: {delivery}");
        }
    }
    assert_eq!(delivered, answered, "what was answered and what was delivered are of one version");
}
