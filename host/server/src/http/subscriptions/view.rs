//! How a subscription is shown. Never with a secret, but for the one answer that makes it.

use serde::Serialize;
use serde_json::Value;

use patchbay_model::subscription::{
    DeliverySettings, Destination, Ordering, Reason, SignatureScheme, Status, Subscription,
};

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Subscription)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct SubscriptionView {
    id: String,
    integration: String,
    connection: String,
    customer: String,
    event: String,
    #[schema(value_type = Object)]
    parameters: Value,
    destination: Destination,
    ordering: Ordering,
    delivery: DeliverySettings,
    signature: SignatureScheme,
    /// What the receiver verifies `v1a` signatures with.
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key: Option<String>,
    status: Status,
    /// Why the status is `error` or `disabled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Reason>,
    #[schema(format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    global_webhook_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    global_webhook_event_selector: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

/// A subscription with its signing secret, which is shown when it is made and never again. The private key of a
/// subscription with `v1a` is never shown.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = SubscriptionWithSecret)]
pub(in crate::http) struct WithSecret {
    #[serde(flatten)]
    pub(super) subscription: SubscriptionView,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secret: Option<String>,
}

impl From<Subscription> for SubscriptionView {
    fn from(subscription: Subscription) -> Self {
        let (signature, public_key) = (subscription.signature(), subscription.public_key().map(str::to_owned));
        let (key, selector) =
            subscription.source.map(|source| (source.global_webhook_key, source.global_webhook_event_selector)).unzip();
        SubscriptionView {
            id: subscription.id.to_string(),
            integration: subscription.integration,
            connection: subscription.connection,
            customer: subscription.customer,
            event: subscription.event,
            parameters: subscription.parameters,
            destination: subscription.destination,
            ordering: subscription.ordering,
            delivery: subscription.delivery,
            signature,
            public_key,
            status: subscription.status,
            error: subscription.error,
            disabled_at: subscription.disabled_at.map(|at| at.to_string()),
            global_webhook_key: key,
            global_webhook_event_selector: selector,
            created_at: subscription.created_at.to_string(),
            updated_at: subscription.updated_at.to_string(),
        }
    }
}
