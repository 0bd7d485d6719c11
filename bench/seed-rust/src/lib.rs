//! The handler of the specification, in Rust: parses the body, makes one event of it and answers 201.

use serde_json::Value;

mod contract {
    wit_bindgen::generate!({ world: "connector", path: "../../wit" });
}

use contract::patchbay::connector::types::{
    EventSelector, Failure, HandleResult, Response, RoutedEvent, SelectorRequest, WebhookRequest,
};

struct Connector;
contract::export!(Connector with_types_in contract);

impl contract::Guest for Connector {
    fn handle(request: WebhookRequest) -> Result<HandleResult, Failure> {
        let bytes = request.body.decoded.as_ref().unwrap_or(&request.body.bytes);
        let data: Value = serde_json::from_slice(bytes).map_err(|error| failure(&error.to_string()))?;
        let user = data.get("from_user_id").and_then(Value::as_str).ok_or_else(|| failure("no from_user_id"))?;
        let event = RoutedEvent {
            selectors: vec![format!("user_id:{user}")],
            // As in JavaScript: the payload is what was parsed, written anew.
            payload: data.to_string(),
            id: None,
            ordering_key: None,
        };
        let headers = vec![("content-type".to_owned(), "text/plain;charset=utf-8".to_owned())];
        let response = Response { status: 201, headers, body: b"Webhook received".to_vec() };
        Ok(HandleResult { events: vec![event], response: Some(response) })
    }

    fn get_event_selector(_: SelectorRequest) -> Result<EventSelector, Failure> {
        Err(failure("the selector is a mapping"))
    }
}

fn failure(message: &str) -> Failure {
    Failure { name: "Error".to_owned(), message: message.to_owned(), stack: None }
}
