//! A webhook request: one received HTTP request, and what became of it and why.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{EventId, IntegrationId, RequestId};
use crate::store::ContentRef;
use crate::subscription::Reason;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct WebhookRequest {
    pub(crate) id: RequestId,
    pub(crate) integration: String,
    pub(crate) integration_id: IntegrationId,
    pub(crate) webhook_key: String,
    pub(crate) received_at: Timestamp,
    /// The connector version that it was given to.
    pub(crate) handled_by: HandledBy,
    pub(crate) status: RequestStatus,
    /// The status that the external app was answered.
    pub(crate) answer: u16,
    /// Why it failed.
    pub(crate) error: Option<Reason>,
    /// Events of the handler that were not taken, and why.
    pub(crate) refused_events: Vec<RefusedEvent>,
    /// How many they are: of many, only the first have their reasons here.
    #[serde(default)]
    pub(crate) refused_event_count: u32,
    pub(crate) event_count: u32,
    pub(crate) delivery_count: u32,
    /// What the handler logged, cut at the limit.
    pub(crate) log: Vec<String>,
    /// How long the handler took, in milliseconds.
    pub(crate) handled_in_ms: u64,
    /// The request that this one replays.
    pub(crate) replay_of: Option<RequestId>,
    /// The request as it was received; filled in by the commit.
    pub(crate) content: Option<RequestContent>,
    /// Its first and its last event; filled in by the commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) events: Option<(EventId, EventId)>,
    /// What its records and those of its events and deliveries took up when they were written; filled in by the commit.
    #[serde(default)]
    pub(crate) record_bytes: u32,
}

/// Where a request is kept.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct RequestContent {
    /// A `Received` as JSON.
    pub(crate) received: ContentRef,
    pub(crate) body: ContentRef,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RequestStatus {
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
pub(crate) struct HandledBy {
    pub(crate) connector: String,
    pub(crate) version: u32,
    pub(crate) digest: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RefusedEvent {
    /// Position in the handler's list, from 0.
    pub(crate) index: u32,
    pub(crate) code: String,
    pub(crate) message: String,
}

/// The parts of a received request that are not its body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Received {
    pub(crate) method: String,
    /// What followed the webhook's own URI: empty or a path.
    pub(crate) path: String,
    /// The raw query, without the question mark.
    pub(crate) query: Option<String>,
    /// In order, names in lower case, repeats kept.
    pub(crate) headers: Vec<(String, String)>,
}
