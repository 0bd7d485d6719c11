//! The group commit: one thread writes the webhooks that wait, makes everything written so far durable, and tells
//! everyone who waits for that. While it syncs, the next group gathers; so one alone waits for one sync, and many share it.
//!
//! After a failed sync nothing is known about the disk; from then on every commit fails.

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{OwnedRwLockReadGuard, oneshot};

use super::Error;
use super::content::ContentLog;
use super::room::Room;
use super::sync::Disk;
use super::watermark::Watermark;
use super::webhooks::{Group, Kept, WebhookCommit};
use crate::profile::{self, Step};

/// A webhook that waits to be committed.
pub(super) struct Pending {
    pub(super) commit: WebhookCommit,
    /// Subscriptions stay as they were routed to until the commit is written.
    pub(super) subscriptions_stay: OwnedRwLockReadGuard<()>,
}

/// After a group of so many webhooks more are under way, and waiting for them is worth it: a sync costs the processors as much
/// as several webhooks do.
const CROWD: usize = 4;

/// Who waits for what. Bounded by whoever sends it: webhook requests under way, and connections to the API.
enum Work {
    Commit(Box<Pending>, oneshot::Sender<Result<Kept, Error>>),
    Sync(oneshot::Sender<Result<(), Error>>),
}

pub(super) struct Committer {
    work: Option<mpsc::Sender<Work>>,
    thread: Option<JoinHandle<bool>>,
}

impl Committer {
    pub(super) fn start(writer: Writer) -> Result<Committer, Error> {
        let (work, receiver) = mpsc::channel();
        let thread = std::thread::Builder::new().name("store-commit".into()).spawn(move || writer.run(&receiver))?;
        Ok(Committer { work: Some(work), thread: Some(thread) })
    }

    /// Writes a webhook, and returns when it is on disk.
    pub(super) async fn commit(&self, pending: Pending) -> Result<Kept, Error> {
        self.ask(|done| Work::Commit(Box::new(pending), done)).await
    }

    /// Returns when everything that was written before is on disk.
    pub(super) async fn durable(&self) -> Result<(), Error> {
        self.ask(Work::Sync).await
    }

    async fn ask<T>(&self, work: impl FnOnce(oneshot::Sender<Result<T, Error>>) -> Work) -> Result<T, Error> {
        let stopped = || Error::Unavailable("the store is shut down".into());
        let (done, answer) = oneshot::channel();
        self.work.as_ref().ok_or_else(stopped)?.send(work(done)).map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }
}

impl Committer {
    /// Ends the thread; `true` if everything that was ever written is on disk.
    pub(super) fn finish(&mut self) -> bool {
        self.work = None;
        self.thread.take().is_some_and(|thread| thread.join().unwrap_or(false))
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.finish();
    }
}

/// What the thread owns.
pub(super) struct Writer {
    pub(super) tree: sled::Tree,
    pub(super) chains: Arc<Mutex<()>>,
    pub(super) content: Arc<ContentLog>,
    pub(super) room: Arc<Room>,
    pub(super) disk: Disk,
    pub(super) watermark: Watermark,
    pub(super) duplicate_window_ms: u64,
    /// How long a group waits for more.
    pub(super) gather_time: Duration,
}

/// One of a group, and who waits for it.
type Commit = (Box<Pending>, oneshot::Sender<Result<Kept, Error>>);
/// The same, written or refused.
type Written = (oneshot::Sender<Result<Kept, Error>>, Result<Kept, Error>);

impl Writer {
    /// Works until nobody can ask any more; returns whether everything is on disk then.
    fn run(mut self, work: &mpsc::Receiver<Work>) -> bool {
        let mut broken: Option<Error> = None;
        let mut is_crowded = false;
        while let Ok(first) = work.recv() {
            if is_crowded {
                // Nobody is woken for what comes meanwhile.
                std::thread::sleep(self.gather_time);
            }
            let (mut commits, mut waiters) = (Vec::new(), Vec::new());
            for work in std::iter::once(first).chain(work.try_iter()) {
                match work {
                    Work::Commit(pending, done) => commits.push((pending, done)),
                    Work::Sync(done) => waiters.push(done),
                }
            }
            is_crowded = commits.len() >= CROWD;
            let written = if broken.is_none() { self.write(commits) } else { refuse(commits) };
            if broken.is_none() {
                let _span = profile::span(Step::SyncGroup);
                broken = self.disk.sync().err().map(|error| {
                    tracing::error!(%error, "the disk refuses writes: nothing is acknowledged until a restart");
                    Error::Unavailable(format!("the disk refuses writes: {error}"))
                });
            }
            for (done, result) in written {
                let _ = done.send(broken.clone().map_or(result, Err));
            }
            for done in waiters {
                let _ = done.send(broken.clone().map_or(Ok(()), Err));
            }
            if broken.is_none() {
                self.watermark.synced();
            }
        }
        let is_synced = broken.is_none() && self.disk.sync().is_ok();
        if is_synced {
            self.watermark.synced();
        }
        is_synced
    }

    /// Writes a group as a whole: content with one write, records with one batch.
    fn write(&self, commits: Vec<Commit>) -> Vec<Written> {
        let _span = profile::span(Step::WriteGroup);
        let _chains_stay = self.chains.lock().unwrap_or_else(PoisonError::into_inner);
        let mut group = Group::new(&self.tree, self.content.appender(), &self.room, self.duplicate_window_ms);
        let (mut written, mut guards) = (Vec::new(), Vec::new());
        for (pending, done) in commits {
            written.push((done, group.add(pending.commit)));
            guards.push(pending.subscriptions_stay);
        }
        if let Err(error) = group.write() {
            for (_, result) in &mut written {
                *result = Err(error.clone());
            }
        }
        written
    }
}

fn refuse(commits: Vec<Commit>) -> Vec<Written> {
    let why = || Error::Unavailable("the disk refuses writes".into());
    commits.into_iter().map(|(_, done)| (done, Err(why()))).collect()
}
