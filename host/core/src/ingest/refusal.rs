//! Why an event of a handler's result is not taken. Pure.
//! Never looks at more than one event: a bad one must not cost the others of its request.

use serde::Deserialize;

use crate::limits::Limits;
use patchbay_model::routing::selector_refusal;
use patchbay_model::webhook_request::RefusedEvent;
use patchbay_sandbox::types::RoutedEvent;

/// How much is kept of the reasons of one request, in bytes; the events beyond that are only counted.
const REASONS_BYTES_MAX: usize = 64 << 10;
/// How much is kept of a reason that a connector gives.
const MESSAGE_BYTES_MAX: usize = 2_000;

const SELECTOR: &str = "selector_refused";
const ID: &str = "id_refused";
const ORDERING_KEY: &str = "ordering_key_refused";
const PAYLOAD: &str = "payload_refused";
const EVENT: &str = "event_refused";
const TOO_MANY: &str = "too_many_events";

/// A stable code, and a sentence for a person.
pub(super) struct Refusal {
    code: &'static str,
    message: String,
}

/// The refused events of one request.
#[derive(Default)]
pub struct Refused {
    /// The first of them, with their reasons.
    pub events: Vec<RefusedEvent>,
    /// How many there are.
    pub count: u32,
    bytes: usize,
}

impl Refused {
    pub(super) fn add(&mut self, index: usize, Refusal { code, message }: Refusal) {
        self.count = self.count.saturating_add(1);
        self.bytes += code.len() + message.len();
        if self.bytes <= REASONS_BYTES_MAX {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            self.events.push(RefusedEvent { index, code: code.to_owned(), message });
        }
    }

    /// Adds all events from `first` on, of which there are `count`, with one reason.
    pub(super) fn add_rest(&mut self, first: usize, count: usize) {
        let message = format!("this event and those after it: the result has {count}, {first} are allowed");
        self.add(first, Refusal { code: TOO_MANY, message });
        self.count = self.count.saturating_add(u32::try_from(count - first - 1).unwrap_or(u32::MAX));
    }
}

/// Why the event cannot be used; `None` if it can.
pub(super) fn refusal(limits: &Limits, event: &RoutedEvent) -> Option<Refusal> {
    selectors_refusal(limits, event)
        .or_else(|| text_refusal(limits, ID, "id", event.id.as_deref()))
        .or_else(|| text_refusal(limits, ORDERING_KEY, "ordering key", event.ordering_key.as_deref()))
        .or_else(|| payload_refusal(limits, &event.payload))
}

fn selectors_refusal(limits: &Limits, event: &RoutedEvent) -> Option<Refusal> {
    let refused = |message| Some(Refusal { code: SELECTOR, message });
    let count = event.selectors.len();
    if count == 0 {
        let none = || refused("the event has no selector, so it can reach nobody".to_owned());
        return by_connector(&event.payload).or_else(none);
    }
    if count > limits.selectors_per_event_max {
        return refused(format!("it has {count} selectors, {} are allowed", limits.selectors_per_event_max));
    }
    event.selectors.iter().find_map(|selector| {
        let why = selector_refusal(selector, limits.selector_bytes_max)?;
        let shown: String = selector.chars().take(100).collect();
        refused(format!("the selector `{shown}` cannot be used: {why}"))
    })
}

/// The refusal that a connector gives for the payload of an event without selectors.
fn by_connector(payload: &str) -> Option<Refusal> {
    #[derive(Deserialize)]
    struct Reason {
        code: String,
        message: String,
    }
    let Reason { code, mut message } = serde_json::from_str(payload).ok()?;
    message.truncate(message.floor_char_boundary(MESSAGE_BYTES_MAX));
    let code = [SELECTOR, ID, ORDERING_KEY, PAYLOAD].into_iter().find(|known| *known == code).unwrap_or(EVENT);
    Some(Refusal { code, message })
}

fn text_refusal(limits: &Limits, code: &'static str, name: &str, text: Option<&str>) -> Option<Refusal> {
    let (bytes, bytes_max) = (text?.len(), limits.selector_bytes_max);
    let is_fit = (1..=bytes_max).contains(&bytes);
    let message = || format!("its {name} has {bytes} bytes: 1 to {bytes_max} are allowed");
    (!is_fit).then(|| Refusal { code, message: message() })
}

fn payload_refusal(limits: &Limits, payload: &str) -> Option<Refusal> {
    let refused = |message| Some(Refusal { code: PAYLOAD, message });
    if payload.len() > limits.payload_bytes_max {
        return refused(format!("its payload has {} bytes, {} are allowed", payload.len(), limits.payload_bytes_max));
    }
    let error = serde_json::from_str::<serde::de::IgnoredAny>(payload).err()?;
    refused(format!("its payload is not JSON: {error}"))
}
