//! Judges what a handler returned: which events may be routed, which are refused and why, what is answered. Pure.
//!
//! An event whose selector cannot be used is refused by itself: one customer's unreadable id must not hold up the
//! events of others. A result that passes a limit fails as a whole, so that the external app sends it again.

use bytes::Bytes;
use http::{Method, Response};

use super::HandlerFailure;
use crate::limits::Limits;
use patchbay_model::profile::{self, Step};
use patchbay_model::routing::selector_refusal;
use patchbay_model::webhook_request::RefusedEvent;
use patchbay_rules::respond::{HandlerResponse, respond};
use patchbay_sandbox::{self as sandbox, types};
use patchbay_store::{NewEvent, Repeat};

pub struct Judged {
    pub answer: Result<Response<Bytes>, HandlerFailure>,
    pub events: Vec<NewEvent>,
    pub refused: Vec<RefusedEvent>,
}

pub fn judge(limits: &Limits, method: &Method, result: Result<&types::HandleResult, &sandbox::Error>) -> Judged {
    let _span = profile::span(Step::Judge);
    let judged = match result {
        Ok(result) => judge_result(limits, method, result),
        Err(error) => Err(HandlerFailure::Sandbox(error.clone())),
    };
    judged.unwrap_or_else(|failure| Judged { answer: Err(failure), events: Vec::new(), refused: Vec::new() })
}

fn judge_result(limits: &Limits, method: &Method, result: &types::HandleResult) -> Result<Judged, HandlerFailure> {
    let answer = result.response.as_ref().map(|response| HandlerResponse {
        status: response.status,
        headers: response.headers.clone(),
        body: response.body.clone(),
    });
    let answer = respond(method, answer, limits.answer_body_bytes_max)?;
    let count = result.events.len();
    if count > limits.events_per_request_max {
        return Err(too_much(format!("it has {count} events, {} are allowed", limits.events_per_request_max)));
    }
    let (mut events, mut refused) = (Vec::new(), Vec::new());
    for (index, event) in result.events.iter().enumerate() {
        check_event(limits, index, event)?;
        match refusal(limits, event) {
            Some(message) => refused.push(RefusedEvent {
                index: u32::try_from(index).unwrap_or(u32::MAX),
                code: "selector_refused".to_owned(),
                message,
            }),
            None => events.push(new_event(event)),
        }
    }
    Ok(Judged { answer: Ok(answer), events, refused })
}

fn check_event(limits: &Limits, index: usize, event: &types::RoutedEvent) -> Result<(), HandlerFailure> {
    let payload = event.payload.len();
    if payload > limits.payload_bytes_max {
        return Err(too_much(format!(
            "events[{index}].payload has {payload} bytes, {} are allowed",
            limits.payload_bytes_max
        )));
    }
    let selectors = event.selectors.len();
    if selectors > limits.selectors_per_event_max {
        return Err(too_much(format!(
            "events[{index}] has {selectors} selectors, {} are allowed",
            limits.selectors_per_event_max
        )));
    }
    for (name, value) in [("id", &event.id), ("ordering key", &event.ordering_key)] {
        if value.as_ref().is_some_and(|value| value.is_empty() || value.len() > limits.selector_bytes_max) {
            return Err(too_much(format!(
                "events[{index}]: its {name} must have 1 to {} bytes",
                limits.selector_bytes_max
            )));
        }
    }
    serde_json::from_str::<serde::de::IgnoredAny>(&event.payload)
        .map(|_| ())
        .map_err(|error| too_much(format!("events[{index}].payload is not JSON: {error}")))
}

fn too_much(why: String) -> HandlerFailure {
    HandlerFailure::OutputInvalid(why)
}

fn refusal(limits: &Limits, event: &types::RoutedEvent) -> Option<String> {
    if event.selectors.is_empty() {
        return Some("the event has no selector, so it can reach nobody".to_owned());
    }
    event.selectors.iter().find_map(|selector| {
        let why = selector_refusal(selector, limits.selector_bytes_max)?;
        let shown: String = selector.chars().take(100).collect();
        Some(format!("the selector `{shown}` cannot be used: {why}"))
    })
}

fn new_event(event: &types::RoutedEvent) -> NewEvent {
    NewEvent {
        selectors: event.selectors.clone(),
        payload: event.payload.clone(),
        provider_id: event.id.clone(),
        ordering_key: event.ordering_key.clone(),
        repeat: Repeat::No,
    }
}
