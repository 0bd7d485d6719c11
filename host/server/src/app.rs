//! What lives as long as the process, and its start and end.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{Config, own_program};
use crate::http::{self, Tls, TlsFiles};
use patchbay_core::connectors::{Connectors, compile_ahead};
use patchbay_core::deliver::{self, DeliveryWorker};
use patchbay_core::idempotency::UnderWay;
use patchbay_core::ingest::Ingest;
use patchbay_core::metrics::{Levels, Metrics};
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
    /// Places for webhook requests under way.
    pub(crate) webhook_requests: Semaphore,
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
        let ingest = Arc::new(Ingest {
            store: store.clone(),
            sandbox: Arc::clone(&sandbox),
            connectors: connectors.clone(),
            targets: Targets::default(),
            metrics: Arc::clone(&metrics),
            limits: limits.clone(),
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
            webhook_requests: Semaphore::new(config.server.webhook_requests_max),
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
        app.greet(listener.local_addr()?).await?;
        app.tasks.spawn(compile_ahead(app.connectors.clone()));
        let worker = tokio::spawn(deliver::run(Arc::clone(&app.worker), stop.clone()));
        let sweeper = tokio::spawn(sweep::run(app.sweep(), stop.clone()));
        http::serve(Arc::clone(&app), listener, tls, stop.clone()).await;
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

/// For the person at the terminal, and for scripts that wait for it.
#[expect(clippy::print_stdout, reason = "the token must not go to a log")]
fn say(line: &str) {
    println!("{line}");
}
