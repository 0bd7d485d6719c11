//! What lives as long as the process, and its start and end.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{Config, own_program};
use crate::http::{self, Surface, Tls, TlsFiles};
use patchbay_connector::schema::Schemas;
use patchbay_core::connectors::{Connectors, compile_ahead};
use patchbay_core::deliver::{self, DeliveryWorker};
use patchbay_core::idempotency::UnderWay;
use patchbay_core::ingest::Ingest;
use patchbay_core::metrics::{Levels, Metrics};
use patchbay_core::permits::{Budget, Permits};
use patchbay_core::rate::Rates;
use patchbay_core::replay::Replays;
use patchbay_core::subscribe::Subscribing;
use patchbay_core::sweep::{self, Sweep};
use patchbay_core::targets::Targets;
use patchbay_core::upload::{Bundles, Uploads};
use patchbay_crypto::api_token;
use patchbay_crypto::secret::Vault;
use patchbay_egress::{Egress, Policy};
use patchbay_model::clock;
use patchbay_model::id::TokenId;
use patchbay_sandbox::Sandbox;
use patchbay_store_sled::Store;

pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) vault: Arc<Vault>,
    pub(crate) store: Store,
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) connectors: Connectors,
    pub(crate) ingest: Arc<Ingest>,
    pub(crate) subscribing: Subscribing,
    pub(crate) replays: Replays,
    pub(crate) bundles: Bundles,
    worker: Arc<DeliveryWorker>,
    pub(crate) schemas: Schemas,
    pub(crate) webhook_permits: Arc<Permits>,
    /// Memory of request bodies in flight.
    pub(crate) bodies: Arc<Budget>,
    pub(crate) idempotency_keys: UnderWay,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) api_rates: Rates<TokenId>,
    pub(crate) webhook_rates: Rates<String>,
    started_at: Instant,
    /// Work that goes on when the client that asked for it hangs up. Awaited at the end.
    pub(crate) tasks: TaskTracker,
}

impl App {
    /// Opens everything in the data folder; makes what is missing.
    pub(crate) fn open(config: Config) -> anyhow::Result<App> {
        config.check().map_err(anyhow::Error::msg)?;
        let data = &config.server.data;
        make_folder(data).with_context(|| format!("cannot create {}", data.display()))?;
        make_private(data).with_context(|| format!("cannot keep others out of {}", data.display()))?;
        let (key, folder) = (data.join("master.key"), data.join("store"));
        if folder.exists() && !key.exists() {
            bail!(
                "{} is missing: the secrets in {} cannot be opened without it; restore it from a backup",
                key.display(),
                folder.display()
            );
        }
        let vault = Arc::new(Vault::open(&key).with_context(|| format!("cannot open {}", key.display()))?);
        let store =
            Store::open(&folder, config.store()).with_context(|| format!("cannot open {}", folder.display()))?;
        let limits = config.limits.sandbox(own_program()?);
        let sandbox = Sandbox::start(limits, data.join("compiled"), Arc::clone(&vault))
            .with_context(|| format!("cannot open {}", data.join("compiled").display()))?;
        let policy = Policy {
            allow: config.server.egress_allow.clone(),
            ports: config.server.egress_ports.clone(),
            connect_timeout_ms: config.delivery.connect_ms_max,
        };
        let egress = Arc::new(Egress::new(policy)?);
        let sandbox = Arc::new(sandbox);
        let metrics = Arc::new(Metrics::new());
        let limits = config.limits.core();
        let connectors = Connectors { store: store.clone(), sandbox: Arc::clone(&sandbox), vault: Arc::clone(&vault) };
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let bodies = Arc::new(Budget::new(config.server.bodies_bytes_max));
        let ingest = Arc::new(Ingest {
            store: store.clone(),
            sandbox: Arc::clone(&sandbox),
            connectors: connectors.clone(),
            targets: Targets::default(),
            metrics: Arc::clone(&metrics),
            limits: limits.clone(),
            bodies: Arc::clone(&bodies),
            inflating: Semaphore::new((processors - 1).max(1)),
            public_url: config.server.public_url.clone(),
        });
        let worker = DeliveryWorker {
            store: store.clone(),
            vault: Arc::clone(&vault),
            egress: Arc::clone(&egress),
            metrics: Arc::clone(&metrics),
            schedule: config.retry_schedule(),
            limits: config.attempts(),
        };
        Ok(App {
            replays: Replays::new(store.clone(), Arc::clone(&ingest)),
            subscribing: Subscribing { connectors: connectors.clone(), egress, limits },
            bundles: Bundles { store: store.clone(), sandbox: Arc::clone(&sandbox), uploads: Uploads::default() },
            worker: Arc::new(worker),
            schemas: Schemas::default(),
            webhook_permits: config.server.webhook_permits(),
            bodies,
            idempotency_keys: UnderWay::default(),
            api_rates: config.api_rates(),
            webhook_rates: config.webhook_rates(),
            started_at: Instant::now(),
            tasks: TaskTracker::new(),
            config,
            vault,
            store,
            sandbox,
            connectors,
            ingest,
            metrics,
        })
    }

    /// Serves until `stop`, then lets what is under way end.
    pub(crate) async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let app = Arc::new(self);
        let listen = app.config.server.listen;
        let listener =
            tokio::net::TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
        let tls = app.tls(&stop)?;
        let own_listener = app.webhook_listener().await?;
        app.greet(listener.local_addr()?).await?;
        app.tasks.spawn(compile_ahead(app.connectors.clone()));
        let worker = tokio::spawn(deliver::run(Arc::clone(&app.worker), stop.clone()));
        let sweeper = tokio::spawn(sweep::run(app.sweep(), stop.clone()));
        let surface = if own_listener.is_some() { Surface::Api } else { Surface::All };
        let serve = |listener, surface| http::serve(Arc::clone(&app), listener, surface, tls.clone(), stop.clone());
        let webhooks = async {
            if let Some(listener) = own_listener {
                serve(listener, Surface::Webhooks).await;
            }
        };
        tokio::join!(serve(listener, surface), webhooks);
        stop.cancel();
        let grace = Duration::from_millis(app.config.server.shutdown_ms_max);
        app.tasks.close();
        let ends = async { tokio::join!(worker, sweeper, app.tasks.wait()) };
        if tokio::time::timeout(grace, ends).await.is_err() {
            tracing::warn!(
                grace_ms = app.config.server.shutdown_ms_max,
                "not everything ended in time; attempts under way are made again after the next start"
            );
        }
        app.store.durable().await?;
        tracing::info!("stopped");
        Ok(())
    }

    fn sweep(&self) -> Sweep {
        Sweep {
            store: self.store.clone(),
            metrics: Arc::clone(&self.metrics),
            gap_ms: self.config.storage.sweep_gap_ms,
            retention_ms: self.config.storage.retention_ms,
            idempotency_ms: self.config.server.idempotency_ms,
        }
    }

    /// The listener for webhooks alone, where there is one.
    async fn webhook_listener(&self) -> anyhow::Result<Option<tokio::net::TcpListener>> {
        let Some(listen) = self.config.server.webhook_listen else { return Ok(None) };
        let listener = tokio::net::TcpListener::bind(listen).await;
        let listener = listener.with_context(|| format!("cannot listen on {listen}"))?;
        say(&format!("Webhooks are served on {}", listener.local_addr()?));
        Ok(Some(listener))
    }

    fn tls(&self, stop: &CancellationToken) -> anyhow::Result<Option<Tls>> {
        let server = &self.config.server;
        let Some((certificate, key)) = server.tls_cert.clone().zip(server.tls_key.clone()) else { return Ok(None) };
        Ok(Some(Tls::start(TlsFiles { certificate, key }, stop.clone())?))
    }

    /// How long the process has run, in nanoseconds.
    pub(crate) fn uptime_ns(&self) -> u64 {
        u64::try_from(self.started_at.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// What is looked at when somebody asks for the metrics. Reads the queue, so it may block.
    pub(crate) fn levels(&self) -> Levels {
        Levels {
            queued: self.store.queued_deliveries(),
            sandbox_calls: self.sandbox.calls_under_way(),
            sandbox_times: self.sandbox.times(),
            memory_bytes: resident_memory_bytes(),
            taken: self.store.taken(),
        }
    }

    /// Says where the server is, and on the first start what the token is. It is shown this once.
    async fn greet(&self, address: std::net::SocketAddr) -> anyhow::Result<()> {
        if !self.store.has_api_tokens() {
            let (token, text) = api_token::first(clock::now());
            self.store.add_api_token(&token).await?;
            say(&format!("API token (shown once, keep it): {text}"));
        }
        let scheme = if self.config.server.tls_cert.is_some() { "https" } else { "http" };
        say(&format!("Patchbay listens on {scheme}://{address}"));
        tracing::info!(config = ?self.config, "started");
        Ok(())
    }
}

/// As the system counts it; 0 where it does not say.
fn resident_memory_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) << 10
}

/// Makes the data folder so that its name outlives a power cut, and those of the folders above it.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    if folder.exists() {
        return Ok(());
    }
    std::fs::create_dir_all(folder)?;
    for above in folder.canonicalize()?.ancestors().skip(1) {
        // One that must not be read was not made just now.
        if let Ok(above) = std::fs::File::open(above) {
            above.sync_all()?;
        }
    }
    Ok(())
}

/// Others of this machine do not get into the data folder, whatever the files in it allow.
fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut permissions = std::fs::metadata(folder)?.permissions();
    if permissions.mode() & 0o077 == 0 {
        return Ok(());
    }
    permissions.set_mode(0o700);
    std::fs::set_permissions(folder, permissions)
}

/// For the person at the terminal, and for scripts that wait for it.
#[expect(clippy::print_stdout, reason = "the token must not go to a log")]
fn say(line: &str) {
    println!("{line}");
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, FromArgMatches as _};
    use serde_json::json;

    use super::*;
    use patchbay_core::ingest::{Incoming, keep_panicked};
    use patchbay_model::connector::ConnectorVersion;
    use patchbay_model::id::IntegrationId;
    use patchbay_model::integration::{Integration, parameters_place};
    use patchbay_model::webhook_request::RequestStatus;

    #[tokio::test]
    async fn a_request_on_which_the_server_fails_can_be_found() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let arguments = ["patchbay".as_ref(), "--data".as_ref(), data.as_os_str()];
        let arguments = Config::augment_args(clap::Command::new("patchbay")).get_matches_from(arguments);
        let app = App::open(Config::from_arg_matches(&arguments).unwrap()).unwrap();
        let token = webhook(&app).await;
        let incoming = Incoming {
            token,
            method: axum::http::Method::POST,
            path: String::new(),
            query: None,
            headers: vec![("x-id".to_owned(), "7".to_owned())],
            body: bytes::Bytes::from_static(b"body"),
            received_at: clock::now(),
            replay_of: None,
        };
        let id = keep_panicked(&app.ingest, &incoming).await.unwrap();
        let kept = app.store.webhook_request(&id).unwrap().unwrap();
        assert_eq!(
            (kept.status, kept.answer, kept.error.unwrap().code.as_str()),
            (RequestStatus::Failed, 500, "internal")
        );
    }

    async fn webhook(app: &App) -> String {
        let manifest = json!({
            "manifestVersion": 1,
            "connector": { "key": "c", "name": "c" },
            "globalWebhooks": [{ "key": "w", "name": "w", "methods": { "handle": { "implementationType": "javascript" } } }],
        });
        let version = ConnectorVersion {
            connector: "c".to_owned(),
            version: 0,
            digest: "d".to_owned(),
            component: "d".to_owned(),
            size: 1,
            uploaded_at: clock::now(),
            manifest: serde_json::from_value(manifest).unwrap(),
        };
        app.store.add_connector_version(version, b"b").await.unwrap();
        let id = IntegrationId::new();
        let integration = Integration {
            parameters: app.vault.seal(&parameters_place(&id), &json!({})).unwrap(),
            id,
            key: "i".to_owned(),
            connector: "c".to_owned(),
            version: None,
            created_at: clock::now(),
            updated_at: clock::now(),
        };
        app.store.put_integration(&integration).await.unwrap();
        app.store.webhook_token(&integration, "w").await.unwrap()
    }
}
