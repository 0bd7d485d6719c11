//! The way of a bundle: read it, compile it, check that it is a connector, keep it. A version never changes.

mod under_way;

use std::sync::Arc;

use bytes::Bytes;

use patchbay_connector::bundle;
use patchbay_crypto::secret::sha256_hex;
use patchbay_model::clock;
use patchbay_model::connector::ConnectorVersion;
use patchbay_sandbox::{self as sandbox, Sandbox};
use patchbay_store as store;
use patchbay_store_sled::Store;

pub use under_way::{Step, Upload, Uploads};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Bundle(#[from] bundle::Error),
    #[error(transparent)]
    Sandbox(#[from] sandbox::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// What takes bundles in.
pub struct Bundles {
    pub store: Store,
    pub sandbox: Arc<Sandbox>,
    pub uploads: Uploads,
}

/// Takes a bundle in. Returns the version, and whether it is new: the same bytes are the same version.
/// It serves requests as soon as this returns; calls in flight end with the version that they began with.
pub async fn upload(bundles: &Bundles, bundle: Bytes) -> Result<(ConnectorVersion, bool), Error> {
    let contents = bundle::read(&bundle)?;
    let (manifest, digest) = (contents.manifest, sha256_hex(&bundle));
    if let Some(earlier) = bundles.store.version_by_digest(&manifest.connector.key, &digest)? {
        // It may have come just before.
        bundles.store.durable().await?;
        return Ok((earlier, false));
    }
    let component = sha256_hex(&contents.component);
    let under_way = bundles.uploads.begin(&digest, &manifest.connector.key);
    let component_bytes = || {
        // It is asked for when its turn to be compiled has come.
        under_way.reaches(Step::Compiling);
        Ok::<_, store::Error>(contents.component.into())
    };
    bundles.sandbox.load(&component, component_bytes).await?;
    let version = ConnectorVersion {
        connector: manifest.connector.key.clone(),
        version: 0,
        digest,
        component,
        size: bundle.len() as u64,
        uploaded_at: clock::now(),
        manifest,
    };
    Ok(bundles.store.add_connector_version(version, &bundle).await?)
}
