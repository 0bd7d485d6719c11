//! Makes what was written durable. Never decides when: that is the group commit's work.
//!
//! sled's own flush on Linux survives a killed process, not a power cut: it ends in `sync_file_range`. So each
//! sync ends with `fdatasync` on sled's file, and on the files to which it moves large pages.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Error;
use super::content::ContentLog;
use super::tree::failure;
use patchbay_model::profile::{self, Step};

pub(super) struct Disk {
    db: sled::Db,
    file: File,
    blobs: PathBuf,
    /// sled's files of large pages, as long as they were when they were synced. One may grow while it is synced.
    synced: BTreeMap<OsString, u64>,
    content: Arc<ContentLog>,
}

impl Disk {
    pub(super) fn new(db: sled::Db, folder: &Path, content: Arc<ContentLog>) -> io::Result<Disk> {
        let file = File::open(folder.join("db"))?;
        Ok(Disk { db, file, blobs: folder.join("blobs"), synced: BTreeMap::new(), content })
    }

    /// Content first: a record on disk never names content that is not.
    pub(super) fn sync(&mut self) -> Result<(), Error> {
        profile::timed(Step::SyncContent, || self.content.sync())?;
        profile::timed(Step::FlushRecords, || self.db.flush().map_err(failure))?;
        let _span = profile::span(Step::SyncRecords);
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

pub(super) fn unless_gone<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        found => found.map(Some),
    }
}
