//! Which headers a handler may set. Its answers stand on this server's origin, so a header that speaks to browsers,
//! proxies or caches about more than the answer itself is refused; what protects browsers is always set.

use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};

use super::Error;

/// How many headers an answer may have.
const HEADERS_MAX: usize = 100;
/// How long their names and values may be together, in bytes.
const HEADERS_BYTES_MAX: usize = 32 << 10;

/// What a handler may set by name.
const ALLOWED: &[&str] = &[
    "accept",
    "accept-post",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-expose-headers",
    "access-control-max-age",
    "allow",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "etag",
    "last-modified",
    "location",
    "retry-after",
    "vary",
];
/// Beginnings of names that external apps make up for themselves. So is every name with `hook` in it.
const ALLOWED_PREFIXES: &[&str] = &["x-", "ce-"];
/// Beginnings of names by which proxies take orders.
const REFUSED_PREFIXES: &[&str] =
    &["x-accel-", "x-sendfile", "x-lighttpd-", "x-litespeed-", "x-reproxy-", "x-forwarded-"];
/// Names that are accepted and have no effect, because the host decides.
const IGNORED: &[&str] = &[
    "cache-control",
    "content-security-policy",
    "expires",
    "pragma",
    "referrer-policy",
    "x-content-type-options",
    "x-frame-options",
];

/// The headers that a handler chose, and those that every answer has.
pub(super) fn headers(pairs: &[(String, String)]) -> Result<HeaderMap, Error> {
    let bytes = pairs.iter().fold(0, |bytes: usize, (name, value)| bytes.saturating_add(name.len() + value.len()));
    if pairs.len() > HEADERS_MAX || bytes > HEADERS_BYTES_MAX {
        return Err(Error::Headers { count: pairs.len(), bytes });
    }
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let refused = |why| Error::Header { name: name.clone(), why };
        let known = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refused("whose name is not a token"))?;
        let value = HeaderValue::from_str(value).map_err(|_| refused("whose value has a control character"))?;
        if let Some(why) = refusal(known.as_str()) {
            return Err(refused(why));
        }
        if !IGNORED.contains(&known.as_str()) {
            headers.try_append(known, value).map_err(|_| Error::Headers { count: pairs.len(), bytes })?;
        }
    }
    // What is echoed from a request must not be taken for a page by a browser that is sent here, nor act as one.
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(headers)
}

fn refusal(name: &str) -> Option<&'static str> {
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    match name {
        "connection"
        | "keep-alive"
        | "proxy-authenticate"
        | "proxy-authorization"
        | "proxy-connection"
        | "te"
        | "trailer"
        | "upgrade" => Some("which is about the connection and not for a connector to set"),
        "content-length" | "transfer-encoding" => Some("which is set by the host from the body"),
        "host" => Some("which belongs to requests"),
        "set-cookie" => Some("which would set a cookie for every webhook of this host"),
        _ if begins(REFUSED_PREFIXES) => Some("which would give orders to a proxy"),
        _ if ALLOWED.contains(&name)
            || IGNORED.contains(&name)
            || begins(ALLOWED_PREFIXES)
            || name.contains("hook") =>
        {
            None
        }
        _ => Some(
            "which is none that a connector may set: those of the content, `location`, and names with `x-` or `hook`",
        ),
    }
}
