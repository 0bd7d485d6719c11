//! `patchbay rotate-master-key`: a new master key, with the server stopped. Killed at any moment it can be run again, and
//! the server can be started meanwhile: until the last step the old key stays in its place and the new one beside it.

use std::path::Path;

use patchbay_crypto::secret::{self, Vault, promote_next_key};
use patchbay_sandbox::machine_code;
use patchbay_store as store;
use patchbay_store_sled::{Options, ResealError, Store};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no master key at {0}: this is not the data folder of a server")]
    NoKey(String),
    #[error("{0}")]
    Store(#[from] store::Error),
    #[error(transparent)]
    Secret(#[from] secret::Error),
    #[error("not every secret could be moved to the new key, so both stay: {0}")]
    Incomplete(#[from] ResealError),
}

/// Seals every secret in the data folder with a new master key; returns how many were moved.
pub async fn rotate(data: &Path) -> Result<u64, Error> {
    let path = data.join("master.key");
    if !path.exists() {
        return Err(Error::NoKey(path.display().to_string()));
    }
    // The store is opened first: it says so when a server has it.
    let store = Store::open(&data.join("store"), Options::for_maintenance())?;
    let vault = Vault::open_with_next_key(&path)?;
    let count = store.reseal(&vault).await?;
    // While both keys are there, both are believed; so the machine code does not have to be made again.
    machine_code::vouch_anew(&data.join("compiled"), &vault).map_err(secret::Error::from)?;
    promote_next_key(&path)?;
    Ok(count)
}
