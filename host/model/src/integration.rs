//! An integration: a connector in use, with its parameters and one URI for each of its global webhooks.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::IntegrationId;
use crate::sealed::Sealed;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Integration {
    pub id: IntegrationId,
    pub key: String,
    /// The connector's key.
    pub connector: String,
    /// The version to run; `None` follows the newest.
    pub version: Option<u32>,
    /// Connector parameters: a JSON object.
    pub parameters: Sealed,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What a webhook token stands for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WebhookAddress {
    pub integration: String,
    pub integration_id: IntegrationId,
    pub webhook_key: String,
}

/// Where the parameters of an integration are sealed.
pub fn parameters_place(id: &IntegrationId) -> String {
    format!("integrations/{id}/parameters")
}
