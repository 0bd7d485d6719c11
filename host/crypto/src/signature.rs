//! Signs deliveries as Standard Webhooks 1.0 says, and checks such signatures.
//! Pure: time and randomness are passed in. Never signs a body without its id and time, so that nothing signed can be
//! replayed as something else.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::{self as crypto, Hash};
use patchbay_model::subscription::SignatureScheme;

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("a signing secret is `whsec_` and the base64 of 24 to 64 bytes, or a private key of its kind")]
    SecretInvalid,
}

const SECRET_PREFIX: &str = "whsec_";
const PRIVATE_KEY_PREFIX: &str = "whsk_";
const PUBLIC_KEY_PREFIX: &str = "whpk_";
const SEED_BYTES: usize = 32;

/// How far the clocks of sender and receiver may be apart, either way.
#[cfg(test)]
const TOLERANCE_S: u64 = 5 * 60;

/// What signs, and for a pair of keys what its receiver verifies with.
pub struct NewSecret {
    pub secret: String,
    pub public_key: Option<String>,
}

/// A secret in the form that customers copy, or a private key that they never see.
pub fn new_secret(scheme: SignatureScheme, random: [u8; SEED_BYTES]) -> Result<NewSecret, Error> {
    match scheme {
        SignatureScheme::V1 => {
            Ok(NewSecret { secret: format!("{SECRET_PREFIX}{}", STANDARD.encode(random)), public_key: None })
        }
        SignatureScheme::V1a => {
            let public = crypto::ed25519_public(&random).map_err(|_| Error::SecretInvalid)?;
            let pair = [random.as_slice(), &public].concat();
            Ok(NewSecret {
                secret: format!("{PRIVATE_KEY_PREFIX}{}", STANDARD.encode(pair)),
                public_key: Some(format!("{PUBLIC_KEY_PREFIX}{}", STANDARD.encode(public))),
            })
        }
    }
}

/// One signature: the name of its scheme, a comma, and base64.
pub fn sign(secret: &str, id: &str, timestamp_s: i64, body: &[u8]) -> Result<String, Error> {
    let head = format!("{id}.{timestamp_s}.");
    if let Some(encoded) = secret.strip_prefix(PRIVATE_KEY_PREFIX) {
        let pair = STANDARD.decode(encoded).map_err(|_| Error::SecretInvalid)?;
        let seed = pair.get(..SEED_BYTES).ok_or(Error::SecretInvalid)?;
        let signed = crypto::ed25519_sign(seed, &[head.as_bytes(), body].concat());
        return Ok(format!("v1a,{}", STANDARD.encode(signed.map_err(|_| Error::SecretInvalid)?)));
    }
    let mac = crypto::hmac_of_parts(Hash::Sha256, &key(secret)?, &[head.as_bytes(), body]);
    Ok(format!("v1,{}", STANDARD.encode(mac)))
}

/// The headers of a delivery, signed with each secret: more than one while a secret is being replaced.
pub fn headers(
    secrets: &[&str],
    id: &str,
    timestamp_s: i64,
    body: &[u8],
) -> Result<[(&'static str, String); 3], Error> {
    let signatures: Vec<String> =
        secrets.iter().map(|secret| sign(secret, id, timestamp_s, body)).collect::<Result<_, _>>()?;
    Ok([
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", timestamp_s.to_string()),
        ("webhook-signature", signatures.join(" ")),
    ])
}

/// Whether the values of these three headers are genuine and recent. One right signature among several is enough.
#[cfg(test)]
pub fn verify(
    secret: &str,
    id: &str,
    timestamp: &str,
    signatures: &str,
    body: &[u8],
    now_s: i64,
) -> Result<bool, Error> {
    // The canonical spelling alone is accepted, for it is what was signed.
    let timestamp_s = timestamp.parse::<i64>().ok().filter(|seconds| seconds.to_string() == timestamp);
    let Some(timestamp_s) = timestamp_s.filter(|seconds| seconds.abs_diff(now_s) <= TOLERANCE_S) else {
        return Ok(false);
    };
    let expected = sign(secret, id, timestamp_s, body)?;
    Ok(signatures.split(' ').any(|signature| crypto::equal(signature.as_bytes(), expected.as_bytes())))
}

fn key(secret: &str) -> Result<Vec<u8>, Error> {
    let encoded = secret.strip_prefix(SECRET_PREFIX).ok_or(Error::SecretInvalid)?;
    let key = STANDARD.decode(encoded).map_err(|_| Error::SecretInvalid)?;
    if (24..=64).contains(&key.len()) { Ok(key) } else { Err(Error::SecretInvalid) }
}

#[cfg(test)]
mod tests;
