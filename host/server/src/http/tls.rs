//! TLS for those who let this server stand in the open. The certificate is read again on SIGHUP; one that cannot be
//! used is reported and the one before stays.

use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::signal::unix::{SignalKind, signal};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("cannot read {0}: {1}")]
    Pem(String, pem::Error),
    #[error("{0} and {1} do not make a usable certificate: {2}")]
    Unusable(String, String, rustls::Error),
    #[error("cannot listen for SIGHUP: {0}")]
    Signal(#[from] std::io::Error),
}

/// Where certificate and key are kept, as PEM.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

#[derive(Clone)]
pub(crate) struct Tls {
    config: Arc<ArcSwap<ServerConfig>>,
}

impl Tls {
    /// Reads the certificate, and again whenever SIGHUP comes.
    pub(crate) fn start(files: Files, stop: CancellationToken) -> Result<Tls, Error> {
        let tls = Tls { config: Arc::new(ArcSwap::from_pointee(config(&files)?)) };
        let mut hangups = signal(SignalKind::hangup())?;
        let reloading = tls.clone();
        tokio::spawn(async move {
            while let Some(Some(())) = stop.run_until_cancelled(hangups.recv()).await {
                reloading.reload(&files);
            }
        });
        Ok(tls)
    }

    fn reload(&self, files: &Files) {
        match config(files) {
            Ok(config) => {
                self.config.store(Arc::new(config));
                tracing::info!("the certificate was read again");
            }
            Err(error) => tracing::error!(%error, "the certificate was not read again; the one before stays"),
        }
    }

    pub(super) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S) -> std::io::Result<TlsStream<S>> {
        TlsAcceptor::from(self.config.load_full()).accept(stream).await
    }
}

fn config(files: &Files) -> Result<ServerConfig, Error> {
    let (at_certificate, at_key) = (files.certificate.display().to_string(), files.key.display().to_string());
    let certificates =
        CertificateDer::pem_file_iter(&files.certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = certificates.map_err(|error| Error::Pem(at_certificate.clone(), error))?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| Error::Pem(at_key.clone(), error))?;
    let unusable = |error| Error::Unusable(at_certificate.clone(), at_key.clone(), error);
    let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(unusable)?.with_no_client_auth();
    let mut config = builder.with_single_cert(certificates, key).map_err(unusable)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
