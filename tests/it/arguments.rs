//! What `handle` is given: every argument of the specification, for every kind of body and every method.

use std::io::Write as _;

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Api, Echo};

/// Sends a body to the webhook that answers with its arguments.
async fn arguments(api: &Api, content_type: &str, body: impl Into<reqwest::Body>) -> Value {
    let url = api.webhook("echo", "arguments").await;
    api.post_body(&url, content_type, body).await.expect(200)
}

async fn send(api: &Api, method: Method, url: &str) -> Answer {
    Answer::read(api.http.request(method, url).send().await.unwrap()).await
}

#[tokio::test]
async fn data_is_the_body_parsed_by_its_content_type_and_raw_body_is_the_body_itself() {
    let echo = Echo::start().await;
    let api = echo.api();
    let check = async |content_type: &str, body: &str, expected: Value| {
        let arguments = arguments(&api, content_type, body.to_owned()).await;
        assert_eq!(arguments["data"], expected, "{content_type}: {body}");
        assert_eq!(arguments["rawBody"], body, "{content_type}: {body}");
    };
    check("application/json", r#"{"a":[1,{"b":null}]}"#, json!({ "a": [1, { "b": null }] })).await;
    check("application/json; charset=utf-8", "\"ü\"", json!("ü")).await;
    check("application/vnd.app.v2+json", "[1, 2]", json!([1, 2])).await;
    check("application/json", "7", json!(7)).await;
    check("application/json", "{broken", json!("{broken")).await;
    check("application/json", "", json!(null)).await;
    check(
        "application/x-www-form-urlencoded",
        "a=1&b=x+y%26z&a=2&c",
        json!({ "a": ["1", "2"], "b": "x y&z", "c": "" }),
    )
    .await;
    check("text/plain", "a=1", json!("a=1")).await;
    check("text/xml", "<a>b</a>", json!("<a>b</a>")).await;
    check("application/xml", "<a/>", json!("<a/>")).await;
    check("text/csv", "a,b\n1,2\n", json!("a,b\n1,2\n")).await;
}

#[tokio::test]
async fn keys_that_mean_something_to_javascript_are_only_keys() {
    let echo = Echo::start().await;
    let api = echo.api();
    let form = arguments(&api, "application/x-www-form-urlencoded", "__proto__=1&constructor=2&toString=3").await;
    assert_eq!(form["data"]["__proto__"], "1");
    assert_eq!(form["data"]["constructor"], "2");
    assert_eq!(form["data"]["toString"], "3");
    let document = arguments(&api, "application/json", r#"{"__proto__":{"a":1}}"#).await;
    assert_eq!(document["rawBody"], r#"{"__proto__":{"a":1}}"#);
}

#[tokio::test]
async fn a_multipart_body_becomes_an_object_with_its_files_described() {
    let echo = Echo::start().await;
    let body = "--limit\r\ncontent-disposition: form-data; name=\"title\"\r\n\r\nÜber\r\n\
        --limit\r\ncontent-disposition: form-data; name=\"tag\"\r\n\r\na\r\n\
        --limit\r\ncontent-disposition: form-data; name=\"tag\"\r\n\r\nb\r\n\
        --limit\r\ncontent-disposition: form-data; name=\"picture\"; filename=\"cat.png\"\r\n\
        content-type: image/png\r\n\r\n12345\r\n--limit--\r\n";
    let arguments = arguments(&echo.api(), "multipart/form-data; boundary=limit", body).await;
    let picture = json!({ "filename": "cat.png", "contentType": "image/png", "size": 5 });
    assert_eq!(arguments["data"], json!({ "title": "Über", "tag": ["a", "b"], "picture": picture }));
    assert_eq!(arguments["rawBody"], body);
}

#[tokio::test]
async fn raw_bytes_are_the_body_even_where_it_is_no_text() {
    use base64::Engine as _;
    let echo = Echo::start().await;
    for content_type in ["application/octet-stream", "application/json", "text/plain"] {
        let bytes = [0_u8, 255, 254, b'{', 0xc3, 0x28, 10];
        let arguments = arguments(&echo.api(), content_type, bytes.to_vec()).await;
        assert_eq!(arguments["base64"], base64::engine::general_purpose::STANDARD.encode(bytes), "{content_type}");
        assert_eq!(arguments["bytesAre"], "Uint8Array");
        assert!(arguments["rawBody"].as_str().unwrap().contains('\u{fffd}'), "{content_type}");
    }
}

#[tokio::test]
async fn a_compressed_body_is_data_inflated_and_raw_bytes_as_they_came() {
    use base64::Engine as _;
    let echo = Echo::start().await;
    let api = echo.api();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(br#"{"a":1}"#).unwrap();
    let bytes = gzip.finish().unwrap();
    let url = api.webhook("echo", "arguments").await;
    let request = api.http.post(&url).header("content-type", "application/json").header("content-encoding", "gzip");
    let arguments = Answer::read(request.body(bytes.clone()).send().await.unwrap()).await.expect(200);
    assert_eq!(arguments["data"], json!({ "a": 1 }));
    assert_eq!(arguments["rawBody"], r#"{"a":1}"#);
    assert_eq!(arguments["base64"], base64::engine::general_purpose::STANDARD.encode(bytes));
}

#[tokio::test]
async fn query_is_an_object_with_lists_where_names_repeat() {
    let echo = Echo::start().await;
    let api = echo.api();
    let url = api.webhook("echo", "arguments").await;
    let arguments = send(&api, Method::GET, &format!("{url}?a=1&b=x%20y+z&a=2&hub.challenge=%C3%BC&empty=")).await;
    let query = &arguments.expect(200)["query"];
    assert_eq!(query, &json!({ "a": ["1", "2"], "b": "x y z", "hub.challenge": "ü", "empty": "" }));
    assert_eq!(send(&api, Method::GET, &url).await.expect(200)["query"], json!({}));
}

#[tokio::test]
async fn headers_is_an_object_with_lower_case_names() {
    let echo = Echo::start().await;
    let api = echo.api();
    let url = api.webhook("echo", "arguments").await;
    let request = api.http.post(&url).header("X-Hub-Signature", "sha1=Ab").header("X-Two", "1").header("X-Two", "2");
    let headers = &Answer::read(request.body("x").send().await.unwrap()).await.expect(200)["headers"];
    assert_eq!(headers["x-hub-signature"], "sha1=Ab");
    assert_eq!(headers["x-two"], "1, 2");
    assert_eq!(headers["X-Hub-Signature"], Value::Null);
}

#[tokio::test]
async fn parameters_are_those_of_the_integration_that_the_webhook_belongs_to() {
    let echo = Echo::start().await;
    let api = echo.api();
    let parameters = json!({ "signingSecret": "of-the-second", "apiBaseUri": "https://api.example.test" });
    api.put_integration("second", "echo", parameters.clone()).await;
    let second = api.webhook("second", "arguments").await;
    assert_eq!(api.post_webhook(&second, &json!({})).await.expect(200)["parameters"], parameters);
    let first = api.webhook("echo", "arguments").await;
    assert_eq!(api.post_webhook(&first, &json!({})).await.expect(200)["parameters"], json!({}));

    let patch = json!({ "parameters": { "signingSecret": "rotated-since" } });
    api.patch("/v1/integrations/second", patch).await.expect(200);
    let changed = json!({ "signingSecret": "rotated-since", "apiBaseUri": "https://api.example.test" });
    assert_eq!(api.post_webhook(&second, &json!({})).await.expect(200)["parameters"], changed);
}

#[tokio::test]
async fn every_http_method_reaches_the_handler() {
    let echo = Echo::start().await;
    let api = echo.api();
    let url = api.webhook("echo", "arguments").await;
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"] {
        let arguments = send(&api, method.parse().unwrap(), &url).await.expect(200);
        assert_eq!(arguments["method"], method);
        assert_eq!(arguments["data"], Value::Null, "{method}");
    }
    let head = send(&api, Method::HEAD, &url).await;
    assert_eq!((head.status, head.header("x-method"), head.body.len()), (200, "HEAD", 0));
}

#[tokio::test]
async fn url_is_the_public_one_and_path_is_what_follows_the_webhooks_own_uri() {
    let echo = Echo::start().await;
    let api = echo.api();
    let url = api.webhook("echo", "arguments").await;
    let token = url.rsplit('/').next().unwrap().to_owned();
    let check = async |rest: &str, path: &str| {
        let request = api.http.get(format!("{url}{rest}")).header("host", "attacker.example.test");
        let arguments = Answer::read(request.send().await.unwrap()).await.expect(200);
        assert_eq!(arguments["path"], path);
        assert_eq!(arguments["url"], format!("https://hooks.example.test/patchbay/webhooks/{token}{rest}"));
        assert_eq!(arguments["webhookKey"], "arguments");
    };
    check("", "").await;
    check("/", "/").await;
    check("/a/b%20c?d=1&d=2", "/a/b%20c").await;
    check("?x=%2F", "").await;
}

#[tokio::test]
async fn received_at_is_the_time_in_milliseconds() {
    let echo = Echo::start().await;
    let before = jiff::Timestamp::now();
    let arguments = arguments(&echo.api(), "text/plain", "x").await;
    let received_at = arguments["receivedAt"].as_str().unwrap();
    assert_eq!(received_at.len(), "2026-01-02T03:04:05.678Z".len(), "{received_at}");
    let received_at: jiff::Timestamp = received_at.parse().unwrap();
    let early = jiff::SignedDuration::from_millis(1);
    assert!(received_at + early >= before && received_at <= jiff::Timestamp::now());
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_and_reaches_no_handler() {
    let settings = crate::harness::Settings::default();
    let echo =
        Echo::start_with(settings.with("request-body-bytes-max", 1000).with("inflated-body-bytes-max", 2000)).await;
    let api = echo.api();
    let url = api.webhook("echo", "arguments").await;
    api.post_body(&url, "text/plain", "x".repeat(1000)).await.expect(200);
    api.post_body(&url, "text/plain", "x".repeat(1001)).await.expect_problem(413, "body_too_large");
    // Without a Content-Length it shows only while it is read.
    let chunks = futures::stream::iter(vec![Ok::<_, std::convert::Infallible>(vec![b'x'; 400]); 5]);
    let chunked = api.post_body(&url, "text/plain", reqwest::Body::wrap_stream(chunks)).await;
    chunked.expect_problem(413, "body_too_large");
    // A bomb: small as it comes, large once it is inflated.
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&[b'x'; 50_000]).unwrap();
    let bomb = api.http.post(&url).header("content-type", "text/plain").header("content-encoding", "gzip");
    let bomb = Answer::read(bomb.body(gzip.finish().unwrap()).send().await.unwrap()).await;
    bomb.expect_problem(413, "body_too_large");
    assert_eq!(api.all("/v1/webhook-requests").await.len(), 1);
}
