//! What may be sent, and what is refused.

use super::*;

const LIMIT: usize = 100;

fn run(method: Method, status: u16, headers: &[(&str, &str)], body: &str) -> Result<Response<Bytes>, Error> {
    let headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    respond(&method, Some(HandlerResponse { status, headers, body: body.into() }), LIMIT)
}

/// The response in one line: status, sorted headers but for `nosniff`, body.
fn check(method: Method, status: u16, headers: &[(&str, &str)], body: &str, expected: &str) {
    let (head, body) = run(method, status, headers, body).unwrap().into_parts();
    let mut headers: Vec<_> =
        head.headers.iter().map(|(name, value)| format!("{name}={}", value.to_str().unwrap())).collect();
    headers.retain(|header| header != "x-content-type-options=nosniff");
    headers.sort();
    let seen = format!("{} [{}] {}", head.status.as_u16(), headers.join(" "), String::from_utf8_lossy(&body));
    assert_eq!(seen, expected);
}

#[test]
fn a_response_is_sent_as_it_was_chosen() {
    let text = [("Content-Type", "text/plain")];
    check(Method::POST, 201, &text, "c", "201 [content-type=text/plain] c");
    check(Method::GET, 403, &[], "", "403 [] ");
    check(Method::POST, 302, &[("location", "/x")], "", "302 [location=/x] ");
    check(Method::POST, 200, &[("a", "1"), ("A", "2")], "", "200 [a=1 a=2] ");
    check(Method::POST, 599, &text, "", "599 [content-type=text/plain] ");
    check(Method::POST, 200, &[], "c", "200 [content-type=application/octet-stream] c");
    check(Method::OPTIONS, 200, &[("WebHook-Allowed-Origin", "*")], "", "200 [webhook-allowed-origin=*] ");
}

#[test]
fn a_response_that_has_no_body_by_its_status_or_method_is_sent_without() {
    let text = [("content-type", "text/plain")];
    for status in [204, 205, 304] {
        check(Method::POST, status, &text, "c", &format!("{status} [] "));
    }
    check(Method::HEAD, 200, &text, "c", "200 [content-type=text/plain] ");
}

#[test]
fn no_response_is_an_empty_200() {
    let response = respond(&Method::POST, None, LIMIT).unwrap();
    assert_eq!((response.status().as_u16(), response.body().len()), (200, 0));
    assert_eq!(response.headers().len(), 1);
}

#[test]
fn browsers_are_told_not_to_guess_unless_the_handler_says_otherwise() {
    let options = |headers: &[(&str, &str)]| {
        let response = run(Method::GET, 200, headers, "<script>").unwrap();
        response.headers().get_all("x-content-type-options").iter().cloned().collect::<Vec<_>>()
    };
    assert_eq!(options(&[]), ["nosniff"]);
    assert_eq!(options(&[("X-Content-Type-Options", "other")]), ["other"]);
}

#[test]
fn a_status_outside_200_to_599_is_refused() {
    for status in [0, 99, 100, 101, 199, 600, 999, 65_535] {
        assert_eq!(run(Method::POST, status, &[], "").unwrap_err(), Error::Status(status));
    }
}

#[test]
fn a_header_that_is_not_for_a_connector_is_refused_by_name() {
    let reserved = [
        "Connection",
        "Keep-Alive",
        "Proxy-Authenticate",
        "Proxy-Authorization",
        "Proxy-Connection",
        "TE",
        "Trailer",
        "Upgrade",
        "Content-Length",
        "Transfer-Encoding",
        "Host",
        "Set-Cookie",
    ];
    for name in reserved {
        let error = run(Method::POST, 200, &[(name, "1")], "").unwrap_err();
        assert!(matches!(&error, Error::Header { .. }) && error.to_string().contains(name), "{error}");
    }
}

#[test]
fn a_header_that_would_split_the_response_is_refused() {
    for (name, value) in [("a", "b\r\nc: d"), ("a", "b\nc"), ("a", "\0"), ("a\r\nb", "c"), ("a b", "c"), ("", "c")] {
        let error = run(Method::POST, 200, &[(name, value)], "").unwrap_err();
        assert!(matches!(&error, Error::Header { .. }), "{error}");
        assert!(!error.to_string().contains(['\r', '\n']), "{error}");
    }
}

#[test]
fn a_body_at_the_limit_passes_and_one_byte_more_does_not() {
    assert!(run(Method::POST, 200, &[], &"x".repeat(LIMIT)).is_ok());
    assert_eq!(run(Method::POST, 200, &[], &"x".repeat(LIMIT + 1)).unwrap_err(), Error::TooLarge);
}
