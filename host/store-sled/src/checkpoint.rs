//! Checkpoints: one thread makes everything written so far durable, in sled and in the content log, for all who wait for
//! that at the moment. Webhooks wait for the journal alone; changes through the API, and what the journal cannot do again, wait here.
//!
//! After a failed sync nothing is known about the disk; from then on every commit and every checkpoint fails.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::thread::JoinHandle;

use tokio::sync::{OwnedRwLockWriteGuard, oneshot};

use super::Error;
use super::sync::Disk;
use super::watermark::Watermark;
use patchbay_model::profile::{self, Step};

/// Bounded by whoever sends it: connections to the API, and the committer.
type Waiter = oneshot::Sender<Result<(), Error>>;

pub(super) struct Checkpoints {
    asker: Option<Asker>,
    thread: Option<JoinHandle<bool>>,
}

/// Asks for checkpoints.
#[derive(Clone)]
pub(super) struct Asker(mpsc::Sender<Waiter>);

impl Asker {
    /// Begins a checkpoint of everything written before.
    pub(super) fn begin(&self) -> oneshot::Receiver<Result<(), Error>> {
        let (done, answer) = oneshot::channel();
        // Without a thread the answer says so.
        let _ = self.0.send(done);
        answer
    }
}

impl Checkpoints {
    pub(super) fn start(disk: Disk, watermark: Watermark, state: Arc<State>) -> Result<Checkpoints, Error> {
        let (asker, waiters) = mpsc::channel();
        let work = move || run(disk, watermark, &state, &waiters);
        let thread = std::thread::Builder::new().name("store-checkpoint".into()).spawn(work)?;
        Ok(Checkpoints { asker: Some(Asker(asker)), thread: Some(thread) })
    }

    pub(super) fn asker(&self) -> Result<Asker, Error> {
        self.asker.clone().ok_or_else(stopped)
    }

    /// Ends the thread, when nobody else can ask; `true` if everything that was ever written is on disk.
    pub(super) fn finish(&mut self) -> bool {
        self.asker = None;
        self.thread.take().is_some_and(|thread| thread.join().unwrap_or(false))
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.finish();
    }
}

pub(super) fn stopped() -> Error {
    Error::Unavailable("the store is shut down".into())
}

/// Works until nobody can ask any more; returns whether everything is on disk then.
fn run(mut disk: Disk, mut watermark: Watermark, state: &State, work: &mpsc::Receiver<Waiter>) -> bool {
    let mut checkpoint = || {
        let _span = profile::span(Step::Checkpoint);
        state.check()?;
        let changes = state.changes();
        disk.sync().map_err(|error| state.breaks(&error))?;
        state.hold(changes);
        watermark.synced();
        Ok(())
    };
    while let Ok(first) = work.recv() {
        let waiters: Vec<Waiter> = std::iter::once(first).chain(work.try_iter()).collect();
        let result = checkpoint();
        for waiter in waiters {
            let _ = waiter.send(result.clone());
        }
    }
    checkpoint().is_ok()
}

/// What is known of the disk.
pub(super) struct State {
    broken: OnceLock<Error>,
    /// How often was changed what events are routed by.
    changes: AtomicU64,
    /// How many of these changes are on disk.
    changes_held: AtomicU64,
}

impl State {
    /// What a start changes is not on disk yet.
    pub(super) fn new() -> State {
        State { broken: OnceLock::new(), changes: AtomicU64::new(1), changes_held: AtomicU64::new(0) }
    }

    /// Fails for good once it is broken.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.broken.get().map_or(Ok(()), |error| Err(error.clone()))
    }

    /// A sync failed, or sled did not take what was to be committed.
    pub(super) fn breaks(&self, error: &Error) -> Error {
        let broken = || {
            tracing::error!(%error, "what is written cannot be made durable: nothing is acknowledged until a restart");
            Error::Unavailable(format!("what is written cannot be made durable: {error}"))
        };
        self.broken.get_or_init(broken).clone()
    }

    /// Whether all that events are routed by is on disk. Stays so while the routing lock is held for reading.
    pub(super) fn holds_routes(&self) -> bool {
        self.changes_held.load(Ordering::Acquire) == self.changes()
    }

    fn changes(&self) -> u64 {
        self.changes.load(Ordering::Acquire)
    }

    fn hold(&self, changes: u64) {
        self.changes_held.store(changes, Ordering::Release);
    }
}

/// The routing lock, held to change what events are routed by.
pub(super) struct RoutingChange {
    state: Arc<State>,
    _alone: OwnedRwLockWriteGuard<()>,
}

impl RoutingChange {
    pub(super) fn new(state: Arc<State>, alone: OwnedRwLockWriteGuard<()>) -> RoutingChange {
        RoutingChange { state, _alone: alone }
    }
}

impl Drop for RoutingChange {
    /// Before the lock is given back.
    fn drop(&mut self) {
        self.state.changes.fetch_add(1, Ordering::AcqRel);
    }
}
