//! HTTPS by the server itself: with the certificate that it is given, and the next one after SIGHUP.

use std::path::Path;
use std::process::Command;

use crate::harness::{Host, Settings, wait_for};

/// Writes a new certificate for 127.0.0.1 and its key; returns the certificate.
fn new_certificate(folder: &Path) -> String {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
    std::fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    made.cert.pem()
}

/// A client that trusts this certificate alone.
fn client(certificate: &str) -> reqwest::Client {
    let root = reqwest::Certificate::from_pem(certificate.as_bytes()).unwrap();
    reqwest::Client::builder().tls_certs_only([root]).no_proxy().pool_max_idle_per_host(0).build().unwrap()
}

fn settings(folder: &Path) -> Settings {
    let path = |name: &str| folder.join(name).display().to_string();
    Settings::default().with("tls-cert", path("cert.pem")).with("tls-key", path("key.pem"))
}

#[tokio::test]
async fn https_is_served_with_the_certificate_and_with_the_next_one_after_sighup() {
    let folder = tempfile::tempdir().unwrap();
    let first = new_certificate(folder.path());
    let host = Host::start_empty(settings(folder.path())).await;
    assert!(host.api.base.starts_with("https://"), "{}", host.api.base);
    let url = format!("{}/healthz", host.api.base);
    let answer = client(&first).get(&url).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.version()), (200, reqwest::Version::HTTP_2));
    let over_http = host.api.http.get(url.replace("https", "http")).send().await;
    assert!(over_http.is_err(), "{over_http:?}");

    std::fs::write(folder.path().join("cert.pem"), "nothing of use").unwrap();
    hang_up(&host);
    wait_for("the complaint", async || host.log().contains("the one before stays").then_some(())).await;
    assert_eq!(client(&first).get(&url).send().await.unwrap().status(), 200);

    let second = new_certificate(folder.path());
    assert!(client(&second).get(&url).send().await.is_err());
    hang_up(&host);
    wait_for("the new certificate", async || client(&second).get(&url).send().await.ok()).await;
    assert!(client(&first).get(&url).send().await.is_err());
}

fn hang_up(host: &Host) {
    let sent = Command::new("kill").args(["-HUP", &host.process_id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_stops_the_start_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let start = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_patchbay"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path().join("data"));
        let output = command.args(arguments).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    let (certificate, key) = (certificate.to_str().unwrap(), key.to_str().unwrap());
    assert!(start(&["--tls-cert", certificate]).contains("--tls-key"));
    let missing = start(&["--tls-cert", certificate, "--tls-key", key]);
    assert!(missing.contains("cert.pem"), "{missing}");
    new_certificate(folder.path());
    let other = rcgen::KeyPair::generate().unwrap();
    std::fs::write(key, other.serialize_pem()).unwrap();
    let mismatched = start(&["--tls-cert", certificate, "--tls-key", key]);
    assert!(mismatched.contains("do not make a usable certificate"), "{mismatched}");
}
