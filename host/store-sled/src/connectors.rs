//! Connectors and their versions. A version is identified by its digest and never changes.

use std::fs::{self, File};
use std::io::Write;

use bytes::Bytes;

use super::keys::{Key, Table};
use super::page::Order;
use super::sync::sync_folder;
use super::{Error, Page, PageRequest, Store, abort, decode, read, remove, write};
use patchbay_model::connector::ConnectorVersion;

impl Store {
    /// Keeps a version and its bundle. The same bytes are the same version: then the earlier one comes back, and
    /// `false`. The number in `version` is replaced by the next one.
    pub async fn add_connector_version(
        &self,
        version: ConnectorVersion,
        bundle: &[u8],
    ) -> Result<(ConnectorVersion, bool), Error> {
        let alone = self.inner.versions.lock().await;
        if let Some(earlier) = self.version_by_digest(&version.connector, &version.digest)? {
            self.durable().await?;
            return Ok((earlier, false));
        }
        self.write_bundle(&version.digest, bundle)?;
        let head = Key::new(Table::Connector).tail(&version.connector);
        let added = self.transact(|tx| {
            let number = read::<u32>(tx, &head)?.unwrap_or(0) + 1;
            let added = ConnectorVersion { version: number, ..version.clone() };
            write(tx, head.clone(), &number)?;
            write(tx, version_key(&added.connector, number), &added)?;
            Ok(added)
        })?;
        self.connectors_changed();
        self.durable().await?;
        drop(alone);
        Ok((added, true))
    }

    /// A version, or the newest one.
    pub fn connector_version(&self, connector: &str, version: Option<u32>) -> Result<Option<ConnectorVersion>, Error> {
        match version {
            Some(version) => self.get(&version_key(connector, version)),
            None => Ok(self
                .inner
                .tree
                .scan_prefix(versions(connector))
                .next_back()
                .transpose()?
                .map(|(_, bytes)| decode(&bytes))
                .transpose()?),
        }
    }

    pub fn version_by_digest(&self, connector: &str, digest: &str) -> Result<Option<ConnectorVersion>, Error> {
        for row in self.inner.tree.scan_prefix(versions(connector)) {
            let version: ConnectorVersion = decode(&row?.1)?;
            if version.digest == digest {
                return Ok(Some(version));
            }
        }
        Ok(None)
    }

    /// The newest version of each connector, by key.
    pub fn connectors(&self, request: &PageRequest) -> Result<Page<ConnectorVersion>, Error> {
        let newest = |key: &str, _: &[u8]| self.connector_version(key, None);
        self.page_of(&Key::new(Table::Connector), Order::OldestFirst, request, newest, |_| true)
    }

    pub fn connector_versions(&self, connector: &str, request: &PageRequest) -> Result<Page<ConnectorVersion>, Error> {
        self.page(&versions(connector), Order::NewestFirst, request, |_| true)
    }

    /// Forgets a version. Its number is never given out again.
    pub async fn remove_connector_version(&self, version: &ConnectorVersion) -> Result<(), Error> {
        let alone = self.inner.versions.lock().await;
        let users = self.integrations_of(&version.connector)?;
        let is_last =
            self.connector_versions(&version.connector, &PageRequest { limit: 2, cursor: None })?.items.len() < 2;
        let user = users.iter().find(|user| is_last || user.version == Some(version.version));
        if let Some(user) = user {
            return Err(Error::Conflict(format!("integration `{}` uses this version", user.key)));
        }
        self.transact(|tx| {
            if read::<ConnectorVersion>(tx, &version_key(&version.connector, version.version))?.is_none() {
                return abort(Error::Conflict("this version was removed meanwhile".into()));
            }
            remove(tx, version_key(&version.connector, version.version))
        })?;
        self.connectors_changed();
        self.durable().await?;
        let _ = fs::remove_file(self.inner.bundles.join(&version.digest));
        drop(alone);
        Ok(())
    }

    /// The bytes of a bundle.
    pub fn bundle(&self, digest: &str) -> Result<Bytes, Error> {
        let bytes = fs::read(self.inner.bundles.join(digest))
            .map_err(|error| Error::Corrupt(format!("bundle {digest} cannot be read: {error}")))?;
        Ok(bytes.into())
    }

    fn write_bundle(&self, digest: &str, bundle: &[u8]) -> Result<(), Error> {
        let partial = self.inner.bundles.join(format!("{digest}.partial"));
        let mut file = File::create(&partial)?;
        file.write_all(bundle)?;
        file.sync_all()?;
        fs::rename(&partial, self.inner.bundles.join(digest))?;
        Ok(sync_folder(&self.inner.bundles)?)
    }
}

fn versions(connector: &str) -> Key {
    Key::new(Table::Version).part(connector)
}

fn version_key(connector: &str, version: u32) -> Key {
    versions(connector).tail(version.to_be_bytes())
}
