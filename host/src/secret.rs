//! Secrets at rest: sealed with the master key (AES-256-GCM), each bound to the place that it belongs to.
//! Nothing here is ever logged; `Debug` of every secret prints `***`.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::{constant_time, digest, hmac, rand};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

const KEY_BYTES: usize = 32;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("cannot read or create the master key: {0}")]
    Io(#[from] std::io::Error),
    #[error("{0} must hold 64 hexadecimal digits; restore it from a backup: without it the stored secrets are lost")]
    MalformedKey(String),
    #[error("a stored secret cannot be opened: it was sealed with another master key, or the store is damaged")]
    Unsealable,
}

/// A value encrypted at rest.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Sealed(String);

impl Sealed {
    /// Text that can stand in a URL as it is.
    pub(crate) fn into_url_text(self) -> String {
        self.0.replace('+', "-").replace('/', "_").replace('=', "~")
    }

    /// Takes that text back.
    pub(crate) fn from_url_text(text: &str) -> Sealed {
        Sealed(text.replace('-', "+").replace('_', "/").replace('~', "="))
    }
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// Seals and opens secrets, and authenticates files that the host wrote for itself.
pub(crate) struct Vault {
    seal: RandomizedNonceKey,
    authenticate: hmac::Key,
}

impl Vault {
    /// Opens the vault with the master key in `path`, which is created (mode 0600) if it is not there.
    pub(crate) fn open(path: &Path) -> Result<Vault, Error> {
        let master = if path.exists() { read_key(path)? } else { create_key(path)? };
        Self::from_key(&master)
    }

    fn from_key(master: &[u8; KEY_BYTES]) -> Result<Vault, Error> {
        let derive = |purpose: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, master), purpose);
        let seal = RandomizedNonceKey::new(&AES_256_GCM, derive(b"patchbay/seal/1").as_ref())
            .map_err(|_| Error::Unsealable)?;
        let authenticate = hmac::Key::new(hmac::HMAC_SHA256, derive(b"patchbay/authenticate/1").as_ref());
        Ok(Vault { seal, authenticate })
    }

    /// Seals a value. `place` names where it belongs; it opens nowhere else.
    pub(crate) fn seal<T: Serialize>(&self, place: &str, value: &T) -> Result<Sealed, Error> {
        let mut bytes = serde_json::to_vec(value).map_err(|_| Error::Unsealable)?;
        let nonce = self
            .seal
            .seal_in_place_append_tag(Aad::from(place.as_bytes()), &mut bytes)
            .map_err(|_| Error::Unsealable)?;
        let mut sealed = nonce.as_ref().to_vec();
        sealed.append(&mut bytes);
        Ok(Sealed(STANDARD.encode(sealed)))
    }

    /// Opens a value that was sealed for `place`.
    pub(crate) fn open_sealed<T: DeserializeOwned>(&self, place: &str, sealed: &Sealed) -> Result<T, Error> {
        let mut bytes = Zeroizing::new(STANDARD.decode(&sealed.0).map_err(|_| Error::Unsealable)?);
        let (nonce, ciphertext) = bytes.split_at_mut_checked(NONCE_LEN).ok_or(Error::Unsealable)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Error::Unsealable)?;
        let plain =
            self.seal.open_in_place(nonce, Aad::from(place.as_bytes()), ciphertext).map_err(|_| Error::Unsealable)?;
        serde_json::from_slice(plain).map_err(|_| Error::Unsealable)
    }

    /// The tag that proves that this host wrote these bytes.
    pub(crate) fn tag(&self, bytes: &[u8]) -> Vec<u8> {
        hmac::sign(&self.authenticate, bytes).as_ref().to_vec()
    }

    /// Whether this host wrote these bytes.
    pub(crate) fn is_own(&self, bytes: &[u8], tag: &[u8]) -> bool {
        hmac::verify(&self.authenticate, bytes, tag).is_ok()
    }
}

/// 256 unguessable bits as text that is safe in a URL.
pub(crate) fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(random_bytes())
}

/// 32 random bytes.
#[expect(clippy::expect_used, reason = "a host without random numbers must not go on")]
pub(crate) fn random_bytes() -> [u8; 32] {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).expect("the system's random number generator works");
    bytes
}

/// The SHA-256 of the bytes in hexadecimal digits.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

/// Whether two texts are the same, in a time that tells nothing of where they differ.
pub(crate) fn is_same(a: &str, b: &str) -> bool {
    constant_time::verify_slices_are_equal(a.as_bytes(), b.as_bytes()).is_ok()
}

fn read_key(path: &Path) -> Result<Zeroizing<[u8; KEY_BYTES]>, Error> {
    let text = Zeroizing::new(fs::read_to_string(path)?);
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    hex::decode_to_slice(text.trim(), key.as_mut_slice())
        .map_err(|_| Error::MalformedKey(path.display().to_string()))?;
    Ok(key)
}

fn create_key(path: &Path) -> Result<Zeroizing<[u8; KEY_BYTES]>, Error> {
    let key = Zeroizing::new(random_bytes());
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(format!("{}\n", hex::encode(key.as_slice())).as_bytes())?;
    file.sync_all()?;
    if let Some(folder) = path.parent() {
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault(byte: u8) -> Vault {
        Vault::from_key(&[byte; KEY_BYTES]).unwrap()
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
    fn the_master_key_is_made_once_and_for_the_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let sealed = Vault::open(&path).unwrap().seal("here", &1).unwrap();
        assert_eq!(Vault::open(&path).unwrap().open_sealed::<i32>("here", &sealed).unwrap(), 1);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&path, "short").unwrap();
        assert!(matches!(Vault::open(&path), Err(Error::MalformedKey(_))));
    }
}
