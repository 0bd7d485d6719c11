//! Turns what a handler chose into what may be sent to the external app.
//! Pure: no I/O. Never repairs a response that is not allowed, because its author would not learn of it.

mod headers;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
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
    #[error("the response has {count} headers of {bytes} bytes: 100 headers of 32 KiB are allowed")]
    Headers { count: usize, bytes: usize },
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
    let mut headers = headers::headers(&chosen.headers)?;
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

#[cfg(test)]
mod tests;
