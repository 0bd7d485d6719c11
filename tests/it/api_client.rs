//! `apiClient`: what it does for a connector's code, how much of it there is, and how its failures look.
//! The connector `prober` makes the calls; a real server answers them.

mod faults;
mod handlers;
mod reach;
mod secrets;
mod server;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Host, Settings};
use server::{MEETING, Server};

/// Its characters differ in every form in which a credential can be written.
const TOKEN: &str = "tok/en+with=special&chars~1";

/// The connector `prober` in use, with the server as its external app.
struct Scene {
    host: Host,
    server: Server,
}

impl Scene {
    async fn start(settings: Settings) -> Scene {
        let (host, server) = (Host::start_with(settings).await, Server::start().await);
        host.api.put_integration("prober", "prober", json!({ "apiBaseUri": server.url })).await;
        host.api.put_connection("acme", "prober", "customer-acme", json!({ "accessToken": TOKEN })).await;
        Scene { host, server }
    }

    /// Changes the parameters that say where requests go.
    async fn set(&self, parameters: Value) {
        self.host.api.patch("/v1/integrations/prober", json!({ "parameters": parameters })).await.expect(200);
    }

    /// Makes the calls one after the other, and returns the subscription whose error tells of them.
    async fn subscribe(&self, parameters: Value) -> Value {
        let failed = self.host.api.subscribe("acme", "calls", parameters, "https://customer.example.test/").await;
        assert_eq!(failed["status"], "error", "{failed}");
        failed
    }

    /// Makes the calls one after the other, and returns what the connector's code got from each.
    async fn make(&self, calls: &[Value]) -> Vec<Value> {
        results(&self.subscribe(json!({ "calls": calls })).await)
    }

    async fn make_together(&self, calls: &[Value]) -> Vec<Value> {
        results(&self.subscribe(json!({ "calls": calls, "together": true })).await)
    }

    async fn get(&self, path: &str) -> Value {
        self.make(&[get(path)]).await.remove(0)
    }

    /// Method and URL of each request that arrived.
    fn lines(&self) -> Vec<String> {
        self.server.seen().into_iter().map(|seen| seen.line).collect()
    }
}

#[track_caller]
fn results(subscription: &Value) -> Vec<Value> {
    let message = subscription["error"]["message"].as_str().unwrap();
    let results = message.strip_prefix("Error: ").and_then(|text| serde_json::from_str(text).ok());
    results.unwrap_or_else(|| panic!("no results in {subscription}"))
}

/// `apiClient.get(path)`.
fn get(path: &str) -> Value {
    get_with(path, json!({}))
}

/// `apiClient.get(path, {}, options)`.
fn get_with(path: &str, options: Value) -> Value {
    json!({ "method": "get", "with": [path, {}, options] })
}

/// The query that the host adds to each request.
fn api_key() -> String {
    let key: String = url::form_urlencoded::byte_serialize(TOKEN.as_bytes()).collect();
    format!("api_key={key}")
}

#[tokio::test]
async fn every_method_sends_its_query_headers_and_body_and_returns_the_data() {
    let scene = Scene::start(Settings::default()).await;
    let options = json!({ "query": { "q": ["1", "2"] }, "headers": { "X-Own": "yes" } });
    let results = scene
        .make(&[
            json!({ "method": "get", "with": ["json", { "page": 1 }, options] }),
            json!({ "method": "post", "with": ["/json", { "b": [true] }, options] }),
            json!({ "method": "put", "with": ["json", "just text"] }),
            json!({ "method": "patch", "with": ["json?own=1", [1]] }),
            json!({ "method": "delete", "with": ["json"] }),
        ])
        .await;
    assert_eq!(results, vec![json!({ "value": { "a": 1 } }); 5]);
    let key = api_key();
    let expected = [
        format!("GET /json?{key}&page=1&q=1&q=2"),
        format!("POST /json?{key}&q=1&q=2"),
        format!("PUT /json?{key}"),
        format!("PATCH /json?own=1&{key}"),
        format!("DELETE /json?{key}"),
    ];
    assert_eq!(scene.lines(), expected);
    let seen = scene.server.seen();
    let bodies: Vec<&[u8]> = seen.iter().map(|seen| &seen.body[..]).collect();
    assert_eq!(bodies, [&b""[..], br#"{"b":[true]}"#, b"just text", b"[1]", b""]);
    assert_eq!(seen[1].headers["content-type"], "application/json");
    assert_eq!(seen[1].headers["x-own"], "yes");
    for seen in &seen {
        assert_eq!(seen.headers["authorization"], format!("Bearer {TOKEN}"), "{}", seen.line);
        assert_eq!(seen.headers["x-access-token"], TOKEN, "{}", seen.line);
    }
}

#[tokio::test]
async fn options_choose_the_form_of_the_answer_the_base_and_the_credentials() {
    let scene = Scene::start(Settings::default()).await;
    let results = scene
        .make(&[
            get_with("json", json!({ "returnFullResponse": true })),
            get_with("json", json!({ "responseType": "text" })),
            get_with("text", json!({ "responseType": "json" })),
            get_with("bytes/2", json!({ "responseType": "arraybuffer" })),
            get_with("x", json!({ "baseUri": format!("{}/other/base/", scene.server.url) })),
            get_with("json", json!({ "auth": { "username": "ü", "password": "b" } })),
            get_with("json", json!({ "headers": { "AUTHORIZATION": "Own" } })),
            get_with(&format!("{}/absolute", scene.server.url), json!({})),
            get("text"),
            get_with("json", json!({ "timeout": 1 })),
        ])
        .await;
    let full = &results[0]["value"];
    assert_eq!((&full["status"], &full["data"]), (&json!(200), &json!({ "a": 1 })));
    assert_eq!(full["headers"]["x-page"], "2");
    assert_eq!(results[1]["value"], r#"{"a":1}"#);
    assert_eq!(results[2]["value"], json!({ "plain": "text" }));
    assert_eq!(results[3]["value"], json!({ "arrayBuffer": [b'x', b'x'] }));
    assert_eq!(results[8]["value"], r#"{"plain": "text"}"#);
    assert_eq!(results[9]["value"], json!({ "a": 1 }), "an option that nothing reads is logged");
    let seen = scene.server.seen();
    assert!(seen[4].line.starts_with("GET /other/base/x?"), "{}", seen[4].line);
    assert_eq!(seen[5].headers.get_all("authorization").iter().collect::<Vec<_>>(), ["Basic w7w6Yg=="]);
    assert_eq!(seen[6].headers.get_all("authorization").iter().collect::<Vec<_>>(), ["Own"]);
    assert!(seen[7].line.starts_with("GET /absolute?"), "{}", seen[7].line);
    assert_eq!(seen.len(), 10, "an option that nothing reads does not stop the request");
}

#[tokio::test]
async fn a_failure_tells_the_connectors_code_its_kind_status_and_wait() {
    let scene = Scene::start(Settings::default()).await;
    let check = async |path: &str, kind: &str, status: Value, retry_after_ms: Value| {
        let result = scene.get(path).await;
        assert_eq!(result["name"], "ApiClientError", "{result}");
        assert_eq!(result["kind"], kind, "{result}");
        assert_eq!(result["status"], status, "{result}");
        assert_eq!(result["retryAfterMs"], retry_after_ms, "{result}");
        result
    };
    let unauthorized = check("status/401", "unauthorized", json!(401), json!(7000)).await;
    assert_eq!(unauthorized["data"], json!({ "why": "because" }));
    assert_eq!(unauthorized["headers"]["content-type"], "application/json");
    check("status/429", "rate-limited", json!(429), json!(7000)).await;
    check("status/500", "refused", json!(500), json!(7000)).await;
    check("status/404", "refused", json!(404), json!(7000)).await;
    check("http://[", "invalid-request", Value::Null, Value::Null).await;
    // Closed again at once: nobody listens there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    scene.set(json!({ "secondHost": format!("http://127.0.0.1:{port}") })).await;
    check(&format!("http://127.0.0.1:{port}/"), "unreachable", Value::Null, Value::Null).await;
}

#[tokio::test]
async fn calls_of_one_promise_all_are_under_way_at_the_same_time() {
    let scene = Scene::start(Settings::default().with("api-request-ms-max", 5000)).await;
    // None is answered before all are there.
    let results = scene.make_together(&vec![get("meet"); MEETING]).await;
    assert_eq!(results, vec![json!({ "value": "met" }); MEETING]);
}

#[tokio::test]
async fn a_call_makes_no_more_requests_than_allowed() {
    let scene = Scene::start(Settings::default().with("api-requests-max", 3)).await;
    for is_together in [true, false] {
        let before = scene.lines().len();
        let calls = vec![get("json"); 5];
        let made = if is_together { scene.make_together(&calls).await } else { scene.make(&calls).await };
        assert_eq!(made[..3], vec![json!({ "value": { "a": 1 } }); 3]);
        for result in &made[3..] {
            assert_eq!(result["kind"], "too-many-requests-made", "{result}");
        }
        assert_eq!(scene.lines().len() - before, 3);
    }
}

#[tokio::test]
async fn an_answer_is_read_up_to_the_limit_and_not_a_byte_further() {
    let scene = Scene::start(Settings::default().with("api-response-bytes-max", 1000)).await;
    assert_eq!(scene.get("bytes/1000").await["value"], "x".repeat(1000));
    assert_eq!(scene.get("bytes/1001").await["kind"], "too-large");
    assert_eq!(scene.get("endless").await["kind"], "too-large");
}

#[tokio::test]
async fn a_request_waits_no_longer_than_allowed_also_for_a_body_that_drips() {
    let scene = Scene::start(Settings::default().with("api-request-ms-max", 300)).await;
    for path in ["stall", "drip"] {
        let start = Instant::now();
        assert_eq!(scene.get(path).await["kind"], "timed-out", "{path}");
        let elapsed = start.elapsed();
        assert!((Duration::from_millis(300)..Duration::from_secs(3)).contains(&elapsed), "{path}: {elapsed:?}");
    }
}

#[tokio::test]
async fn all_requests_of_a_call_together_wait_no_longer_than_the_call_may_take() {
    let settings = Settings::default().with("api-request-ms-max", 600).with("selector-deadline-ms", 1000);
    let scene = Scene::start(settings).await;
    let start = Instant::now();
    let failed = scene.subscribe(json!({ "calls": vec![get("stall"); 20] })).await;
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    assert_eq!(failed["error"]["code"], "selector_failed", "{failed}");
    assert!(scene.lines().len() <= 3, "{:?}", scene.lines());
}

#[tokio::test]
async fn headers_that_name_or_frame_the_message_cannot_be_set() {
    let scene = Scene::start(Settings::default()).await;
    let with_header = |name: &str, value: &str| get_with("json", json!({ "headers": { name: value } }));
    let reserved = [
        "Host",
        "content-length",
        "Connection",
        "Transfer-Encoding",
        "Proxy-Authorization",
        "Proxy-Connection",
        "Keep-Alive",
        "TE",
        "Trailer",
        "Upgrade",
        "Expect",
    ];
    let calls: Vec<Value> = reserved.iter().map(|name| with_header(name, "1")).collect();
    for (name, result) in reserved.iter().zip(scene.make(&calls).await) {
        assert_eq!(result["kind"], "denied", "{name}: {result}");
    }
    let broken = [("x-a", "b\r\nhost: c"), ("x-a", "b\nc"), ("x-a\r\nhost", "c"), ("x a", "b"), (":authority", "c")];
    let calls: Vec<Value> = broken.iter().map(|(name, value)| with_header(name, value)).collect();
    for (header, result) in broken.iter().zip(scene.make(&calls).await) {
        assert_eq!(result["kind"], "invalid-request", "{header:?}: {result}");
    }
    assert!(scene.lines().is_empty(), "{:?}", scene.lines());
}
