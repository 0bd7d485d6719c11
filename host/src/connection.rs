//! A connection: one customer's link to one integration. Never a socket.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::IntegrationId;
use crate::secret::Sealed;

/// The longest name of a customer, in bytes.
pub(crate) const CUSTOMER_BYTES_MAX: usize = 128;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Connection {
    /// The host's own id of the connection.
    pub(crate) id: String,
    pub(crate) integration: String,
    pub(crate) integration_id: IntegrationId,
    pub(crate) customer: String,
    pub(crate) name: Option<String>,
    /// A JSON object.
    pub(crate) credentials: Sealed,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// Where the credentials of a connection are sealed.
pub(crate) fn credentials_place(integration: &IntegrationId, connection: &str) -> String {
    format!("integrations/{integration}/connections/{connection}/credentials")
}
