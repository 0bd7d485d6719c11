//! Who may use the API, and what it never tells: the token, parameters, credentials and signing secrets.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use reqwest::Method;
use serde_json::json;

use crate::harness::{Answer, Echo, Host, Settings, router, routes, wait_for};

#[tokio::test]
async fn every_call_of_the_api_without_the_token_or_with_another_is_401() {
    let echo = Echo::start().await;
    let api = echo.api();
    let right = api.token.clone();
    let wrong = [
        None,
        Some(format!("Bearer {right}x")),
        Some(format!("Bearer {}", &right[..right.len() - 1])),
        Some("Bearer ".to_owned()),
        Some(right.clone()),
        Some(format!("Basic {right}")),
    ];
    let mut routes = routes(&api).await;
    routes.push(("GET".to_owned(), "/v1/no-such-thing".to_owned()));
    for (method, route) in routes {
        let path = route.replace(['{', '}'], "");
        for authorization in &wrong {
            let mut request = api.http.request(method.parse().unwrap(), format!("{}{path}", api.base));
            if let Some(authorization) = authorization {
                request = request.header("authorization", authorization);
            }
            let answer = Answer::read(request.body("{}").send().await.unwrap()).await;
            assert_eq!(answer.status, 401, "{method} {path} with {authorization:?}: {}", answer.text());
            answer.expect_problem(401, "unauthorized");
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
        let allowed = Answer::read(api.request(method.parse().unwrap(), &path).send().await.unwrap()).await;
        assert_ne!(allowed.status, 401, "{method} {path}");
    }
}

#[tokio::test]
async fn health_is_for_everyone() {
    let host = Host::start_empty(Settings::default()).await;
    for path in ["/healthz", "/readyz"] {
        let answer = host.api.http.get(format!("{}{path}", host.api.base)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
    }
}

#[tokio::test]
async fn the_token_is_printed_at_the_first_start_and_never_again() {
    let mut host = Host::start_empty(Settings::default()).await;
    let token = host.api.token.clone();
    assert!(token.starts_with("pbk_") && token.len() >= 40, "{token}");
    host.api.get("/v1/connectors").await.expect(200);
    host.stop().await;
    host.restart().await;
    assert!(!host.printed.join("\n").contains("pbk_"), "{:?}", host.printed);
    host.api.get("/v1/connectors").await.expect(200);
    assert!(!host.log().contains(&token));
    assert_eq!(files_with(host.folder(), &token), Vec::<String>::new());
}

#[tokio::test]
async fn the_master_key_is_for_its_owner_alone_and_the_store_does_not_open_without_it() {
    let mut host = Host::start_empty(Settings::default()).await;
    let key = host.folder().join("master.key");
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let compiled = std::fs::metadata(host.folder().join("compiled")).unwrap();
    assert_eq!(compiled.permissions().mode() & 0o777, 0o700);
    host.stop().await;
    std::fs::remove_file(&key).unwrap();
    let refused = std::process::Command::new(env!("CARGO_BIN_EXE_patchbay"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(host.folder())
        .output()
        .unwrap();
    assert!(!refused.status.success());
    let why = String::from_utf8_lossy(&refused.stderr);
    assert!(why.contains("master.key") && why.contains("backup"), "{why}");
    assert!(!key.exists(), "a new key would hide that the old one is lost");
}

#[tokio::test]
async fn nothing_that_the_server_writes_can_be_read_by_others_of_the_machine() {
    let mut host = Host::start_empty(Settings::default()).await;
    host.api.upload(router("router", "1")).await.expect(201);
    host.api.put_integration("router", "router", json!({})).await;
    let url = host.api.webhook("router", "events").await;
    host.api.post_body(&url, "text/plain", "nobody\t\t1\n").await.expect(200);
    let mut unread = vec![host.folder().to_owned()];
    let mut count = 0;
    while let Some(path) = unread.pop() {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} has mode {mode:o}", path.display());
        count += 1;
        if path.is_dir() {
            unread.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    assert!(count > 5, "{count} files");
    host.stop().await;
    // An earlier version left it open.
    std::fs::set_permissions(host.folder(), std::fs::Permissions::from_mode(0o755)).unwrap();
    host.restart().await;
    assert_eq!(std::fs::metadata(host.folder()).unwrap().permissions().mode() & 0o777, 0o700);
}

/// Secrets go in; they come out nowhere but where they are used.
#[tokio::test]
async fn secrets_appear_in_no_answer_no_log_and_no_file() {
    let mut echo = Echo::start_with(Settings::default().with("log", "patchbay=trace,debug")).await;
    let api = echo.api();
    let (parameter, credential) = ("parameter-secret-31337", "credential-secret-4711");
    let mut answers = Vec::new();
    let integration = json!({ "connector": "echo", "parameters": { "signingSecret": parameter } });
    answers.push(api.put("/v1/integrations/echo", integration).await);
    let connection =
        json!({ "integration": "echo", "customer": "customer-acme", "credentials": { "accessToken": credential } });
    answers.push(api.put("/v1/connections/acme", connection).await);
    let subscription = echo.subscribe("s", "/s").await;
    let (id, first) = (subscription["id"].as_str().unwrap(), subscription["secret"].as_str().unwrap());
    let rotated = api.act(&format!("/v1/subscriptions/{id}/rotate-secret")).await.expect(200);
    let second = rotated["secret"].as_str().unwrap();
    assert!(first.starts_with("whsec_") && second.starts_with("whsec_") && first != second);
    // A subscription whose selector holds a secret would show it: that is the connector's doing. This one fails.
    answers.push(
        api.post(
            "/v1/subscriptions",
            json!({ "connection": "acme", "event": "throws", "destination": { "url": echo.receiver.url("/") } }),
        )
        .await,
    );
    answers.last_mut().unwrap().body = without_secret(answers.last().unwrap());
    echo.send("s", json!(1)).await.expect(200);
    echo.receiver.wait("/s", 1).await;
    wait_for("the delivery to be settled", async || {
        (api.all("/v1/deliveries?status=delivered").await.len() == 1).then_some(())
    })
    .await;
    for path in paths(&echo, id).await {
        answers.push(api.get(&path).await);
        assert_eq!(answers.last().unwrap().status, 200, "{path}");
    }
    echo.host.stop().await;
    let secrets = [parameter, credential, first, second, &first["whsec_".len()..], &second["whsec_".len()..]];
    for secret in secrets {
        for answer in &answers {
            assert!(!answer.text().contains(secret), "{secret} is in {}", answer.text());
        }
        assert!(!echo.host.log().contains(secret), "{secret} is in the log");
        assert_eq!(files_with(echo.host.folder(), secret), Vec::<String>::new(), "{secret}");
    }
    assert!(!echo.host.log().contains(&api.token));
}

/// The same answer without the signing secret that a creation shows once.
fn without_secret(answer: &Answer) -> Vec<u8> {
    let mut body = answer.json();
    body.as_object_mut().unwrap().remove("secret").expect("a creation shows the secret");
    body.to_string().into_bytes()
}

/// Everything that can be read.
async fn paths(echo: &Echo, subscription: &str) -> Vec<String> {
    let api = echo.api();
    // Of uploads there is nothing to read while none is under way.
    let is_open = |path: &str| !path.contains("{id}") && !path.contains("{digest}");
    let readable = routes(&api).await.into_iter().filter(|(method, path)| method == "GET" && is_open(path));
    let mut paths: Vec<String> =
        readable.map(|(_, path)| path.replace("{key}", "echo").replace("{version}", "1")).collect();
    paths.extend(["/v1/connections/acme".to_owned(), format!("/v1/subscriptions/{subscription}")]);
    for list in ["webhook-requests", "events", "deliveries", "tokens"] {
        for item in api.all(&format!("/v1/{list}")).await {
            paths.push(format!("/v1/{list}/{}", item["id"].as_str().unwrap()));
        }
    }
    paths
}

/// The files below a folder that hold a text as it is.
pub(crate) fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("compiled") && !path.ends_with("bundles") {
                found.extend(files_with(&path, text));
            }
        } else if std::fs::read(&path).unwrap().windows(text.len()).any(|window| window == text.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}

/// Proves that the search above finds what is there.
#[tokio::test]
async fn what_is_no_secret_is_found_in_the_files() {
    let mut echo = Echo::start().await;
    echo.send("nobody", json!("a payload that is kept as it is")).await.expect(200);
    echo.host.stop().await;
    assert!(!files_with(echo.host.folder(), "a payload that is kept as it is").is_empty());
}

#[tokio::test]
async fn authorization_headers_of_webhooks_are_hidden_in_the_records() {
    let echo = Echo::start().await;
    let api = echo.api();
    let url = api.webhook("echo", "answers").await;
    let request = api.http.request(Method::GET, &url).header("authorization", "Bearer of-the-external-app");
    assert_eq!(request.header("x-open", "shown").send().await.unwrap().status(), 200);
    let record = api.last_request().await;
    let shown = record["received"]["headers"].to_string();
    assert!(!record.to_string().contains("of-the-external-app"), "{record}");
    assert!(shown.contains(r#"["authorization","***"]"#) && shown.contains(r#"["x-open","shown"]"#), "{shown}");
}
