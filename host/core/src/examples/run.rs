//! Runs one example and compares.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::diff::differences;
use super::example::{ApiAnswer, Example, Expected, Kind, Request, SelectorExample, WebhookExample};
use crate::ingest::{self, Incoming, Judged};
use crate::limits::Limits;
use crate::subscribe::{Means, SelectorCall, find_source};
use patchbay_connector::api_client::{Canned, Script, Transport};
use patchbay_connector::schema;
use patchbay_model::connector::Manifest;
use patchbay_sandbox::{Grant, Loaded, Sandbox};

/// The address that a webhook has in examples that name none.
const WEBHOOK_URI: &str = "https://hooks.example.com/webhooks/example";

pub(super) struct Runner {
    pub(super) sandbox: Sandbox,
    pub(super) connector: Arc<Loaded>,
    pub(super) manifest: Manifest,
    pub(super) limits: Limits,
}

impl Runner {
    /// What does not hold, one line each.
    pub(super) async fn run(&self, example: &Example) -> Vec<String> {
        let actual = match &example.kind {
            Kind::Webhook(example) => self.webhook(example).await,
            Kind::Selector(example) => self.selector(example).await,
        };
        match (&example.expected, actual) {
            (Expected::Result(expected), Ok(actual)) => compare(expected, &actual),
            (Expected::Failure(part), Err(message)) if message.contains(part) => Vec::new(),
            (Expected::Failure(part), Err(message)) => {
                vec![format!("expected a failure with `{part}`, got: {message}")]
            }
            (Expected::Failure(part), Ok(actual)) => vec![format!("expected a failure with `{part}`, got {actual}")],
            (Expected::Result(_), Err(message)) => vec![message],
        }
    }

    async fn webhook(&self, example: &WebhookExample) -> Result<Value, String> {
        let WebhookExample { webhook, received_at, parameters, request } = example;
        self.manifest
            .global_webhook(webhook)
            .ok_or_else(|| format!("the connector has no global webhook `{webhook}`"))?;
        check_schema("parameters", self.manifest.connector.parameters_schema.as_ref(), parameters)?;
        let mut incoming = incoming(request, *received_at)?;
        let uri = request.url.as_deref().unwrap_or(WEBHOOK_URI);
        let decoded = ingest::decode(&self.limits, uri, webhook, &parameters.to_string(), &mut incoming).await;
        let request = decoded.map_err(|error| error.to_string())?;
        let grant = Grant { deadline_ms: self.limits.handler_deadline_ms, api_client: None, clock: Some(*received_at) };
        let handled = self.sandbox.handle(&self.connector, &request, grant).await;
        let judged = ingest::judge(&self.limits, &incoming.method, handled.result.as_ref());
        shown(judged)
    }

    async fn selector(&self, example: &SelectorExample) -> Result<Value, String> {
        let SelectorExample { event, parameters, credentials, connector_parameters, api } = example;
        let declared = self.manifest.event(event).ok_or_else(|| format!("the connector has no event `{event}`"))?;
        let head = &self.manifest.connector;
        check_schema("parameters", declared.parameters_schema.as_ref(), parameters)?;
        check_schema("credentials", head.credentials_schema.as_ref(), credentials)?;
        check_schema("connectorParameters", head.parameters_schema.as_ref(), connector_parameters)?;
        let script = Arc::new(Script::new(api.iter().map(canned).collect()));
        let transport = Transport::Canned(Arc::clone(&script));
        let means = Means { sandbox: &self.sandbox, limits: &self.limits, transport };
        let call = SelectorCall {
            manifest: &self.manifest,
            event,
            event_parameters: parameters,
            credentials,
            connector_parameters,
        };
        let connector = async { Ok(Arc::clone(&self.connector)) };
        let found = find_source(&means, connector, &call).await.map_err(|error| error.to_string())?;
        let source = found.map_err(|reason| with_stack(&reason.message, reason.stack.as_deref()))?;
        if let Some(request) = script.not_asked().first() {
            return Err(format!("api: `{request}` was never requested"));
        }
        serde_json::to_value(source).map_err(|error| error.to_string())
    }
}

fn check_schema(name: &str, schema: Option<&Value>, value: &Value) -> Result<(), String> {
    match schema::violations(schema, value, name).first() {
        Some(violation) => Err(format!("{}: {}", violation.pointer, violation.message)),
        None => Ok(()),
    }
}

fn incoming(request: &Request, received_at: jiff::Timestamp) -> Result<Incoming, String> {
    let body = match (&request.body, &request.body_base64) {
        (Some(text), None) => Bytes::from(text.clone()),
        (None, Some(encoded)) => STANDARD.decode(encoded).map_err(|error| format!("bodyBase64: {error}"))?.into(),
        (None, None) => Bytes::new(),
        (Some(_), Some(_)) => return Err("give either `body` or `bodyBase64`".to_owned()),
    };
    Ok(Incoming {
        token: "example".to_owned(),
        method: request.method.parse().map_err(|_| format!("`{}` is not an HTTP method", request.method))?,
        path: request.path.clone(),
        query: (!request.query.is_empty()).then(|| request.query.clone()),
        headers: header_pairs(&request.headers),
        body,
        received_at,
        replay_of: None,
    })
}

fn header_pairs(headers: &Map<String, Value>) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let pairs = |(name, value): (&String, &Value)| -> Vec<(String, String)> {
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        values.iter().map(|value| (name.to_ascii_lowercase(), text(value))).collect()
    };
    headers.iter().flat_map(pairs).collect()
}

fn canned(answer: &ApiAnswer) -> Canned {
    let mut headers = header_pairs(&answer.headers);
    if answer.json.is_some() {
        headers.push(("content-type".to_owned(), "application/json".to_owned()));
    }
    let text = answer.json.as_ref().map(Value::to_string).or_else(|| answer.text.clone()).unwrap_or_default();
    let request_headers = header_pairs(&answer.request_headers);
    Canned { request: answer.request.clone(), request_headers, status: answer.status, headers, body: text.into() }
}

/// A result in the shape of an example's `expect`.
fn shown(judged: Judged) -> Result<Value, String> {
    let answer = judged.answer.map_err(|failure| {
        let reason = failure.reason();
        with_stack(&reason.message, reason.stack.as_deref())
    })?;
    let headers: Map<String, Value> = answer
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), json!(String::from_utf8_lossy(value.as_bytes()))))
        .collect();
    let events: Vec<Value> = judged.events.iter().map(shown_event).collect::<Result<_, _>>()?;
    let refused: Vec<&str> = judged.refused.iter().map(|refused| refused.message.as_str()).collect();
    let members = [
        ("status", Some(json!(answer.status().as_u16()))),
        ("headers", Some(Value::Object(headers))),
        ("body", Some(json!(String::from_utf8_lossy(answer.body())))),
        ("events", Some(Value::Array(events))),
        ("refusedEvents", (!refused.is_empty()).then(|| json!(refused))),
    ];
    Ok(object(members))
}

fn shown_event(event: &patchbay_store::NewEvent) -> Result<Value, String> {
    let payload: Value = serde_json::from_str(&event.payload).map_err(|error| error.to_string())?;
    Ok(object([
        ("selectors", Some(json!(event.selectors))),
        ("payload", Some(payload)),
        ("id", event.provider_id.as_ref().map(|id| json!(id))),
        ("orderingKey", event.ordering_key.as_ref().map(|key| json!(key))),
    ]))
}

/// An object of the members that there are.
fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect::<Map<_, _>>().into()
}

/// Compares what the example names; headers that it does not name may be there.
fn compare(expected: &Value, actual: &Value) -> Vec<String> {
    let Some(members) = expected.as_object() else { return vec!["`expect` must be an object".to_owned()] };
    let mut found = Vec::new();
    for (name, value) in members {
        match actual.get(name) {
            Some(other) => found.extend(differences(name, value, other, name == "headers")),
            None => found.push(format!("{name}: expected {value}, but there is none")),
        }
    }
    if let Some(refused) = actual.get("refusedEvents").filter(|_| !members.contains_key("refusedEvents")) {
        found.push(format!("refusedEvents: not expected, but it is {refused}"));
    }
    found
}

fn with_stack(message: &str, stack: Option<&str>) -> String {
    stack.map_or_else(|| message.to_owned(), |stack| format!("{message}\n     {}", stack.replace('\n', "\n     ")))
}
