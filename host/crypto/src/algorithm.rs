//! Maps the contract's hashes and schemes to what the crypto library has, and says so where it lacks one.
//! Never computes anything.

use aws_lc_rs::digest::{self, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512};
use aws_lc_rs::hmac::{self, HMAC_SHA1_FOR_LEGACY_USE_ONLY, HMAC_SHA256, HMAC_SHA384, HMAC_SHA512};
use aws_lc_rs::signature::{self, EcdsaSigningAlgorithm, RsaSignatureEncoding, VerificationAlgorithm};

use super::{Hash, Scheme};

/// How to sign.
pub(super) enum Signer {
    Ed25519,
    Ecdsa(&'static EcdsaSigningAlgorithm),
    Rsa(&'static RsaSignatureEncoding),
}

pub(super) fn digest(hash: Hash) -> &'static digest::Algorithm {
    match hash {
        Hash::Sha1 => &SHA1_FOR_LEGACY_USE_ONLY,
        Hash::Sha256 => &SHA256,
        Hash::Sha384 => &SHA384,
        Hash::Sha512 => &SHA512,
    }
}

pub(super) fn hmac(hash: Hash) -> hmac::Algorithm {
    match hash {
        Hash::Sha1 => HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Hash::Sha256 => HMAC_SHA256,
        Hash::Sha384 => HMAC_SHA384,
        Hash::Sha512 => HMAC_SHA512,
    }
}

pub(super) fn verifying(scheme: Scheme) -> Result<&'static dyn VerificationAlgorithm, String> {
    Ok(match scheme {
        Scheme::Ed25519 => &signature::ED25519,
        Scheme::EcdsaP256Der(Hash::Sha1) => &signature::ECDSA_P256_SHA1_ASN1,
        Scheme::EcdsaP256Der(Hash::Sha256) => &signature::ECDSA_P256_SHA256_ASN1,
        Scheme::EcdsaP256Der(Hash::Sha384) => &signature::ECDSA_P256_SHA384_ASN1,
        Scheme::EcdsaP256Der(Hash::Sha512) => &signature::ECDSA_P256_SHA512_ASN1,
        Scheme::EcdsaP256Raw(Hash::Sha256) => &signature::ECDSA_P256_SHA256_FIXED,
        Scheme::EcdsaP256Raw(_) => return Err("raw ECDSA signatures are verified with SHA-256 only".into()),
        Scheme::RsaPkcs1(Hash::Sha1) => &signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY,
        Scheme::RsaPkcs1(Hash::Sha256) => &signature::RSA_PKCS1_2048_8192_SHA256,
        Scheme::RsaPkcs1(Hash::Sha384) => &signature::RSA_PKCS1_2048_8192_SHA384,
        Scheme::RsaPkcs1(Hash::Sha512) => &signature::RSA_PKCS1_2048_8192_SHA512,
        Scheme::RsaPss(Hash::Sha1) => {
            return Err("RSA PSS signatures are verified with SHA-256, SHA-384 and SHA-512 only".into());
        }
        Scheme::RsaPss(Hash::Sha256) => &signature::RSA_PSS_2048_8192_SHA256,
        Scheme::RsaPss(Hash::Sha384) => &signature::RSA_PSS_2048_8192_SHA384,
        Scheme::RsaPss(Hash::Sha512) => &signature::RSA_PSS_2048_8192_SHA512,
    })
}

pub(super) fn signing(scheme: Scheme) -> Result<Signer, String> {
    Ok(match scheme {
        Scheme::Ed25519 => Signer::Ed25519,
        Scheme::EcdsaP256Der(Hash::Sha256) => Signer::Ecdsa(&signature::ECDSA_P256_SHA256_ASN1_SIGNING),
        Scheme::EcdsaP256Raw(Hash::Sha256) => Signer::Ecdsa(&signature::ECDSA_P256_SHA256_FIXED_SIGNING),
        Scheme::EcdsaP256Der(_) | Scheme::EcdsaP256Raw(_) => {
            return Err("ECDSA signatures on P-256 are made with SHA-256 only".into());
        }
        Scheme::RsaPkcs1(Hash::Sha256) => Signer::Rsa(&signature::RSA_PKCS1_SHA256),
        Scheme::RsaPkcs1(Hash::Sha384) => Signer::Rsa(&signature::RSA_PKCS1_SHA384),
        Scheme::RsaPkcs1(Hash::Sha512) => Signer::Rsa(&signature::RSA_PKCS1_SHA512),
        Scheme::RsaPss(Hash::Sha256) => Signer::Rsa(&signature::RSA_PSS_SHA256),
        Scheme::RsaPss(Hash::Sha384) => Signer::Rsa(&signature::RSA_PSS_SHA384),
        Scheme::RsaPss(Hash::Sha512) => Signer::Rsa(&signature::RSA_PSS_SHA512),
        Scheme::RsaPkcs1(Hash::Sha1) | Scheme::RsaPss(Hash::Sha1) => {
            return Err("RSA signatures are made with SHA-256, SHA-384 and SHA-512 only".into());
        }
    })
}

/// What a key for the scheme is called, article included.
pub(super) fn key_kind(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Ed25519 => "an Ed25519 key",
        Scheme::EcdsaP256Der(_) | Scheme::EcdsaP256Raw(_) => "an ECDSA P-256 key",
        Scheme::RsaPkcs1(_) | Scheme::RsaPss(_) => "an RSA key",
    }
}
