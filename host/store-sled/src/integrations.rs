//! Integrations and the unguessable addresses of their global webhooks.

use super::keys::{Key, Table};
use super::page::Order;
use super::{Error, Page, PageRequest, Store, abort, check_unchanged, decode, read, remove, write};
use patchbay_crypto::secret;
use patchbay_model::integration::{Integration, WebhookAddress};

impl Store {
    pub async fn put_integration(&self, integration: &Integration) -> Result<(), Error> {
        self.write_integration(integration, None).await
    }

    /// Replaces an integration that still is as it was when `earlier` was read; else `Error::Changed`.
    pub async fn replace_integration(&self, earlier: &Integration, integration: &Integration) -> Result<(), Error> {
        self.write_integration(integration, Some(earlier)).await
    }

    async fn write_integration(&self, integration: &Integration, known: Option<&Integration>) -> Result<(), Error> {
        self.transact(|tx| {
            let key = integration_key(&integration.key);
            check_unchanged(tx, &key, known)?;
            // Connections and webhook tokens go by its id: whoever made it at the same time was first.
            if read::<Integration>(tx, &key)?.is_some_and(|found| found.id != integration.id) {
                return abort(Error::Changed);
            }
            write(tx, key, integration)
        })?;
        self.connectors_changed();
        self.durable().await
    }

    pub fn integration(&self, key: &str) -> Result<Option<Integration>, Error> {
        self.get(&integration_key(key))
    }

    pub fn integrations(&self, request: &PageRequest) -> Result<Page<Integration>, Error> {
        self.page(&Key::new(Table::Integration), Order::OldestFirst, request, |_| true)
    }

    /// Every integration of a connector.
    pub(crate) fn integrations_of(&self, connector: &str) -> Result<Vec<Integration>, Error> {
        let mut found = Vec::new();
        for row in self.inner.tree.scan_prefix(Key::new(Table::Integration)) {
            let integration: Integration = decode(&row?.1)?;
            if integration.connector == connector {
                found.push(integration);
            }
        }
        Ok(found)
    }

    /// Forgets an integration that has no connections, and its webhook addresses.
    pub async fn remove_integration(&self, integration: &Integration) -> Result<(), Error> {
        let alone = self.change_routing().await;
        let connections = Key::new(Table::ConnectionOfIntegration).part(integration.id.as_str());
        if let Some(row) = self.inner.tree.scan_prefix(&connections).next() {
            let first = connections.text_tail_of(&row?.0);
            return Err(Error::Conflict(format!("connection `{first}` belongs to it; delete its connections first")));
        }
        let addresses = Key::new(Table::TokenOfWebhook).part(integration.id.as_str());
        let tokens = self.inner.tree.scan_prefix(&addresses).collect::<Result<Vec<_>, _>>()?;
        self.transact(|tx| {
            remove(tx, integration_key(&integration.key))?;
            for (key, token) in &tokens {
                tx.remove(key)?;
                let token: String = decode(token).or_else(abort)?;
                remove(tx, Key::new(Table::WebhookToken).tail(token))?;
            }
            Ok(())
        })?;
        self.connectors_changed();
        drop(alone);
        self.durable().await
    }

    /// The token in the URI of a global webhook: made when it is first asked for, the same ever after.
    pub async fn webhook_token(&self, integration: &Integration, webhook_key: &str) -> Result<String, Error> {
        let place = Key::new(Table::TokenOfWebhook).part(integration.id.as_str()).tail(webhook_key);
        if let Some(token) = self.get(&place)? {
            return Ok(token);
        }
        let address = WebhookAddress {
            integration: integration.key.clone(),
            integration_id: integration.id.clone(),
            webhook_key: webhook_key.to_owned(),
        };
        let new = secret::random_token();
        let token = self.transact(|tx| {
            if let Some(token) = read(tx, &place)? {
                return Ok(token);
            }
            write(tx, place.clone(), &new)?;
            write(tx, Key::new(Table::WebhookToken).tail(&new), &address)?;
            Ok(new.clone())
        })?;
        self.durable().await?;
        Ok(token)
    }

    /// What a token stands for.
    pub fn webhook_address(&self, token: &str) -> Result<Option<WebhookAddress>, Error> {
        self.get(&Key::new(Table::WebhookToken).tail(token))
    }
}

pub(super) fn integration_key(key: &str) -> Key {
    Key::new(Table::Integration).tail(key)
}
