//! Secrets that are told from everything else, planted wherever one can stand; then everything that the server says or
//! keeps is searched for them: answers, problems, metrics, the log at its most talkative, and the whole data folder.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::access::files_with;
use crate::harness::{Answer, Api, ExternalApi, Host, Receiver, Settings, routes, wait_for};

const PARAMETER: &str = "canary-parameter-b7f3";
const CREDENTIAL: &str = "canary-credential-91ce";
const IN_WEBHOOK: &str = "canary-authorization-of-webhook-55d0";
/// What every private key of a subscription begins with. Nobody is shown one.
const PRIVATE_KEY: &str = "whsk_";
const OF_A_STRANGER: &str = "canary-token-of-a-stranger-0a11";

/// What was planted, and every answer that must not show it.
struct Hunt {
    host: Host,
    receiver: Receiver,
    _external: ExternalApi,
    secrets: Vec<String>,
    answers: Vec<Answer>,
}

impl Hunt {
    async fn start(settings: Settings) -> Hunt {
        let (host, receiver, external) =
            (Host::start_with(settings).await, Receiver::start().await, ExternalApi::start().await);
        external.add_user(CREDENTIAL, "7");
        let mut secrets: Vec<String> =
            [PARAMETER, CREDENTIAL, IN_WEBHOOK, PRIVATE_KEY, OF_A_STRANGER].map(str::to_owned).into_iter().collect();
        secrets.push(host.api.token.clone());
        let mut hunt = Hunt { host, receiver, _external: external, secrets, answers: Vec::new() };
        let url = hunt._external.url.clone();
        hunt.plant(&url).await;
        hunt
    }

    fn api(&self) -> &Api {
        &self.host.api
    }

    async fn call(&mut self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        let mut request = self.api().request(method, path);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        Answer::read(request.send().await.unwrap()).await
    }

    /// A call whose answer must show no secret.
    async fn look(&mut self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let answer = self.call(method, path, body.as_ref()).await;
        self.answers.push(answer.clone());
        answer
    }

    /// A call whose answer shows a new secret, this once.
    async fn reveal(&mut self, path: &str, key: Option<&str>, body: Option<Value>, field: &str) -> Value {
        let mut request = self.api().request(Method::POST, path);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let mut answer = Answer::read(request.send().await.unwrap()).await;
        assert!(matches!(answer.status, 200 | 201), "{path}: {}", answer.text());
        let mut shown = answer.json();
        let secret = shown.as_object_mut().unwrap().remove(field).unwrap().as_str().unwrap().to_owned();
        self.secrets.push(secret.trim_start_matches("whsec_").to_owned());
        answer.body = shown.to_string().into_bytes();
        self.answers.push(answer);
        shown
    }

    async fn plant(&mut self, external: &str) {
        let parameters = json!({ "signingSecret": PARAMETER });
        let echo = json!({ "connector": "echo", "parameters": parameters });
        self.look(Method::PUT, "/v1/integrations/echo", Some(echo)).await.expect(201);
        let seed = json!({ "connector": "seed-example", "parameters": { "apiBaseUri": external } });
        self.look(Method::PUT, "/v1/integrations/seed", Some(seed)).await.expect(201);
        for (id, integration) in [("acme", "echo"), ("ada", "seed")] {
            let credentials = json!({ "accessToken": CREDENTIAL });
            let body = json!({ "integration": integration, "customer": "customer", "credentials": credentials });
            self.look(Method::PUT, &format!("/v1/connections/{id}"), Some(body)).await.expect(201);
        }
    }

    /// Uses every secret, rightly and wrongly.
    async fn use_them(&mut self) {
        let destination = json!({ "url": self.receiver.url("/s") });
        let create = |connection: &str, event: &str, parameters: Value| json!({ "connection": connection, "event": event, "parameters": parameters, "destination": destination });
        let chosen = create("acme", "chosen", json!({ "selector": "s" }));
        let subscription = self.reveal("/v1/subscriptions", Some("key-1"), Some(chosen.clone()), "secret").await;
        self.reveal("/v1/subscriptions", Some("key-1"), Some(chosen), "secret").await;
        for (connection, event) in
            [("ada", "event-key"), ("acme", "throws"), ("acme", "me"), ("acme", "undeclared-host")]
        {
            self.reveal("/v1/subscriptions", None, Some(create(connection, event, json!({}))), "secret").await;
        }
        let mut pair = create("acme", "chosen", json!({ "selector": "s" }));
        pair["signature"] = json!("v1a");
        self.look(Method::POST, "/v1/subscriptions", Some(pair)).await.expect(201);
        let path = format!("/v1/subscriptions/{}/rotate-secret", subscription["id"].as_str().unwrap());
        self.reveal(&path, None, None, "secret").await;
        self.reveal("/v1/tokens", Some("key-2"), Some(json!({ "name": "x", "scope": "read" })), "token").await;
        self.fail_with_them().await;
        self.receive_them().await;
    }

    /// Puts them where they are refused.
    async fn fail_with_them(&mut self) {
        for (path, body) in [
            (
                "/v1/connections/acme",
                json!({ "integration": "echo", "customer": "customer", "credentials": [CREDENTIAL] }),
            ),
            (
                "/v1/connections/acme",
                json!({ "integration": "echo", "customer": "customer", "credentials": { "accessToken": { "of": CREDENTIAL } } }),
            ),
            ("/v1/integrations/echo", json!({ "connector": "echo", "parameters": { "signingSecret": [PARAMETER] } })),
            ("/v1/integrations/echo", json!({ "connector": "echo", "parameters": { "unknown": PARAMETER } })),
        ] {
            self.look(Method::PUT, path, Some(body)).await.expect_status(422);
        }
        let stranger = Api { token: OF_A_STRANGER.to_owned(), ..self.api().clone() };
        let refused = stranger.get("/v1/connectors").await;
        refused.expect_problem(401, "unauthorized");
        self.answers.push(refused);
    }

    async fn receive_them(&mut self) {
        self.receiver.script("/s", [crate::harness::Step::Status(500)]);
        let url = self.api().webhook("echo", "events").await;
        let body = json!({ "events": [{ "selector": "s", "payload": 1 }] });
        let request = self.api().http.post(&url).header("authorization", format!("Bearer {IN_WEBHOOK}"));
        let request =
            request.header("cookie", format!("session={IN_WEBHOOK}")).header("content-type", "application/json");
        assert_eq!(request.body(body.to_string()).send().await.unwrap().status(), 200);
        let throws = self.api().http.post(self.api().webhook("echo", "answers").await);
        throws.header("authorization", format!("Bearer {IN_WEBHOOK}")).body("{").send().await.unwrap();
        let api = self.api().clone();
        wait_for("the delivery to be settled", async || {
            (api.all("/v1/deliveries?status=delivered").await.len() == 2).then_some(())
        })
        .await;
    }

    /// Everything that can be read.
    async fn look_everywhere(&mut self) {
        let mut paths = vec!["/healthz".to_owned(), "/readyz".to_owned()];
        for (_, route) in routes(&self.api().clone()).await.into_iter().filter(|(method, _)| method == "GET") {
            let Some(list) = route.strip_suffix("/{id}") else {
                paths.push(route.replace("{key}", "echo").replace("{version}", "1"));
                continue;
            };
            let items = self.api().all(list).await;
            paths.extend(items.iter().map(|item| format!("{list}/{}", item["id"].as_str().unwrap())));
        }
        for path in paths {
            let answer = self.look(Method::GET, &path, None).await;
            // No upload is under way any more, and nothing else can be asked about one.
            let expected = if path == "/v1/uploads/{digest}" { 404 } else { 200 };
            assert_eq!(answer.status, expected, "{path}: {}", answer.text());
        }
    }

    /// Where each secret is found although it should not be.
    fn findings(&self) -> Vec<String> {
        let mut findings = Vec::new();
        let log = self.host.log();
        assert!(log.contains("TRACE"), "the log is not at its most talkative");
        for secret in &self.secrets {
            let in_answers = self.answers.iter().filter(|answer| answer.text().contains(secret));
            findings.extend(in_answers.map(|answer| format!("{secret} in {}", answer.text())));
            findings.extend(log.lines().filter(|line| line.contains(secret)).map(|line| format!("{secret} in {line}")));
            findings
                .extend(files_with(self.host.folder(), secret).into_iter().map(|file| format!("{secret} in {file}")));
        }
        findings
    }
}

#[tokio::test]
async fn planted_secrets_are_found_nowhere() {
    let mut hunt = Hunt::start(Settings::default().with("log", "trace")).await;
    // Once more over HTTP/2, whose frames are logged by another library.
    let http2 = reqwest::Client::builder().http2_prior_knowledge().timeout(Duration::from_secs(60)).no_proxy().build();
    let http1 = std::mem::replace(&mut hunt.host.api.http, http2.unwrap());
    hunt.use_them().await;
    hunt.look_everywhere().await;
    hunt.host.api.http = http1;
    hunt.look_everywhere().await;
    hunt.host.stop().await;
    assert!(hunt.secrets.len() > 10 && hunt.answers.len() > 60, "{} {}", hunt.secrets.len(), hunt.answers.len());
    let key = std::fs::read_to_string(hunt.host.folder().join("master.key")).unwrap();
    hunt.secrets.push(key.trim().to_owned());
    let has_its_place = |found: &String| {
        // What the external app sends is kept as it came, for replays.
        let is_kept = found.contains(IN_WEBHOOK) && found.contains("/content/");
        is_kept || found.ends_with("/master.key")
    };
    let findings: Vec<String> = hunt.findings().into_iter().filter(|found| !has_its_place(found)).collect();
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

/// Proves that the search finds what is there.
#[tokio::test]
async fn what_is_no_secret_is_found_everywhere() {
    let mut hunt = Hunt::start(Settings::default().with("log", "trace")).await;
    hunt.secrets = vec!["customer".to_owned(), "acme".to_owned()];
    hunt.look_everywhere().await;
    hunt.host.stop().await;
    let findings = hunt.findings();
    assert!(findings.iter().any(|found| found.starts_with("customer in {")), "no answer");
    assert!(findings.iter().any(|found| found.starts_with("acme in /")), "no file");
}
