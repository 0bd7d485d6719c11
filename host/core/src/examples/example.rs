//! The format of an example file: a request to a global webhook, or a question for a selector, and what is expected.

use std::path::Path;

use anyhow::Context as _;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct File {
    description: String,
    webhook: Option<String>,
    #[serde(default)]
    received_at: Option<Timestamp>,
    #[serde(default)]
    parameters: Map<String, Value>,
    request: Option<Request>,
    event: Option<String>,
    #[serde(default)]
    credentials: Map<String, Value>,
    #[serde(default)]
    connector_parameters: Map<String, Value>,
    #[serde(default)]
    api: Vec<ApiAnswer>,
    expect: Option<Value>,
    expect_failure: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Request {
    #[serde(default = "post")]
    pub(super) method: String,
    /// The webhook's own public URI, where it is part of what is signed.
    pub(super) url: Option<String>,
    #[serde(default)]
    pub(super) path: String,
    /// The raw query, without the question mark.
    #[serde(default)]
    pub(super) query: String,
    #[serde(default)]
    pub(super) headers: Map<String, Value>,
    /// The exact text.
    pub(super) body: Option<String>,
    /// The exact bytes, where they are no text.
    pub(super) body_base64: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ApiAnswer {
    /// Method and path, for example `GET /users/me`.
    pub(super) request: String,
    /// Headers that must be sent with it.
    #[serde(default)]
    pub(super) request_headers: Map<String, Value>,
    #[serde(default = "ok")]
    pub(super) status: u16,
    #[serde(default)]
    pub(super) headers: Map<String, Value>,
    pub(super) json: Option<Value>,
    pub(super) text: Option<String>,
}

#[derive(Debug)]
pub(super) struct Example {
    pub(super) description: String,
    pub(super) kind: Kind,
    pub(super) expected: Expected,
}

#[derive(Debug)]
pub(super) enum Kind {
    Webhook(WebhookExample),
    Selector(SelectorExample),
}

/// A request to a global webhook.
#[derive(Debug)]
pub(super) struct WebhookExample {
    pub(super) webhook: String,
    pub(super) received_at: Timestamp,
    pub(super) parameters: Value,
    pub(super) request: Request,
}

/// A question for a selector.
#[derive(Debug)]
pub(super) struct SelectorExample {
    pub(super) event: String,
    pub(super) parameters: Value,
    pub(super) credentials: Value,
    pub(super) connector_parameters: Value,
    pub(super) api: Vec<ApiAnswer>,
}

#[derive(Debug)]
pub(super) enum Expected {
    Result(Value),
    /// Text that the failure's message holds.
    Failure(String),
}

pub(super) fn read(path: &Path) -> anyhow::Result<Example> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let file: File = serde_json::from_str(&text).with_context(|| format!("{} is not an example", path.display()))?;
    check(file).map_err(|why| anyhow::anyhow!("{}: {why}", path.display()))
}

fn check(file: File) -> Result<Example, &'static str> {
    let expected = match (file.expect, file.expect_failure) {
        (Some(result), None) => Expected::Result(result),
        (None, Some(message)) => Expected::Failure(message),
        _ => return Err("give either `expect` or `expectFailure`"),
    };
    let parameters = Value::Object(file.parameters);
    let kind = match (file.webhook, file.request, file.event) {
        (Some(webhook), Some(request), None) => {
            let received_at = file.received_at.unwrap_or_else(patchbay_model::clock::now);
            Kind::Webhook(WebhookExample { webhook, received_at, parameters, request })
        }
        (None, None, Some(event)) => Kind::Selector(SelectorExample {
            event,
            parameters,
            credentials: Value::Object(file.credentials),
            connector_parameters: Value::Object(file.connector_parameters),
            api: file.api,
        }),
        _ => return Err("give either `webhook` and `request`, or `event`"),
    };
    Ok(Example { description: file.description, kind, expected })
}

fn post() -> String {
    "POST".to_owned()
}

fn ok() -> u16 {
    200
}
