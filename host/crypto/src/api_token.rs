//! API tokens as they are made and recognised: 256 random bits as text, of which only the hash is kept.

use jiff::Timestamp;

use crate::secret::{random_token, sha256_hex};
use patchbay_model::api_token::ApiToken;
use patchbay_model::id::TokenId;
use patchbay_model::scope::Scope;

/// A new token: what is kept of it, and its text, which is shown once.
pub fn new(name: String, scope: Scope, now: Timestamp, expires_at: Option<Timestamp>) -> (ApiToken, String) {
    let text = format!("pbk_{}", random_token());
    let token = ApiToken { id: TokenId::new(), name, scope, hash: hash(&text), created_at: now, expires_at };
    (token, text)
}

/// The token of the first start: everything, for ever.
pub fn first(now: Timestamp) -> (ApiToken, String) {
    new("first".to_owned(), Scope::Admin, now, None)
}

/// What is kept of a token's text.
pub fn hash(text: &str) -> String {
    sha256_hex(text.as_bytes())
}
