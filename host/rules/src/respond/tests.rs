//! What may be sent, and what is refused.

use super::*;

const LIMIT: usize = 100;

fn run(method: Method, status: u16, headers: &[(&str, &str)], body: &str) -> Result<Response<Bytes>, Error> {
    let headers = headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    respond(&method, Some(HandlerResponse { status, headers, body: body.into() }), LIMIT)
}

/// What every answer has.
const ALWAYS: &[&str] = &[
    "cache-control=no-store",
    "content-security-policy=sandbox; default-src 'none'",
    "x-content-type-options=nosniff",
];

/// The response in one line: status, sorted headers but for those that are always there, body.
fn check(method: Method, status: u16, headers: &[(&str, &str)], body: &str, expected: &str) {
    let (head, body) = run(method, status, headers, body).unwrap().into_parts();
    let mut headers: Vec<_> =
        head.headers.iter().map(|(name, value)| format!("{name}={}", value.to_str().unwrap())).collect();
    for always in ALWAYS {
        let at = headers.iter().position(|header| header == always).unwrap_or_else(|| panic!("{always} is missing"));
        headers.remove(at);
    }
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
    check(Method::POST, 200, &[("x-a", "1"), ("X-A", "2")], "", "200 [x-a=1 x-a=2] ");
    check(Method::POST, 599, &text, "", "599 [content-type=text/plain] ");
    check(Method::POST, 200, &[], "c", "200 [content-type=application/octet-stream] c");
    check(Method::POST, 200, &[("Smartsheet-Hook-Response", "a")], "", "200 [smartsheet-hook-response=a] ");
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
    assert_eq!(response.headers().len(), ALWAYS.len());
}

#[test]
fn no_handler_takes_away_what_protects_browsers() {
    let chosen = [
        ("X-Content-Type-Options", "other"),
        ("Cache-Control", "public, max-age=31536000"),
        ("Content-Security-Policy", "default-src *"),
        ("content-type", "text/html"),
    ];
    check(Method::GET, 200, &chosen, "<script>", "200 [content-type=text/html] <script>");
}

#[test]
fn a_header_that_speaks_to_browsers_and_proxies_is_refused() {
    for name in [
        "Service-Worker-Allowed",
        "Strict-Transport-Security",
        "Alt-Svc",
        "Clear-Site-Data",
        "WWW-Authenticate",
        "NEL",
        "Report-To",
        "Refresh",
        "Link",
        "Public-Key-Pins",
        "X-Accel-Redirect",
        "X-Sendfile",
        "Server",
        "Made-Up",
    ] {
        let error = run(Method::POST, 200, &[(name, "1")], "").unwrap_err();
        assert!(matches!(&error, Error::Header { .. }) && error.to_string().contains(name), "{error}");
    }
}

#[test]
fn more_headers_than_can_be_sent_are_refused() {
    let many: Vec<(String, String)> = (0..30_000).map(|number| (format!("x-{number}"), String::new())).collect();
    let named =
        |count| many.iter().take(count).map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>();
    assert!(run(Method::POST, 200, &named(100), "").is_ok());
    for count in [101, 30_000] {
        assert!(matches!(run(Method::POST, 200, &named(count), "").unwrap_err(), Error::Headers { .. }));
    }
    let long = "x".repeat(33 << 10);
    assert!(matches!(run(Method::POST, 200, &[("x-a", &long)], "").unwrap_err(), Error::Headers { .. }));
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
