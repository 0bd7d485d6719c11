//! A connection's credentials come back from no server by its headers, and stand in no record of the calls.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{Scene, TOKEN, api_key, get, get_with, results};
use crate::harness::Settings;

/// No form of the secret is anywhere in the value.
#[track_caller]
pub(super) fn assert_hidden(secret: &str, value: &Value) {
    let text = value.to_string();
    let percent: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let forms = [secret.to_owned(), percent.to_lowercase(), percent];
    // Whatever stands before it, one of these is what base64 makes of its middle.
    let middle = &secret[2..secret.len() - 2];
    let encoded = (0..3).flat_map(|shift| {
        let part = middle.as_bytes().get(shift..shift + (middle.len() - shift) / 3 * 3).unwrap();
        [STANDARD_NO_PAD.encode(part), URL_SAFE_NO_PAD.encode(part)]
    });
    for form in forms.into_iter().chain(encoded).filter(|form| !form.is_empty()) {
        assert!(!text.contains(&form), "{form} is in {text}");
    }
}

#[tokio::test]
async fn a_server_that_tells_what_it_was_sent_tells_no_credential_in_its_headers() {
    let scene = Scene::start(Settings::default()).await;
    let full = json!({ "returnFullResponse": true });
    let calls = [get_with("told-in-headers", full.clone()), get("told-in-headers?refuse=1")];
    let failed = scene.subscribe(json!({ "calls": calls })).await;
    assert_hidden(TOKEN, &failed);
    let results = results(&failed);
    assert_eq!(results[1]["kind"], "unauthorized");
    for headers in [&results[0]["value"]["headers"], &results[1]["headers"]] {
        assert_eq!(headers["x-plain"], "Bearer ***");
        assert_eq!(headers["x-inside"], "bearer=\"Bearer ***\", realm=\"api\"");
        for name in ["x-base64", "x-base64-bare", "x-base64-inside", "x-base64-url", "x-percent", "x-percent-lower"] {
            assert_eq!(headers[name], "***", "{name}");
        }
        assert_eq!(headers["x-query"], "***");
        assert_eq!(headers["x-link"], "***");
        assert_eq!(headers["x-harmless"], "page 2 of 3");
    }
    // It was sent all the same.
    let seen = scene.server.seen();
    assert_eq!(seen[0].headers["authorization"], format!("Bearer {TOKEN}"));
    assert!(seen[0].line.contains(&api_key()), "{}", seen[0].line);
}

#[tokio::test]
async fn user_name_and_password_come_back_in_no_form() {
    let scene = Scene::start(Settings::default()).await;
    // Too short to be looked for by itself; with its user name it is not.
    for password in ["correct-horse", "pin9"] {
        let credentials = json!({ "accessToken": TOKEN, "basicAuth": { "username": "me", "password": password } });
        scene.host.api.patch("/v1/connections/acme", json!({ "credentials": credentials })).await.expect(200);
        let call = get_with("told-in-headers", json!({ "returnFullResponse": true }));
        let failed = scene.subscribe(json!({ "calls": [call] })).await;
        let both = format!("me:{password}");
        assert_hidden(&both, &failed);
        let headers = &results(&failed)[0]["value"]["headers"];
        assert_eq!(headers["x-plain"], "Basic ***");
        assert_eq!(headers["x-inside"], "bearer=\"Basic ***\", realm=\"api\"");
        for name in ["x-base64", "x-base64-bare", "x-base64-inside", "x-base64-url", "x-percent"] {
            assert_eq!(headers[name], "***", "{name}");
        }
        let expected = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(&both));
        assert_eq!(scene.server.seen().last().unwrap().headers["authorization"], expected);
    }
}

#[tokio::test]
async fn the_error_of_a_subscription_shows_each_call_without_secrets() {
    let scene = Scene::start(Settings::default()).await;
    let malformed = format!("http://[{TOKEN}");
    let calls = [get("json"), get("status/500"), get("http://127.0.0.2:9/x"), get(&malformed)];
    let failed = scene.subscribe(json!({ "calls": calls })).await;
    let log: Vec<&str> = failed["error"]["log"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    let url = &scene.server.url;
    assert_eq!(log.len(), 4, "{log:?}");
    assert!(log[0].starts_with(&format!("api: GET {url}/json (")) && log[0].ends_with(" ms): 200"), "{}", log[0]);
    assert!(log[1].contains("/status/500 (") && log[1].ends_with("the external app answered 500"), "{}", log[1]);
    assert!(log[2].contains("http://127.0.0.2:9/x") && log[2].contains("apiHosts"), "{}", log[2]);
    assert!(log[3].contains("`http://[***` is not a URL"), "{}", log[3]);
    assert_hidden(TOKEN, &failed["error"]);
}

#[tokio::test]
async fn a_credential_in_the_path_shows_in_no_transcript() {
    let scene = Scene::start(Settings::default()).await;
    let encoded: String = url::form_urlencoded::byte_serialize(TOKEN.as_bytes()).collect();
    for token in [TOKEN, &encoded] {
        scene.set(json!({ "apiBaseUri": format!("{}/bot{token}", scene.server.url) })).await;
        let failed = scene.subscribe(json!({ "calls": [get("getMe")] })).await;
        assert!(scene.lines().last().unwrap().starts_with(&format!("GET /bot{token}/getMe?")), "{:?}", scene.lines());
        assert_hidden(TOKEN, &failed);
        assert!(failed["error"]["log"][0].as_str().unwrap().contains("***"), "{failed}");
    }
}

#[tokio::test]
async fn a_base_uri_that_cannot_be_used_is_quoted_without_its_secret() {
    let scene = Scene::start(Settings::default()).await;
    for base in [format!("http://[/bot{TOKEN}"), format!("bot{TOKEN}"), format!("ftp://api/{TOKEN}")] {
        scene.set(json!({ "apiBaseUri": base })).await;
        let failed = scene.subscribe(json!({ "calls": [] })).await;
        assert_eq!(failed["error"]["code"], "api_client_invalid", "{failed}");
        assert!(failed["error"]["message"].as_str().unwrap().contains("***"), "{failed}");
        assert_hidden(TOKEN, &failed);
    }
}
