//! What the tokens of webhook URIs stand for, kept between requests: looking it up anew means reading an integration and
//! the manifest of a connector, and opening sealed parameters.
//!
//! Nothing here outlives a change: the store counts changes of integrations and connectors, and what was found before
//! the latest one is not used.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::app::App;
use crate::connector::ConnectorVersion;
use crate::integration::Integration;
use crate::profile::{self, Step};
use crate::{secret, store};

/// How many are kept; beyond that all are forgotten and found again.
const TARGETS_MAX: usize = 10_000;

/// What a webhook belongs to.
pub(crate) struct Target {
    pub(crate) integration: Integration,
    pub(crate) webhook_key: String,
    pub(crate) version: ConnectorVersion,
    /// The connector parameters, as JSON.
    pub(crate) parameters: String,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Secret(#[from] secret::Error),
}

#[derive(Default)]
pub(crate) struct Targets {
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
    pub(crate) fn find(&self, app: &App, token: &str) -> Result<Option<Arc<Target>>, Error> {
        let _span = profile::span(Step::FindTarget);
        let change = app.store.connectors_change();
        if let Some(target) = self.known(change, token) {
            return Ok(Some(target));
        }
        let found = find(app, token)?.map(Arc::new);
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

fn find(app: &App, token: &str) -> Result<Option<Target>, Error> {
    let Some(address) = app.store.webhook_address(token)? else { return Ok(None) };
    let Some(integration) = app.store.integration(&address.integration)? else { return Ok(None) };
    let Some(version) = app.version_of(&integration)? else { return Ok(None) };
    let is_there = version.manifest.global_webhook(&address.webhook_key).is_some();
    if integration.id != address.integration_id || !is_there {
        return Ok(None);
    }
    let parameters = app.parameters_of(&integration)?.to_string();
    Ok(Some(Target { integration, webhook_key: address.webhook_key, version, parameters }))
}
