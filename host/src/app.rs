//! What lives as long as the process, and its start and end.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::api_token::ApiToken;
use crate::config::Config;
use crate::connector::ConnectorVersion;
use crate::egress::{Egress, Policy};
use crate::integration::{self, Integration};
use crate::sandbox::{self, Loaded, Sandbox};
use crate::secret::Vault;
use crate::store::{self, PageRequest, Store};
use crate::targets::Targets;
use crate::{bundle, clock, deliver, http};

pub(crate) struct App {
    pub(crate) config: Config,
    pub(crate) vault: Arc<Vault>,
    pub(crate) store: Store,
    pub(crate) sandbox: Sandbox,
    pub(crate) targets: Targets,
    pub(crate) egress: Arc<Egress>,
    /// Places for webhook requests under way.
    pub(crate) webhook_requests: Semaphore,
    /// Work that goes on when the client that asked for it hangs up. Awaited at the end.
    pub(crate) tasks: TaskTracker,
}

impl App {
    /// Opens everything in the data folder; makes what is missing.
    pub(crate) fn open(config: Config) -> anyhow::Result<App> {
        config.check().map_err(anyhow::Error::msg)?;
        let data = &config.server.data;
        std::fs::create_dir_all(data).with_context(|| format!("cannot create {}", data.display()))?;
        let (key, folder) = (data.join("master.key"), data.join("store"));
        if folder.exists() && !key.exists() {
            bail!(
                "{} is missing: the secrets in {} cannot be opened without it; restore it from a backup",
                key.display(),
                folder.display()
            );
        }
        let vault = Arc::new(Vault::open(&key)?);
        let store = Store::open(&folder, config.store())?;
        let limits = config.limits.sandbox(crate::config::own_program()?);
        let sandbox = Sandbox::start(limits, data.join("compiled"), Arc::clone(&vault))?;
        let policy =
            Policy { allow: config.server.egress_allow.clone(), connect_timeout_ms: config.delivery.connect_ms_max };
        let egress = Arc::new(Egress::new(policy)?);
        let webhook_requests = Semaphore::new(config.server.webhook_requests_max);
        let (targets, tasks) = (Targets::default(), TaskTracker::new());
        Ok(App { config, vault, store, sandbox, targets, egress, webhook_requests, tasks })
    }

    /// Serves until `stop`, then lets what is under way end.
    pub(crate) async fn run(self, stop: CancellationToken) -> anyhow::Result<()> {
        let app = Arc::new(self);
        let listen = app.config.server.listen;
        let listener =
            tokio::net::TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
        app.greet(listener.local_addr()?).await?;
        app.tasks.spawn(compile_ahead(Arc::clone(&app)));
        let worker = tokio::spawn(deliver::run(Arc::clone(&app), stop.clone()));
        let sweeper = tokio::spawn(sweep(Arc::clone(&app), stop.clone()));
        http::serve(Arc::clone(&app), listener, stop.clone()).await;
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
        Ok(bundle::read(&bundle)?.component.into())
    }

    /// The connector parameters of an integration.
    pub(crate) fn parameters_of(&self, integration: &Integration) -> Result<Value, crate::secret::Error> {
        self.vault.open_sealed(&integration::parameters_place(&integration.id), &integration.parameters)
    }

    /// Says where the server is, and on the first start what the token is. It is shown this once.
    async fn greet(&self, address: std::net::SocketAddr) -> anyhow::Result<()> {
        if !self.store.has_api_tokens() {
            let (token, text) = ApiToken::first(clock::now());
            self.store.add_api_token(&token).await?;
            say(&format!("API token (shown once, keep it): {text}"));
        }
        say(&format!("Patchbay listens on http://{address}"));
        tracing::info!(config = ?self.config, "started");
        Ok(())
    }
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

/// Removes what has expired, again and again.
async fn sweep(app: Arc<App>, stop: CancellationToken) {
    let gap = Duration::from_millis(app.config.storage.sweep_gap_ms);
    while stop.run_until_cancelled(tokio::time::sleep(gap)).await.is_some() {
        let now_ms = clock::now().as_millisecond();
        let kept_ms = i64::try_from(app.config.storage.retention_ms).unwrap_or(i64::MAX);
        let before = jiff::Timestamp::from_millisecond(now_ms.saturating_sub(kept_ms)).unwrap_or(jiff::Timestamp::MIN);
        let store = app.store.clone();
        let swept =
            tokio::task::spawn_blocking(move || Ok::<_, store::Error>((store.expire(before)?, store.trim_unrouted()?)))
                .await;
        match swept {
            Ok(Ok((0, 0))) => {}
            Ok(Ok((requests, unrouted))) => tracing::info!(requests, unrouted, "expired"),
            Ok(Err(error)) => tracing::error!(%error, "the sweep failed"),
            Err(error) => tracing::error!(%error, "the sweep crashed"),
        }
    }
}
