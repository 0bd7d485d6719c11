//! Connectors that mean harm, or are only broken: each gets its status, and nobody else feels it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Answer, Api, Host, Settings};

/// A host with the hostile connector in use, and another that behaves.
struct Scene {
    host: Host,
}

impl Scene {
    async fn start() -> Scene {
        let settings = Settings::default().with("guest-cpu-ms-max", 1000).with("handler-deadline-ms", 3000);
        let host = Host::start_with(settings.with("guest-queue-ms-max", 500)).await;
        host.api.put_integration("hostile", "hostile", json!({})).await;
        host.api.put_integration("echo", "echo", json!({})).await;
        Scene { host }
    }

    fn api(&self) -> Api {
        self.host.api.clone()
    }

    async fn call(&self, webhook: &str, query: &str) -> Answer {
        let url = self.host.api.webhook("hostile", webhook).await;
        self.host.api.post_body(&format!("{url}{query}"), "application/json", r#"{"order":7}"#).await
    }

    /// Calls a webhook that must fail in one of these ways, and leaves a small record.
    async fn ends(&self, webhook: &str, ways: &[(u16, &str)]) {
        let answer = self.call(webhook, "").await;
        let (status, code) = (answer.status, answer.json()["code"].as_str().unwrap_or_default().to_owned());
        assert!(ways.contains(&(status, &code)), "{webhook}: {}", answer.text());
        let record = self.api().last_request().await;
        assert!(record.to_string().len() < 100 << 10, "{webhook}: {} bytes", record.to_string().len());
        self.others_are_served().await;
    }

    /// Calls a webhook that must fail, and returns the record of it.
    async fn fails(&self, webhook: &str, query: &str, status: u16, code: &str) -> Value {
        let what = format!("{webhook}{query}");
        let answer = self.call(webhook, query).await;
        let record = self.api().last_request().await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (status, Some(code)), "{what}: {record}");
        let problem = answer.expect_problem(status, code);
        assert_eq!(problem["request_id"], record["id"], "{what}");
        assert_eq!((&record["status"], &record["answer"]), (&json!("failed"), &json!(status)), "{what}");
        assert_eq!(record["error"]["code"], code, "{what}");
        assert_eq!(record["eventCount"], 0, "{what}");
        self.others_are_served().await;
        record
    }

    /// The next calls, to this connector and to another, are served normally and promptly.
    async fn others_are_served(&self) {
        let start = Instant::now();
        let answer = self.call("well-behaved", "").await;
        assert_eq!((answer.status, answer.text()), (200, "fine".to_owned()));
        let url = self.api().webhook("echo", "arguments").await;
        assert_eq!(self.api().post_webhook(&url, &json!({ "a": 1 })).await.expect(200)["data"]["a"], 1);
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    }
}

#[tokio::test]
async fn a_handler_that_throws_is_500_with_the_place_in_the_record() {
    let scene = Scene::start().await;
    let record = scene.fails("throws", "", 500, "handler_failed").await;
    assert_eq!(record["error"]["message"], "RangeError: order 7 is out of range");
    let stack = record["error"]["stack"].as_str().unwrap();
    assert!(stack.contains("readOrder (global-webhooks/throws/handle.js:6:"), "{stack}");
    assert!(stack.contains("global-webhooks/throws/handle.js:2:"), "{stack}");
    let record = scene.fails("throws-a-string", "", 500, "handler_failed").await;
    assert!(record["error"]["message"].as_str().unwrap().contains("no error object"), "{record}");
}

#[tokio::test]
async fn a_handler_that_spins_or_waits_for_ever_is_504() {
    let scene = Scene::start().await;
    scene.fails("spins", "", 504, "handler_timed_out").await;
    let spent = scene.api().get("/v1/connectors/hostile").await.expect(200)["usage"]["cpuMs"].as_u64().unwrap();
    assert!(spent < 2_000, "stopped by its processor time, not at the deadline: {spent} ms");
    scene.fails("waits-too-long", "", 504, "handler_timed_out").await;
    for webhook in ["backtracks", "chains-promises", "keeps-time", "spins-in-a-getter"] {
        scene.ends(webhook, &[(504, "handler_timed_out"), (500, "handler_out_of_memory")]).await;
    }
}

#[tokio::test]
async fn a_handler_that_allocates_without_end_is_500() {
    let scene = Scene::start().await;
    let answer = scene.call("allocates", "").await;
    // The engine may still throw an error of its own when it gets no more memory.
    assert!(["handler_out_of_memory", "handler_failed"].contains(&answer.json()["code"].as_str().unwrap()));
    assert_eq!(answer.status, 500);
    let message = scene.api().last_request().await["error"]["message"].to_string();
    assert!(message.contains("memory"), "{message}");
    scene.others_are_served().await;
}

#[tokio::test]
async fn a_handler_that_recurses_without_end_or_never_settles_is_500() {
    let scene = Scene::start().await;
    let recursed = scene.call("recurses", "").await;
    assert_eq!(recursed.status, 500, "{}", recursed.text());
    assert!(["handler_failed", "handler_crashed"].contains(&recursed.json()["code"].as_str().unwrap()));
    scene.others_are_served().await;
    // One engine traps where nothing more can happen, another sees it and says so.
    scene.ends("never-settles", &[(500, "handler_crashed"), (500, "handler_failed")]).await;
}

#[tokio::test]
async fn a_handler_whose_error_or_result_cannot_be_told_is_500_and_its_record_is_small() {
    let scene = Scene::start().await;
    const FAILED: (u16, &str) = (500, "handler_failed");
    const CRASHED: (u16, &str) = (500, "handler_crashed");
    const OUT_OF_MEMORY: (u16, &str) = (500, "handler_out_of_memory");
    scene.ends("throws-a-huge-error", &[FAILED, OUT_OF_MEMORY]).await;
    scene.ends("throws-what-cannot-be-told", &[FAILED, CRASHED]).await;
    scene.ends("doubles-a-string", &[FAILED, OUT_OF_MEMORY]).await;
    assert!(scene.api().all("/v1/events").await.is_empty());
}

/// A handler may forge what it returns, which it may return anyway; it cannot do so for anybody else.
#[tokio::test]
async fn a_handler_that_breaks_its_language_breaks_it_for_itself_alone() {
    let scene = Scene::start().await;
    for _ in 0..3 {
        let answer = scene.call("breaks-the-language", "").await;
        assert!([200, 500].contains(&answer.status), "{}", answer.text());
        assert!(!answer.text().contains("forged") || answer.status == 500, "{}", answer.text());
        scene.others_are_served().await;
    }
}

#[tokio::test]
async fn a_selector_that_cannot_be_had_is_an_error_of_its_subscription_and_others_are_served() {
    let scene = Scene::start().await;
    scene.api().put_connection("acme", "hostile", "customer", json!({})).await;
    for how in ["spins", "recurses", "allocates", "returns-much", "returns-nothing"] {
        let start = Instant::now();
        let parameters = json!({ "how": how });
        let subscription =
            scene.api().subscribe("acme", "misbehaves", parameters, "https://customer.example.test/").await;
        assert_eq!(subscription["status"], "error", "{how}: {subscription}");
        assert!(subscription.to_string().len() < 40 << 10, "{how}: {} bytes", subscription.to_string().len());
        assert!(start.elapsed() < Duration::from_secs(20), "{how}: {:?}", start.elapsed());
        scene.others_are_served().await;
    }
}

#[tokio::test]
async fn garbage_is_500_and_routes_nothing() {
    let scene = Scene::start().await;
    for (kind, code, words) in [
        ("number", "handler_failed", "must return an object"),
        ("string", "handler_failed", "must return an object"),
        ("events-not-a-list", "handler_failed", "events must be an array"),
        ("unknown-field", "handler_failed", "respones"),
        ("status-too-low", "handler_failed", "response.status"),
        ("status-not-a-number", "handler_failed", "response.status"),
        ("header-about-the-connection", "handler_output_invalid", "transfer-encoding"),
        ("header-with-line-break", "handler_output_invalid", "x-a"),
        ("cookie", "handler_output_invalid", "set-cookie"),
    ] {
        let record = scene.fails("garbage", &format!("?kind={kind}"), 500, code).await;
        assert!(record["error"]["message"].as_str().unwrap().contains(words), "{kind}: {record}");
    }
    assert!(scene.api().all("/v1/events").await.is_empty());
}

#[tokio::test]
async fn a_response_over_its_limit_is_500_and_says_so() {
    let scene = Scene::start().await;
    let record = scene.fails("huge-response", "", 500, "handler_output_invalid").await;
    assert!(record["error"]["message"].as_str().unwrap().contains("larger than accepted"), "{record}");
    assert!(scene.api().all("/v1/events").await.is_empty());
}

#[tokio::test]
async fn events_without_end_are_refused_beyond_their_limit() {
    let scene = Scene::start().await;
    assert_eq!(scene.call("too-many-events", "").await.status, 200);
    let record = scene.api().last_request().await;
    assert_eq!((&record["eventCount"], &record["refusedEventCount"]), (&json!(10_000), &json!(1)));
    scene.others_are_served().await;
}

#[tokio::test]
async fn a_log_without_end_is_cut() {
    let scene = Scene::start().await;
    assert_eq!(scene.call("logs-without-end", "").await.status, 200);
    let record = scene.api().last_request().await;
    let log = record["log"].as_array().unwrap();
    assert!(record["log"].to_string().len() < 200 << 10, "{}", record["log"].to_string().len());
    assert!(log[0].as_str().unwrap().contains("line 0 of very many"), "{}", log[0]);
    assert!(log.last().unwrap().as_str().unwrap().contains("the log is cut here"), "{:?}", log.last());
    scene.others_are_served().await;
}

#[tokio::test]
async fn a_line_that_is_longer_than_the_log_is_cut() {
    let scene = Scene::start().await;
    assert_eq!(scene.call("logs-a-huge-line", "").await.status, 200);
    let record = scene.api().last_request().await;
    assert!(record.to_string().len() < 200 << 10, "{}", record.to_string().len());
    scene.others_are_served().await;
}

#[tokio::test]
async fn a_handler_reaches_no_network() {
    let scene = Scene::start().await;
    let record = scene.fails("calls-api", "", 500, "handler_failed").await;
    let message = record["error"]["message"].as_str().unwrap();
    // Not every engine names what was not there, but all name what was wanted of it.
    assert!(
        ["apiClient", "get-event-selector", "'get' of undefined"].iter().any(|it| message.contains(it)),
        "{message}"
    );
    scene.fails("fetches", "", 500, "handler_failed").await;
}

#[tokio::test]
async fn nothing_is_remembered_from_one_request_to_the_next() {
    let scene = Scene::start().await;
    for _ in 0..3 {
        let answer = scene.call("remembers", "").await.expect(200);
        assert_eq!(answer, json!({ "seen": 1, "requests": [{ "order": 7 }] }));
    }
}

#[tokio::test]
async fn while_one_connector_spins_in_all_its_places_another_is_served_promptly() {
    let settings = Settings::default().with("guest-cpu-ms-max", 1500).with("handler-deadline-ms", 3000);
    let settings = settings.with("guest-calls-per-connector-max", 2).with("guest-queue-ms-max", 300);
    let host = Host::start_with(settings).await;
    host.api.put_integration("hostile", "hostile", json!({})).await;
    host.api.put_integration("echo", "echo", json!({})).await;
    let (spins, fine) = (host.api.webhook("hostile", "spins").await, host.api.webhook("echo", "answers").await);
    host.api.post_webhook(&fine, &json!({})).await.expect(200);
    let spinning: Vec<_> = (0..6)
        .map(|_| {
            let (api, url) = (host.api.clone(), spins.clone());
            tokio::spawn(async move { api.post_webhook(&url, &json!({})).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut slowest = Duration::ZERO;
    for _ in 0..5 {
        let start = Instant::now();
        host.api.post_webhook(&fine, &json!({})).await.expect(200);
        slowest = slowest.max(start.elapsed());
    }
    assert!(slowest < Duration::from_millis(500), "{slowest:?}");
    let mut statuses = Vec::new();
    for answer in spinning {
        let answer = answer.await.unwrap();
        if answer.status == 503 {
            assert_eq!(answer.expect_problem(503, "unavailable")["status"], 503);
            assert_eq!(answer.header("retry-after"), "1");
        }
        statuses.push(answer.status);
    }
    // Two at a time spin until they are stopped. The others wait their turn, and most of them in vain.
    let count = |status: u16| statuses.iter().filter(|other| **other == status).count();
    assert!(count(504) >= 2 && count(503) >= 1 && count(504) + count(503) == 6, "{statuses:?}");
}
