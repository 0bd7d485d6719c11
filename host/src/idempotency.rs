//! Idempotency keys: a create that is sent again with its key is answered as before and done once. What is kept of it, and
//! which are under way.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::TokenId;
use crate::secret::{Sealed, sha256_hex};

/// A key as one API token uses it: another token's same key is another.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) token: TokenId,
    /// SHA-256 of the key in hexadecimal digits.
    pub(crate) key_hash: String,
}

/// What is kept of a request with a key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) place: Place,
    /// SHA-256 of what was asked for.
    pub(crate) request_hash: String,
    pub(crate) at: Timestamp,
    /// Absent from when the work begins until it is answered. A process that ended in between leaves it so.
    pub(crate) answer: Option<KeptAnswer>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KeptAnswer {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    /// The body as text: it may hold a secret that is shown once.
    pub(crate) body: Sealed,
}

impl Place {
    pub(crate) fn new(token: TokenId, key: &[u8]) -> Place {
        Place { token, key_hash: sha256_hex(key) }
    }

    /// Where the answer's body is sealed.
    pub(crate) fn seal_place(&self) -> String {
        format!("tokens/{}/idempotency/{}", self.token, self.key_hash)
    }
}

/// The keys whose requests are under way.
#[derive(Default)]
pub(crate) struct UnderWay(Mutex<HashSet<Place>>);

impl UnderWay {
    /// Claims a key until what is returned is dropped; `None` if it is taken.
    pub(crate) fn claim(&self, place: &Place) -> Option<Claimed<'_>> {
        let is_free = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(place.clone());
        is_free.then(|| Claimed { under_way: self, place: place.clone() })
    }
}

/// A key that is under way.
pub(crate) struct Claimed<'a> {
    under_way: &'a UnderWay,
    place: Place,
}

impl Drop for Claimed<'_> {
    fn drop(&mut self) {
        self.under_way.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.place);
    }
}
