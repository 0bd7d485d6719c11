//! A routed event: one item that a handler returned for a request, its payload and its selectors.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::content::ContentRef;
use crate::id::{DeliveryId, EventId, IntegrationId, RequestId};
use crate::subscription::Reason;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RoutedEvent {
    pub id: EventId,
    pub request: RequestId,
    pub integration: String,
    pub integration_id: IntegrationId,
    pub webhook_key: String,
    pub selectors: Vec<String>,
    /// The external app's own id of the event.
    pub provider_id: Option<String>,
    pub ordering_key: Option<String>,
    pub received_at: Timestamp,
    pub status: EventStatus,
    pub delivery_count: u32,
    /// The earlier event with the same provider id.
    pub duplicate_of: Option<EventId>,
    /// One JSON value.
    pub payload: ContentRef,
    /// Its deliveries, the first so many of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deliveries: Vec<DeliveryId>,
    /// Why it is not routed any more though it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_waiting: Option<Reason>,
}

impl RoutedEvent {
    /// Whether it is routed when a subscription with one of its selectors appears.
    pub fn is_waiting(&self) -> bool {
        self.status == EventStatus::Unrouted && self.stopped_waiting.is_none()
    }
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EventStatus {
    Routed,
    /// No subscription has one of its selectors. It is routed when one appears, until it expires.
    Unrouted,
    /// The external app sent the same event before.
    Duplicate,
}
