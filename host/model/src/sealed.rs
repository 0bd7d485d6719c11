//! A secret at rest, as text. What seals and opens it is the vault, in `patchbay-crypto`. `Debug` prints `***`.

use serde::{Deserialize, Serialize};

/// A value encrypted at rest: the id of its key, a point, and base64 of nonce and ciphertext. Values of the time when
/// keys had no ids have base64 alone.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(String);

impl Sealed {
    pub fn new(key_id: &str, ciphertext: &str) -> Sealed {
        Sealed(format!("{key_id}.{ciphertext}"))
    }

    /// Names the key that opens it.
    pub fn key_id(&self) -> Option<&str> {
        self.0.split_once('.').map(|(id, _)| id)
    }

    /// Base64 of nonce and ciphertext.
    pub fn ciphertext(&self) -> &str {
        self.0.split_once('.').map_or(&self.0, |(_, ciphertext)| ciphertext)
    }

    /// Text that can stand in a URL as it is.
    pub fn into_url_text(self) -> String {
        self.0.replace('+', "-").replace('/', "_").replace('=', "~")
    }

    /// Takes that text back.
    pub fn from_url_text(text: &str) -> Sealed {
        Sealed(text.replace('-', "+").replace('_', "/").replace('~', "="))
    }
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}
