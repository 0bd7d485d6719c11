//! A subscription: one connection's wish for one event, with a destination.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{IntegrationId, SubscriptionId};
use crate::sealed::Sealed;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Subscription {
    pub id: SubscriptionId,
    pub connection: String,
    pub integration: String,
    pub integration_id: IntegrationId,
    pub customer: String,
    /// The key of the event in the connector.
    pub event: String,
    /// Event parameters: a JSON object.
    pub parameters: Value,
    pub destination: Destination,
    #[serde(default)]
    pub ordering: Ordering,
    #[serde(default)]
    pub delivery: DeliverySettings,
    /// Signing secrets, the newest first. An older one signs along until it expires.
    pub secrets: Vec<SigningSecret>,
    pub status: Status,
    /// Why the status is `error` or `disabled`.
    pub error: Option<Reason>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<Timestamp>,
    /// Where its events come from; `None` until `get-event-selector` has succeeded once.
    pub source: Option<EventSource>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Events are routed to it.
    Subscribed,
    /// `get-event-selector` failed; nothing is routed to it.
    Error,
    /// Nothing is delivered, by its owner's wish or because the destination is gone or fails. Events go on to be routed to
    /// it and wait.
    Disabled,
}

/// Which deliveries wait for the ones before them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Ordering {
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
    pub fn code(self) -> u8 {
        match self {
            Ordering::None => 0,
            Ordering::Key => 1,
            Ordering::Subscription => 2,
        }
    }

    pub fn of_code(code: u8) -> Option<Ordering> {
        [Ordering::None, Ordering::Key, Ordering::Subscription].into_iter().find(|ordering| ordering.code() == code)
    }
}

/// What routing has to know of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    pub id: SubscriptionId,
    pub connection: String,
    pub customer: String,
    pub ordering: Ordering,
}

impl Recipient {
    pub fn of(subscription: &Subscription) -> Recipient {
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
pub struct EventSource {
    pub global_webhook_key: String,
    pub global_webhook_event_selector: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Destination {
    /// Where events are posted to: http or https.
    #[schema(format = "uri", min_length = 8, max_length = 2_048)]
    pub url: String,
}

/// How its deliveries are made; what is left out is as the server's settings say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct DeliverySettings {
    /// Time for one attempt, the answer's body included, in milliseconds.
    #[schema(minimum = 100)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// Attempts under way at the same time.
    #[schema(minimum = 1)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrency_max: Option<usize>,
    /// Pauses between attempts, in milliseconds: one more attempt than there are pauses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_gaps_ms: Option<Vec<u64>>,
}

/// How deliveries are signed, by its name in Standard Webhooks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SignatureScheme {
    /// HMAC-SHA256 with a secret that the receiver has as well.
    #[default]
    V1,
    /// Ed25519: the private key never leaves the server, the receiver has the public one.
    V1a,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SigningSecret {
    pub sealed: Sealed,
    /// What the receiver verifies with, where it is not the secret itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    pub expires_at: Option<Timestamp>,
}

/// Why something is as it is: a stable code, a sentence, and where code of a connector failed, its stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Reason {
    pub code: String,
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<String>,
    /// What the connector logged and which requests it made, where that helps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<String>,
}

impl Reason {
    pub fn new(code: &str, message: impl Into<String>) -> Reason {
        Reason { code: code.to_owned(), message: message.into(), stack: None, log: Vec::new() }
    }
}

impl Destination {
    /// The host that it names, in one spelling; empty where it names none.
    pub fn host(&self) -> String {
        let url = url::Url::parse(&self.url).ok();
        let host = url.as_ref().and_then(url::Url::host_str).unwrap_or_default();
        host.strip_suffix('.').unwrap_or(host).to_owned()
    }
}

impl Subscription {
    /// Stops deliveries. One that is disabled already stays so for its first reason.
    pub fn disable(&mut self, reason: Reason, at: Timestamp) {
        if self.status == Status::Disabled {
            return;
        }
        self.status = Status::Disabled;
        self.error = Some(reason);
        self.disabled_at = Some(at);
    }

    /// It is known where its events come from, or why not. One that was disabled while that was found out stays so:
    /// `disabled_at` is what it was before.
    pub fn found(&mut self, source: Result<EventSource, Reason>, disabled_at: Option<Timestamp>) {
        let (source, error) = match source {
            Ok(source) => (Some(source), None),
            Err(reason) => (None, Some(reason)),
        };
        self.source = source;
        if self.status == Status::Disabled && self.disabled_at != disabled_at {
            return;
        }
        self.status = if error.is_some() { Status::Error } else { Status::Subscribed };
        self.error = error;
        self.disabled_at = None;
    }

    /// Where its events come from, if events are to be routed to it now.
    pub fn active_source(&self) -> Option<&EventSource> {
        self.source.as_ref().filter(|_| self.status != Status::Error)
    }

    /// How it is signed by the newest secret.
    pub fn signature(&self) -> SignatureScheme {
        if self.public_key().is_some() { SignatureScheme::V1a } else { SignatureScheme::V1 }
    }

    /// What its receiver verifies with, where that is public.
    pub fn public_key(&self) -> Option<&str> {
        self.secrets.first()?.public_key.as_deref()
    }

    /// Where its signing secrets are sealed.
    pub fn secret_place(&self) -> String {
        format!("subscriptions/{}/secret", self.id)
    }
}
