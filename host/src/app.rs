//! What lives as long as the process, and its start and end.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::api_token::ApiToken;
use crate::config::Config;
use crate::connector::ConnectorVersion;
use crate::egress::{Egress, Policy};
use crate::http::{Surface, Tls, TlsFiles};
use crate::id::TokenId;
use crate::idempotency::UnderWay;
use crate::integration::{self, Integration};
use crate::metrics::{Levels, Metrics};
use crate::permits::{Budget, Permits};
use crate::rate::Rates;
use crate::sandbox::{self, Loaded, Sandbox};
use crate::schema::Schemas;
use crate::secret::{Vault, sha256_hex};
use crate::store::{self, PageRequest, Store, Swept};
use crate::targets::Targets;
use crate::upload::Uploads;
use crate::{bundle, clock, deliver, http};

/// The shortest pause between two sweeps.
const SWEEP_GAP_MIN: Duration = Duration::from_secs(1);

pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) vault: Arc<Vault>,
    pub(crate) store: Store,
    pub(crate) sandbox: Sandbox,
    pub(crate) targets: Targets,
    pub(crate) schemas: Schemas,
    pub(crate) egress: Arc<Egress>,
    pub(crate) webhook_permits: Arc<Permits>,
    /// Memory of request bodies in flight.
    pub(crate) bodies: Budget,
    /// Permits to inflate a body: fewer than there are processors, where there are several.
    pub(crate) inflating: Semaphore,
    pub(crate) idempotency_keys: UnderWay,
    pub(crate) uploads: Uploads,
    /// Held while requests are replayed.
    pub(crate) replays: tokio::sync::Mutex<()>,
    pub(crate) metrics: Metrics,
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
        let limits = config.limits.sandbox(crate::config::own_program()?);
        let sandbox = Sandbox::start(limits, data.join("compiled"), Arc::clone(&vault))
            .with_context(|| format!("cannot open {}", data.join("compiled").display()))?;
        let policy = Policy {
            allow: config.server.egress_allow.clone(),
            ports: config.server.egress_ports.clone(),
            connect_timeout_ms: config.delivery.connect_ms_max,
        };
        let egress = Arc::new(Egress::new(policy)?);
        let webhook_permits = config.server.webhook_permits();
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let inflating = Semaphore::new((processors - 1).max(1));
        let bodies = Budget::new(config.server.bodies_bytes_max);
        let (api_rates, webhook_rates) = (config.api_rates(), config.webhook_rates());
        let (targets, idempotency_keys, tasks) = (Targets::default(), UnderWay::default(), TaskTracker::new());
        Ok(App {
            config,
            vault,
            store,
            sandbox,
            targets,
            schemas: Schemas::default(),
            egress,
            webhook_permits,
            bodies,
            inflating,
            idempotency_keys,
            uploads: Uploads::default(),
            replays: tokio::sync::Mutex::default(),
            api_rates,
            webhook_rates,
            metrics: Metrics::new(),
            started_at: Instant::now(),
            tasks,
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
        app.tasks.spawn(compile_ahead(Arc::clone(&app)));
        let worker = tokio::spawn(deliver::run(Arc::clone(&app), stop.clone()));
        let sweeper = tokio::spawn(sweep(Arc::clone(&app), stop.clone()));
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

    /// The version that an integration runs, and whether it has one.
    pub(crate) fn version_of(&self, integration: &Integration) -> Result<Option<ConnectorVersion>, store::Error> {
        self.store.connector_version(&integration.connector, integration.version)
    }

    /// A connector version, ready to be called.
    pub(crate) async fn load(&self, version: &ConnectorVersion) -> Result<Arc<Loaded>, sandbox::Error> {
        self.sandbox.load(&version.component, || self.component(version)).await
    }

    fn component(&self, version: &ConnectorVersion) -> anyhow::Result<bytes::Bytes> {
        let bundle = self.store.bundle(&version.digest)?;
        if sha256_hex(&bundle) != version.digest {
            bail!("bundle {} has other bytes than were uploaded; restore it from a backup", version.digest);
        }
        Ok(bundle::component(&bundle)?.into())
    }

    /// The connector parameters of an integration.
    pub(crate) fn parameters_of(&self, integration: &Integration) -> Result<Value, crate::secret::Error> {
        self.vault.open_sealed(&integration::parameters_place(&integration.id), &integration.parameters)
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
            let (token, text) = ApiToken::first(clock::now());
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

/// Compiles what connectors in use lack, as after a change of the engine, so that the first webhook does not wait for a
/// compiler. Loads nothing: that takes milliseconds, and is left to whoever comes first.
async fn compile_ahead(app: Arc<App>) {
    let mut request = PageRequest { limit: 250, cursor: None };
    loop {
        let Ok(page) = app.store.integrations(&request) else { return };
        for integration in &page.items {
            let Ok(Some(version)) = app.version_of(integration) else { continue };
            match app.sandbox.compile(&version.component, || app.component(&version)).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::error!(integration = integration.key, version = version.version, %error, "connector cannot be compiled");
                }
            }
        }
        match page.cursor {
            Some(cursor) => request.cursor = Some(cursor),
            None => return,
        }
    }
}

/// Removes what has expired and what there is too much of, again and again; at once where the room runs short.
async fn sweep(app: Arc<App>, stop: CancellationToken) {
    let gap = Duration::from_millis(app.config.storage.sweep_gap_ms);
    let mut is_short = false;
    while stop.run_until_cancelled(next_sweep(&app, gap, is_short)).await.is_some() {
        let before = clock::before_ms(clock::now(), app.config.storage.retention_ms);
        let keys_before = clock::before_ms(clock::now(), app.config.server.idempotency_ms);
        expire_keys(&app, keys_before, &stop).await;
        let stopping = stop.clone();
        match app.store.sweep(before, move || stopping.is_cancelled()).await {
            Ok(swept) => {
                is_short = swept.is_still_short;
                app.metrics.swept(&swept);
                tell(&swept);
            }
            Err(error) => tracing::error!(%error, "the sweep failed"),
        }
    }
}

async fn expire_keys(app: &App, before: jiff::Timestamp, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        match app.store.expire_keys(before) {
            Ok(count) if count < store::KEYS_EXPIRED_AT_ONCE_MAX as u64 => return,
            Ok(_) => tokio::task::yield_now().await,
            Err(error) => return tracing::error!(%error, "idempotency keys were not expired"),
        }
    }
}

async fn next_sweep(app: &App, gap: Duration, is_short: bool) {
    tokio::time::sleep(gap.min(SWEEP_GAP_MIN)).await;
    // Where nothing may go, asking more often does not help.
    let called = async { if is_short { std::future::pending().await } else { app.store.room_called_for().await } };
    let _ = tokio::time::timeout(gap.saturating_sub(SWEEP_GAP_MIN), called).await;
}

fn tell(swept: &Swept) {
    if swept.removed_for_room + swept.let_go_for_room > 0 {
        tracing::warn!(
            requests = swept.removed_for_room,
            waiting_events = swept.let_go_for_room,
            "the room ran short: the oldest finished requests were removed, the oldest waiting events wait no longer"
        );
    }
    if swept.ended_for_room > 0 {
        tracing::warn!(
            deliveries = swept.ended_for_room,
            "the room ran short: the oldest deliveries to disabled subscriptions ended as dead letters"
        );
    }
    if swept.undelivered > 0 {
        tracing::warn!(
            deliveries = swept.undelivered,
            "deliveries expired that had not been made: their subscriptions were disabled for as long as events are kept"
        );
    }
    if swept.is_still_short {
        tracing::error!("the room is short, and all that is kept is still to be delivered; see --retention-bytes");
    }
    if (swept.expired, swept.trimmed, swept.files_removed) != (0, 0, 0) {
        let Swept { expired, trimmed, moved_bytes, files_removed, .. } = *swept;
        tracing::info!(requests = expired, waiting_events = trimmed, moved_bytes, files_removed, "expired");
    }
}
