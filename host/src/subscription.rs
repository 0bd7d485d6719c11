//! A subscription: one connection's wish for one event, with a destination.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{IntegrationId, SubscriptionId};
use crate::secret::Sealed;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Subscription {
    pub(crate) id: SubscriptionId,
    pub(crate) connection: String,
    pub(crate) integration: String,
    pub(crate) integration_id: IntegrationId,
    pub(crate) customer: String,
    /// The key of the event in the connector.
    pub(crate) event: String,
    /// Event parameters: a JSON object.
    pub(crate) parameters: Value,
    pub(crate) destination: Destination,
    #[serde(default)]
    pub(crate) ordering: Ordering,
    /// Signing secrets, the newest first. An older one signs along until it expires.
    pub(crate) secrets: Vec<SigningSecret>,
    pub(crate) status: Status,
    /// Why the status is `error` or `disabled`.
    pub(crate) error: Option<Reason>,
    /// Where its events come from; `None` until `get-event-selector` has succeeded once.
    pub(crate) source: Option<EventSource>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Status {
    /// Events are routed to it.
    Subscribed,
    /// `get-event-selector` failed; nothing is routed to it.
    Error,
    /// Switched off, by its owner or because the destination answered 410.
    Disabled,
}

/// Which deliveries wait for the ones before them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Ordering {
    /// None.
    #[default]
    None,
    /// Those of events with the same ordering key.
    Key,
    /// All.
    Subscription,
}

impl Ordering {
    /// As a byte that stays the same for good.
    pub(crate) fn code(self) -> u8 {
        match self {
            Ordering::None => 0,
            Ordering::Key => 1,
            Ordering::Subscription => 2,
        }
    }

    pub(crate) fn of_code(code: u8) -> Option<Ordering> {
        [Ordering::None, Ordering::Key, Ordering::Subscription].into_iter().find(|ordering| ordering.code() == code)
    }
}

/// What routing has to know of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recipient {
    pub(crate) id: SubscriptionId,
    pub(crate) connection: String,
    pub(crate) customer: String,
    pub(crate) ordering: Ordering,
}

impl Recipient {
    pub(crate) fn of(subscription: &Subscription) -> Recipient {
        Recipient {
            id: subscription.id.clone(),
            connection: subscription.connection.clone(),
            customer: subscription.customer.clone(),
            ordering: subscription.ordering,
        }
    }
}

/// What `get-event-selector` found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventSource {
    pub(crate) global_webhook_key: String,
    pub(crate) global_webhook_event_selector: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Destination {
    /// Where events are posted to: http or https.
    #[schema(format = "uri", min_length = 8, max_length = 2_048)]
    pub(crate) url: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SigningSecret {
    pub(crate) sealed: Sealed,
    pub(crate) expires_at: Option<Timestamp>,
}

/// Why something is as it is: a stable code, a sentence, and where code of a connector failed, its stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Reason {
    pub(crate) code: String,
    pub(crate) message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stack: Option<String>,
    /// What the connector logged and which requests it made, where that helps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) log: Vec<String>,
}

impl Reason {
    pub(crate) fn new(code: &str, message: impl Into<String>) -> Reason {
        Reason { code: code.to_owned(), message: message.into(), stack: None, log: Vec::new() }
    }
}

impl Subscription {
    /// Where its events come from, if events are to be routed to it now.
    pub(crate) fn active_source(&self) -> Option<&EventSource> {
        self.source.as_ref().filter(|_| self.status == Status::Subscribed)
    }

    /// Where its signing secrets are sealed.
    pub(crate) fn secret_place(&self) -> String {
        format!("subscriptions/{}/secret", self.id)
    }
}
