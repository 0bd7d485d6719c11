//! Receives the webhooks of a sender that follows Standard Webhooks and gives each to its tenant.
//! Never reads a body before its signature was found right, and never guesses a tenant.

mod keys;
mod signature;
mod tenant;

use serde_json::Value;

/// What the host offers and what it asks for, made from `wit/connector.wit`.
mod contract {
    wit_bindgen::generate!({ world: "connector", path: "wit" });
}

use contract::patchbay::connector::log;
use contract::patchbay::connector::types::{
    EventSelector, Failure, HandleResult, Response, RoutedEvent, SelectorRequest, WebhookRequest,
};

const WEBHOOK: &str = "webhook";

struct Connector;
contract::export!(Connector with_types_in contract);

impl contract::Guest for Connector {
    fn handle(request: WebhookRequest) -> Result<HandleResult, Failure> {
        let parameters = json(&request.parameters)?;
        let Some(id) = signature::signed_id(&request, &parameters).map_err(failure)? else {
            return Ok(answer(401, "The signature is missing, wrong, or not of this time."));
        };
        let Some((text, body)) = object(&request) else {
            return Ok(answer(400, "The body is not a JSON object."));
        };
        let Some(tenant) = tenant::tenant(&request, &parameters, &body) else {
            log::write(
                log::Level::Warn,
                "This request names no tenant in the place that the connector parameters say.",
            );
            return Ok(answer(202, "Received, but it names no tenant, so it belongs to no customer."));
        };
        // One subscription wants everything of its tenant, another only one type.
        let mut selectors = vec![format!("tenant:{tenant}")];
        if let Some(kind) = body.get("type").and_then(Value::as_str).filter(|kind| is_event_type(kind)) {
            selectors.push(format!("tenant:{tenant}:{kind}"));
        }
        // A repeat has the same id. One message for two tenants comes in two requests, and is an event of each.
        let id = Some(format!("{tenant}:{id}"));
        let event = RoutedEvent { selectors, payload: text.to_owned(), id, ordering_key: None };
        Ok(HandleResult { events: vec![event], ..answer(200, "Received.") })
    }

    /// Asked only for events whose spec says `implementationType: component`. The host has checked parameters and
    /// credentials against their schemas.
    fn get_event_selector(request: SelectorRequest) -> Result<EventSelector, Failure> {
        let credentials = json(&request.credentials)?;
        let parameters = json(&request.parameters)?;
        let tenant = credentials.get("tenant").and_then(tenant::id);
        let tenant = tenant.ok_or_else(|| failure("The credentials name no tenant."))?;
        let kind = parameters.get("type").and_then(Value::as_str).filter(|kind| is_event_type(kind));
        let kind = kind.ok_or_else(|| failure("The parameter `type` is no event type."))?;
        Ok(EventSelector {
            global_webhook_key: WEBHOOK.to_owned(),
            global_webhook_event_selector: format!("tenant:{tenant}:{kind}"),
        })
    }
}

/// The body as text and as what it says; nothing where it is no JSON object.
fn object(request: &WebhookRequest) -> Option<(&str, Value)> {
    let bytes = request.body.decoded.as_ref().unwrap_or(&request.body.bytes);
    let text = str::from_utf8(bytes).ok()?;
    let body: Value = serde_json::from_str(text).ok()?;
    body.is_object().then_some((text, body))
}

fn is_event_type(text: &str) -> bool {
    text.len() <= 128
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}

fn answer(status: u16, text: &str) -> HandleResult {
    let headers = vec![("content-type".to_owned(), "text/plain;charset=utf-8".to_owned())];
    HandleResult { events: vec![], response: Some(Response { status, headers, body: text.into() }) }
}

/// What the host hands over as JSON is JSON, so this fails only where the contract is broken.
fn json(text: &str) -> Result<Value, Failure> {
    serde_json::from_str(text).map_err(|error| failure(&error.to_string()))
}

/// The author's own words reach whoever runs the host. A panic would reach them as a crash without any.
fn failure(message: &str) -> Failure {
    Failure { name: "Error".to_owned(), message: message.to_owned(), stack: None }
}
