//! What a handler is given: the request as it came, and how the host understood its body. Pure.

use std::borrow::Cow;

use super::{Error, Incoming};
use crate::limits::Limits;
use patchbay_model::clock;
use patchbay_model::profile::{self, Step};
use patchbay_rules::decode::{self, Content, PartValue};
use patchbay_sandbox::types;

/// A body may become as large as this, however small it was.
const INFLATED_BYTES_ALWAYS: usize = 1 << 20;

/// Builds the request for the guest. `uri` is the webhook's own, from configuration: never from the Host header.
/// The body moves into it, so that there is one of it; `take_back` returns it. With it comes a line for the request's log
/// where the body could not be read as its headers say.
pub async fn decode(
    limits: &Limits,
    uri: &str,
    webhook_key: &str,
    parameters: &str,
    incoming: &mut Incoming,
) -> Result<(types::WebhookRequest, Option<String>), Error> {
    let _span = profile::span(Step::Decode);
    let (content_type, content_encoding) = (header(incoming, "content-type"), header(incoming, "content-encoding"));
    let inflated_max = inflated_bytes_max(limits, incoming.body.len());
    let decoded = decode::decode(content_type.as_deref(), content_encoding.as_deref(), &incoming.body, inflated_max);
    let decoded = decoded.await.map_err(|decode::Error::TooLarge| Error::TooLarge)?;
    let query = incoming.query.as_deref().unwrap_or_default();
    let note = decoded.note.map(|note| format!("warn: {note}; the handler was given the bytes as they came"));
    let request = types::WebhookRequest {
        webhook_key: webhook_key.to_owned(),
        method: incoming.method.to_string(),
        url: url(uri, incoming),
        path: incoming.path.clone(),
        query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: incoming.headers.clone(),
        body: types::Body {
            bytes: std::mem::take(&mut incoming.body).into(),
            content: content(decoded.content),
            decoded: decoded.decoded.map(|text| text.to_vec()),
        },
        parameters: parameters.to_owned(),
        received_at: clock::rfc3339_ms(incoming.received_at),
    };
    Ok((request, note))
}

/// The value of a header; of one that came several times, all of them as a list.
fn header<'a>(incoming: &'a Incoming, name: &str) -> Option<Cow<'a, str>> {
    let mut values = incoming.headers.iter().filter(|(header, _)| header == name).map(|(_, value)| value.as_str());
    let first = Cow::Borrowed(values.next()?);
    Some(values.fold(first, |all, value| Cow::Owned(format!("{all}, {value}"))))
}

/// How large a body of this size may become once its Content-Encoding is undone.
pub(super) fn inflated_bytes_max(limits: &Limits, body_bytes: usize) -> usize {
    let by_ratio = body_bytes.saturating_mul(limits.inflated_ratio_max).max(INFLATED_BYTES_ALWAYS);
    by_ratio.min(limits.inflated_body_bytes_max)
}

/// Gives the body back once the guest has had it.
pub(crate) fn take_back(incoming: &mut Incoming, request: types::WebhookRequest) {
    incoming.body = request.body.bytes.into();
}

/// The URL as the external app sees it.
fn url(uri: &str, incoming: &Incoming) -> String {
    let query = incoming.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{uri}{}{query}", incoming.path)
}

fn content(content: Content) -> types::Content {
    match content {
        Content::Empty => types::Content::Empty,
        Content::Json => types::Content::Json,
        Content::Form => types::Content::Form,
        Content::Multipart(parts) => types::Content::Multipart(parts.into_iter().map(part).collect()),
        Content::Text => types::Content::Text,
        Content::Unknown => types::Content::Unknown,
    }
}

fn part(part: decode::Part) -> types::Part {
    let value = match part.value {
        PartValue::Text(text) => types::PartValue::Text(text),
        PartValue::File { filename, content_type, size } => {
            types::PartValue::File(types::File { filename, content_type, size })
        }
    };
    types::Part { name: part.name, value }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use patchbay_connector::api_client;

    use super::*;

    #[test]
    fn a_small_body_may_not_become_a_large_one() {
        let limits = limits();
        let max = |body_bytes| inflated_bytes_max(&limits, body_bytes);
        assert_eq!([max(0), max(10_000), max(30 << 10), max(10 << 20)], [1 << 20, 1 << 20, 3_000 << 10, 32 << 20]);
    }

    fn limits() -> Limits {
        Limits {
            inflated_body_bytes_max: 32 << 20,
            inflated_ratio_max: 100,
            answer_body_bytes_max: 0,
            handler_deadline_ms: 0,
            events_per_request_max: 0,
            selectors_per_event_max: 0,
            selector_bytes_max: 0,
            payload_bytes_max: 0,
            selector_deadline_ms: 0,
            api_client: api_client::Limits { requests_max: 0, request_timeout_ms: 0, response_bytes_max: 0 },
        }
    }

    #[tokio::test]
    async fn the_guest_is_lent_the_body_itself_and_no_copy() {
        let body = Bytes::from(vec![b'x'; 10 << 20]);
        let place = body.as_ptr();
        let mut incoming = Incoming {
            token: "t".to_owned(),
            method: http::Method::POST,
            path: String::new(),
            query: None,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body,
            received_at: clock::now(),
            replay_of: None,
        };
        let limits = limits();
        let (request, _) = decode(&limits, "https://hooks.test/t", "hook", "{}", &mut incoming).await.unwrap();
        assert_eq!(request.body.bytes.as_ptr(), place);
        assert!(request.body.decoded.is_none() && incoming.body.is_empty());
        take_back(&mut incoming, request);
        assert_eq!((incoming.body.as_ptr(), incoming.body.len()), (place, 10 << 20));
    }
}
