//! The way of a bundle: read it, compile it, check that it is a connector, keep it. A version never changes.

mod under_way;

use bytes::Bytes;

use crate::app::App;
use crate::connector::ConnectorVersion;
use crate::secret::sha256_hex;
use crate::{bundle, clock, sandbox, store};

pub(crate) use under_way::{Step, Upload, Uploads};

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
    // Its schemas and patterns are compiled.
    let contents = tokio::task::block_in_place(|| bundle::read(&bundle))?;
    let (manifest, digest) = (contents.manifest, sha256_hex(&bundle));
    if let Some(earlier) = app.store.version_by_digest(&manifest.connector.key, &digest)? {
        // It may have come just before.
        app.store.durable().await?;
        return Ok((earlier, false));
    }
    let component = sha256_hex(&contents.component);
    let under_way = app.uploads.begin(&digest, &manifest.connector.key);
    let component_bytes = || {
        // It is asked for when its turn to be compiled has come.
        under_way.reaches(Step::Compiling);
        Ok::<_, store::Error>(contents.component.into())
    };
    app.sandbox.load(&component, component_bytes).await?;
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
