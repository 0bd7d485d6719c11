//! The group commit: one thread writes the webhooks that wait, makes them durable together, and answers whoever waits. While it
//! syncs, the next group gathers; so one alone waits for one sync, and many share it.

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use parking_lot::FairMutex;
use tokio::sync::oneshot::error::TryRecvError;
use tokio::sync::{OwnedRwLockReadGuard, oneshot};

use super::checkpoint::{Asker, State, stopped};
use super::content::ContentLog;
use super::group::{Group, Kept, Records};
use super::journal::{Journal, Row, number_key};
use super::room::Room;
use super::tree::Tree;
use super::{Error, encode};
use patchbay_model::profile::{self, Step};
use patchbay_store::WebhookCommit;

/// A webhook that waits to be committed.
pub(super) struct Pending {
    pub(super) commit: WebhookCommit,
    /// Subscriptions stay as they were routed to until the commit is written.
    pub(super) subscriptions_stay: OwnedRwLockReadGuard<()>,
}

/// After a group of so many webhooks more are under way, and waiting for them is worth it: a sync costs the processors as much
/// as several webhooks do.
const CROWD: usize = 4;

/// More content than this goes to its own file before the answer, not to the journal and there later.
const JOURNALED_CONTENT_BYTES_MAX: usize = 256 << 10;

/// One of a group, and who waits for it. Bounded by the webhook requests under way.
type Commit = (Box<Pending>, oneshot::Sender<Result<Kept, Error>>);
/// The same, written or refused.
type Outcome = (oneshot::Sender<Result<Kept, Error>>, Result<Kept, Error>);

pub(super) struct Committer {
    work: Option<mpsc::Sender<Commit>>,
    thread: Option<JoinHandle<()>>,
}

impl Committer {
    pub(super) fn start(writer: Writer) -> Result<Committer, Error> {
        let (work, receiver) = mpsc::channel();
        let thread = std::thread::Builder::new().name("store-commit".into()).spawn(move || writer.run(&receiver))?;
        Ok(Committer { work: Some(work), thread: Some(thread) })
    }

    /// Writes a webhook, and returns when it is on disk.
    pub(super) async fn commit(&self, pending: Pending) -> Result<Kept, Error> {
        let (done, answer) = oneshot::channel();
        self.work.as_ref().ok_or_else(stopped)?.send((Box::new(pending), done)).map_err(|_| stopped())?;
        answer.await.map_err(|_| stopped())?
    }

    /// Ends the thread.
    pub(super) fn finish(&mut self) {
        self.work = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.finish();
    }
}

/// What the thread owns.
pub(super) struct Writer {
    pub(super) tree: Tree,
    pub(super) chains: Arc<Mutex<()>>,
    pub(super) content: Arc<ContentLog>,
    pub(super) room: Arc<Room>,
    pub(super) journal: Journal,
    pub(super) checkpoints: Asker,
    /// The last checkpoint that was begun here, until it is done: then the journal's other file is free.
    pub(super) under_way: Option<oneshot::Receiver<Result<(), Error>>>,
    pub(super) state: Arc<State>,
    pub(super) writing: Arc<FairMutex<()>>,
    pub(super) duplicate_window_ms: u64,
    /// How long a group waits for more.
    pub(super) gather_time: Duration,
}

impl Writer {
    /// Works until nobody can ask any more.
    fn run(mut self, work: &mpsc::Receiver<Commit>) {
        let mut is_crowded = false;
        while let Ok(first) = work.recv() {
            if is_crowded {
                // Nobody is woken for what comes meanwhile.
                std::thread::sleep(self.gather_time);
            }
            let commits: Vec<Commit> = std::iter::once(first).chain(work.try_iter()).collect();
            is_crowded = commits.len() >= CROWD;
            for (done, result) in self.write(commits) {
                let _ = done.send(result);
            }
            self.look_after_journal();
        }
        self.close();
    }

    /// Writes a group as a whole, and returns when it is on disk.
    fn write(&mut self, commits: Vec<Commit>) -> Vec<Outcome> {
        let _span = profile::span(Step::WriteGroup);
        let chains = Arc::clone(&self.chains);
        let _chains_stay = chains.lock().unwrap_or_else(PoisonError::into_inner);
        let mut group = Group::new(&self.tree, self.content.appender(), &self.room, self.duplicate_window_ms);
        let (mut written, mut guards) = (Vec::new(), Vec::new());
        for (pending, done) in commits {
            written.push((done, group.add(pending.commit)));
            guards.push(pending.subscriptions_stay);
        }
        if let Err(error) = group.finish().and_then(|records| self.keep(records)) {
            for (_, result) in &mut written {
                *result = Err(error.clone());
            }
        }
        written
    }

    /// Makes durable what a group wrote. The journal's entry comes before the records, so these are never on disk alone.
    ///
    /// Where sled does not take a group whole, the next start decides what became of it, and until then nothing is kept: an event
    /// that is sent again would be taken for a new one, though the journal has it, or for a repeat of one that does not last.
    fn keep(&mut self, mut records: Records) -> Result<(), Error> {
        self.state.check()?;
        if records.keep_order || !self.state.holds_routes() {
            // They rest on what other changes left, and that is not in the journal: a start might find them without it.
            self.apply_at_once(records).map_err(|error| self.state.breaks(&error))?;
            return self.checkpoints.begin().blocking_recv().map_err(|_| stopped())?;
        }
        if records.content.iter().map(|written| written.bytes.len()).sum::<usize>() > JOURNALED_CONTENT_BYTES_MAX {
            profile::timed(Step::SyncContent, || self.content.sync()).map_err(|error| self.state.breaks(&error))?;
            records.content.clear();
        }
        let span = profile::span(Step::WriteJournal);
        self.journal.write(&records.rows, &records.content)?;
        self.journal.sync().map_err(|error| self.state.breaks(&error.into()))?;
        span.end();
        self.apply(records).map_err(|error| self.state.breaks(&error))
    }

    /// Writes records of which a start may find a part, for the journal has all of them. What refers to others comes after these,
    /// and the entry's number at last: where it is, everything is. A batch would cost sled two writes more.
    fn apply(&self, records: Records) -> Result<(), Error> {
        let _span = profile::span(Step::WriteRecords);
        let _alone = self.writing.lock();
        let (marks, values): (Vec<Row>, Vec<Row>) = records.rows.into_iter().partition(|(_, value)| value.is_empty());
        for (key, value) in values.into_iter().chain(marks) {
            self.tree.insert(key, value)?;
        }
        self.tree.insert(number_key(), encode(&self.journal.number())?)?;
        self.room.written(&records.added);
        Ok(())
    }

    fn apply_at_once(&self, records: Records) -> Result<(), Error> {
        let _span = profile::span(Step::WriteRecords);
        let mut batch = sled::Batch::default();
        for (key, value) in records.rows {
            batch.insert(key, value);
        }
        self.tree.apply_batch(batch)?;
        self.room.written(&records.added);
        Ok(())
    }

    /// Begins a checkpoint when one is worth its while, and goes on in the other of the journal's files, which the last one made free.
    fn look_after_journal(&mut self) {
        if !self.journal.is_worth_a_checkpoint() || !self.is_other_file_free() {
            return;
        }
        self.journal.turn();
        self.under_way = Some(self.checkpoints.begin());
    }

    /// Fails all commits from then on where a checkpoint failed, or nobody makes any more: what it did not hold would be written over.
    fn is_other_file_free(&mut self) -> bool {
        let Some(mut checkpoint) = self.under_way.take() else { return true };
        let result = match checkpoint.try_recv() {
            Ok(result) => result,
            Err(TryRecvError::Empty) if self.journal.is_full() => {
                checkpoint.blocking_recv().unwrap_or_else(|_| Err(stopped()))
            }
            Err(TryRecvError::Empty) => {
                self.under_way = Some(checkpoint);
                return false;
            }
            Err(TryRecvError::Closed) => Err(stopped()),
        };
        result.inspect_err(|error| drop(self.state.breaks(error))).is_ok()
    }

    /// Everything is in the records, so the next start has nothing to do again.
    fn close(mut self) {
        let is_held = matches!(self.checkpoints.begin().blocking_recv(), Ok(Ok(())));
        if let Some(error) = is_held.then(|| self.journal.clear().err()).flatten() {
            tracing::warn!(%error, "the journal was not emptied: the next start takes longer");
        }
    }
}
