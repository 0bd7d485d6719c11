//! Runs connectors: untrusted code, compiled to WebAssembly, in a fresh instance for every call.
//! An instance is dropped after its call; no two calls ever share memory. What a guest may reach is in `imports`.

mod engine;
mod functions;
mod guest;
mod imports;
pub mod machine_code;
mod meter;
mod resident;
pub mod standing;
mod wit;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};
use wasmtime::component::{Component, Linker};

use guest::{DeadlinePassed, Guest};
use machine_code::MachineCode;
use meter::{Meter, Share, Turns};
use patchbay_connector::api_client::ApiClient;
use patchbay_crypto::secret::Vault;
use patchbay_model::profile::{self, Step};
use standing::{Ending, Spent, Standing, Standings, Usage};

pub use wit::patchbay::connector::types;

/// Larger bodies are handled in memory of their own. Most webhooks have a few kilobytes.
const USUAL_BODY_BYTES_MAX: usize = 16 << 10;
/// How much is kept of a failure's message, and of its stack.
const FAILURE_TEXT_BYTES_MAX: usize = 16 << 10;

/// What bounds a call and all calls together.
#[derive(Clone, Debug)]
pub struct Limits {
    pub memory_bytes_max: usize,
    /// How long a guest may run itself.
    pub cpu_ms_max: u64,
    pub log_bytes_max: usize,
    pub calls_max: usize,
    pub calls_per_connector_max: usize,
    /// How long a call may wait for its turn.
    pub queue_ms_max: u64,
    /// How long a call may run before it takes turns with others that run as long.
    pub brief_call_ms_max: u64,
    pub crashes: standing::Limits,
    pub connectors_loaded_max: usize,
    pub compile: machine_code::Limits,
}

#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The connector's code failed, in its own words.
    #[error("{}: {}", .0.name, .0.message)]
    Threw(types::Failure),
    /// It crashed.
    #[error("the connector crashed: {0}")]
    Trapped(String),
    #[error("the connector needs more memory than the {0} bytes that a call may use")]
    OutOfMemory(usize),
    #[error("the connector did not finish in time")]
    DeadlinePassed,
    /// Too many calls are waiting.
    #[error("too many calls are under way")]
    Busy,
    /// It crashed too often, and is not called for a while.
    #[error("the connector crashed again and again and rests; it is tried again in {retry_after_s} s")]
    Resting { retry_after_s: u64 },
    /// The component does not do what every connector must.
    #[error("{0}")]
    NotAConnector(String),
    /// Its machine code cannot be written or read now: the disk may be full.
    #[error("the connector's machine code cannot be kept: {0}")]
    DiskRefuses(String),
    /// The host could not prepare it.
    #[error("the connector cannot be loaded: {0}")]
    Unloadable(String),
}

/// A call's result, what it logged and how long it took.
#[derive(Debug)]
pub struct Called<T> {
    pub result: Result<T, Error>,
    pub log: Vec<String>,
    pub took_ms: u64,
    /// The requests that it made.
    pub transcript: Vec<String>,
}

impl<T> Called<T> {
    /// A call that never began.
    pub fn failed(error: Error) -> Called<T> {
        Called { result: Err(error), log: Vec::new(), took_ms: 0, transcript: Vec::new() }
    }
}

/// What a call gets besides its request.
pub struct Grant {
    /// How long the call may take, waiting included.
    pub deadline_ms: u64,
    pub api_client: Option<ApiClient>,
    /// The time that the guest sees; the real one if `None`.
    pub clock: Option<Timestamp>,
}

pub struct Sandbox {
    engine: wasmtime::Engine,
    linker: Linker<Guest>,
    limits: Limits,
    machine_code: MachineCode,
    /// Loaded connectors by digest. Replaced whole, so that calls in flight keep what they have.
    loaded: ArcSwap<HashMap<String, Arc<Loaded>>>,
    calls: Arc<Semaphore>,
    /// Places for calls that take long. One processor is left to those that do not.
    long_calls: Arc<Semaphore>,
    /// Calls that began.
    begun: Arc<AtomicU64>,
    standings: Standings,
    started: Instant,
}

/// A connector that is ready to be called.
pub struct Loaded {
    digest: String,
    connector: wit::ConnectorPre<Guest>,
    /// The same for large bodies, once there was one: wasmtime keeps a slot of memory for what it was used for last. What a large
    /// body writes to is written anew by each later call of the slot, so the calls of others have their own. `None` if it
    /// cannot be loaded twice.
    for_large_bodies: OnceCell<Option<wit::ConnectorPre<Guest>>>,
    calls: Arc<Semaphore>,
    share: Arc<Share>,
    standing: Arc<Standing>,
    /// When it was last asked for, in milliseconds since the sandbox started.
    used_at_ms: AtomicU64,
}

impl Sandbox {
    /// Starts the engine. Compiled connectors are kept in `folder`.
    pub fn start(limits: Limits, folder: PathBuf, vault: Arc<Vault>) -> Result<Sandbox, Error> {
        let unloadable = |error: wasmtime::Error| Error::Unloadable(error.to_string());
        let engine = engine::for_calls(&limits).map_err(unloadable)?;
        engine::start_ticking(&engine).map_err(|error| Error::Unloadable(error.to_string()))?;
        let begun = Arc::default();
        if let Err(error) = resident::start(&engine, engine::PUT_IN_PLACE_BYTES, Arc::clone(&begun)) {
            tracing::info!(%error, "guests' memory is not kept in place between calls; they will be slower");
        }
        let mut linker = Linker::new(&engine);
        imports::link(&mut linker).map_err(unloadable)?;
        let machine_code = MachineCode::open(folder, &engine, vault, limits.compile.clone())?;
        Ok(Sandbox {
            engine,
            linker,
            machine_code,
            loaded: ArcSwap::default(),
            calls: Arc::new(Semaphore::new(limits.calls_max)),
            long_calls: Arc::new(Semaphore::new(processors().saturating_sub(1).max(1))),
            begun,
            standings: Standings::default(),
            limits,
            started: Instant::now(),
        })
    }

    /// What the connector with this code has used since the server started.
    pub fn usage(&self, digest: &str) -> Usage {
        self.standings.usage(digest, elapsed_ms(self.started))
    }

    /// Processor time that all calls took, and how long they waited so that others were served.
    pub fn times(&self) -> (Duration, Duration) {
        let Spent { cpu, held_back } = self.standings.spent();
        (cpu, held_back)
    }

    /// How many calls of connectors run at this moment.
    pub fn calls_under_way(&self) -> usize {
        self.limits.calls_max.saturating_sub(self.calls.available_permits())
    }

    /// Makes a connector ready. `bundle` is read only if it was never compiled here; then this takes seconds.
    pub async fn load<E>(&self, digest: &str, bundle: impl FnOnce() -> Result<Bytes, E>) -> Result<Arc<Loaded>, Error>
    where
        E: std::fmt::Display,
    {
        if let Some(loaded) = self.loaded.load().get(digest) {
            loaded.used_at_ms.store(elapsed_ms(self.started), Ordering::Relaxed);
            return Ok(Arc::clone(loaded));
        }
        let component = self.machine_code.component(&self.engine, digest, unloadable(bundle)).await?;
        let loaded = Arc::new(self.prepare(digest, &component)?);
        self.keep(digest, &loaded);
        Ok(loaded)
    }

    /// Compiles a connector that has no machine code here, as after a change of the engine. Loads nothing. Returns whether
    /// there is room for more.
    pub async fn compile<E: std::fmt::Display>(
        &self,
        digest: &str,
        bundle: impl FnOnce() -> Result<Bytes, E>,
    ) -> Result<bool, Error> {
        self.machine_code.prepare(digest, unloadable(bundle)).await
    }

    /// Answers a request to one of the connector's global webhooks.
    pub async fn handle(
        &self,
        connector: &Loaded,
        request: &types::WebhookRequest,
        grant: Grant,
    ) -> Called<types::HandleResult> {
        let types::Body { bytes, decoded, .. } = &request.body;
        let body_bytes = bytes.len() + decoded.as_ref().map_or(0, Vec::len);
        let instances = self.instances_for(connector, body_bytes).await;
        let call = async move |connector: &wit::Connector, store: &mut wasmtime::Store<Guest>| {
            connector.call_handle(store, request).await
        };
        self.call(connector, instances, grant, call).await
    }

    /// Finds out which events belong to a subscription.
    pub async fn get_event_selector(
        &self,
        connector: &Loaded,
        request: types::SelectorRequest,
        grant: Grant,
    ) -> Called<types::EventSelector> {
        let call = async move |connector: &wit::Connector, store: &mut wasmtime::Store<Guest>| {
            connector.call_get_event_selector(store, &request).await
        };
        self.call(connector, &connector.connector, grant, call).await
    }

    /// What makes the instance of a call that gets so large a body.
    async fn instances_for<'l>(&self, loaded: &'l Loaded, body_bytes: usize) -> &'l wit::ConnectorPre<Guest> {
        if body_bytes <= USUAL_BODY_BYTES_MAX {
            return &loaded.connector;
        }
        let load_again = async || {
            let component = self.machine_code.component_apart(&self.engine, &loaded.digest)?;
            self.link(&component).ok()
        };
        loaded.for_large_bodies.get_or_init(load_again).await.as_ref().unwrap_or(&loaded.connector)
    }

    /// Calls the connector if it does not rest, and keeps how that went.
    async fn call<T>(
        &self,
        loaded: &Loaded,
        instances: &wit::ConnectorPre<Guest>,
        grant: Grant,
        call: impl AsyncFnOnce(&wit::Connector, &mut wasmtime::Store<Guest>) -> wasmtime::Result<Result<T, types::Failure>>,
    ) -> Called<T> {
        let leave = match loaded.standing.ask(self.limits.crashes, elapsed_ms(self.started)) {
            Ok(leave) => leave,
            Err(rests_ms) => return Called::failed(Error::Resting { retry_after_s: rests_ms.div_ceil(1_000).max(1) }),
        };
        loaded.share.begin();
        let (meter, waits_for_others) = (Arc::new(Meter::default()), grant.api_client.is_some());
        let called = self.run(loaded, instances, grant, &meter, call).await;
        let ending = match &called.result {
            Ok(_) => Ending::Well,
            Err(Error::Threw(_)) => Ending::Failed,
            // The external app may be what was slow.
            Err(Error::DeadlinePassed) if waits_for_others && meter.total() < self.cpu_max() => Ending::Failed,
            Err(Error::Trapped(_) | Error::OutOfMemory(_) | Error::DeadlinePassed) => Ending::Crashed,
            Err(
                Error::Busy
                | Error::Resting { .. }
                | Error::NotAConnector(_)
                | Error::DiskRefuses(_)
                | Error::Unloadable(_),
            ) => Ending::Unknown,
        };
        leave.end(ending, Spent { cpu: meter.total(), held_back: meter.held_back() }, elapsed_ms(self.started));
        called
    }

    fn cpu_max(&self) -> Duration {
        Duration::from_millis(self.limits.cpu_ms_max)
    }

    async fn run<T>(
        &self,
        loaded: &Loaded,
        instances: &wit::ConnectorPre<Guest>,
        grant: Grant,
        meter: &Arc<Meter>,
        call: impl AsyncFnOnce(&wit::Connector, &mut wasmtime::Store<Guest>) -> wasmtime::Result<Result<T, types::Failure>>,
    ) -> Called<T> {
        let start = Instant::now();
        let deadline = start + Duration::from_millis(grant.deadline_ms);
        let waiting = profile::span(Step::Permits);
        let _permits = match self.permits(loaded).await {
            Ok(permits) => permits,
            Err(error) => return Called::failed(error),
        };
        waiting.end();
        let turns = self.turns(loaded);
        let making = profile::span(Step::NewStore);
        let (mut store, log) = guest::new_call(
            &self.engine,
            &self.limits,
            deadline,
            grant.api_client,
            grant.clock,
            (Arc::clone(meter), turns.clone()),
        );
        making.end();
        let run = async {
            meter.take_turn(&turns).await;
            let instantiating = profile::span(Step::Instantiate);
            let connector = instances.instantiate_async(&mut store).await?;
            instantiating.end();
            let _span = profile::span(Step::Call);
            call(&connector, &mut store).await
        };
        let result = match tokio::time::timeout_at(deadline.into(), meter.run(run)).await {
            Ok(Ok(result)) => result.map_err(|failure| Error::Threw(cut(failure))),
            Ok(Err(error)) => Err(self.classify(&error, &store)),
            Err(_) => Err(Error::DeadlinePassed),
        };
        let transcript = store.data_mut().api_client.take().map(ApiClient::into_transcript).unwrap_or_default();
        let dropping = profile::span(Step::Drop);
        drop(store);
        dropping.end();
        Called { result, log: log.take(), took_ms: elapsed_ms(start), transcript }
    }

    /// A place among the calls of this connector, then among all of them: a slow connector waits for itself.
    async fn permits(&self, loaded: &Loaded) -> Result<[OwnedSemaphorePermit; 2], Error> {
        let wait = Duration::from_millis(self.limits.queue_ms_max);
        let both = async {
            let own = Arc::clone(&loaded.calls).acquire_owned().await.map_err(|_| Error::Busy)?;
            let all = Arc::clone(&self.calls).acquire_owned().await.map_err(|_| Error::Busy)?;
            Ok([own, all])
        };
        tokio::time::timeout(wait, both).await.map_err(|_| Error::Busy)?
    }

    fn turns(&self, loaded: &Loaded) -> Turns {
        let brief = Duration::from_millis(self.limits.brief_call_ms_max);
        Turns { brief, share: Arc::clone(&loaded.share), all: Arc::clone(&self.long_calls) }
    }

    fn classify(&self, error: &wasmtime::Error, store: &wasmtime::Store<Guest>) -> Error {
        if error.is::<DeadlinePassed>() {
            return Error::DeadlinePassed;
        }
        if store.data().memory.is_reached {
            return Error::OutOfMemory(self.limits.memory_bytes_max);
        }
        Error::Trapped(error.root_cause().to_string())
    }

    fn prepare(&self, digest: &str, component: &Component) -> Result<Loaded, Error> {
        Ok(Loaded {
            digest: digest.to_owned(),
            connector: self.link(component)?,
            for_large_bodies: OnceCell::new(),
            calls: Arc::new(Semaphore::new(self.limits.calls_per_connector_max)),
            share: Share::new((processors() / 2).max(1), &self.begun),
            standing: self.standings.of(digest),
            used_at_ms: AtomicU64::new(elapsed_ms(self.started)),
        })
    }

    fn link(&self, component: &Component) -> Result<wit::ConnectorPre<Guest>, Error> {
        let not_a_connector = |error: wasmtime::Error| Error::NotAConnector(format!("{error:#}"));
        let instances = self.linker.instantiate_pre(component).map_err(not_a_connector)?;
        wit::ConnectorPre::new(instances).map_err(not_a_connector)
    }

    /// Where there are too many, the one goes that was not used for longest.
    fn keep(&self, digest: &str, loaded: &Arc<Loaded>) {
        self.loaded.rcu(|table| {
            let mut table = HashMap::clone(table);
            if table.len() >= self.limits.connectors_loaded_max {
                let oldest = table.iter().min_by_key(|(_, loaded)| loaded.used_at_ms.load(Ordering::Relaxed));
                let oldest = oldest.map(|(digest, _)| digest.clone());
                oldest.map(|digest| table.remove(&digest));
            }
            table.insert(digest.to_owned(), Arc::clone(loaded));
            table
        });
    }
}

/// A failure with no more words than a record should keep.
fn cut(mut failure: types::Failure) -> types::Failure {
    for text in [&mut failure.name, &mut failure.message].into_iter().chain(&mut failure.stack) {
        text.truncate(text.floor_char_boundary(FAILURE_TEXT_BYTES_MAX));
    }
    failure
}

fn unloadable<E: std::fmt::Display>(
    bundle: impl FnOnce() -> Result<Bytes, E>,
) -> impl FnOnce() -> Result<Bytes, Error> {
    || bundle().map_err(|error| Error::Unloadable(error.to_string()))
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn elapsed_ms(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}
