//! What a handler is given: the request as it came, and how the host understood its body. Pure.

use super::{Error, Incoming};
use crate::limits::Limits;
use patchbay_model::clock;
use patchbay_model::profile::{self, Step};
use patchbay_rules::decode::{self, Content, PartValue};
use patchbay_sandbox::types;

/// Builds the request for the guest. `uri` is the webhook's own, from configuration: never from the Host header.
/// The body moves into it, so that there is one of it; `take_back` returns it.
pub async fn decode(
    limits: &Limits,
    uri: &str,
    webhook_key: &str,
    parameters: &str,
    incoming: &mut Incoming,
) -> Result<types::WebhookRequest, Error> {
    let _span = profile::span(Step::Decode);
    let header =
        |name: &str| incoming.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str());
    let inflated_max = limits.inflated_body_bytes_max;
    let decoded = decode::decode(header("content-type"), header("content-encoding"), &incoming.body, inflated_max);
    let decoded = decoded.await.map_err(|decode::Error::TooLarge| Error::TooLarge)?;
    let query = incoming.query.as_deref().unwrap_or_default();
    Ok(types::WebhookRequest {
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
    })
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
        let limits = Limits {
            inflated_body_bytes_max: 32 << 20,
            answer_body_bytes_max: 0,
            handler_deadline_ms: 0,
            events_per_request_max: 0,
            selectors_per_event_max: 0,
            selector_bytes_max: 0,
            payload_bytes_max: 0,
            selector_deadline_ms: 0,
            api_client: api_client::Limits { requests_max: 0, request_timeout_ms: 0, response_bytes_max: 0 },
        };
        let request = decode(&limits, "https://hooks.test/t", "hook", "{}", &mut incoming).await.unwrap();
        assert_eq!(request.body.bytes.as_ptr(), place);
        assert!(request.body.decoded.is_none() && incoming.body.is_empty());
        take_back(&mut incoming, request);
        assert_eq!((incoming.body.as_ptr(), incoming.body.len()), (place, 10 << 20));
    }
}
