//! Group commit: one thread makes everything written so far durable, for everyone who waits.
//!
//! sled's own flush on Linux survives a killed process, not a power cut: it ends in `sync_file_range`. So each
//! round ends with `fdatasync` on sled's file, and on the files to which it moves large pages. After a failed
//! sync nothing is known about the disk; from then on every commit fails.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use super::Error;
use super::content::ContentLog;

type Waiter = oneshot::Sender<Result<(), String>>;

pub(super) struct Syncer {
    waiters: Option<mpsc::Sender<Waiter>>,
    thread: Option<JoinHandle<()>>,
}

impl Syncer {
    pub(super) fn start(db: sled::Db, folder: &Path, content: Arc<ContentLog>) -> Result<Syncer, Error> {
        let disk = Disk {
            db,
            file: File::open(folder.join("db"))?,
            blobs: folder.join("blobs"),
            synced: BTreeMap::new(),
            content,
        };
        let (waiters, receiver) = mpsc::channel();
        let thread = std::thread::Builder::new().name("store-sync".into()).spawn(move || run(disk, &receiver))?;
        Ok(Syncer { waiters: Some(waiters), thread: Some(thread) })
    }

    /// Returns when everything that was written before is on disk.
    pub(super) async fn durable(&self) -> Result<(), Error> {
        let stopped = || Error::Unavailable("the store is shut down".into());
        let (waiter, done) = oneshot::channel();
        self.waiters.as_ref().ok_or_else(stopped)?.send(waiter).map_err(|_| stopped())?;
        done.await.map_err(|_| stopped())?.map_err(Error::Unavailable)
    }
}

impl Drop for Syncer {
    fn drop(&mut self) {
        self.waiters = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(mut disk: Disk, waiters: &mpsc::Receiver<Waiter>) {
    let mut broken: Option<String> = None;
    while let Ok(first) = waiters.recv() {
        let waiting: Vec<Waiter> = std::iter::once(first).chain(waiters.try_iter()).collect();
        if broken.is_none() {
            broken = disk.sync().err().map(|error| format!("the disk refuses writes: {error}"));
        }
        for waiter in waiting {
            let _ = waiter.send(broken.clone().map_or(Ok(()), Err));
        }
    }
    let _ = disk.sync();
}

struct Disk {
    db: sled::Db,
    file: File,
    blobs: PathBuf,
    /// sled's files of large pages, as long as they were when they were synced. One may grow while it is synced.
    synced: BTreeMap<OsString, u64>,
    content: Arc<ContentLog>,
}

impl Disk {
    /// Content first: a record on disk never names content that is not.
    fn sync(&mut self) -> Result<(), Error> {
        self.content.sync()?;
        self.db.flush()?;
        self.sync_blobs()?;
        Ok(self.file.sync_data()?)
    }

    fn sync_blobs(&mut self) -> io::Result<()> {
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(&self.blobs)? {
            let entry = entry?;
            if let Some(metadata) = unless_gone(entry.metadata())? {
                found.insert(entry.file_name(), metadata.len());
            }
        }
        for (name, len) in &found {
            if self.synced.get(name) != Some(len) {
                unless_gone(File::open(self.blobs.join(name)))?.map_or(Ok(()), |file| file.sync_all())?;
            }
        }
        if found != self.synced {
            sync_folder(&self.blobs)?;
            self.synced = found;
        }
        Ok(())
    }
}

/// Makes durable what opening a store made: its files by name, and its own name. sled does not see to that, nor to
/// the file of its settings, without which it opens no more.
pub(super) fn sync_opened(store: &Path) -> io::Result<()> {
    let sled = store.join("sled");
    for entry in fs::read_dir(&sled)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            unless_gone(File::open(entry.path()))?.map_or(Ok(()), |file| file.sync_all())?;
        }
    }
    sync_folder(&sled)?;
    store.canonicalize()?.ancestors().take(2).try_for_each(sync_folder)
}

pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn unless_gone<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        found => found.map(Some),
    }
}
