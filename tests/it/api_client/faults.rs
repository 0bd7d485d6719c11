//! What `apiClient` makes of servers that misbehave, of wrong certificates, and of names that change their mind.

use std::time::{Duration, Instant};

use serde_json::json;

use super::Scene;
use crate::egress::with_names;
use crate::harness::{Certified, FAULTS, Faulty, Kind, Settings, Trap};

#[tokio::test]
async fn every_fault_of_an_app_is_an_error_of_its_kind_and_the_next_request_none_of_it() {
    let settings = Settings::default().with("api-request-ms-max", 2_500).with("api-response-bytes-max", 1_000);
    let scene = Scene::start(settings).await;
    let fine = scene.server.url.clone();
    for (what, steps, expected) in FAULTS {
        let server = Faulty::start(steps).await;
        scene.set(json!({ "apiBaseUri": format!("http://127.0.0.1:{}", server.port), "secondHost": fine })).await;
        let start = Instant::now();
        let results = scene.make(&[super::get("x"), super::get(&format!("{fine}/json"))]).await;
        let kind = results[0]["kind"].as_str().unwrap_or("answered");
        let fits = expected.iter().any(|expected| match expected {
            Kind::Answered(_) => kind == "answered",
            Kind::TimedOut => kind == "timed-out",
            Kind::Unreachable => kind == "unreachable",
            Kind::TooLarge => kind == "too-large",
        });
        assert!(fits, "{what}: {}", results[0]);
        assert_eq!(results[1], json!({ "value": { "a": 1 } }), "after an app that {what}");
        assert!(start.elapsed() < Duration::from_secs(15), "{what}: {:?}", start.elapsed());
        if expected == &[Kind::TooLarge] {
            assert!(server.taken() < 32 << 20, "{what}: {} bytes were taken", server.taken());
        }
    }
}

#[tokio::test]
async fn an_app_whose_certificate_is_not_right_is_not_told_the_credentials() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (servers, authority) = Certified::all().await;
    let trusted = folder.path().join("authority.pem");
    std::fs::write(&trusted, authority).unwrap();
    let scene = Scene::start(Settings::default().with_env("SSL_CERT_FILE", &trusted)).await;
    for server in &servers {
        scene.set(json!({ "apiBaseUri": server.url() })).await;
        let result = scene.get("users/me").await;
        if server.what == "good" {
            assert_eq!((&result["kind"], server.served()), (&json!(null), 1), "{result}");
            continue;
        }
        assert_eq!(result["kind"], "unreachable", "{}: {result}", server.what);
        assert!(result["message"].as_str().unwrap().contains("certificate"), "{}: {result}", server.what);
        assert_eq!(server.served(), 0, "{}", server.what);
    }
}

#[tokio::test]
async fn a_name_that_turns_inward_between_two_requests_is_refused_from_then_on() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let answers = "rebinds.example.test 127.0.0.1 127.0.0.2\nmixed.example.test 127.0.0.1,10.0.0.1\n\
                   metadata.example.test 169.254.169.254\n";
    let settings = with_names(Settings::default().with("egress-allow", "127.0.0.1/32"), folder.path(), answers);
    let scene = Scene::start(settings).await;
    let outer = Trap::at("127.0.0.1").await;
    let inner = tokio::net::TcpListener::bind(format!("127.0.0.2:{}", outer.port)).await.unwrap();
    let base = |name: &str| json!({ "apiBaseUri": format!("http://{name}.example.test:{}", outer.port) });
    scene.set(base("rebinds")).await;
    assert_eq!(scene.get("x").await["value"], "caught");
    for name in ["rebinds", "rebinds", "mixed", "metadata"] {
        scene.set(base(name)).await;
        let result = scene.get("x").await;
        assert_eq!(result["kind"], "denied", "{name}: {result}");
    }
    assert_eq!(outer.count(), 1);
    let came = tokio::time::timeout(Duration::from_millis(100), inner.accept()).await;
    assert!(came.is_err(), "somebody came");
}
