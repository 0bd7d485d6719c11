//! Judges what a handler returned: which events may be routed, which are refused and why, what is answered. Pure.
//!
//! An event that cannot be used is refused by itself: what is wrong with one customer's must not hold up those of others.
//! Where the response cannot be used the request fails as a whole, so that the external app sends it again.

use bytes::Bytes;
use http::{Method, Response};

use super::HandlerFailure;
use super::refusal::{Refused, refusal};
use crate::limits::Limits;
use patchbay_model::profile::{self, Step};
use patchbay_rules::respond::{HandlerResponse, respond};
use patchbay_sandbox::{self as sandbox, types};
use patchbay_store::{NewEvent, Repeat};

pub struct Judged {
    pub answer: Result<Response<Bytes>, HandlerFailure>,
    pub events: Vec<NewEvent>,
    pub refused: Refused,
}

pub fn judge(limits: &Limits, method: &Method, result: Result<&types::HandleResult, &sandbox::Error>) -> Judged {
    let _span = profile::span(Step::Judge);
    let judged = match result {
        Ok(result) => judge_result(limits, method, result),
        Err(error) => Err(HandlerFailure::Sandbox(error.clone())),
    };
    judged.unwrap_or_else(|failure| Judged { answer: Err(failure), events: Vec::new(), refused: Refused::default() })
}

fn judge_result(limits: &Limits, method: &Method, result: &types::HandleResult) -> Result<Judged, HandlerFailure> {
    let answer = result.response.as_ref().map(|response| HandlerResponse {
        status: response.status,
        headers: response.headers.clone(),
        body: response.body.clone(),
    });
    let answer = respond(method, answer, limits.answer_body_bytes_max)?;
    let (mut events, mut refused) = (Vec::new(), Refused::default());
    let (count, count_max) = (result.events.len(), limits.events_per_request_max);
    for (index, event) in result.events.iter().take(count_max).enumerate() {
        match refusal(limits, event) {
            Some(why) => refused.add(index, why),
            None => events.push(new_event(event)),
        }
    }
    if count > count_max {
        refused.add_rest(count_max, count);
    }
    Ok(Judged { answer: Ok(answer), events, refused })
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
