//! An API token: who may use the API, for what and until when. The token itself is not kept, only its hash.
//!
//! SHA-256 and no password hash: a token is 256 random bits, so nobody tries them one by one, however fast the hash is;
//! and a slow hash would be paid at every call.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::TokenId;
use crate::scope::Scope;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ApiToken {
    pub id: TokenId,
    pub name: String,
    #[serde(flatten)]
    pub scope: Scope,
    /// SHA-256 in hexadecimal digits.
    pub hash: String,
    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

impl ApiToken {
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    /// Whether the API can always be administered while this token is there.
    pub fn is_lasting_admin(&self) -> bool {
        self.scope == Scope::Admin && self.expires_at.is_none()
    }
}
