//! Hashes and signatures for connectors: what the contract's `crypto` interface promises, and no more.
//! Pure: no keys are kept. Never says why a signature is wrong, only that it is.

mod algorithm;
pub mod api_token;
pub mod secret;
pub mod signature;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::PublicEncryptingKey;
use aws_lc_rs::signature::{EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, ParsedPublicKey, RsaKeyPair};
use aws_lc_rs::{constant_time, digest, hmac};

use algorithm::Signer;

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// A signature scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    Ed25519,
    EcdsaP256Der(Hash),
    EcdsaP256Raw(Hash),
    RsaPkcs1(Hash),
    RsaPss(Hash),
}

/// The digest of the data.
pub fn digest(hash: Hash, data: &[u8]) -> Vec<u8> {
    digest::digest(algorithm::digest(hash), data).as_ref().to_vec()
}

/// The HMAC of the data.
pub fn hmac(hash: Hash, key: &[u8], data: &[u8]) -> Vec<u8> {
    hmac_of_parts(hash, key, &[data])
}

/// The HMAC of several pieces as if they were one, so that a large one need not be copied.
pub(crate) fn hmac_of_parts(hash: Hash, key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut context = hmac::Context::with_key(&hmac::Key::new(algorithm::hmac(hash), key));
    for part in parts {
        context.update(part);
    }
    context.sign().as_ref().to_vec()
}

/// The public half of the Ed25519 key with this seed of 32 bytes.
pub(crate) fn ed25519_public(seed: &[u8]) -> Result<Vec<u8>, String> {
    Ok(ed25519(seed)?.public_key().as_ref().to_vec())
}

/// The Ed25519 signature of the data, by the key with this seed.
pub(crate) fn ed25519_sign(seed: &[u8], data: &[u8]) -> Result<Vec<u8>, String> {
    Ok(ed25519(seed)?.sign(data).as_ref().to_vec())
}

fn ed25519(seed: &[u8]) -> Result<Ed25519KeyPair, String> {
    Ed25519KeyPair::from_seed_unchecked(seed).map_err(|rejected| format!("not the seed of a key ({rejected})"))
}

/// Whether two byte strings are the same, in a time that tells nothing of where they differ.
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

/// Whether the signature is right. The public key is SubjectPublicKeyInfo in DER. Fails with a sentence where the key
/// cannot be used with the scheme.
pub fn verify(scheme: Scheme, public_key: &[u8], data: &[u8], signature: &[u8]) -> Result<bool, String> {
    let key = ParsedPublicKey::new(algorithm::verifying(scheme)?, public_key).map_err(|rejected| {
        let wanted = algorithm::key_kind(scheme);
        format!("the public key is not {wanted} as SubjectPublicKeyInfo in DER ({rejected})")
    })?;
    if matches!(scheme, Scheme::RsaPkcs1(_) | Scheme::RsaPss(_)) {
        check_rsa_size(public_key)?;
    }
    Ok(key.verify_sig(data, signature).is_ok())
}

/// The library calls every signature by a key of another size wrong, which would send its reader after the wrong fault.
fn check_rsa_size(public_key: &[u8]) -> Result<(), String> {
    match PublicEncryptingKey::from_der(public_key) {
        Ok(_) => Ok(()),
        Err(rejected) => Err(format!("the RSA key cannot be used ({rejected}): it must have 2048 to 8192 bits")),
    }
}

/// Signs. The private key is PKCS#8 in DER. Fails with a sentence where the key cannot be used.
pub fn sign(scheme: Scheme, private_key: &[u8], data: &[u8]) -> Result<Vec<u8>, String> {
    let wrong_key = |rejected: aws_lc_rs::error::KeyRejected| {
        let wanted = algorithm::key_kind(scheme);
        format!("the private key is not {wanted} as unencrypted PKCS#8 in DER ({rejected})")
    };
    let failed = |_| "the key could not sign".to_owned();
    match algorithm::signing(scheme)? {
        Signer::Ed25519 => {
            let key = Ed25519KeyPair::from_pkcs8(private_key).map_err(wrong_key)?;
            Ok(key.sign(data).as_ref().to_vec())
        }
        Signer::Ecdsa(algorithm) => {
            let key = EcdsaKeyPair::from_pkcs8(algorithm, private_key).map_err(wrong_key)?;
            Ok(key.sign(&SystemRandom::new(), data).map_err(failed)?.as_ref().to_vec())
        }
        Signer::Rsa(encoding) => {
            let key = RsaKeyPair::from_pkcs8(private_key).map_err(wrong_key)?;
            let mut signature = vec![0; key.public_modulus_len()];
            key.sign(encoding, &SystemRandom::new(), data, &mut signature).map_err(failed)?;
            Ok(signature)
        }
    }
}

#[cfg(test)]
mod tests;
