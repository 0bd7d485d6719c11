//! An integration: a connector in use, with its parameters and one URI for each of its global webhooks.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::IntegrationId;
use crate::secret::Sealed;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Integration {
    pub(crate) id: IntegrationId,
    pub(crate) key: String,
    /// The connector's key.
    pub(crate) connector: String,
    /// The version to run; `None` follows the newest.
    pub(crate) version: Option<u32>,
    /// Connector parameters: a JSON object.
    pub(crate) parameters: Sealed,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// What a webhook token stands for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct WebhookAddress {
    pub(crate) integration: String,
    pub(crate) integration_id: IntegrationId,
    pub(crate) webhook_key: String,
}

/// Where the parameters of an integration are sealed.
pub(crate) fn parameters_place(id: &IntegrationId) -> String {
    format!("integrations/{id}/parameters")
}
