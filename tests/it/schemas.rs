//! Schemas of bundles that would keep the server busy for hours: refused before any of the work is done, while others are
//! served.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{Host, Settings, router_with_schema};

/// A chain of schemas, each made of two references to the next.
fn doubled(links: usize) -> Value {
    let mut definitions = serde_json::Map::new();
    for index in 0..links {
        let next = json!({ "$ref": format!("#/$defs/s{}", index + 1) });
        definitions.insert(format!("s{index}"), json!({ "allOf": [next, next] }));
    }
    definitions.insert(format!("s{links}"), json!({ "type": "object" }));
    json!({ "$ref": "#/$defs/s0", "$defs": definitions })
}

async fn is_served(host: &Host) {
    let start = Instant::now();
    host.api.get("/healthz").await.expect(200);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_schema_that_doubles_its_work_again_and_again_is_refused_by_its_place_in_the_bundle() {
    let host = Host::start_empty(Settings::default()).await;
    let patterns: serde_json::Map<String, Value> =
        (0..400).map(|number| (format!("^{number}(\\w{{90}}){{90}}$"), json!({}))).collect();
    for (schema, words) in [
        (doubled(40), "steps"),
        (json!({ "patternProperties": patterns }), "compiled"),
        (json!({ "$ref": "#" }), "lead back to themselves"),
        (json!({ "$ref": "https://attacker.example.test/schema" }), "within the schema"),
    ] {
        let start = Instant::now();
        let problem = host.api.upload(router_with_schema("bomb", &schema)).await;
        let problem = problem.expect_problem(422, "bundle_manifest_invalid");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.starts_with("events/events: parametersSchema: ") && detail.contains(words), "{detail}");
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
        is_served(&host).await;
    }
    assert!(host.api.all("/v1/connectors").await.is_empty());
}

#[tokio::test]
async fn a_value_that_would_take_hours_to_check_is_refused_at_once_and_an_ordinary_one_is_not() {
    let host = Host::start_empty(Settings::default()).await;
    let any = json!({ "items": { "allOf": [{ "$ref": "#/$defs/any" }, { "$ref": "#/$defs/any" }] } });
    let schema = json!({ "properties": { "tree": { "$ref": "#/$defs/any" } }, "$defs": { "any": any } });
    host.api.upload(router_with_schema("trees", &schema)).await.expect(201);
    host.api.put_integration("trees", "trees", json!({})).await;
    host.api.put_connection("acme", "trees", "acme", json!({})).await;
    let nested = |levels: usize| (0..levels).fold(json!("leaf"), |inner, _| json!([inner]));
    let subscribe = async |tree: Value| {
        let parameters = json!({ "selector": "s", "tree": tree });
        let destination = json!({ "url": "https://customer.example.test/" });
        let body = json!({
            "connection": "acme", "event": "events", "parameters": parameters, "destination": destination,
        });
        host.api.post("/v1/subscriptions", body).await
    };
    subscribe(nested(4)).await.expect(201);
    let start = Instant::now();
    let bomb = nested(60);
    let refused = futures::future::join_all((0..8).map(|_| subscribe(bomb.clone()))).await;
    for answer in refused {
        let problem = answer.expect_problem(422, "invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/parameters", "{problem}");
        assert!(problem["errors"][0]["message"].as_str().unwrap().contains("steps to check"), "{problem}");
    }
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    is_served(&host).await;
}
