//! The file of the master key, and its replacement: a new key waits in a file beside it until nothing needs the old one.
//! A key file is always whole: it is written under another name first.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{Error, Vault, random_bytes};

pub(super) const KEY_BYTES: usize = 32;

pub(super) type Key = Zeroizing<[u8; KEY_BYTES]>;

impl Vault {
    /// Opens the vault with the master key in `path`, which is created (mode 0600) if it is not there. While a new key
    /// waits to take over, it opens secrets too.
    pub fn open(path: &Path) -> Result<Vault, Error> {
        let mut keys = vec![read_or_create(path)?];
        let next = next_path(path);
        if next.exists() {
            keys.push(read(&next)?);
        }
        Self::from_keys(&keys)
    }

    /// Opens the vault with a new master key, which is created beside the one in `path`, or found there if an earlier
    /// replacement did not end. What the old key has sealed can still be opened.
    pub fn open_with_next_key(path: &Path) -> Result<Vault, Error> {
        let old = read(path)?;
        Self::from_keys(&[read_or_create(&next_path(path))?, old])
    }
}

/// Puts the new key in the place of the old one, which is gone then.
pub fn promote_next_key(path: &Path) -> Result<(), Error> {
    fs::rename(next_path(path), path)?;
    sync_folder(path)
}

fn next_path(path: &Path) -> PathBuf {
    path.with_extension("key.next")
}

fn read_or_create(path: &Path) -> Result<Key, Error> {
    if path.exists() { read(path) } else { create(path) }
}

fn read(path: &Path) -> Result<Key, Error> {
    let text = Zeroizing::new(fs::read(path)?);
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    hex::decode_to_slice(text.trim_ascii(), key.as_mut_slice())
        .map_err(|_| Error::MalformedKey(path.display().to_string()))?;
    Ok(key)
}

fn create(path: &Path) -> Result<Key, Error> {
    let key = Zeroizing::new(random_bytes());
    let unfinished = path.with_extension("key.unfinished");
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    file.write_all(Zeroizing::new(format!("{}\n", hex::encode(key.as_slice()))).as_bytes())?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    sync_folder(path)?;
    Ok(key)
}

fn sync_folder(path: &Path) -> Result<(), Error> {
    match path.parent() {
        Some(folder) => Ok(fs::File::open(folder)?.sync_all()?),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_master_key_is_made_once_and_for_the_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let sealed = Vault::open(&path).unwrap().seal("here", &1).unwrap();
        assert_eq!(Vault::open(&path).unwrap().open_sealed::<i32>("here", &sealed).unwrap(), 1);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::write(&path, "short").unwrap();
        assert!(matches!(Vault::open(&path), Err(Error::MalformedKey(_))));
    }

    #[test]
    fn while_a_key_is_replaced_both_open_and_afterwards_the_new_one_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let by_old = Vault::open(&path).unwrap().seal("here", &1).unwrap();
        let by_new = Vault::open_with_next_key(&path).unwrap().seal("here", &2).unwrap();
        for vault in [Vault::open(&path).unwrap(), Vault::open_with_next_key(&path).unwrap()] {
            assert_eq!(vault.open_sealed::<i32>("here", &by_old).unwrap(), 1);
            assert_eq!(vault.open_sealed::<i32>("here", &by_new).unwrap(), 2);
        }
        promote_next_key(&path).unwrap();
        let vault = Vault::open(&path).unwrap();
        assert_eq!(vault.open_sealed::<i32>("here", &by_new).unwrap(), 2);
        assert!(vault.open_sealed::<i32>("here", &by_old).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
