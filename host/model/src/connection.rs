//! A connection: one customer's link to one integration. Never a socket.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::IntegrationId;
use crate::sealed::Sealed;

/// The longest name of a customer, in bytes.
pub const CUSTOMER_BYTES_MAX: usize = 128;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Connection {
    /// The host's own id of the connection.
    pub id: String,
    pub integration: String,
    pub integration_id: IntegrationId,
    pub customer: String,
    pub name: Option<String>,
    /// A JSON object.
    pub credentials: Sealed,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Where the credentials of a connection are sealed.
pub fn credentials_place(integration: &IntegrationId, connection: &str) -> String {
    format!("integrations/{integration}/connections/{connection}/credentials")
}
