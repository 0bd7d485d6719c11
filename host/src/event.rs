//! A routed event: one item that a handler returned for a request, its payload and its selectors.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{DeliveryId, EventId, IntegrationId, RequestId};
use crate::store::ContentRef;
use crate::subscription::Reason;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RoutedEvent {
    pub(crate) id: EventId,
    pub(crate) request: RequestId,
    pub(crate) integration: String,
    pub(crate) integration_id: IntegrationId,
    pub(crate) webhook_key: String,
    pub(crate) selectors: Vec<String>,
    /// The external app's own id of the event.
    pub(crate) provider_id: Option<String>,
    pub(crate) ordering_key: Option<String>,
    pub(crate) received_at: Timestamp,
    pub(crate) status: EventStatus,
    pub(crate) delivery_count: u32,
    /// The earlier event with the same provider id.
    pub(crate) duplicate_of: Option<EventId>,
    /// One JSON value.
    pub(crate) payload: ContentRef,
    /// Its deliveries, the first so many of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) deliveries: Vec<DeliveryId>,
    /// Why it is not routed any more though it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stopped_waiting: Option<Reason>,
}

impl RoutedEvent {
    /// Whether it is routed when a subscription with one of its selectors appears.
    pub(crate) fn is_waiting(&self) -> bool {
        self.status == EventStatus::Unrouted && self.stopped_waiting.is_none()
    }
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum EventStatus {
    Routed,
    /// No subscription has one of its selectors. It is routed when one appears, until it expires.
    Unrouted,
    /// The external app sent the same event before.
    Duplicate,
}
