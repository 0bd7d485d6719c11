//! What became of a request, as it is kept or as it would be, and what of that is not the same.

use serde::Serialize;
use serde_json::Value;

use super::shown;
use crate::app::App;
use crate::http::error::Answer;
use patchbay_core::ingest::Rehearsal;
use patchbay_crypto::secret::sha256_hex;
use patchbay_model::event::EventStatus;
use patchbay_model::subscription::{Reason, Recipient};
use patchbay_model::webhook_request::{RefusedEvent, RequestStatus, WebhookRequest};
use patchbay_store::{NewEvent, Repeat};

/// What became of a request, or would.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ReplaySide)]
#[serde(rename_all = "camelCase")]
pub(super) struct Side {
    connector_version: u32,
    status: RequestStatus,
    answer: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Reason>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused_events: Vec<RefusedEvent>,
    events: Vec<EventOfSide>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ReplayEvent)]
#[serde(rename_all = "camelCase")]
struct EventOfSide {
    selectors: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_id: Option<String>,
    status: EventStatus,
    /// Whom it went to, or would go to.
    subscriptions: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate_of: Option<String>,
    /// Absent if it is long, or has expired.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Value>)]
    payload: Option<Value>,
    /// What the payload is compared by.
    #[serde(skip)]
    identity: Option<String>,
}

impl Side {
    /// What is kept of a request.
    pub(super) fn kept(app: &App, request: &WebhookRequest) -> Answer<Side> {
        let mut events = Vec::new();
        for event in app.store.events_of_request(&request.id)? {
            let payload = app.store.payload(&event)?;
            let deliveries = app.store.deliveries_of_event(&event.id)?;
            events.push(EventOfSide {
                selectors: event.selectors,
                provider_id: event.provider_id,
                status: event.status,
                subscriptions: deliveries.into_iter().map(|delivery| delivery.subscription.to_string()).collect(),
                duplicate_of: event.duplicate_of.map(|id| id.to_string()),
                payload: payload.as_deref().and_then(shown),
                identity: payload.as_deref().map(identity),
            });
        }
        Ok(Side::of(request, request.status, events))
    }

    /// What would be kept.
    pub(super) fn rehearsed(app: &App, original: &WebhookRequest, rehearsal: Rehearsal) -> Answer<Side> {
        let mut events = Vec::new();
        for (event, subscriptions) in rehearsal.routed {
            events.push(rehearsed(app, original, event, &subscriptions)?);
        }
        let has = |status: EventStatus| events.iter().any(|event| event.status == status);
        let status = if events.is_empty() {
            rehearsal.record.status
        } else if has(EventStatus::Routed) {
            RequestStatus::Routed
        } else if has(EventStatus::Unrouted) {
            RequestStatus::Unrouted
        } else {
            RequestStatus::Duplicate
        };
        Ok(Side::of(&rehearsal.record, status, events))
    }

    fn of(request: &WebhookRequest, status: RequestStatus, events: Vec<EventOfSide>) -> Side {
        Side {
            connector_version: request.handled_by.version,
            status,
            answer: request.answer,
            error: request.error.clone(),
            refused_events: request.refused_events.clone(),
            events,
        }
    }
}

fn rehearsed(
    app: &App,
    original: &WebhookRequest,
    event: NewEvent,
    subscriptions: &[Recipient],
) -> Answer<EventOfSide> {
    let seen = || {
        let (integration, webhook) = (&original.integration_id, &original.webhook_key);
        app.store.earlier_event(integration, webhook, &event, original.received_at)
    };
    let duplicate_of = match &event.repeat {
        Repeat::Of(earlier) => Some(earlier.clone()),
        Repeat::Forced => None,
        Repeat::Known(events) => seen()?.filter(|earlier| !events.contains(earlier)),
        Repeat::No => seen()?,
    };
    let is_duplicate = duplicate_of.is_some();
    let subscriptions = if is_duplicate { &[] } else { subscriptions };
    Ok(EventOfSide {
        status: match (is_duplicate, subscriptions.is_empty()) {
            (true, _) => EventStatus::Duplicate,
            (false, true) => EventStatus::Unrouted,
            (false, false) => EventStatus::Routed,
        },
        subscriptions: subscriptions.iter().map(|found| found.id.to_string()).collect(),
        duplicate_of: duplicate_of.map(|id| id.to_string()),
        payload: shown(event.payload.as_bytes()),
        identity: Some(identity(event.payload.as_bytes())),
        selectors: event.selectors,
        provider_id: event.provider_id,
    })
}

/// Of a payload, whatever the order of its members.
fn identity(payload: &[u8]) -> String {
    let sorted = serde_json::from_slice::<Value>(payload).map(|value| sorted(&value)).unwrap_or_default();
    sha256_hex(sorted.as_bytes())
}

fn sorted(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> =
                members.iter().map(|(name, value)| format!("{name:?}:{}", sorted(value))).collect();
            members.sort();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(sorted).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

/// The names of what is not the same.
pub(super) fn changes(before: &Side, after: &Side) -> Vec<String> {
    let code = |side: &Side| side.error.as_ref().map(|error| (error.code.clone(), error.message.clone()));
    let each = |side: &Side, of: &dyn Fn(&EventOfSide) -> String| {
        let mut all: Vec<String> = side.events.iter().map(of).collect();
        all.sort();
        all
    };
    let selectors = |event: &EventOfSide| format!("{:?}", event.selectors);
    let payload = |event: &EventOfSide| format!("{:?} {:?}", event.selectors, event.identity);
    let differs = [
        ("status", before.status != after.status),
        ("answer", before.answer != after.answer),
        ("error", code(before) != code(after)),
        ("refusedEvents", before.refused_events != after.refused_events),
        ("selectors", each(before, &selectors) != each(after, &selectors)),
        ("payloads", each(before, &payload) != each(after, &payload)),
    ];
    differs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name.to_owned()).collect()
}
