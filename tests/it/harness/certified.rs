//! Servers over TLS whose certificates are good, or wrong in one way each, and the authority that signed them. Counts requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// One server, at 127.0.0.1.
pub(crate) struct Certified {
    pub(crate) what: &'static str,
    pub(crate) port: u16,
    served: Arc<AtomicUsize>,
}

impl Certified {
    /// A server whose certificate is good, then those whose are not; and the authority to trust, as PEM.
    pub(crate) async fn all() -> (Vec<Certified>, String) {
        let (trusted, pem) = authority();
        let (stranger, _) = authority();
        let valid = || CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let (mut expired, mut early) = (valid(), valid());
        (expired.not_before, expired.not_after) = (date_time_ymd(2001, 1, 1), date_time_ymd(2020, 1, 1));
        early.not_before = date_time_ymd(3001, 1, 1);
        let other_host = CertificateParams::new(vec!["other.example.test".to_owned()]).unwrap();
        let other_address = CertificateParams::new(vec!["127.0.0.2".to_owned()]).unwrap();
        let mut servers = Vec::new();
        for (what, params, issuer) in [
            ("good", valid(), Some(&trusted)),
            ("expired", expired, Some(&trusted)),
            ("not yet valid", early, Some(&trusted)),
            ("of another host", other_host, Some(&trusted)),
            ("of another address", other_address, Some(&trusted)),
            ("signed by a stranger", valid(), Some(&stranger)),
            ("signed by itself", valid(), None),
        ] {
            servers.push(serve(what, &params, issuer).await);
        }
        (servers, pem)
    }

    pub(crate) fn url(&self) -> String {
        format!("https://127.0.0.1:{}/", self.port)
    }

    /// Requests that arrived.
    pub(crate) fn served(&self) -> usize {
        self.served.load(Ordering::SeqCst)
    }
}

fn authority() -> (Issuer<'static, KeyPair>, String) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, "An authority of the tests");
    let key = KeyPair::generate().unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    (Issuer::new(params, key), pem)
}

async fn serve(what: &'static str, params: &CertificateParams, issuer: Option<&Issuer<'_, KeyPair>>) -> Certified {
    let key = KeyPair::generate().unwrap();
    let certificate = match issuer {
        Some(issuer) => params.signed_by(&key, issuer).unwrap(),
        None => params.self_signed(&key).unwrap(),
    };
    let chain = vec![CertificateDer::from(certificate.der().to_vec())];
    let config = ServerConfig::builder().with_no_client_auth();
    let config = config.with_single_cert(chain, PrivateKeyDer::Pkcs8(key.serialize_der().into())).unwrap();
    let (acceptor, listener) = (TlsAcceptor::from(Arc::new(config)), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let (port, served) = (listener.local_addr().unwrap().port(), Arc::<AtomicUsize>::default());
    let count = Arc::clone(&served);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, count) = (acceptor.clone(), Arc::clone(&count));
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                if matches!(stream.read(&mut [0; 16 << 10]).await, Ok(1..)) {
                    count.fetch_add(1, Ordering::SeqCst);
                    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
                    let _ = stream.write_all(answer).await;
                    // Until the other side has read it and goes.
                    while matches!(stream.read(&mut [0; 1024]).await, Ok(1..)) {}
                }
            });
        }
    });
    Certified { what, port, served }
}
