//! Where `apiClient` cannot be made to go, however the address is written. Traps count who comes.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Scene, get, get_with};
use crate::harness::{INNER_HOSTS, Settings, Trap};

#[tokio::test]
async fn no_way_to_write_an_address_leads_to_an_undeclared_host() {
    let scene = Scene::start(Settings::default()).await;
    let (other_host, other_port) = (Trap::at("127.0.0.2").await, Trap::at("127.0.0.1").await);
    let own = scene.server.url.strip_prefix("http://").unwrap();
    for trap in [format!("127.0.0.2:{}", other_host.port), format!("127.0.0.1:{}", other_port.port)] {
        let paths = [
            format!("http://{trap}/"),
            format!("https://{trap}/"),
            format!("HTTP://{trap}/"),
            format!(" http://{trap}/"),
            format!("\thttp://{trap}/"),
            format!("ht\ntp://{trap}/"),
            format!("http:{trap}/"),
            format!("http:/{trap}/"),
            format!("http:///{trap}/"),
            format!("http:\\\\{trap}\\"),
            format!("//{trap}/"),
            format!("///{trap}/"),
            format!("\\\\{trap}\\"),
            format!("/\\{trap}/"),
            format!("%2f%2f{trap}/"),
            format!("%5c%5c{trap}/"),
            format!("@{trap}/"),
            format!(":80@{trap}/"),
            format!("..//{trap}/"),
            format!("../../{trap}/"),
            format!("%2e%2e/%2e%2e//{trap}/"),
            format!("?@{trap}/"),
            format!("#@{trap}/"),
            format!("\r\nHost: {trap}\r\n\r\n"),
            format!("x HTTP/1.1\r\nHost: {trap}\r\n\r\nGET http://{trap}/"),
            format!("http://{own}@{trap}/"),
            format!("http://{own}%40{trap}/"),
            format!("http://{own}\\@{trap}/"),
            format!("http://{own}#@{trap}/"),
            format!("http://{own}?@{trap}/"),
            format!("http://{own}/..//{trap}/"),
            format!("http://{trap}#{own}/"),
            format!("http://{trap}/http://{own}/"),
            format!("http://{trap}\\{own}/"),
            format!("ftp://{trap}/"),
            format!("ws://{trap}/"),
            "file:///etc/passwd".to_owned(),
        ];
        let calls: Vec<Value> = paths.iter().map(|path| get(path)).collect();
        let as_base = paths.iter().map(|path| get_with("users/me", json!({ "baseUri": path })));
        let calls: Vec<Value> = calls.into_iter().chain(as_base).collect();
        for calls in calls.chunks(30) {
            for (call, result) in calls.iter().zip(scene.make(calls).await) {
                let is_harmless = result.get("value").is_some() || result["kind"].is_string();
                assert!(is_harmless && result["value"] != "caught", "{call}: {result}");
            }
        }
    }
    assert_eq!((other_host.count(), other_port.count()), (0, 0));
    assert!(scene.lines().iter().all(|line| line.starts_with("GET /")), "{:?}", scene.lines());
    // The trap catches those who come, and a host that is declared is reached.
    scene.set(json!({ "secondHost": format!("http://127.0.0.2:{}", other_host.port) })).await;
    assert_eq!(scene.get(&format!("http://127.0.0.2:{}/", other_host.port)).await["value"], "caught");
    assert_eq!(other_host.count(), 1);
}

#[tokio::test]
async fn a_redirect_leads_to_declared_hosts_only() {
    let scene = Scene::start(Settings::default()).await;
    let (other_host, other_port) = (Trap::at("127.0.0.2").await, Trap::at("127.0.0.1").await);
    let own = scene.server.url.clone();
    let redirect = |to: &str| json!({ "method": "get", "with": ["redirect", { "to": to }] });
    for trap in [format!("127.0.0.2:{}", other_host.port), format!("127.0.0.1:{}", other_port.port)] {
        for to in [
            format!("http://{trap}/"),
            format!("https://{trap}/"),
            format!("//{trap}/"),
            format!("\\\\{trap}\\"),
            format!("{own}@{trap}/"),
            // One that is declared comes first.
            format!("/redirect?to=http://{trap}/"),
        ] {
            let result = scene.make(&[redirect(&to)]).await.remove(0);
            assert_eq!(result["kind"], "denied", "{to}: {result}");
        }
    }
    assert_eq!((other_host.count(), other_port.count()), (0, 0));
    assert_eq!(scene.make(&[redirect("/json")]).await, [json!({ "value": { "a": 1 } })]);
    scene.set(json!({ "secondHost": "169.254.169.254" })).await;
    let metadata = scene.make(&[redirect("http://169.254.169.254/latest/meta-data/")]).await.remove(0);
    assert_eq!(metadata["kind"], "denied", "{metadata}");
    assert!(metadata["message"].as_str().unwrap().contains("metadata"), "{metadata}");
}

#[tokio::test]
async fn redirects_end_and_repeat_nothing_that_changes_something() {
    let scene = Scene::start(Settings::default()).await;
    let round = scene.get("round").await;
    assert_eq!(round["kind"], "refused", "{round}");
    assert!(round["message"].as_str().unwrap().contains("redirects"), "{round}");
    assert_eq!(scene.lines().len(), 6);
    let before = scene.lines().len();
    let post = json!({ "method": "post", "with": ["redirect?to=/json", { "a": 1 }] });
    let post = scene.make(&[post]).await.remove(0);
    assert_eq!((&post["kind"], &post["status"]), (&json!("refused"), &json!(302)), "{post}");
    assert_eq!(scene.lines().len() - before, 1);
}

#[tokio::test]
async fn a_private_address_is_not_reached_although_it_is_declared() {
    let scene = Scene::start(Settings::default().without("egress-allow")).await;
    let (v4, v6) = (Trap::at("127.0.0.1").await, Trap::at("[::1]").await);
    let (port, port_v6) = (v4.port, v6.port);
    for host in INNER_HOSTS {
        denied(&scene, &format!("http://{host}:{port}")).await;
    }
    for host in ["[::1]", "[0:0:0:0:0:0:0:1]", "localhost"] {
        denied(&scene, &format!("http://{host}:{port_v6}")).await;
    }
    assert_eq!((v4.count(), v6.count()), (0, 0));
    // The traps work.
    tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    tokio::net::TcpStream::connect(("::1", port_v6)).await.unwrap();
    crate::harness::wait_for("both traps", async || (v4.count() == 1 && v6.count() == 1).then_some(())).await;
}

/// The base URI is declared, so it is the address itself that is refused; and at once.
async fn denied(scene: &Scene, base: &str) {
    scene.set(json!({ "apiBaseUri": base })).await;
    let start = Instant::now();
    let result = scene.get("users/me").await;
    assert_eq!(result["kind"], "denied", "{base}: {result}");
    let message = result["message"].as_str().unwrap();
    assert!(!message.contains("apiHosts"), "{base} is refused as undeclared: {message}");
    assert!(start.elapsed() < Duration::from_secs(3), "{base}: {:?}", start.elapsed());
}
