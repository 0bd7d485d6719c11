//! What the tokens of webhook URIs stand for, kept between requests: looking it up anew means reading an integration and
//! the manifest of a connector, and opening sealed parameters.
//!
//! Nothing here outlives a change: the store counts changes of integrations and connectors, and what was found before
//! the latest one is not used.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::connectors::Connectors;
use patchbay_crypto::secret;
use patchbay_model::connector::ConnectorVersion;
use patchbay_model::integration::Integration;
use patchbay_model::profile::{self, Step};
use patchbay_store as store;

/// How many are kept; beyond that all are forgotten and found again.
const TARGETS_MAX: usize = 10_000;

/// What a webhook belongs to.
pub struct Target {
    pub integration: Integration,
    pub webhook_key: String,
    pub version: ConnectorVersion,
    /// The connector parameters, as JSON.
    pub parameters: String,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Secret(#[from] secret::Error),
}

#[derive(Default)]
pub struct Targets {
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    /// The store's count of changes when these were found.
    change: u64,
    targets: HashMap<String, Arc<Target>>,
}

impl Targets {
    /// What a token stands for; `None` if nothing.
    pub fn find(&self, connectors: &Connectors, token: &str) -> Result<Option<Arc<Target>>, Error> {
        let _span = profile::span(Step::FindTarget);
        let change = connectors.store.connectors_change();
        if let Some(target) = self.known(change, token) {
            return Ok(Some(target));
        }
        let found = find(connectors, token)?.map(Arc::new);
        if let Some(target) = &found {
            self.keep(change, token, target);
        }
        Ok(found)
    }

    fn known(&self, change: u64, token: &str) -> Option<Arc<Target>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.targets.get(token).filter(|_| known.change == change).cloned()
    }

    fn keep(&self, change: u64, token: &str, target: &Arc<Target>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.change > change {
            return;
        }
        if known.change < change || known.targets.len() >= TARGETS_MAX {
            *known = Known { change, targets: HashMap::new() };
        }
        known.targets.insert(token.to_owned(), Arc::clone(target));
    }
}

fn find(connectors: &Connectors, token: &str) -> Result<Option<Target>, Error> {
    let Some(address) = connectors.store.webhook_address(token)? else { return Ok(None) };
    let Some(integration) = connectors.store.integration(&address.integration)? else { return Ok(None) };
    let Some(version) = connectors.version_of(&integration)? else { return Ok(None) };
    let is_there = version.manifest.global_webhook(&address.webhook_key).is_some();
    if integration.id != address.integration_id || !is_there {
        return Ok(None);
    }
    let parameters = connectors.parameters_of(&integration)?.to_string();
    Ok(Some(Target { integration, webhook_key: address.webhook_key, version, parameters }))
}
