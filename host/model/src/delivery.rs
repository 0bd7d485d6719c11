//! A delivery: one routed event owed to one subscription, and the attempts made.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{DeliveryId, EventId, RequestId, SubscriptionId};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Delivery {
    pub id: DeliveryId,
    pub event: EventId,
    pub request: RequestId,
    pub subscription: SubscriptionId,
    pub connection: String,
    pub customer: String,
    pub integration: String,
    pub status: DeliveryStatus,
    /// Deliveries of one chain of a subscription go one after the other. `None` where no order is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
    /// When it is tried next; `None` once it is settled, and while it waits for the one before it in its chain.
    pub next_attempt_at: Option<Timestamp>,
    /// The latest tries, the oldest first.
    pub attempts: Vec<Attempt>,
    /// Tries since the delivery was made, or since a person last asked to try again.
    pub attempt_count: u32,
    pub created_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DeliveryStatus {
    Pending,
    Delivered,
    /// Given up: every attempt failed, or the subscription is gone.
    Dead,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    pub took_ms: u64,
    /// The status that the destination answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<u16>,
    /// What went wrong, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
