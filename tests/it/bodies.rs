//! Bodies of webhook requests: character sets, encodings, sizes; and answers that have no body or a header too many.

use async_compression::tokio::bufread::{BrotliEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};

use crate::harness::{Answer, Api, Echo, Settings};

/// What the handler was given for a body.
async fn arguments(api: &Api, headers: &[(&str, &str)], body: impl Into<reqwest::Body>) -> Answer {
    let mut request = api.http.post(api.webhook("echo", "arguments").await).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Answer::read(request.send().await.unwrap()).await
}

/// The body arrives as this `data` and `rawBody`, and its bytes as they were sent.
async fn check(api: &Api, headers: &[(&str, &str)], body: &[u8], data: Value, raw_body: &str) {
    let arguments = arguments(api, headers, body.to_vec()).await.expect(200);
    assert_eq!(arguments["data"], data, "{headers:?}");
    assert_eq!(arguments["rawBody"], raw_body, "{headers:?}");
    assert_eq!(arguments["base64"], STANDARD.encode(body), "{headers:?}");
}

async fn encoded(mut encoder: impl AsyncRead + Unpin) -> Vec<u8> {
    let mut bytes = Vec::new();
    encoder.read_to_end(&mut bytes).await.unwrap();
    bytes
}

fn utf_16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(to_bytes).collect()
}

#[tokio::test]
async fn text_in_another_character_set_is_read_and_its_bytes_are_kept() {
    let echo = Echo::start().await;
    let api = echo.api();
    let typed = async |content_type: &str, body: &[u8], data: Value, raw_body: &str| {
        check(&api, &[("content-type", content_type)], body, data, raw_body).await;
    };
    let (text, document) = ("größe テ", json!({ "größe": "テ" }));
    let source = document.to_string();
    typed("application/json; charset=iso-8859-1", b"{\"\xf6\":\"\xe9\"}", json!({ "ö": "é" }), r#"{"ö":"é"}"#).await;
    typed("text/plain; charset=ISO-8859-1", b"gr\xf6\xdfe", json!("größe"), "größe").await;
    typed("application/json; charset=shift_jis", b"{\"a\":\"\x83\x65\"}", json!({ "a": "テ" }), r#"{"a":"テ"}"#).await;
    typed("text/plain; charset=\"Shift_JIS\"", b"\x83\x65\x83\x58", json!("テス"), "テス").await;
    for to_bytes in [u16::to_le_bytes, u16::to_be_bytes] {
        let marked = |text: &str| utf_16(&format!("\u{feff}{text}"), to_bytes);
        typed("application/json; charset=utf-16", &marked(&source), document.clone(), &source).await;
        typed("application/json", &marked(&source), document.clone(), &source).await;
        typed("text/plain; charset=utf-16", &marked(text), json!(text), text).await;
    }
    typed("application/json; charset=utf-16be", &utf_16(&source, u16::to_be_bytes), document.clone(), &source).await;
    typed("text/xml; charset=windows-1252", b"<a>\x80</a>", json!("<a>€</a>"), "<a>€</a>").await;
    typed("application/soap+xml; charset=latin1", b"<\xe4/>", json!("<ä/>"), "<ä/>").await;
    // What says nothing that is known is taken for UTF-8.
    typed("text/plain; charset=klingon", "ä".as_bytes(), json!("ä"), "ä").await;
}

#[tokio::test]
async fn a_byte_order_mark_is_no_part_of_the_text() {
    let echo = Echo::start().await;
    let api = echo.api();
    let json_type = [("content-type", "application/json")];
    check(&api, &json_type, b"\xef\xbb\xbf{\"a\":1}", json!({ "a": 1 }), r#"{"a":1}"#).await;
    let text_type = [("content-type", "text/plain")];
    check(&api, &text_type, b"\xef\xbb\xbfplain", json!("plain"), "plain").await;
    // It outweighs what the header says.
    let latin1 = [("content-type", "text/plain; charset=latin1")];
    check(&api, &latin1, "\u{feff}ä".as_bytes(), json!("ä"), "ä").await;
}

#[tokio::test]
async fn what_is_json_and_what_is_text_by_its_type() {
    let echo = Echo::start().await;
    let api = echo.api();
    let event = r#"{"specversion":"1.0","type":"a.b","data":{"c":1}}"#;
    let parsed: Value = serde_json::from_str(event).unwrap();
    for content_type in [
        "application/vnd.x+json",
        "application/vnd.api+json; ext=\"https://x.test\"",
        "application/cloudevents+json; charset=UTF-8",
        "APPLICATION/JSON",
    ] {
        check(&api, &[("content-type", content_type)], event.as_bytes(), parsed.clone(), event).await;
    }
    let batch = format!("[{event},{event}]");
    let batched = [("content-type", "application/cloudevents-batch+json")];
    check(&api, &batched, batch.as_bytes(), json!([parsed, parsed]), &batch).await;
    let lines = "{\"a\":1}\n{\"a\":2}\n";
    for content_type in ["application/x-ndjson", "application/ndjson", "application/jsonl"] {
        check(&api, &[("content-type", content_type)], lines.as_bytes(), json!(lines), lines).await;
    }
}

#[tokio::test]
async fn repeated_form_keys_become_a_list_in_their_order() {
    let echo = Echo::start().await;
    let form = [("content-type", "application/x-www-form-urlencoded;charset=UTF-8")];
    let body = "b=2&a=3&b=1&a[]=x&b=10&a[]=y&%C3%BC=%E2%82%AC+1&=nameless&b=";
    let data = json!({ "b": ["2", "1", "10", ""], "a": "3", "a[]": ["x", "y"], "ü": "€ 1", "": "nameless" });
    check(&echo.api(), &form, body.as_bytes(), data, body).await;
    let json = arguments(&echo.api(), &form, body).await.text();
    let places = ["\"b\":[", "\"a\":\"3", "\"a[]\":["].map(|key| json.find(key).unwrap());
    assert!(places.is_sorted(), "keys are in the order in which they first came: {json}");
}

#[tokio::test]
async fn every_content_encoding_is_undone_for_data_and_kept_in_the_bytes() {
    let echo = Echo::start().await;
    let api = echo.api();
    let body = br#"{"a":[1,2,3]}"#;
    for (encoding, bytes) in [
        ("gzip", encoded(GzipEncoder::new(&body[..])).await),
        ("br", encoded(BrotliEncoder::new(&body[..])).await),
        ("zstd", encoded(ZstdEncoder::new(&body[..])).await),
        ("deflate", encoded(ZlibEncoder::new(&body[..])).await),
        ("deflate, gzip", encoded(GzipEncoder::new(&encoded(ZlibEncoder::new(&body[..])).await[..])).await),
    ] {
        let headers = [("content-type", "application/json"), ("content-encoding", encoding)];
        check(&api, &headers, &bytes, json!({ "a": [1, 2, 3] }), r#"{"a":[1,2,3]}"#).await;
    }
}

#[tokio::test]
async fn an_encoding_that_is_broken_or_unknown_still_reaches_the_handler_as_sent() {
    let echo = Echo::start().await;
    let whole = encoded(GzipEncoder::new(&br#"{"a":1}"#[..])).await;
    let bodies = [("gzip", &whole[..whole.len() - 4]), ("br", b"\xff\xff"), ("lzma", &whole[..])];
    for (encoding, body) in bodies {
        let headers = [("content-type", "application/json"), ("content-encoding", encoding)];
        let arguments = arguments(&echo.api(), &headers, body.to_vec()).await.expect(200);
        assert_eq!(arguments["base64"], STANDARD.encode(body), "{encoding}");
        assert_eq!(arguments["data"], arguments["rawBody"], "{encoding}");
        assert_eq!(arguments["rawBody"], String::from_utf8_lossy(body).as_ref(), "{encoding}");
    }
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_passes_and_one_byte_more_is_413() {
    let settings = Settings::default().with("request-body-bytes-max", 1000).with("inflated-body-bytes-max", 1000);
    let echo = Echo::start_with(settings).await;
    let api = echo.api();
    let text = |encoding| [("content-type", "text/plain"), ("content-encoding", encoding)];
    let chunked = |length: usize| {
        let chunks: Vec<_> =
            vec![b'x'; length].chunks(300).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect();
        reqwest::Body::wrap_stream(futures::stream::iter(chunks))
    };
    for length in [999, 1000] {
        let body = vec![b'x'; length];
        let raw_body = "x".repeat(length);
        let fixed = arguments(&api, &text("identity"), body.clone()).await.expect(200);
        assert_eq!(fixed["rawBody"], raw_body);
        let in_chunks = arguments(&api, &text("identity"), chunked(length)).await.expect(200);
        assert_eq!((&in_chunks["base64"], &in_chunks["data"]), (&fixed["base64"], &fixed["data"]));
        for (encoding, bytes) in encodings(&body).await {
            assert_eq!(arguments(&api, &text(encoding), bytes).await.expect(200)["data"], raw_body, "{encoding}");
        }
    }
    for length in [1001, 10_000_000] {
        let body = vec![b'x'; length];
        for (encoding, bytes) in encodings(&body).await.into_iter().filter(|(_, bytes)| bytes.len() <= 1000) {
            arguments(&api, &text(encoding), bytes).await.expect_problem(413, "body_too_large");
        }
    }
    arguments(&api, &text("identity"), vec![b'x'; 1001]).await.expect_problem(413, "body_too_large");
    arguments(&api, &text("identity"), chunked(1001)).await.expect_problem(413, "body_too_large");
}

/// The body in every encoding.
async fn encodings(body: &[u8]) -> [(&'static str, Vec<u8>); 4] {
    [
        ("gzip", encoded(GzipEncoder::new(body)).await),
        ("br", encoded(BrotliEncoder::new(body)).await),
        ("zstd", encoded(ZstdEncoder::new(body)).await),
        ("deflate", encoded(ZlibEncoder::new(body)).await),
    ]
}

#[tokio::test]
async fn a_chunked_body_is_the_same_as_one_of_fixed_length() {
    let echo = Echo::start().await;
    let body: Vec<u8> = (0..=255).cycle().take(5000).collect();
    let headers = [("content-type", "application/octet-stream")];
    let fixed = arguments(&echo.api(), &headers, body.clone()).await.expect(200);
    let chunks: Vec<_> = body.chunks(333).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect();
    let chunks = reqwest::Body::wrap_stream(futures::stream::iter(chunks));
    let chunked = arguments(&echo.api(), &headers, chunks).await.expect(200);
    assert_eq!(fixed["base64"], STANDARD.encode(&body));
    for member in ["base64", "rawBody", "data"] {
        assert_eq!(chunked[member], fixed[member], "{member}");
    }
    assert_eq!(fixed["headers"]["content-length"], "5000");
    assert_eq!(chunked["headers"]["content-length"], Value::Null);
}

#[tokio::test]
async fn nul_bytes_survive() {
    let echo = Echo::start().await;
    let api = echo.api();
    check(&api, &[("content-type", "text/plain")], b"\0a\0\0b\0", json!("\0a\0\0b\0"), "\0a\0\0b\0").await;
    check(&api, &[("content-type", "application/octet-stream")], b"\0\0\0", json!("\0\0\0"), "\0\0\0").await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    check(&api, &form, b"a=%00&b=\0", json!({ "a": "\0", "b": "\0" }), "a=%00&b=\0").await;
    let json_type = [("content-type", "application/json")];
    check(&api, &json_type, br#"{"a":"\u0000"}"#, json!({ "a": "\0" }), r#"{"a":"\u0000"}"#).await;
    let kept = api.last_request().await;
    assert_eq!(kept["received"]["body"], r#"{"a":"\u0000"}"#);
}

#[tokio::test]
async fn an_answer_to_head_or_with_status_204_or_304_has_no_body_on_the_wire() {
    let echo = Echo::start().await;
    let api = echo.api();
    let events = api.webhook("echo", "events").await;
    for status in [204, 304] {
        let body = json!({ "events": [], "response": { "status": status, "data": "not to be sent" } }).to_string();
        let (head, rest) = exchange(&events, "POST", &body).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
        assert!(!head.contains("transfer-encoding") && !head.contains("\r\ncontent-type:"), "{head}");
        assert_eq!(rest, "", "{status}");
    }
    let answers = format!("{}?answer=text", api.webhook("echo", "answers").await);
    let (head, rest) = exchange(&answers, "HEAD", "").await;
    assert!(head.starts_with("HTTP/1.1 200 ") && head.contains("content-type: text/plain"), "{head}");
    assert_eq!(rest, "");
    let (_, rest) = exchange(&answers, "GET", "").await;
    assert_eq!(rest, "plain text");
}

/// Head and body of an answer, to the last byte before the connection closes.
async fn exchange(url: &str, method: &str, body: &str) -> (String, String) {
    let url = url::Url::parse(url).unwrap();
    let address = url.socket_addrs(|| None).unwrap()[0];
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let target = &url[url::Position::BeforePath..];
    let request = format!(
        "{method} {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, rest) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), rest.to_owned())
}

#[tokio::test]
async fn a_response_header_that_is_not_for_a_connector_is_500_and_routes_nothing() {
    let echo = Echo::start().await;
    let api = echo.api();
    echo.subscribe("s", "/s").await;
    let url = api.webhook("echo", "events").await;
    for (name, value) in [
        ("Connection", "close"),
        ("Keep-Alive", "timeout=5"),
        ("Proxy-Authenticate", "Basic"),
        ("Proxy-Authorization", "Basic x"),
        ("TE", "trailers"),
        ("Trailer", "x-a"),
        ("Upgrade", "websocket"),
        ("Content-Length", "3"),
        ("Transfer-Encoding", "chunked"),
        ("Host", "example.test"),
        ("Set-Cookie", "a=b"),
        ("x-a", "b\r\nset-cookie: a=b"),
        ("x a", "b"),
    ] {
        let response = json!({ "headers": { name: value } });
        let body = json!({ "events": [{ "selector": "s", "payload": 1 }], "response": response });
        let answer = api.post_webhook(&url, &body).await;
        answer.expect_problem(500, "handler_output_invalid");
        assert_eq!(answer.headers.get("set-cookie"), None, "{name}");
        let record = api.last_request().await;
        assert_eq!((&record["status"], &record["eventCount"]), (&json!("failed"), &json!(0)), "{name}: {record}");
        let message = record["error"]["message"].as_str().unwrap();
        assert!(message.contains(name), "{message}");
    }
    assert_eq!(echo.receiver.count(), 0);
}
