//! The way of a bundle: read it, compile it, check that it is a connector, keep it. A version never changes.

use bytes::Bytes;

use crate::app::App;
use crate::connector::ConnectorVersion;
use crate::secret::sha256_hex;
use crate::{bundle, clock, sandbox, store};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Bundle(#[from] bundle::Error),
    #[error(transparent)]
    Sandbox(#[from] sandbox::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Takes a bundle in. Returns the version, and whether it is new: the same bytes are the same version.
/// It serves requests as soon as this returns; calls in flight end with the version that they began with.
pub(crate) async fn upload(app: &App, bundle: Bytes) -> Result<(ConnectorVersion, bool), Error> {
    let contents = bundle::read(&bundle)?;
    let (manifest, digest) = (contents.manifest, sha256_hex(&bundle));
    if let Some(earlier) = app.store.version_by_digest(&manifest.connector.key, &digest)? {
        return Ok((earlier, false));
    }
    let component = sha256_hex(&contents.component);
    app.sandbox.load(&component, || Ok::<_, store::Error>(contents.component.into())).await?;
    let version = ConnectorVersion {
        connector: manifest.connector.key.clone(),
        version: 0,
        digest,
        component,
        size: bundle.len() as u64,
        uploaded_at: clock::now(),
        manifest,
    };
    Ok(app.store.add_connector_version(version, &bundle).await?)
}
