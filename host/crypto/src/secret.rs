//! Secrets at rest: sealed with a key that is derived from the master key (AES-256-GCM), each bound to the place that it
//! belongs to, and carrying the id of the key that opens it.
//! Nothing here is ever logged; `Debug` of every secret prints `***`.

mod master_key;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::{constant_time, digest, hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use patchbay_model::sealed::Sealed;
use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

pub use master_key::promote_next_key;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot read or create the master key: {0}")]
    Io(#[from] std::io::Error),
    #[error("{0} must hold 64 hexadecimal digits; restore it from a backup: without it the stored secrets are lost")]
    MalformedKey(String),
    #[error("a stored secret cannot be opened: it was sealed with another master key, or the store is damaged")]
    Unsealable,
}

const KEY_ID_BYTES: usize = 4;

/// Seals and opens secrets, and authenticates files that the host wrote for itself.
pub struct Vault {
    /// The first one seals, all of them open.
    keys: Vec<SealingKey>,
    /// The first one vouches for files, all of them are believed.
    authenticate: Vec<hmac::Key>,
}

struct SealingKey {
    /// Names the master key and tells nothing of it.
    id: String,
    key: RandomizedNonceKey,
}

impl Vault {
    fn from_keys(masters: &[master_key::Key]) -> Result<Vault, Error> {
        let authenticate =
            |master| hmac::Key::new(hmac::HMAC_SHA256, derive(master, "patchbay/authenticate/1").as_ref());
        let authenticate = masters.iter().map(authenticate).collect();
        let keys = masters.iter().map(SealingKey::of_master).collect::<Result<_, _>>()?;
        Ok(Vault { keys, authenticate })
    }

    /// Seals a value. `place` names where it belongs; it opens nowhere else.
    pub fn seal<T: Serialize>(&self, place: &str, value: &T) -> Result<Sealed, Error> {
        self.seal_bytes(place, serde_json::to_vec(value).map_err(|_| Error::Unsealable)?)
    }

    /// Opens a value that was sealed for `place`.
    pub fn open_sealed<T: DeserializeOwned>(&self, place: &str, sealed: &Sealed) -> Result<T, Error> {
        serde_json::from_slice(&self.open_bytes(place, sealed)?).map_err(|_| Error::Unsealable)
    }

    /// The same value sealed with the first key; `None` if it is already.
    pub fn reseal(&self, place: &str, sealed: &Sealed) -> Result<Option<Sealed>, Error> {
        let is_current = sealed.key_id().is_some_and(|id| self.keys.first().is_some_and(|key| key.id == id));
        if is_current {
            return Ok(None);
        }
        self.seal_bytes(place, self.open_bytes(place, sealed)?.to_vec()).map(Some)
    }

    fn seal_bytes(&self, place: &str, mut bytes: Vec<u8>) -> Result<Sealed, Error> {
        let SealingKey { id, key } = self.keys.first().ok_or(Error::Unsealable)?;
        let nonce =
            key.seal_in_place_append_tag(Aad::from(place.as_bytes()), &mut bytes).map_err(|_| Error::Unsealable)?;
        let mut sealed = nonce.as_ref().to_vec();
        sealed.append(&mut bytes);
        Ok(Sealed::new(id, &STANDARD.encode(sealed)))
    }

    fn open_bytes(&self, place: &str, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, Error> {
        let fits = |key: &&SealingKey| sealed.key_id().is_none_or(|id| key.id == id);
        let mut opened = self.keys.iter().filter(fits).map(|key| key.open(place, sealed));
        opened.find(Result::is_ok).unwrap_or(Err(Error::Unsealable))
    }

    /// The tag that proves that this host wrote these bytes.
    pub fn tag(&self, bytes: &[u8]) -> Vec<u8> {
        self.authenticate.first().map(|key| hmac::sign(key, bytes).as_ref().to_vec()).unwrap_or_default()
    }

    /// Whether this host wrote these bytes.
    pub fn is_own(&self, bytes: &[u8], tag: &[u8]) -> bool {
        self.authenticate.iter().any(|key| hmac::verify(key, bytes, tag).is_ok())
    }
}

impl SealingKey {
    fn of_master(master: &master_key::Key) -> Result<SealingKey, Error> {
        let key = RandomizedNonceKey::new(&AES_256_GCM, derive(master, "patchbay/seal/1").as_ref());
        let id = derive(master, "patchbay/key-id/1")
            .as_ref()
            .iter()
            .take(KEY_ID_BYTES)
            .map(|b| format!("{b:02x}"))
            .collect();
        Ok(SealingKey { id, key: key.map_err(|_| Error::Unsealable)? })
    }

    fn open(&self, place: &str, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, Error> {
        let mut bytes = Zeroizing::new(STANDARD.decode(sealed.ciphertext()).map_err(|_| Error::Unsealable)?);
        let (nonce, ciphertext) = bytes.split_at_mut_checked(NONCE_LEN).ok_or(Error::Unsealable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Error::Unsealable)?;
        let plain = self.key.open_in_place(nonce, Aad::from(place.as_bytes()), ciphertext);
        Ok(Zeroizing::new(plain.map_err(|_| Error::Unsealable)?.to_vec()))
    }
}

fn derive(master: &master_key::Key, purpose: &str) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, master.as_slice()), purpose.as_bytes())
}

/// 256 unguessable bits as text that is safe in a URL.
pub fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(random_bytes())
}

/// 32 random bytes.
#[expect(clippy::expect_used, reason = "a host without random numbers must not go on")]
pub fn random_bytes() -> [u8; 32] {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).expect("the system's random number generator works");
    bytes
}

/// The SHA-256 of the bytes in hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(sha256(bytes))
}

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    // Both have 32 bytes.
    for (to, from) in hash.iter_mut().zip(digest::digest(&digest::SHA256, bytes).as_ref()) {
        *to = *from;
    }
    hash
}

/// Whether two texts are the same, in a time that tells nothing of where they differ.
pub fn is_same(a: &str, b: &str) -> bool {
    constant_time::verify_slices_are_equal(a.as_bytes(), b.as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(byte: u8) -> Vault {
        vault_of(&[byte])
    }

    fn vault_of(bytes: &[u8]) -> Vault {
        let keys: Vec<_> = bytes.iter().map(|byte| Zeroizing::new([*byte; master_key::KEY_BYTES])).collect();
        Vault::from_keys(&keys).unwrap()
    }

    #[test]
    fn a_secret_opens_only_in_its_own_place_and_with_its_own_key() {
        let sealed = vault(1).seal("here", &"hunter2").unwrap();
        assert_eq!(vault(1).open_sealed::<String>("here", &sealed).unwrap(), "hunter2");
        assert!(vault(1).open_sealed::<String>("there", &sealed).is_err());
        assert!(vault(2).open_sealed::<String>("here", &sealed).is_err());
        assert!(!serde_json::to_string(&sealed).unwrap().contains("hunter2"));
        assert_eq!(format!("{sealed:?}"), "***");
    }

    #[test]
    fn the_same_secret_never_looks_the_same_twice() {
        let seal = || serde_json::to_string(&vault(1).seal("here", &1).unwrap()).unwrap();
        assert_ne!(seal(), seal());
    }

    #[test]
    fn a_changed_file_is_not_the_hosts_own() {
        let tag = vault(1).tag(b"machine code");
        assert!(vault(1).is_own(b"machine code", &tag));
        assert!(!vault(1).is_own(b"machine c0de", &tag));
        assert!(!vault(2).is_own(b"machine code", &tag));
    }

    #[test]
    fn a_secret_says_which_key_opens_it_and_moves_to_another_once() {
        let sealed = vault(1).seal("here", &"hunter2").unwrap();
        let moving = vault_of(&[2, 1]);
        assert_eq!(moving.open_sealed::<String>("here", &sealed).unwrap(), "hunter2");
        let moved = moving.reseal("here", &sealed).unwrap().unwrap();
        assert!(moving.reseal("here", &moved).unwrap().is_none());
        assert_eq!(vault(2).open_sealed::<String>("here", &moved).unwrap(), "hunter2");
        assert!(vault(1).open_sealed::<String>("here", &moved).is_err());
        assert!(vault_of(&[3, 2]).reseal("there", &moved).is_err());
    }

    #[test]
    fn a_secret_without_a_key_id_opens_with_each_key_that_there_is() {
        let sealed = vault(1).seal("here", &"hunter2").unwrap();
        let old = serde_json::from_value(sealed.ciphertext().into()).unwrap();
        for vault in [vault(1), vault_of(&[1, 2]), vault_of(&[2, 1])] {
            assert_eq!(vault.open_sealed::<String>("here", &old).unwrap(), "hunter2");
            assert!(vault.reseal("here", &old).unwrap().unwrap().key_id().is_some());
        }
        assert!(vault(2).open_sealed::<String>("here", &old).is_err());
    }
}
