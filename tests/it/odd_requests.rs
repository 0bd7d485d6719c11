//! Requests that are not by the book, as they come from senders that nobody can change: what they say reaches the handler.

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::harness::{Answer, Api, Echo};

/// What the handler was given, of a request with these headers.
async fn arguments(api: &Api, headers: &[(&str, &str)], body: &[u8]) -> Value {
    let mut request = api.http.post(api.webhook("echo", "arguments").await).body(body.to_vec());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Answer::read(request.send().await.unwrap()).await.expect(200)
}

/// What the handler was given, of a request written by hand. `{}` in it stands for the webhook's path.
async fn written(api: &Api, request: &[u8]) -> Value {
    let webhook = api.webhook("echo", "arguments").await;
    let path = webhook.strip_prefix(&api.base).unwrap().as_bytes();
    let at = request.windows(2).position(|two| two == b"{}").unwrap();
    let request = [&request[..at], path, &request[at + 2..]].concat();
    let mut stream = TcpStream::connect(api.base.trim_start_matches("http://")).await.unwrap();
    stream.write_all(&request).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[tokio::test]
async fn what_is_no_content_coding_is_ignored_and_an_unknown_one_is_told() {
    let echo = Echo::start().await;
    let api = echo.api();
    for coding in ["UTF-8", "none", "binary", "7bit", "identity"] {
        let headers = [("content-type", "application/json"), ("content-encoding", coding)];
        assert_eq!(arguments(&api, &headers, br#"{"a":1}"#).await["data"], json!({ "a": 1 }), "{coding}");
        assert_eq!(api.last_request().await["log"], json!([]), "{coding}");
    }
    let headers = [("content-type", "application/json"), ("content-encoding", "compress")];
    assert_eq!(arguments(&api, &headers, br#"{"a":1}"#).await["data"], r#"{"a":1}"#);
    let record = api.last_request().await;
    let line = record["log"][0].as_str().unwrap();
    assert!(line.contains("`compress` is not known"), "{line}");
}

#[tokio::test]
async fn json_is_json_by_a_malformed_type_and_without_one() {
    let echo = Echo::start().await;
    let api = echo.api();
    for content_type in [
        "application/json, application/json",
        "application/json charset=utf-8",
        "application/x-json",
        "application/json;charset=\"utf-8\";;",
        "json",
    ] {
        let given = arguments(&api, &[("content-type", content_type)], br#"{"a":1}"#).await;
        assert_eq!(given["data"], json!({ "a": 1 }), "{content_type}");
    }
    assert_eq!(arguments(&api, &[], br#"{"a":1}"#).await["data"], json!({ "a": 1 }));
    let twice = [("content-type", "application/json"), ("content-type", "application/json")];
    assert_eq!(arguments(&api, &twice, b"[1]").await["data"], json!([1]));
    assert_eq!(arguments(&api, &[], b"a=1").await["data"], "a=1");
}

#[tokio::test]
async fn a_form_in_another_character_set_is_read_and_its_text_is_kept() {
    let echo = Echo::start().await;
    let api = echo.api();
    let form = async |content_type: &str, body: &[u8], data: Value| {
        let given = arguments(&api, &[("content-type", content_type)], body).await;
        assert_eq!(given["data"], data, "{content_type}");
        assert_eq!(given["rawBody"].as_str().unwrap().as_bytes(), body, "what was signed stays as it is");
    };
    let form_type = "application/x-www-form-urlencoded";
    form(&format!("{form_type}; charset=windows-1252"), b"first_name=Andr%E9", json!({ "first_name": "André" })).await;
    form(&format!("{form_type};charset=gbk"), b"a=%C4%E3&a=%BA%C3", json!({ "a": ["你", "好"] })).await;
    let paypal = json!({ "charset": "windows-1252", "last_name": "Müller x" });
    form(form_type, b"charset=windows-1252&last_name=M%FCller+x", paypal).await;
    form(form_type, b"name=%C3%A9&charset=latin1", json!({ "name": "é", "charset": "latin1" })).await;
}

#[tokio::test]
async fn a_multipart_body_that_is_not_by_the_book_is_taken_apart() {
    let echo = Echo::start().await;
    let api = echo.api();
    let body = "------=_Part_1\nContent-Type: text/plain\n\nnameless\n------=_Part_1\n\
        Content-Disposition: form-data; name=\"a\"\n\n1\n------=_Part_1\n\
        Content-Disposition: form-data; name=\"f\"; filename*=UTF-8''na%C3%AFve.txt\n\nabc\n";
    let content_type = "multipart/form-data; boundary=----=_Part_1";
    let given = arguments(&api, &[("content-type", content_type)], body.as_bytes()).await;
    let file = json!({ "filename": "naïve.txt", "size": 3 });
    assert_eq!(given["data"], json!({ "": "nameless", "a": "1", "f": file }));
}

#[tokio::test]
async fn characters_that_should_have_been_encoded_do_not_cost_the_request() {
    let echo = Echo::start().await;
    let api = echo.api();
    let head = " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let request = format!("GET {{}}/a b?q={{\"x\":\"<1>\"}}&n=a b#c{head}");
    let given = written(&api, request.as_bytes()).await;
    assert_eq!(given["query"], json!({ "q": "{\"x\":\"<1>\"}", "n": "a b#c" }));
    assert_eq!(given["path"], "/a%20b");
    let given = written(&api, &[b"GET {}?n=Andr\xe9", head.as_bytes()].concat()).await;
    assert!(given["url"].as_str().unwrap().ends_with("?n=Andr%E9"), "{given}");
}

#[tokio::test]
async fn bytes_of_headers_that_are_no_utf_8_are_latin_1() {
    let echo = Echo::start().await;
    let request =
        b"GET {} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Latin: Andr\xe9 \xff\r\nX-Utf: Andr\xc3\xa9\r\n\r\n";
    let headers = &written(&echo.api(), request).await["headers"];
    assert_eq!((&headers["x-latin"], &headers["x-utf"]), (&json!("André ÿ"), &json!("André")));
}

#[tokio::test]
async fn the_host_is_among_the_headers_over_http_2_as_over_http_1() {
    let echo = Echo::start().await;
    let api = echo.api();
    let url = api.webhook("echo", "arguments").await;
    let host = api.base.trim_start_matches("http://");
    let http_2 = reqwest::Client::builder().http2_prior_knowledge().no_proxy().build().unwrap();
    for client in [&http_2, &api.http] {
        let given = Answer::read(client.post(&url).body("{}").send().await.unwrap()).await.expect(200);
        assert_eq!(given["headers"]["host"], host);
    }
}

#[tokio::test]
async fn more_than_a_hundred_signature_headers_reach_the_handler() {
    let echo = Echo::start().await;
    let names: Vec<String> = (1..=150).map(|number| format!("x-docusign-signature-{number}")).collect();
    let headers: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "c2lnbmF0dXJl")).collect();
    let given = arguments(&echo.api(), &headers, b"{}").await;
    assert!(names.iter().all(|name| given["headers"][name] == "c2lnbmF0dXJl"), "{given}");
}
