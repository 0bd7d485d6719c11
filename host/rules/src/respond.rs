//! Turns what a handler chose into what may be sent to the external app.
//! Pure: no I/O. Never repairs a response that is not allowed, because its author would not learn of it.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use http::{Method, Response, StatusCode};

/// An HTTP answer as the handler returned it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandlerResponse {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the response has the status {0}: choose one from 200 to 599")]
    Status(u16),
    #[error("the response has the header {name:?}, {why}")]
    Header { name: String, why: &'static str },
    #[error("the response body is larger than accepted")]
    TooLarge,
}

/// Returns the response that the handler chose, or an empty 200 if it chose none.
pub fn respond(
    method: &Method,
    response: Option<HandlerResponse>,
    body_bytes_max: usize,
) -> Result<Response<Bytes>, Error> {
    let chosen = response.unwrap_or(HandlerResponse { status: 200, headers: Vec::new(), body: Vec::new() });
    if chosen.body.len() > body_bytes_max {
        return Err(Error::TooLarge);
    }
    let status = status(chosen.status)?;
    let mut headers = headers(&chosen.headers)?;
    // What is echoed from a request must not be taken for a page by a browser that is sent here.
    headers.entry(X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    if !has_content(status) {
        headers.remove(CONTENT_TYPE);
    } else if !chosen.body.is_empty() {
        headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/octet-stream"));
    }
    let is_body_sent = has_content(status) && method != Method::HEAD;
    let body = if is_body_sent { chosen.body.into() } else { Bytes::new() };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

fn status(status: u16) -> Result<StatusCode, Error> {
    match StatusCode::from_u16(status) {
        Ok(code) if (200..=599).contains(&status) => Ok(code),
        _ => Err(Error::Status(status)),
    }
}

fn has_content(status: StatusCode) -> bool {
    !matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED)
}

fn headers(pairs: &[(String, String)]) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let refused = |why| Error::Header { name: name.clone(), why };
        let known = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refused("whose name is not a token"))?;
        let value = HeaderValue::from_str(value).map_err(|_| refused("whose value has a control character"))?;
        if let Some(why) = refusal(known.as_str()) {
            return Err(refused(why));
        }
        headers.append(known, value);
    }
    Ok(headers)
}

fn refusal(name: &str) -> Option<&'static str> {
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
        _ => None,
    }
}

#[cfg(test)]
mod tests;
