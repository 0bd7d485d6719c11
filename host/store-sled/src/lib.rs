//! Everything that must survive a restart. Callers see operations of the domain; sled, keys and files stay inside.
//! What an operation reports as done is done in one transaction; what must outlive a power cut is awaited with
//! the operation itself, never assumed.

mod api_tokens;
#[cfg(feature = "bench")]
mod bench;
mod checkpoint;
mod committer;
mod connections;
mod connectors;
mod content;
mod customers;
mod deliveries;
mod failing;
mod group;
mod idempotency;
mod integrations;
mod journal;
mod keys;
mod lanes;
mod moving;
mod order;
mod pace;
mod page;
mod queue;
mod recovery;
mod reseal;
mod retention;
mod room;
mod route_table;
mod routes;
mod size;
mod subscriptions;
mod sync;
mod tree;
mod turns;
mod waiting;
mod watermark;
mod webhooks;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use parking_lot::FairMutex;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sled::transaction::{ConflictableTransactionError, TransactionalTree};

use checkpoint::{Checkpoints, RoutingChange, State};
use committer::{Committer, Writer};
use content::ContentLog;
use keys::{Key, Table};
use lanes::Lanes;
use recovery::Recovered;
use room::Room;
use routes::Routes;
use size::Walk;
use tree::Tree;
use watermark::Watermark;

pub use group::Routing;
pub use idempotency::KEYS_EXPIRED_AT_ONCE_MAX;
pub use keys::check_key;
pub use reseal::ResealError;

use patchbay_model::content::ContentRef;
use patchbay_model::page::{Page, PageRequest};
use patchbay_store::{Bounds, Error};

/// The layout of keys and records that this code reads and writes.
const LAYOUT: u32 = 1;

/// What bounds the store.
#[derive(Clone, Debug)]
pub struct Options {
    pub cache_bytes: u64,
    pub commit_gather_us: u64,
    pub content_segment_bytes: u64,
    pub content_bytes_max: u64,
    pub retention_bytes: u64,
    pub unrouted_events_max: u64,
    pub duplicate_window_ms: u64,
    pub attempts: Bounds,
    /// A subscription of which every attempt failed for so long is disabled; 0 for never.
    pub disable_after_ms: u64,
    pub api_tokens_max: usize,
}

impl Options {
    /// For work on a store that serves nobody: nothing comes in that would have to be bounded.
    pub fn for_maintenance() -> Options {
        Options {
            cache_bytes: 64 << 20,
            commit_gather_us: 0,
            content_segment_bytes: 64 << 20,
            content_bytes_max: u64::MAX,
            retention_bytes: u64::MAX,
            unrouted_events_max: u64::MAX,
            duplicate_window_ms: 0,
            attempts: Bounds {
                per_subscription_max: 1,
                per_customer_max: 1,
                per_host_max: 1,
                silences_in_a_row_max: 1,
                new_hosts_max: 1,
                silent_hosts_max: 1,
            },
            disable_after_ms: 0,
            api_tokens_max: 0,
        }
    }
}

#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    tree: Tree,
    /// The file of the records.
    records: PathBuf,
    content: Arc<ContentLog>,
    room: Arc<Room>,
    /// Held while things are removed or moved.
    sweep: Arc<tokio::sync::Mutex<Walk>>,
    bundles: PathBuf,
    options: Options,
    /// Commits of webhooks hold it for reading, changes of subscriptions and of what they belong to for writing: an
    /// event finds each subscription either before or after it is committed, never in between.
    routing: Arc<tokio::sync::RwLock<()>>,
    routes: Routes,
    lanes: Mutex<Lanes>,
    /// Held while it is found out who is first in a chain of ordered deliveries, until that is written.
    chains: Arc<Mutex<()>>,
    due: tokio::sync::Notify,
    /// Held while versions of connectors are added or removed.
    versions: tokio::sync::Mutex<()>,
    /// How often integrations and connectors were changed since the start.
    connectors_change: AtomicU64,
    committer: Committer,
    checkpoints: Checkpoints,
    state: Arc<State>,
    /// Held by each transaction and by each group of webhooks that is written row by row, in turn: sled has a transaction wait for
    /// every single insert before it, and the next insert for the transaction.
    writing: Arc<FairMutex<()>>,
    /// Held while API tokens are added or removed.
    tokens: tokio::sync::Mutex<()>,
}

impl Store {
    /// Opens the store in `folder`, which is created if it is not there.
    pub fn open(folder: &Path, options: Options) -> Result<Store, Error> {
        std::fs::create_dir_all(folder)?;
        let bundles = folder.join("bundles");
        std::fs::create_dir_all(&bundles)?;
        let Recovered { tree, mark, watermark, journal, content, disk } = recovery::open(folder, &options)?;
        let routes = Routes::open(&folder.join("routes"), &tree, mark)?;
        let room = Arc::new(Room::open(&tree, &content.segments(), options.retention_bytes)?);
        let chains = Arc::<Mutex<()>>::default();
        let state = Arc::new(State::new());
        let writing = Arc::new(FairMutex::new(()));
        let checkpoints = Checkpoints::start(disk, watermark, Arc::clone(&state))?;
        let committer = Committer::start(Writer {
            tree: tree.clone(),
            chains: Arc::clone(&chains),
            content: Arc::clone(&content),
            room: Arc::clone(&room),
            journal,
            checkpoints: checkpoints.asker()?,
            under_way: None,
            state: Arc::clone(&state),
            writing: Arc::clone(&writing),
            duplicate_window_ms: options.duplicate_window_ms,
            gather_time: Duration::from_micros(options.commit_gather_us),
        })?;
        let lanes = Mutex::new(Lanes::new(options.attempts));
        let inner = Inner {
            tree,
            records: folder.join("sled/db"),
            content,
            room,
            sweep: Arc::default(),
            bundles,
            options,
            routing: Arc::default(),
            routes,
            lanes,
            chains,
            due: tokio::sync::Notify::new(),
            versions: tokio::sync::Mutex::default(),
            connectors_change: AtomicU64::new(0),
            committer,
            checkpoints,
            state,
            writing,
            tokens: tokio::sync::Mutex::default(),
        };
        let store = Store { inner: Arc::new(inner) };
        store.check_layout()?;
        store.adopt_first_api_token()?;
        store.list_customers()?;
        store.check_stopped()?;
        store.route_left_over_events()?;
        Ok(store)
    }

    /// Returns when everything written before is on disk.
    pub async fn durable(&self) -> Result<(), Error> {
        self.inner.checkpoints.asker()?.begin().await.map_err(|_| checkpoint::stopped())?
    }

    /// Begins a change of what events are routed by.
    async fn change_routing(&self) -> RoutingChange {
        let alone = Arc::clone(&self.inner.routing).write_owned().await;
        RoutingChange::new(Arc::clone(&self.inner.state), alone)
    }

    /// How often integrations and connectors were changed since the start. What was read under one count holds while it
    /// stays.
    pub fn connectors_change(&self) -> u64 {
        self.inner.connectors_change.load(Ordering::Acquire)
    }

    fn connectors_changed(&self) {
        self.inner.connectors_change.fetch_add(1, Ordering::AcqRel);
    }

    /// A body or payload; `None` if it has expired.
    pub fn content(&self, place: ContentRef) -> Result<Option<bytes::Bytes>, Error> {
        self.inner.content.read(place)
    }

    fn check_layout(&self) -> Result<(), Error> {
        match self.get::<u32>(&Key::new(Table::Layout))? {
            Some(LAYOUT) => Ok(()),
            None => {
                self.inner.tree.insert(Key::new(Table::Layout), encode(&LAYOUT)?)?;
                Ok(())
            }
            Some(other) => Err(Error::Corrupt(format!(
                "its layout is version {other}, this program reads version {LAYOUT}; use the program that wrote it"
            ))),
        }
    }

    fn get<T: DeserializeOwned>(&self, key: &Key) -> Result<Option<T>, Error> {
        self.inner.tree.get(key)?.map(|bytes| decode(&bytes)).transpose()
    }

    /// Runs `change` as one transaction: all of it, or nothing. It may run several times before it holds.
    fn transact<T>(&self, change: impl Fn(&TransactionalTree) -> Result<T, Abort>) -> Result<T, Error> {
        let _alone = self.inner.writing.lock();
        self.inner.tree.transaction(change)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.committer.finish();
        if self.checkpoints.finish() {
            let watermark = Watermark::read(&self.tree);
            watermark
                .map_or_else(|error| tracing::warn!(%error, "the store's watermark"), |mark| self.routes.close(mark));
        }
    }
}

type Abort = ConflictableTransactionError<Error>;

fn abort<T>(error: Error) -> Result<T, Abort> {
    Err(ConflictableTransactionError::Abort(error))
}

fn read<T: DeserializeOwned>(tx: &TransactionalTree, key: &Key) -> Result<Option<T>, Abort> {
    tx.get(key)?.map(|bytes| decode(&bytes)).transpose().or_else(abort)
}

/// Goes on only if a record is still as it was when `earlier` was read. `None` takes whatever is there.
fn check_unchanged<T: Serialize + DeserializeOwned>(
    tx: &TransactionalTree,
    key: &Key,
    earlier: Option<&T>,
) -> Result<(), Abort> {
    let Some(earlier) = earlier else { return Ok(()) };
    let found = read::<T>(tx, key)?.map(|found| encode(&found)).transpose().or_else(abort)?;
    if found == Some(encode(earlier).or_else(abort)?) { Ok(()) } else { abort(Error::Changed) }
}

fn write<T: Serialize>(tx: &TransactionalTree, key: Key, value: &T) -> Result<(), Abort> {
    let bytes = encode(value).or_else(abort)?;
    tx.insert(key, bytes)?;
    Ok(())
}

/// Writes a key that says all by being there.
fn mark(tx: &TransactionalTree, key: Key) -> Result<(), Abort> {
    tx.insert(key, Vec::new())?;
    Ok(())
}

fn remove(tx: &TransactionalTree, key: Key) -> Result<(), Abort> {
    tx.remove(key)?;
    Ok(())
}

fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(value).map_err(|error| Error::Corrupt(error.to_string()))
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(bytes).map_err(|error| Error::Corrupt(error.to_string()))
}
