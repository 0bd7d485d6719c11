//! Numbers that a double does not hold: they reach selectors, ids and payloads as they were written, on both engines, and
//! one customer's events never reach another because two ids are one double. The connector `numbers` is written as the
//! guide shows it.

use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::routing::{get, post};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::harness::{Answer, Api, Host, Random, Receiver, Settings, never};

/// The connector in use, with a connection and a receiver.
struct Scene {
    host: Host,
    receiver: Receiver,
}

impl Scene {
    async fn start() -> Scene {
        Scene::start_with(Settings::default(), "{}").await
    }

    /// `parameters` are those of the integration, as text.
    async fn start_with(settings: Settings, parameters: &str) -> Scene {
        let (host, receiver) = (Host::start_with(settings).await, Receiver::start().await);
        let integration = format!(r#"{{"connector":"numbers","parameters":{parameters}}}"#);
        send(&host.api, Method::PUT, "/v1/integrations/numbers", integration).await.expect(201);
        host.api.put_connection("acme", "numbers", "customer-acme", json!({ "accessToken": "token" })).await;
        Scene { host, receiver }
    }

    /// A subscription with these parameters, as text, delivered to the receiver's path.
    async fn subscribe(&self, event: &str, parameters: &str, path: &str) -> Value {
        let url = self.receiver.url(path);
        let body = format!(
            r#"{{"connection":"acme","event":"{event}","parameters":{parameters},"destination":{{"url":"{url}"}}}}"#
        );
        let made = send(&self.host.api, Method::POST, "/v1/subscriptions", body).await;
        let shown = made.text();
        assert!(shown.contains(&format!(r#""parameters":{parameters}"#)), "the API shows {parameters}: {shown}");
        let subscription = made.expect(201);
        assert_eq!(subscription["status"], "subscribed", "{subscription}");
        subscription
    }

    async fn post(&self, webhook: &str, body: &str) -> Answer {
        let api = &self.host.api;
        api.post_body(&api.webhook("numbers", webhook).await, "application/json", body.to_owned()).await
    }

    /// The payloads that came to a path, as text.
    async fn payloads(&self, path: &str, count: usize) -> Vec<String> {
        let received = self.receiver.wait(path, count).await;
        received.iter().map(|each| payload(std::str::from_utf8(&each.body).unwrap())).collect()
    }

    async fn events(&self) -> Vec<Value> {
        self.host.api.all("/v1/events").await
    }
}

async fn send(api: &Api, method: Method, path: &str, body: String) -> Answer {
    let request = api.request(method, path).header("content-type", "application/json").body(body);
    Answer::read(request.send().await.unwrap()).await
}

/// The text of `data` in a delivery; members follow it.
fn payload(delivery: &str) -> String {
    let (_, data) = delivery.split_once(r#""data":"#).unwrap();
    let (data, _) = data.split_once(r#","subscription":"#).unwrap();
    data.to_owned()
}

#[tokio::test]
async fn an_event_never_reaches_the_customer_whose_id_is_the_same_double() {
    let scene = Scene::start().await;
    let subscribed = scene.subscribe("portal", r#"{"portalId":9007199254740992}"#, "/even").await;
    assert_eq!(subscribed["globalWebhookEventSelector"], "portal:9007199254740992");
    let mapped = scene.subscribe("mapped", r#"{"portalId":9007199254740993}"#, "/odd").await;
    assert_eq!(mapped["globalWebhookEventSelector"], "portal:9007199254740993");
    let event = r#"{"portalId":9007199254740993,"eventId":9007199254740953,"order":1}"#;
    scene.post("events", &format!("[{event}]")).await.expect(200);
    assert_eq!(scene.payloads("/odd", 1).await, [event]);
    never("it reaches the other", async || scene.receiver.count() > 1).await;
}

#[tokio::test]
async fn two_ids_that_are_one_double_are_two_events() {
    let scene = Scene::start().await;
    scene.subscribe("portal", r#"{"portalId":7}"#, "/seven").await;
    let events =
        [953, 954].map(|end| format!(r#"{{"portalId":7,"eventId":90071992547409{end},"order":90071992547409{end}}}"#));
    scene.post("events", &format!("[{}]", events.join(","))).await.expect(200);
    let mut payloads = scene.payloads("/seven", 2).await;
    payloads.sort();
    assert_eq!(payloads, events);
    let mut ids: Vec<String> =
        scene.events().await.iter().map(|each| each["providerId"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    assert_eq!(ids, ["90071992547409953", "90071992547409954"]);
    scene.post("events", &format!("[{}]", events[0])).await.expect(200);
    never("the same id comes again", async || scene.receiver.count() > 2).await;
}

#[tokio::test]
async fn numbers_in_json_that_a_form_holds_are_kept_too() {
    let scene = Scene::start().await;
    scene.subscribe("portal", r#"{"portalId":9007199254740992}"#, "/even").await;
    scene.subscribe("portal", r#"{"portalId":9007199254740993}"#, "/odd").await;
    let event = r#"{"portalId":9007199254740993,"amount":1.50}"#;
    let url = scene.host.api.webhook("numbers", "events").await;
    let form = form_urlencoded::Serializer::new(String::new()).append_pair("payload", &format!("[{event}]")).finish();
    scene.host.api.post_body(&url, "application/x-www-form-urlencoded", form).await.expect(200);
    let multipart = format!("--b\r\ncontent-disposition: form-data; name=\"payload\"\r\n\r\n[{event}]\r\n--b--\r\n");
    scene.host.api.post_body(&url, "multipart/form-data; boundary=b", multipart).await.expect(200);
    assert_eq!(scene.payloads("/odd", 2).await, [event, event]);
    never("one reaches the other", async || scene.receiver.count() > 2).await;
}

#[tokio::test]
async fn an_id_that_was_rounded_is_refused_aloud() {
    let scene = Scene::start().await;
    for part in ["id", "orderingKey", "selector"] {
        for id in ["9007199254740993", "1e400", "\"none\""] {
            scene.post("rounded", &format!(r#"{{"as":"{part}","id":{id}}}"#)).await;
            let request = scene.host.api.last_request().await;
            let why = request.to_string();
            assert!(why.contains(part) && why.contains("must be a string"), "{part} {id}: {why}");
            assert_eq!(scene.events().await, Vec::<Value>::new());
        }
    }
}

#[tokio::test]
async fn a_handler_has_ordinary_numbers_and_writes_all_as_they_came() {
    let scene = Scene::start_with(Settings::default(), r#"{"tenant":9007199254740993}"#).await;
    let members = r#""ordinary":1.0,"big":-9007199254740993,"huge":1e400,"exact":0.1234567890123456789,"zero":-0,"text":"9007199254740993""#;
    let body = format!("{{{members}}}");
    let answer = scene.post("answers", &body).await;
    answer.expect_status(200);
    let text = answer.text();
    let written = serde_json::to_string(&body).unwrap();
    for part in [
        format!(r#""data":{body}"#),
        format!(r#""clone":{body}"#),
        format!(r#""parsed":{body}"#),
        format!(r#""text":{written}"#),
        r#""spread":{"ordinary":1,"big":-9007199254740993,"huge":1e400,"exact":0.1234567890123456789,"zero":0,"text":"9007199254740993"}"#.to_owned(),
        r#""texts":{"ordinary":"1","big":"-9007199254740993","huge":"1e400","exact":"0.1234567890123456789","zero":"0","text":"9007199254740993"}"#.to_owned(),
        r#""tenant":9007199254740993"#.to_owned(),
        r#""arithmetic":[true,2,true,"number"]"#.to_owned(),
    ] {
        assert!(text.contains(&part), "{part} in {text}");
    }
}

#[tokio::test]
async fn numbers_of_the_external_apps_api_are_kept() {
    let (app, mut seen) = external_app(r#"{"id":9007199254740993,"rate":1.50}"#).await;
    let scene = Scene::start_with(Settings::default(), &format!(r#"{{"apiBaseUri":"{app}"}}"#)).await;
    let subscribed = scene.subscribe("me", "{}", "/me").await;
    assert_eq!(subscribed["globalWebhookEventSelector"], "portal:9007199254740993");
    let sent = seen.recv().await.unwrap();
    assert_eq!(sent, r#"{"id":9007199254740993,"me":{"id":9007199254740993,"rate":1.50}}"#);
}

/// An API that answers `GET /me` with this JSON, and hands over what it is sent.
async fn external_app(me: &'static str) -> (String, UnboundedReceiver<String>) {
    let (sender, seen) = unbounded_channel();
    let keep = async move |body: Bytes| {
        sender.send(String::from_utf8(body.to_vec()).unwrap()).unwrap();
    };
    let app = Router::new()
        .route("/me", get(async move || ([(CONTENT_TYPE, "application/json")], me)))
        .route("/seen", post(keep));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (url, seen)
}

#[tokio::test]
async fn a_replay_knows_events_whose_numbers_are_one_double_apart() {
    let scene = Scene::start().await;
    scene.subscribe("portal", r#"{"portalId":1}"#, "/one").await;
    // Without ids, so that payloads are compared.
    let events =
        r#"[{"portalId":1,"n":9007199254740992},{"portalId":1,"n":9007199254740993},{"portalId":1.0,"n":1e400}]"#;
    scene.post("events", events).await.expect(200);
    scene.payloads("/one", 3).await;
    let id = scene.host.api.last_request().await["id"].as_str().unwrap().to_owned();
    let body = json!({ "requests": [id], "dryRun": true });
    let tried = scene.host.api.post("/v1/webhook-requests/replay", body).await.expect(200);
    assert_eq!(tried["items"][0]["changes"], json!(["status"]), "and no payload: {tried}");
    let shown = tried["items"][0]["after"]["events"].to_string();
    assert!(shown.contains(r#""n":9007199254740993"#), "{shown}");
    let replayed = scene.host.api.act(&format!("/v1/webhook-requests/{id}/replay")).await.expect(200);
    assert_eq!(replayed["status"], "duplicate", "{replayed}");
    never("one is delivered again", async || scene.receiver.count() > 3).await;
}

#[tokio::test]
async fn the_api_shows_payloads_as_they_came() {
    let scene = Scene::start().await;
    let event = r#"{"portalId":1.0,"n":[9007199254740993,1e400,-0,2.50]}"#;
    scene.post("events", &format!("[{event}]")).await.expect(200);
    let id = scene.events().await[0]["id"].as_str().unwrap().to_owned();
    let shown = scene.host.api.get(&format!("/v1/events/{id}")).await.text();
    assert!(shown.contains(&format!(r#""payload":{event}"#)), "{shown}");
}

#[tokio::test]
async fn whatever_number_json_can_write_is_passed_on_as_it_is_and_tells_customers_apart() {
    let scene = Scene::start().await;
    let mut random = Random::new("numbers");
    let numbers: Vec<String> = (0..200).map(|_| number(&mut random)).collect();
    let body = format!("[{}]", numbers.iter().map(|text| event(text)).collect::<Vec<_>>().join(","));
    scene.post("events", &body).await.expect(200);
    let request = scene.host.api.last_request().await;
    assert_eq!(request["refusedEvents"], Value::Null, "{request}");
    let events = scene.events().await;
    assert_eq!(events.len(), numbers.len());
    for text in &numbers {
        let selector = events.iter().find_map(|each| {
            let shown = each["selectors"][0].as_str()?.strip_prefix("portal:")?;
            same(shown, text).then(|| shown.to_owned())
        });
        let selector = selector.unwrap_or_else(|| panic!("no event for {text}"));
        if is_beyond_doubles(text) {
            assert_eq!(&selector, text);
        }
        let id = events.iter().find(|each| each["selectors"][0] == format!("portal:{selector}")).unwrap();
        let id = id["id"].as_str().unwrap();
        let shown = scene.host.api.get(&format!("/v1/events/{id}")).await.text();
        assert!(shown.contains(&format!(r#""payload":{}"#, event(text))), "{text}: {shown}");
    }
}

fn event(number: &str) -> String {
    format!(r#"{{"portalId":{number},"in":["{number}",{number}]}}"#)
}

/// Numbers of all lengths; no two of them are the same by chance.
fn number(random: &mut Random) -> String {
    let mut digits = |max: u64| -> String {
        let count = 1 + random.below(max);
        (0..count).map(|_| char::from(b'0' + u8::try_from(random.below(10)).unwrap())).collect()
    };
    let (whole, fraction) = (digits(25), digits(20));
    let whole = format!("{}{}", 1 + random.below(9), whole);
    let sign = if random.below(2) == 0 { "-" } else { "" };
    match random.below(4) {
        0 | 1 => format!("{sign}{whole}"),
        2 => format!("{sign}{whole}.{fraction}"),
        _ => format!("{sign}{whole}.{fraction}e{}{}", ["", "-", "+"][random.below(3) as usize], random.below(400)),
    }
}

/// Whether two texts say the same number.
fn same(left: &str, right: &str) -> bool {
    parts(left) == parts(right)
}

/// Sign, digits without zeros at the ends, power of ten.
fn parts(text: &str) -> (bool, String, i64) {
    let (mantissa, power) = text.split_once('e').unwrap_or((text, "0"));
    let unsigned = mantissa.trim_start_matches('-');
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let all = format!("{whole}{fraction}");
    let ended = all.trim_end_matches('0');
    let shift = (all.len() - ended.len()) as i64 - fraction.len() as i64;
    (mantissa.starts_with('-'), ended.trim_start_matches('0').to_owned(), power.parse::<i64>().unwrap() + shift)
}

/// Whether a number is neither a double nor a whole number that is written with an exponent or a point.
fn is_beyond_doubles(text: &str) -> bool {
    let is_double = text.parse::<f64>().is_ok_and(|double| double.is_finite() && same(&format!("{double:e}"), text));
    let is_whole = parts(text).2 >= 0;
    let is_plain = text.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit());
    if is_whole { is_plain } else { !is_double }
}
