//! Idempotency keys: a create that is sent again with its key is answered as before and done once. What is kept of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::TokenId;
use crate::sealed::Sealed;

/// A key as one API token uses it: another token's same key is another.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    pub token: TokenId,
    /// SHA-256 of the key in hexadecimal digits.
    pub key_hash: String,
}

/// What is kept of a request with a key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Kept {
    pub place: Place,
    /// SHA-256 of what was asked for.
    pub request_hash: String,
    pub at: Timestamp,
    /// Absent from when the work begins until it is answered. A process that ended in between leaves it so.
    pub answer: Option<KeptAnswer>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeptAnswer {
    pub status: u16,
    pub content_type: Option<String>,
    /// The body as text: it may hold a secret that is shown once.
    pub body: Sealed,
}

impl Place {
    /// Where the answer's body is sealed.
    pub fn seal_place(&self) -> String {
        format!("tokens/{}/idempotency/{}", self.token, self.key_hash)
    }
}
