//! `responseHandlers`: which answers of an app are a success and what they mean, by formulas of the host and by the
//! connector's own functions.

use serde_json::{Value, json};

use super::secrets::assert_hidden;
use super::{Scene, TOKEN, get, results};
use crate::harness::Settings;

/// `apiClient.post('say?status=…', body)`: the server answers with that status and that body.
fn say(status: u16, body: Value) -> Value {
    json!({ "method": "post", "with": [format!("say?status={status}"), body] })
}

async fn in_javascript() -> Scene {
    let scene = Scene::start(Settings::default()).await;
    let api = &scene.host.api;
    api.put_integration("prober-js", "prober-js", json!({ "apiBaseUri": scene.server.url })).await;
    api.put_connection("acme-js", "prober-js", "customer-acme", json!({ "accessToken": TOKEN })).await;
    scene
}

async fn make_in_javascript(scene: &Scene, calls: &[Value]) -> Value {
    let parameters = json!({ "calls": calls });
    scene.host.api.subscribe("acme-js", "calls", parameters, "https://customer.example.test/").await
}

/// Both forms do the same with these.
#[track_caller]
fn check(results: &[Value]) {
    let [expired, limited, own, success, untouched] = results else { panic!("{results:?}") };
    assert_eq!((&expired["kind"], &expired["key"]), (&json!("unauthorized"), &json!("access_token_expired")));
    assert_eq!((&expired["message"], &expired["status"]), (&json!("it said no"), &json!(200)));
    assert_eq!(limited["kind"], "rate-limited", "{limited}");
    assert_eq!((&own["kind"], &own["key"]), (&json!("refused"), &json!("no_such_thing")), "{own}");
    assert_eq!(success["value"], json!({ "said": [1], "status": 409 }), "{success}");
    assert_eq!((&untouched["kind"], &untouched["data"]), (&json!("refused"), &json!({ "a": 1 })), "{untouched}");
    assert_eq!(untouched["key"], Value::Null, "an app cannot name the key itself: {untouched}");
    assert!(untouched["headers"].get("patchbay-error-key").is_none(), "{untouched}");
}

fn calls() -> [Value; 5] {
    [
        say(200, json!({ "handled": "failure", "key": "access_token_expired", "said": "no" })),
        say(200, json!({ "handled": "failure", "key": "rate_limit_exceeded", "said": "wait" })),
        say(200, json!({ "handled": "failure", "key": "no_such_thing", "said": "what?" })),
        say(409, json!({ "handled": "success", "said": [1] })),
        say(500, json!({ "a": 1 })),
    ]
}

#[tokio::test]
async fn handlers_of_a_mapping_decide_what_an_answer_means() {
    let scene = Scene::start(Settings::default()).await;
    let failed = scene.subscribe(json!({ "calls": calls() })).await;
    check(&results(&failed));
    let log = failed["error"]["log"].to_string();
    assert!(log.contains("it said what?"), "the record tells it as the handler does: {log}");
}

#[tokio::test]
async fn no_handler_brings_a_credential_to_the_connector_or_into_a_record() {
    let scene = Scene::start(Settings::default()).await;
    let body = json!({ "handled": "failure", "key": "k", "said": TOKEN });
    let failed = scene.subscribe(json!({ "calls": [say(200, body)] })).await;
    let result = &results(&failed)[0];
    assert_eq!(result["message"], "it said ***", "an app that echoes a credential in its body");
    assert_eq!(result["data"]["headers"]["x-plain"], "Bearer ***", "{result}");
    assert_eq!(result["data"]["headers"]["x-link"], "***", "{result}");
    assert_hidden(TOKEN, &failed["error"]);

    let failed = scene.subscribe(json!({ "calls": [say(200, json!({ "handled": "all" }))] })).await;
    let variables = results(&failed)[0]["value"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(variables, ["response"], "a handler sees the answer alone");
    assert_hidden(TOKEN, &failed["error"]);
}

#[tokio::test]
async fn handlers_of_javascript_decide_what_an_answer_means() {
    let scene = in_javascript().await;
    let calls = [&calls()[..], &[get("status/404"), get("json")]].concat();
    let results = results(&make_in_javascript(&scene, &calls).await);
    check(&results[..5]);
    assert_eq!(results[0]["data"]["headers"]["x-plain"], "Bearer ***", "{}", results[0]);
    assert_eq!(results[5]["value"], Value::Null, "{}", results[5]);
    assert_eq!(results[6]["value"], json!({ "a": 1 }), "{}", results[6]);
    let seen = scene.server.seen();
    assert_eq!(seen[6].line, "GET /json?from=code");
    assert_eq!(seen[6].headers["authorization"], format!("Bearer {TOKEN}"));
}

#[tokio::test]
async fn handlers_of_javascript_that_are_none_say_what_to_write() {
    let scene = in_javascript().await;
    for (mistake, part) in [
        ("formula", "responseHandlers[0].match is a formula, which JavaScript does not evaluate: write a function"),
        ("shape", "responseHandlers must be a list"),
        ("key", "responseHandlers[0] has `success`; did you mean `isSuccess`?"),
    ] {
        let parameters = json!({ "parameters": { "mistake": mistake } });
        scene.host.api.patch("/v1/integrations/prober-js", parameters).await.expect(200);
        let failed = make_in_javascript(&scene, &[get("json")]).await;
        let message = results(&failed)[0]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(part), "{mistake}: {message}");
    }
}
