//! A delivery: one routed event owed to one subscription, and the attempts made.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{DeliveryId, EventId, RequestId, SubscriptionId};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Delivery {
    pub(crate) id: DeliveryId,
    pub(crate) event: EventId,
    pub(crate) request: RequestId,
    pub(crate) subscription: SubscriptionId,
    pub(crate) connection: String,
    pub(crate) customer: String,
    pub(crate) integration: String,
    pub(crate) status: DeliveryStatus,
    /// Deliveries of one chain of a subscription go one after the other. `None` where no order is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) chain: Option<String>,
    /// When it is tried next; `None` once it is settled, and while it waits for the one before it in its chain.
    pub(crate) next_attempt_at: Option<Timestamp>,
    /// The latest tries, the oldest first.
    pub(crate) attempts: Vec<Attempt>,
    /// Tries since the delivery was made, or since a person last asked to try again.
    pub(crate) attempt_count: u32,
    pub(crate) created_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DeliveryStatus {
    Pending,
    Delivered,
    /// Given up: every attempt failed, or the subscription is gone.
    Dead,
}

#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Attempt {
    #[schema(value_type = String, format = DateTime)]
    pub(crate) at: Timestamp,
    pub(crate) took_ms: u64,
    /// The status that the destination answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) answer: Option<u16>,
    /// What went wrong, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
}
