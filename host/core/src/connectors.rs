//! Connectors as integrations run them: which version, with which parameters, ready to be called.

use std::sync::Arc;

use anyhow::bail;
use serde_json::Value;

use patchbay_connector::bundle;
use patchbay_crypto::secret::{self, Vault, sha256_hex};
use patchbay_model::connector::ConnectorVersion;
use patchbay_model::integration::{self, Integration};
use patchbay_model::page::PageRequest;
use patchbay_sandbox::{self as sandbox, Loaded, Sandbox};
use patchbay_store as store;
use patchbay_store_sled::Store;

#[derive(Clone)]
pub struct Connectors {
    pub store: Store,
    pub sandbox: Arc<Sandbox>,
    pub vault: Arc<Vault>,
}

impl Connectors {
    /// The version that an integration runs, and whether it has one.
    pub fn version_of(&self, integration: &Integration) -> Result<Option<ConnectorVersion>, store::Error> {
        self.store.connector_version(&integration.connector, integration.version)
    }

    /// A connector version, ready to be called.
    pub async fn load(&self, version: &ConnectorVersion) -> Result<Arc<Loaded>, sandbox::Error> {
        self.sandbox.load(&version.component, || self.component(version)).await
    }

    fn component(&self, version: &ConnectorVersion) -> anyhow::Result<bytes::Bytes> {
        let bundle = self.store.bundle(&version.digest)?;
        if sha256_hex(&bundle) != version.digest {
            bail!("bundle {} has other bytes than were uploaded; restore it from a backup", version.digest);
        }
        Ok(bundle::read(&bundle)?.component.into())
    }

    /// The connector parameters of an integration.
    pub fn parameters_of(&self, integration: &Integration) -> Result<Value, secret::Error> {
        self.vault.open_sealed(&integration::parameters_place(&integration.id), &integration.parameters)
    }
}

/// Compiles what connectors in use lack, as after a change of the engine, so that the first webhook does not wait for a
/// compiler. Loads nothing: that takes milliseconds, and is left to whoever comes first.
pub async fn compile_ahead(connectors: Connectors) {
    let mut request = PageRequest { limit: 250, cursor: None };
    loop {
        let Ok(page) = connectors.store.integrations(&request) else { return };
        for integration in &page.items {
            let Ok(Some(version)) = connectors.version_of(integration) else { continue };
            match connectors.sandbox.compile(&version.component, || connectors.component(&version)).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::error!(integration = integration.key, version = version.version, %error, "connector cannot be compiled");
                }
            }
        }
        match page.cursor {
            Some(cursor) => request.cursor = Some(cursor),
            None => return,
        }
    }
}
