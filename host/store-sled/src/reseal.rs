//! Seals every secret of the store anew, with the key that a vault seals with. For a store that nobody else uses.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::keys::{Key, Table};
use super::{Error, Store, decode, encode};
use patchbay_crypto::secret::{self, Vault};
use patchbay_model::connection::{Connection, credentials_place};
use patchbay_model::idempotency::Kept;
use patchbay_model::integration::{Integration, parameters_place};
use patchbay_model::sealed::Sealed;
use patchbay_model::subscription::Subscription;

#[derive(Debug, thiserror::Error)]
pub enum ResealError {
    #[error(transparent)]
    Store(#[from] Error),
    #[error(transparent)]
    Secret(#[from] secret::Error),
}

impl Store {
    /// Seals anew what is not sealed with the vault's first key yet, and returns how much that was. Stopped in the middle
    /// it can be called again.
    pub async fn reseal(&self, vault: &Vault) -> Result<u64, ResealError> {
        let count = self.reseal_table(Table::Integration, |integration: &mut Integration| {
            renew(vault, &parameters_place(&integration.id), &mut integration.parameters)
        })? + self.reseal_table(Table::Connection, |connection: &mut Connection| {
            let place = credentials_place(&connection.integration_id, &connection.id);
            renew(vault, &place, &mut connection.credentials)
        })? + self.reseal_table(Table::Subscription, |subscription: &mut Subscription| {
            let place = subscription.secret_place();
            let secrets = subscription.secrets.iter_mut();
            secrets.map(|secret| renew(vault, &place, &mut secret.sealed)).sum()
        })? + self.reseal_table(Table::Idempotency, |kept: &mut Kept| {
            let place = kept.place.seal_place();
            kept.answer.as_mut().map_or(Ok(0), |answer| renew(vault, &place, &mut answer.body))
        })?;
        self.durable().await?;
        Ok(count)
    }

    fn reseal_table<T: Serialize + DeserializeOwned>(
        &self,
        table: Table,
        renew: impl Fn(&mut T) -> Result<u64, secret::Error>,
    ) -> Result<u64, ResealError> {
        let mut count = 0;
        for row in self.inner.tree.scan_prefix(Key::new(table)) {
            let (key, value) = row?;
            let mut record: T = decode(&value)?;
            let renewed = renew(&mut record)?;
            if renewed > 0 {
                self.inner.tree.insert(key, encode(&record)?)?;
            }
            count += renewed;
        }
        Ok(count)
    }
}

fn renew(vault: &Vault, place: &str, sealed: &mut Sealed) -> Result<u64, secret::Error> {
    let Some(renewed) = vault.reseal(place, sealed)? else { return Ok(0) };
    *sealed = renewed;
    Ok(1)
}
