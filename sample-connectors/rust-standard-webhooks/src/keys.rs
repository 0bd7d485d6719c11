//! The two kinds of key of Standard Webhooks: a shared secret (`whsec_`, signatures `v1`) and an Ed25519 public key
//! (`whpk_`, signatures `v1a`).
//! Never checks a signature of one kind with a key of the other: a public key is no secret, and so no HMAC key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::contract::patchbay::connector::crypto::{self, Hash, Scheme};
use crate::signature::Signature;

const SECRET_BYTES_MIN: usize = 24;
const PUBLIC_KEY_BYTES: usize = 32;
/// What stands before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410).
const ED25519_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// Whether one of the signatures was made over the bytes with the key.
pub fn is_signed_with(key: &str, bytes: &[u8], signatures: &[Signature]) -> Result<bool, &'static str> {
    let of = |version: &'static str| signatures.iter().filter(move |each| each.version == version);
    if let Some(secret) = material(key, "whsec_").filter(|secret| secret.len() >= SECRET_BYTES_MIN) {
        let expected = crypto::hmac(Hash::Sha256, &secret, bytes);
        return Ok(of("v1").any(|each| crypto::equal(&each.bytes, &expected)));
    }
    if let Some(public) = material(key, "whpk_").filter(|public| public.len() == PUBLIC_KEY_BYTES) {
        let public = [&ED25519_PREFIX[..], &public].concat();
        return Ok(of("v1a").any(|each| crypto::verify(Scheme::Ed25519, &public, bytes, &each.bytes) == Ok(true)));
    }
    // Without the key itself: this is read by people who must not know it.
    Err("A key in the connector parameter `keys` is neither whsec_ with at least 24 bytes nor whpk_ with 32.")
}

fn material(key: &str, prefix: &str) -> Option<Vec<u8>> {
    STANDARD.decode(key.strip_prefix(prefix)?).ok()
}
