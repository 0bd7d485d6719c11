//! A webhook request: one received HTTP request, and what became of it and why.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::content::ContentRef;
use crate::id::{EventId, IntegrationId, RequestId};
use crate::subscription::Reason;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WebhookRequest {
    pub id: RequestId,
    pub integration: String,
    pub integration_id: IntegrationId,
    pub webhook_key: String,
    pub received_at: Timestamp,
    /// The connector version that it was given to.
    pub handled_by: HandledBy,
    pub status: RequestStatus,
    /// The status that the external app was answered.
    pub answer: u16,
    /// Why it failed.
    pub error: Option<Reason>,
    /// Events of the handler that were not taken, and why.
    pub refused_events: Vec<RefusedEvent>,
    pub event_count: u32,
    pub delivery_count: u32,
    /// What the handler logged, cut at the limit.
    pub log: Vec<String>,
    /// How long the handler took, in milliseconds.
    pub handled_in_ms: u64,
    /// The request that this one replays.
    pub replay_of: Option<RequestId>,
    /// The request as it was received; filled in by the commit.
    pub content: Option<RequestContent>,
    /// Its first and its last event; filled in by the commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<(EventId, EventId)>,
    /// What its records and those of its events and deliveries took up when they were written; filled in by the commit.
    #[serde(default)]
    pub record_bytes: u32,
}

/// Where a request is kept.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct RequestContent {
    /// A `Received` as JSON.
    pub received: ContentRef,
    pub body: ContentRef,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RequestStatus {
    /// At least one event went to a subscription.
    Routed,
    /// There were events, but none found a subscription.
    Unrouted,
    /// The external app sent all of its events before.
    Duplicate,
    /// The handler answered and found no events: a handshake, a ping, a bad signature.
    Answered,
    /// The handler found events, but none of them could be taken.
    Refused,
    /// The handler failed.
    Failed,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HandledBy {
    pub connector: String,
    pub version: u32,
    pub digest: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefusedEvent {
    /// Position in the handler's list, from 0.
    pub index: u32,
    pub code: String,
    pub message: String,
}

/// The parts of a received request that are not its body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    pub method: String,
    /// What followed the webhook's own URI: empty or a path.
    pub path: String,
    /// The raw query, without the question mark.
    pub query: Option<String>,
    /// In order, names in lower case, repeats kept.
    pub headers: Vec<(String, String)>,
}
