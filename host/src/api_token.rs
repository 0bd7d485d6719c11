//! An API token: who may use the API, for what and until when. The token itself is not kept, only its hash.
//!
//! SHA-256 and no password hash: a token is 256 random bits, so nobody tries them one by one, however fast the hash is;
//! and a slow hash would be paid at every call.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::access::Scope;
use crate::id::TokenId;
use crate::secret::{random_token, sha256_hex};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ApiToken {
    pub(crate) id: TokenId,
    pub(crate) name: String,
    #[serde(flatten)]
    pub(crate) scope: Scope,
    /// SHA-256 in hexadecimal digits.
    pub(crate) hash: String,
    pub(crate) created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) expires_at: Option<Timestamp>,
}

impl ApiToken {
    /// A new token: what is kept of it, and its text, which is shown once.
    pub(crate) fn new(name: String, scope: Scope, now: Timestamp, expires_at: Option<Timestamp>) -> (ApiToken, String) {
        let text = format!("pbk_{}", random_token());
        let token = ApiToken { id: TokenId::new(), name, scope, hash: hash(&text), created_at: now, expires_at };
        (token, text)
    }

    /// The token of the first start: everything, for ever.
    pub(crate) fn first(now: Timestamp) -> (ApiToken, String) {
        ApiToken::new("first".to_owned(), Scope::Admin, now, None)
    }

    pub(crate) fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    /// Whether the API can always be administered while this token is there.
    pub(crate) fn is_lasting_admin(&self) -> bool {
        self.scope == Scope::Admin && self.expires_at.is_none()
    }
}

/// What is kept of a token's text.
pub(crate) fn hash(text: &str) -> String {
    sha256_hex(text.as_bytes())
}
