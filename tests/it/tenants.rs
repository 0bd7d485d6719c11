//! A customer's token, tried on another customer's things over every route: what is not its own is not there.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Api, Echo, repository, routes, wait_for};

/// Two customers of one integration, events for each and for both.
struct Neighbours {
    echo: Echo,
    /// The token of `customer-acme`.
    acme: Api,
    /// Ids of what belongs to `customer-beta` alone, by the plural in its URL.
    of_beta: Vec<(&'static str, String)>,
}

/// What no answer to acme may hold.
const OF_BETA: &[&str] = &["beta", "sel-b"];

async fn neighbours() -> Neighbours {
    let echo = Echo::start().await;
    let api = echo.api();
    api.put_connection("beta", "echo", "customer-beta", json!({ "accessToken": "beta-token" })).await;
    let parameters = json!({ "selector": "sel-b" });
    let subscription = api.subscribe("beta", "chosen", parameters, &echo.receiver.url("/beta")).await;
    echo.subscribe("sel-a", "/acme").await;
    let of_beta = json!({ "selector": "sel-b", "payload": "for-beta" });
    echo.send_events(json!([of_beta])).await.expect(200);
    let request = id(&api.last_request().await);
    let event = id(&api.all(&format!("/v1/events?request={request}")).await[0]);
    let delivery = id(&api.all(&format!("/v1/deliveries?event={event}")).await[0]);
    let of_acme = json!({ "selector": "sel-a", "payload": "for-acme" });
    let of_both = json!({ "selectors": ["sel-b", "sel-a"], "payload": "for-both", "id": "evt-of-beta-too" });
    let of_nobody = json!({ "selector": "sel-b-unknown", "payload": "for-beta-later" });
    echo.send_events(json!([of_beta, of_acme, of_both, of_nobody])).await.expect(200);
    wait_for("all deliveries", async || (api.all("/v1/deliveries?status=delivered").await.len() == 5).then_some(()))
        .await;
    let token = api.post("/v1/tokens", json!({ "name": "acme's", "scope": "customer", "customer": "customer-acme" }));
    let token = token.await.expect(201);
    let acme = Api { token: token["token"].as_str().unwrap().to_owned(), ..api.clone() };
    let of_beta = vec![
        ("connections", "beta".to_owned()),
        ("subscriptions", id(&subscription)),
        ("webhook-requests", request),
        ("events", event),
        ("deliveries", delivery),
        ("tokens", id(&token)),
        ("customers", "customer-beta".to_owned()),
    ];
    Neighbours { echo, acme, of_beta }
}

fn id(item: &Value) -> String {
    item["id"].as_str().unwrap_or_else(|| panic!("no id in {item}")).to_owned()
}

/// An id of the same form that nothing has.
fn absent(id: &str) -> String {
    let other = if id.ends_with('7') { '6' } else { '7' };
    format!("{}{other}", &id[..id.len() - 1])
}

/// A body that the method takes at this path, on acme's behalf.
fn body(method: &str, path: &str, connection: &str) -> Option<Value> {
    let destination = json!({ "url": "http://127.0.0.1:9/" });
    match (method, path.split('/').nth(2)?) {
        ("PUT", "connections") => {
            let credentials = json!({ "accessToken": "new-token" });
            Some(json!({ "integration": "echo", "customer": "customer-acme", "credentials": credentials }))
        }
        ("PATCH", "connections") => Some(json!({ "name": "taken over" })),
        ("POST", "subscriptions") if !path.contains("{id}") => {
            let parameters = json!({ "selector": "sel-b" });
            Some(json!({
                "connection": connection, "event": "chosen", "parameters": parameters, "destination": destination,
            }))
        }
        // All of theirs have been delivered.
        ("POST", "deliveries") if !path.contains("{id}") => {
            Some(json!({ "connection": connection, "status": "delivered" }))
        }
        ("PATCH", "subscriptions") => Some(json!({ "destination": destination })),
        _ => None,
    }
}

async fn call(api: &Api, method: &str, path: &str, body: Option<Value>) -> Answer {
    let mut request = api.request(method.parse::<Method>().unwrap(), path);
    if let Some(body) = body {
        let lines = path.ends_with("/bulk");
        let content_type = if lines { "application/x-ndjson" } else { "application/json" };
        request = request.header("content-type", content_type).body(body.to_string());
    }
    Answer::read(request.send().await.unwrap()).await
}

#[tokio::test]
async fn another_customers_things_answer_like_things_that_are_not_there_over_every_route() {
    let neighbours = neighbours().await;
    let (api, acme) = (neighbours.echo.api(), &neighbours.acme);
    let before = all(&api).await;
    let mut refused = 0;
    for (method, route) in routes(&api).await {
        let collection = route.split('/').nth(2).unwrap_or_default();
        let known = neighbours.of_beta.iter().find(|(plural, _)| *plural == collection).map(|(_, id)| id.as_str());
        let theirs = known.unwrap_or("echo");
        let path = |id: &str| route.replace("{id}", id).replace("{key}", "echo").replace("{version}", "1");
        let theirs_is_named = route.contains("{id}") || method == "POST";
        let connection = |id: &str| if route.contains("{id}") { "acme".to_owned() } else { id.to_owned() };
        let their_connection = if route.contains("{id}") { "acme" } else { "beta" };
        let answer = call(acme, &method, &path(theirs), body(&method, &route, their_connection)).await;
        for secret in OF_BETA {
            let shown = answer.text().replace(theirs, "");
            assert!(method == "POST" || !shown.contains(secret), "{method} {route}: {}", answer.text());
        }
        if answer.status == 403 {
            answer.expect_problem(403, "forbidden");
            refused += 1;
        } else if theirs_is_named {
            let gone = absent(if route.contains("{id}") { theirs } else { "beta" });
            let to_nobody = call(acme, &method, &path(&gone), body(&method, &route, &connection(&gone))).await;
            let is_refused = matches!(answer.status, 404 | 422) || answer.text().starts_with(r#"{"status":422,"#);
            // A retry of many finds none of theirs.
            let is_refused = is_refused || answer.text() == r#"{"retried":0}"#;
            assert!(is_refused, "{method} {route}: {} {}", answer.status, answer.text());
            assert_eq!(answer.status, to_nobody.status, "{method} {route}");
            let own_id = if route.contains("{id}") { theirs } else { "beta" };
            assert_eq!(answer.text().replace(own_id, "·"), to_nobody.text().replace(&gone, "·"), "{method} {route}");
        } else {
            assert_eq!(answer.status, 200, "{method} {route}: {}", answer.text());
        }
    }
    assert!(refused > 10);
    assert_eq!(all(&api).await, before, "nothing has changed");
}

/// Everything that an administrator sees in the lists.
async fn all(api: &Api) -> Value {
    let mut lists = json!({});
    for list in ["connections", "subscriptions", "webhook-requests", "events", "deliveries", "tokens"] {
        lists[list] = json!(api.all(&format!("/v1/{list}")).await);
    }
    lists
}

#[tokio::test]
async fn of_a_request_that_concerns_several_customers_each_is_shown_its_own_part() {
    let neighbours = neighbours().await;
    let acme = &neighbours.acme;
    let count = async |list: &str| acme.all(list).await.len();
    assert_eq!(count("/v1/connections").await, 1);
    assert_eq!(count("/v1/subscriptions").await, 1);
    assert_eq!(count("/v1/webhook-requests").await, 1);
    assert_eq!(count("/v1/events").await, 2);
    assert_eq!(count("/v1/deliveries").await, 2);
    let mut shown = vec![];
    for list in ["connections", "subscriptions", "webhook-requests", "events", "deliveries"] {
        for item in acme.all(&format!("/v1/{list}")).await {
            shown.push(acme.get(&format!("/v1/{list}/{}", id(&item))).await.expect(200));
            shown.push(item);
        }
    }
    for item in &shown {
        for secret in OF_BETA {
            assert!(!item.to_string().contains(secret), "{secret} in {item}");
        }
    }
    let request = shown.iter().find(|item| item["log"].is_array()).unwrap();
    assert_eq!((&request["eventCount"], &request["deliveryCount"]), (&json!(2), &json!(2)), "{request}");
    assert_eq!(request["received"], Value::Null);
    for event in request["events"].as_array().unwrap() {
        assert_eq!(event["selectors"], json!(["sel-a"]), "{event}");
        assert_eq!(event["deliveries"].as_array().unwrap().len(), 1, "{event}");
    }
    let payloads: Vec<&Value> = shown.iter().filter_map(|item| item.get("payload")).collect();
    assert_eq!(payloads, [&json!("for-both"), &json!("for-acme")]);
}

/// A filter must not tell what a list does not show.
#[tokio::test]
async fn filters_find_nothing_of_others() {
    let neighbours = neighbours().await;
    let acme = &neighbours.acme;
    let beta = |plural: &str| &neighbours.of_beta.iter().find(|(name, _)| *name == plural).unwrap().1;
    for path in [
        "/v1/events?selector=sel-b".to_owned(),
        "/v1/events?status=unrouted".to_owned(),
        format!("/v1/events?request={}", beta("webhook-requests")),
        "/v1/connections?customer=customer-beta".to_owned(),
        "/v1/subscriptions?customer=customer-beta".to_owned(),
        "/v1/subscriptions?connection=beta".to_owned(),
        "/v1/deliveries?customer=customer-beta".to_owned(),
        format!("/v1/deliveries?event={}", beta("events")),
    ] {
        assert_eq!(acme.all(&path).await, Vec::<Value>::new(), "{path}");
    }
    assert_eq!(acme.all("/v1/events?selector=sel-a").await.len(), 2);
}

/// A cursor names the row where a page ended, which may be another customer's.
#[tokio::test]
async fn a_cursor_tells_nothing_and_is_good_for_its_own_token_alone() {
    let neighbours = neighbours().await;
    let (api, acme) = (neighbours.echo.api(), &neighbours.acme);
    let page = acme.get("/v1/events?limit=1").await.expect(200);
    let cursor = page["cursor"].as_str().unwrap();
    let next = acme.get(&format!("/v1/events?limit=1&cursor={cursor}")).await.expect(200);
    assert_ne!(id(&page["items"][0]), id(&next["items"][0]));
    api.get(&format!("/v1/events?cursor={cursor}")).await.expect_problem(400, "query_invalid");
    let open = api.get("/v1/events?limit=1").await.expect(200)["cursor"].as_str().unwrap().to_owned();
    acme.get(&format!("/v1/events?cursor={open}")).await.expect_problem(400, "query_invalid");
}

#[tokio::test]
async fn a_customers_token_works_on_its_own_things() {
    let neighbours = neighbours().await;
    let acme = &neighbours.acme;
    let destination = json!({ "url": neighbours.echo.receiver.url("/more") });
    let more = json!({ "selector": "sel-more" });
    let create = json!({ "connection": "acme", "event": "chosen", "parameters": more, "destination": destination });
    let subscription = id(&acme.post("/v1/subscriptions", create).await.expect(201));
    for action in ["resubscribe", "disable", "enable", "rotate-secret"] {
        acme.act(&format!("/v1/subscriptions/{subscription}/{action}")).await.expect(200);
    }
    acme.patch(&format!("/v1/subscriptions/{subscription}"), json!({ "destination": destination })).await.expect(200);
    let delivery = id(&acme.all("/v1/deliveries").await[0]);
    acme.act(&format!("/v1/deliveries/{delivery}/retry")).await.expect(200);
    acme.get("/v1/integrations/echo/events").await.expect(200);
    let put = body("PUT", "/v1/connections/acme", "").unwrap();
    acme.put("/v1/connections/acme", put.clone()).await.expect(200);
    acme.patch("/v1/connections/acme", json!({ "name": "ours" })).await.expect(200);
    let mut to_beta = put.clone();
    to_beta["customer"] = json!("customer-beta");
    acme.put("/v1/connections/acme", to_beta).await.expect_problem(409, "conflict");
    acme.put("/v1/connections/new", put).await.expect_problem(404, "not_found");
    acme.delete(&format!("/v1/subscriptions/{subscription}")).await.expect_status(204);
    acme.delete("/v1/connections/acme").await.expect_status(204);
    assert!(acme.all("/v1/subscriptions").await.is_empty());
}

/// The table of `access.rs` is complete: a route that is added to the server must be decided on there.
#[tokio::test]
async fn every_route_has_a_row_that_says_who_may_use_it() {
    let echo = Echo::start().await;
    let source = std::fs::read_to_string(repository().join("host/server/src/access.rs")).unwrap();
    let rows = source.lines().filter(|line| line.trim().starts_with("(\"")).map(|line| {
        let mut words = line.split('"');
        (words.nth(1).unwrap().to_owned(), words.nth(1).unwrap().to_owned())
    });
    let (mut decided, mut there): (Vec<_>, Vec<_>) = (rows.collect(), routes(&echo.api()).await);
    decided.sort();
    there.sort();
    assert_eq!(decided, there);
}
