//! `/openapi.json` and `docs/errors.md` say what the server does: every route, every parameter, every code.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Answer, Echo, Host, Settings, Step, repository, routes, wait_for};

async fn document() -> (Host, Value) {
    let host = Host::start_empty(Settings::default()).await;
    let answer = host.api.http.get(format!("{}/openapi.json", host.api.base)).send().await.unwrap();
    let document = Answer::read(answer).await.expect(200);
    (host, document)
}

/// Method, path and operation.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let mut all = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let methods = methods.as_object().unwrap().iter();
        all.extend(methods.map(|(method, operation)| (method.to_uppercase(), path.clone(), operation)));
    }
    all
}

#[tokio::test]
async fn the_document_has_the_routes_of_the_server_and_no_others() {
    let (host, document) = document().await;
    let documented: BTreeSet<(String, String)> =
        operations(&document).into_iter().map(|(method, path, _)| (method, path)).collect();
    let mut there: BTreeSet<(String, String)> = routes(&host.api).await.into_iter().collect();
    for (method, path) in
        [("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/openapi.json"), ("POST", "/webhooks/{token}")]
    {
        there.insert((method.to_owned(), path.to_owned()));
    }
    assert_eq!(documented, there);
}

#[tokio::test]
async fn every_operation_is_whole() {
    let (_host, document) = document().await;
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let what = format!("{method} {path}");
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{what}: its id is used twice");
        assert!(operation["summary"].as_str().is_some_and(|summary| summary.len() > 5), "{what} has no summary");
        let parameters: Vec<&str> =
            operation["parameters"].as_array().into_iter().flatten().map(|one| one["name"].as_str().unwrap()).collect();
        for part in path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
            assert!(parameters.contains(&part), "{what}: {part} is missing");
        }
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2') || status == "default"), "{what}");
        for (status, response) in responses.iter().filter(|(status, _)| status.starts_with(['4', '5'])) {
            let schema = &response["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(schema, "#/components/schemas/Problem", "{what}: {status}");
        }
        if path.starts_with("/v1/") {
            assert!(["401", "403", "429", "503"].iter().all(|status| responses.contains_key(*status)), "{what}");
        }
        if path.contains("{id}") {
            assert!(responses.contains_key("404"), "{what}");
        }
    }
}

/// The answer has the form that the document gives it.
fn check(document: &Value, method: &str, route: &str, answer: &Answer) {
    let response = &document["paths"][route][method]["responses"][answer.status.to_string()];
    assert!(response.is_object(), "{method} {route} answered {}: {}", answer.status, answer.text());
    let mut schema = response["content"][answer.header("content-type")]["schema"].clone();
    assert!(schema.is_object(), "{method} {route}: {}", answer.header("content-type"));
    schema["components"] = document["components"].clone();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let wrong: Vec<String> = validator.iter_errors(&answer.json()).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{method} {route}: {wrong:?} in {}", answer.text());
}

#[tokio::test]
async fn what_is_answered_has_the_form_that_the_document_gives_it() {
    let echo = Echo::start().await;
    let api = echo.api();
    let document = api.get("/openapi.json").await.expect(200);
    echo.subscribe("s", "/s").await;
    let body = json!({ "connection": "acme", "event": "throws", "destination": { "url": echo.receiver.url("/") } });
    check(&document, "post", "/v1/subscriptions", &api.post("/v1/subscriptions", body).await);
    let token = json!({ "name": "x", "scope": "customer", "customer": "c", "expiresAt": "2100-01-01T00:00:00Z" });
    check(&document, "post", "/v1/tokens", &api.post("/v1/tokens", token.clone()).await);
    check(&document, "post", "/v1/tokens", &api.post("/v1/tokens", json!({ "name": 1 })).await);
    check(&document, "post", "/v1/tokens", &api.post("/v1/tokens", json!({ "name": "", "scope": "read" })).await);
    echo.receiver.script("/s", [Step::Status(500)]);
    echo.send_events(json!([{ "selector": "s", "payload": { "a": 1 }, "id": "1" }, { "selector": "" }]))
        .await
        .expect(200);
    echo.send("nobody", json!(null)).await.expect(200);
    wait_for("the delivery to be settled", async || {
        (api.all("/v1/deliveries?status=delivered").await.len() == 1).then_some(())
    })
    .await;
    for (method, route, _) in operations(&document).into_iter().filter(|(method, _, _)| method == "GET") {
        if route == "/metrics" {
            continue;
        }
        let Some(list) = route.strip_suffix("/{id}") else {
            let path = route.replace("{key}", "echo").replace("{version}", "1");
            check(&document, "get", &route, &api.get(&path).await);
            continue;
        };
        let items = api.all(list).await;
        assert!(!items.is_empty(), "{list} has nothing to show");
        for item in items {
            let answer = api.get(&format!("{list}/{}", item["id"].as_str().unwrap())).await;
            answer.expect(200);
            check(&document, &method.to_lowercase(), &route, &answer);
        }
    }
}

fn codes_of_the_document(document: &Value) -> BTreeSet<String> {
    let codes = &document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"];
    codes.as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_code_of_a_problem_is_explained() {
    let (_host, document) = document().await;
    let page = fs::read_to_string(repository().join("docs/errors.md")).unwrap();
    let (answers, records) = page.split_once("## Codes in records").unwrap();
    let rows = |part: &str| -> BTreeSet<String> {
        let rows = part.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
        rows.map(|(code, rest)| {
            assert!(rest.len() > 30, "{code} is not explained");
            code.to_owned()
        })
        .collect()
    };
    assert_eq!(codes_of_the_document(&document), rows(answers));
    let crates = fs::read_dir(repository().join("host")).unwrap().map(|entry| entry.unwrap().path().join("src"));
    let source: String = crates.filter(|folder| folder.exists()).map(|folder| sources(&folder)).collect();
    for code in rows(answers).iter().chain(&rows(records)) {
        assert!(source.contains(&format!("\"{code}\"")), "{code} is explained and does not exist");
    }
    for code in codes_in_records(&source) {
        assert!(rows(records).contains(&code) || rows(answers).contains(&code), "{code} is not explained");
    }
}

/// All production code, without spaces. A code that `Problem::new` does not know fails there, in this build.
fn sources(folder: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all += &sources(&path);
        } else if path.components().all(|part| part.as_os_str() != "tests")
            && !path.ends_with("codes.rs")
            && !path.ends_with("tests.rs")
        {
            all += &fs::read_to_string(&path).unwrap().replace(['\n', ' '], "");
        }
    }
    all
}

fn codes_in_records(source: &str) -> BTreeSet<String> {
    let reasons = source.split("Reason::new(\"").skip(1).chain(source.split("code:\"").skip(1));
    reasons.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}
