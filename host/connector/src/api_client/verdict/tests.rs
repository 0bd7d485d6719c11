//! Answers of an app, and what the handlers make of them.

use bytes::Bytes;
use serde_json::{Value, json};

use super::*;

fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> egress::Response {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    egress::Response { status, headers, body: Bytes::copy_from_slice(body.as_bytes()) }
}

fn json_answer(status: u16, body: &Value) -> egress::Response {
    answer(status, &[("content-type", "application/json; charset=utf-8")], &body.to_string())
}

/// Slack's way: 200 for everything, and the truth in the body.
fn handlers() -> Handlers {
    Handlers::parse(&json!([
        {
            "match": { "$eval": { "$var": "response.data.error" }, "is": "token_revoked" },
            "isSuccess": false,
            "error": { "key": "access_token_expired", "message": "Connect Slack again." },
        },
        {
            "match": { "$eval": { "$var": "response.data.error" }, "is": "ratelimited" },
            "isSuccess": false,
            "error": { "key": "rate_limit_exceeded" },
        },
        {
            "match": { "$eval": { "$var": "response.data.ok" }, "is": false },
            "isSuccess": false,
            "error": {
                "key": "slack_error",
                "message": { "$concat": ["Slack says ", { "$var": "response.data.error" }] },
                "data": { "code": { "$var": "response.data.error" }, "page": { "$var": "response.headers.x-page" } },
            },
        },
        { "match": { "$eval": { "$var": "response.status" }, "is": 404 }, "isSuccess": true, "data": { "found": false } },
        { "match": { "$eval": { "$var": "response.status" }, "is": 409 }, "isSuccess": { "$var": "response.data.same" } },
    ]))
    .unwrap()
}

fn failed(response: egress::Response) -> Failure {
    handlers().judge(response).unwrap_err()
}

fn header<'r>(response: &'r Response, name: &str) -> Vec<&'r str> {
    response.headers.iter().filter(|(each, _)| each == name).map(|(_, value)| value.as_str()).collect()
}

#[test]
fn without_a_handler_that_matches_the_status_decides() {
    let response = handlers().judge(json_answer(200, &json!({ "ok": true }))).unwrap();
    assert_eq!((response.status, response.body), (200, br#"{"ok":true}"#.to_vec()));
    for (status, kind) in [
        (304, FailureKind::Refused),
        (401, FailureKind::Unauthorized),
        (429, FailureKind::RateLimited),
        (500, FailureKind::Refused),
    ] {
        for handlers in [handlers(), Handlers::default()] {
            let failure = handlers.judge(answer(status, &[("retry-after", "2")], "x")).unwrap_err();
            assert_eq!(failure.kind, kind, "{status}");
            assert!(failure.message.contains(&status.to_string()), "{}", failure.message);
            assert_eq!(failure.retry_after_ms, Some(2000), "{status}");
            assert_eq!(failure.response.unwrap().body, b"x");
        }
    }
}

#[test]
fn a_success_can_be_a_failure_with_a_key_that_the_host_knows() {
    let failure = failed(json_answer(200, &json!({ "ok": false, "error": "token_revoked" })));
    assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::Unauthorized, "Connect Slack again."));
    let response = failure.response.unwrap();
    assert_eq!(header(&response, ERROR_KEY_HEADER), ["access_token_expired"]);
    assert_eq!(response.body, br#"{"ok":false,"error":"token_revoked"}"#, "without `data` it is the app's own");

    let failure = failed(json_answer(200, &json!({ "ok": false, "error": "ratelimited" })));
    assert_eq!(failure.kind, FailureKind::RateLimited);
    assert_eq!(failure.message, "the external app asks to slow down (200)");
}

#[test]
fn message_and_data_are_made_of_the_answer() {
    let body = json!({ "ok": false, "error": "not\u{1b}[0m_in_channel" }).to_string();
    let headers = [("content-type", "application/json"), ("content-length", "44"), ("x-page", "1"), ("x-page", "2")];
    let failure = failed(answer(200, &headers, &body));
    assert_eq!(failure.kind, FailureKind::Refused);
    assert_eq!(failure.message, "Slack says not[0m_in_channel");
    let response = failure.response.unwrap();
    let data: Value = serde_json::from_slice(&response.body).unwrap();
    assert_eq!(data, json!({ "code": "not\u{1b}[0m_in_channel", "page": "1, 2" }));
    assert_eq!(header(&response, "content-type"), ["application/json"]);
    assert_eq!(header(&response, "content-length"), <[&str; 0]>::default());
}

#[test]
fn a_failure_can_be_a_success() {
    let response = handlers().judge(answer(404, &[("content-type", "text/html")], "<h1>no</h1>")).unwrap();
    assert_eq!((response.status, response.body.as_slice()), (404, &br#"{"found":false}"#[..]));
    assert_eq!(header(&response, "content-type"), ["application/json"]);

    assert!(handlers().judge(json_answer(409, &json!({ "same": true }))).is_ok());
    assert_eq!(failed(json_answer(409, &json!({ "same": 0 }))).kind, FailureKind::Refused);
    assert_eq!(failed(answer(409, &[], "")).message, "the external app answered 409");
}

#[test]
fn what_an_app_sends_makes_no_message_without_end() {
    let failure = failed(json_answer(200, &json!({ "ok": false, "error": "x".repeat(5_000) })));
    assert_eq!(failure.message.chars().count(), TEXT_CHARS_MAX);
}

#[test]
fn data_is_read_only_where_it_is_json() {
    for (content_type, body, expected) in [
        ("application/json", "{", json!("{")),
        ("text/plain", "{}", json!("{}")),
        ("application/problem+json", "[1]", json!([1])),
        ("Application/JSON", "1", json!(1)),
        ("application/jsonp", "1", json!("1")),
        ("application/json", "", json!(null)),
    ] {
        assert_eq!(data_of(&answer(200, &[("content-type", content_type)], body)), expected, "{content_type} {body}");
    }
}

#[test]
fn a_handler_that_cannot_be_evaluated_makes_no_success() {
    let written = json!([{ "match": { "$jsonata": "true" }, "isSuccess": true }]);
    let failure = Handlers::parse(&written).unwrap().judge(answer(500, &[], "")).unwrap_err();
    assert!(failure.message.contains("$jsonata"), "{}", failure.message);
}

#[test]
fn handlers_of_another_shape_are_refused_with_their_place() {
    for (written, part) in [
        (json!({}), "a list was expected"),
        (json!([1]), "responseHandlers[0] is 1"),
        (json!([{ "match": true }, { "isSuccess": true }]), "responseHandlers[1] has no `match`"),
        (json!([{ "match": true, "success": true }]), "the unknown key `success`"),
        (json!([{ "match": true, "error": "no" }]), "responseHandlers[0].error is"),
        (json!([{ "match": true, "error": { "code": 1 } }]), "the unknown key `code`"),
        (json!(vec![json!({ "match": true }); HANDLERS_MAX + 1]), "too many"),
    ] {
        let why = Handlers::parse(&written).unwrap_err();
        assert!(why.contains(part), "{why}");
    }
}
