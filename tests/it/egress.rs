//! Where deliveries cannot be made to go, however the address is written, and what becomes of servers that misbehave. The same
//! for `apiClient` is in `api_client/reach.rs` and `api_client/faults.rs`.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Certified, FAULTS, Faulty, Host, INNER_HOSTS, Kind, Receiver, Settings, Trap};
use crate::harness::{preloaded, router, wait_for};

/// A host with a connector that routes what it is told to.
async fn start(settings: Settings) -> Host {
    // The second attempt comes later than any test ends.
    let host = Host::start_empty(settings.with("retry-gaps-ms", "600000")).await;
    host.api.upload(router("router", "1")).await.expect(201);
    host.api.put_integration("i", "router", json!({})).await;
    host.api.put_connection("c", "i", "customer", json!({})).await;
    host
}

/// Subscribes these destinations, sends one event to all of them, and returns the first attempt at each by its destination.
async fn attempts(host: &Host, urls: &[String]) -> HashMap<String, Value> {
    let mut destinations = HashMap::new();
    for url in urls {
        let subscription = host.api.subscribe("c", "events", json!({ "selector": "s" }), url).await;
        destinations.insert(subscription["id"].as_str().unwrap().to_owned(), url.clone());
    }
    let webhook = host.api.webhook("i", "events").await;
    host.api.post_body(&webhook, "text/plain", "s\tn1\t1\n").await.expect(200);
    wait_for("an attempt at each delivery", async || {
        let deliveries = host.api.all("/v1/deliveries").await;
        let tried = deliveries.iter().filter(|delivery| !delivery["attempts"].as_array().unwrap().is_empty());
        (tried.count() == urls.len()).then_some(())
    })
    .await;
    let deliveries = host.api.all("/v1/deliveries").await;
    let by_url = deliveries.iter().map(|delivery| {
        let destination = &destinations[delivery["subscription"].as_str().unwrap()];
        (destination.clone(), delivery["attempts"][0].clone())
    });
    by_url.collect()
}

#[tokio::test]
async fn no_delivery_reaches_an_inner_address_in_any_form() {
    let host = start(Settings::default().without("egress-allow").with("egress-ports", "1-65535")).await;
    let (v4, v6) = (Trap::at("127.0.0.1").await, Trap::at("[::1]").await);
    let urls: Vec<String> = INNER_HOSTS
        .iter()
        .flat_map(|inner| [format!("http://{inner}:{}/", v4.port), format!("https://{inner}:{}/", v6.port)])
        .collect();
    for (url, attempt) in attempts(&host, &urls).await {
        let why = attempt["error"].as_str().unwrap_or_else(|| panic!("{url}: {attempt}"));
        assert!(why.contains(" is a") || why.contains(" is unspecified"), "{url}: {why}");
        assert!(attempt["tookMs"].as_u64().unwrap() < 3_000 && attempt["answer"].is_null(), "{url}: {attempt}");
    }
    assert_eq!((v4.count(), v6.count()), (0, 0));
    // What cannot be a destination at all is refused when it is given.
    for url in ["http://user@example.test/", "http://[fe80::1%25eth0]/", "ftp://example.test/", "file:///etc/passwd"] {
        let body = json!({ "connection": "c", "event": "events", "parameters": { "selector": "s" }, "destination": { "url": url } });
        assert_eq!(host.api.post("/v1/subscriptions", body).await.status, 422, "{url}");
    }
}

#[tokio::test]
async fn a_redirect_leads_no_delivery_anywhere() {
    let (host, receiver, trap) =
        (start(Settings::default()).await, Receiver::start().await, Trap::at("127.0.0.1").await);
    let mut urls = Vec::new();
    for (number, status) in [301, 302, 303, 307, 308].into_iter().enumerate() {
        let (path, to) = (format!("/{number}"), format!("http://127.0.0.1:{}/", trap.port));
        receiver.script(&path, [crate::harness::Step::Header(status, "location", to)]);
        urls.push(receiver.url(&path));
    }
    for (url, attempt) in attempts(&host, &urls).await {
        assert!((301..309).contains(&attempt["answer"].as_u64().unwrap()), "{url}: {attempt}");
    }
    assert_eq!(trap.count(), 0);
}

#[tokio::test]
async fn a_public_address_is_tried_at_the_ports_of_the_policy_alone() {
    let settings = Settings::default().with("connect-ms-max", 300).with("egress-ports", "443,9000-9010");
    let names = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let host = start(with_names(settings, names.path(), "public.example.test 8.8.8.8\n")).await;
    let url = |rest: &str| [format!("https://8.8.8.8{rest}"), format!("http://public.example.test{rest}")];
    let refused = [url(":25/"), url(":9011/"), url(":80/")].concat();
    // Nobody answers there, or somebody does: it is tried.
    let tried = [url(":9000/"), url(":443/")].concat();
    let attempts = attempts(&host, &[refused.clone(), tried.clone()].concat()).await;
    let names_the_setting = |url: &String| attempts[url]["error"].to_string().contains("--egress-ports");
    assert!(refused.iter().all(names_the_setting), "{attempts:#?}");
    assert!(!tried.iter().any(names_the_setting), "{attempts:#?}");
}

/// The same with these answers of the system's resolver.
pub(crate) fn with_names(settings: Settings, folder: &std::path::Path, answers: &str) -> Settings {
    std::fs::write(folder.join("answers"), answers).unwrap();
    let settings = settings.with_env("LD_PRELOAD", preloaded("answer-names.c", folder));
    settings.with_env("ANSWERS", folder.join("answers"))
}

#[tokio::test]
async fn a_name_that_turns_inward_between_two_deliveries_is_refused_from_then_on() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let answers = "rebinds.example.test 127.0.0.1 127.0.0.2\nmixed.example.test 127.0.0.1,10.0.0.1\n\
                   mapped.example.test ::ffff:127.0.0.1\nmetadata.example.test 169.254.169.254\n";
    let settings = Settings::default().with("egress-allow", "127.0.0.1/32");
    let host = start(with_names(settings, folder.path(), answers)).await;
    // Both are at one port: the same URL leads to either.
    let outer = Trap::at("127.0.0.1").await;
    let inner = tokio::net::TcpListener::bind(format!("127.0.0.2:{}", outer.port)).await.unwrap();
    let url = |name: &str| format!("http://{name}.example.test:{}/", outer.port);
    let urls = ["rebinds", "mixed", "mapped", "metadata"].map(url);
    let attempts = attempts(&host, &urls).await;
    assert_eq!(attempts[&urls[0]]["answer"], 200, "{attempts:#?}");
    for url in &urls[1..] {
        assert!(attempts[url]["error"].as_str().unwrap().contains("has an address that is"), "{attempts:#?}");
    }
    let webhook = host.api.webhook("i", "events").await;
    host.api.post_body(&webhook, "text/plain", "s\tn2\t2\n").await.expect(200);
    let second = wait_for("the second delivery's attempt", async || {
        let deliveries = host.api.all("/v1/deliveries").await;
        // Newest first; only the name that changed ever had a success.
        let errors = deliveries.iter().filter_map(|delivery| delivery["attempts"][0]["error"].as_str());
        errors.into_iter().find(|why| why.contains("rebinds")).map(str::to_owned)
    })
    .await;
    assert!(second.contains("a loopback address"), "{second}");
    assert_eq!(outer.count(), 1);
    let came = tokio::time::timeout(Duration::from_millis(100), inner.accept()).await;
    assert!(came.is_err(), "somebody came");
}

#[tokio::test]
async fn every_fault_of_a_destination_is_an_outcome_and_another_gets_its_delivery() {
    let settings = Settings::default().with("attempt-ms-max", 2_500).with("delivery-response-bytes-max", 1_000);
    let (host, receiver) = (start(settings).await, Receiver::start().await);
    let mut servers = Vec::new();
    for (what, steps, expected) in FAULTS {
        servers.push((*what, Faulty::start(steps).await, *expected));
    }
    let url = |server: &Faulty| format!("http://127.0.0.1:{}/", server.port);
    let mut urls: Vec<String> = servers.iter().map(|(_, server, _)| url(server)).collect();
    urls.push(receiver.url("/fine"));
    let attempts = attempts(&host, &urls).await;
    for (what, server, expected) in &servers {
        let attempt = &attempts[&url(server)];
        let fits = expected.iter().any(|kind| match kind {
            Kind::Answered(status) => attempt["answer"] == *status,
            Kind::TimedOut => attempt["error"].to_string().contains("in time"),
            Kind::Unreachable => attempt["error"].to_string().contains("no answer"),
            // Of an answer only its beginning is read.
            Kind::TooLarge => attempt["answer"] == 200,
        });
        assert!(fits, "{what}: {attempt}");
        assert!(attempt["tookMs"].as_u64().unwrap() < 10_000, "{what}: {attempt}");
        if expected == &[Kind::TooLarge] {
            assert!(server.taken() < 32 << 20, "{what}: {} bytes were taken", server.taken());
        }
    }
    assert_eq!(attempts[&receiver.url("/fine")]["answer"], 200);
}

#[tokio::test]
async fn a_destination_whose_certificate_is_not_right_gets_nothing() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (servers, authority) = Certified::all().await;
    let trusted = folder.path().join("authority.pem");
    std::fs::write(&trusted, authority).unwrap();
    let host = start(Settings::default().with_env("SSL_CERT_FILE", &trusted)).await;
    let urls: Vec<String> = servers.iter().map(Certified::url).collect();
    let attempts = attempts(&host, &urls).await;
    for server in &servers {
        let attempt = &attempts[&server.url()];
        if server.what == "good" {
            assert_eq!((&attempt["answer"], server.served()), (&json!(200), 1), "{attempt}");
            continue;
        }
        let why = attempt["error"].as_str().unwrap_or_else(|| panic!("{}: {attempt}", server.what));
        assert!(why.contains("certificate"), "{}: {why}", server.what);
        assert_eq!(server.served(), 0, "{}", server.what);
    }
}
