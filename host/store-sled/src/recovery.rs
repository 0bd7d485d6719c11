//! Opens what is on disk, and does again what the journal has and the records do not, after a process was killed or the power
//! failed. Doing it twice does no harm.

use std::path::Path;
use std::sync::Arc;

use super::content::ContentLog;
use super::journal::{self, Entry, Journal, number_key};
use super::sync::{Disk, sync_opened};
use super::tree::Tree;
use super::watermark::Watermark;
use super::{Error, Options, content, decode, encode};

pub(super) struct Recovered {
    pub(super) tree: Tree,
    /// The number in the records before they were opened.
    pub(super) mark: u64,
    pub(super) watermark: Watermark,
    pub(super) journal: Journal,
    pub(super) content: Arc<ContentLog>,
    pub(super) disk: Disk,
}

/// All that was ever acknowledged is in the records when it returns, and on disk.
pub(super) fn open(folder: &Path, options: &Options) -> Result<Recovered, Error> {
    let (sled_folder, content_folder) = (folder.join("sled"), folder.join("content"));
    let db = open_sled(&sled_folder, options.cache_bytes)?;
    let tree = Tree::open(&db, "patchbay")?;
    let mark = Watermark::read(&tree)?;
    let watermark = Watermark::open(folder, tree.clone())?;
    let (mut journal, entries) = Journal::open(&folder.join("journal"))?;
    recover(&tree, &content_folder, &entries)?;
    let (segment_bytes, bytes_max) = (options.content_segment_bytes, options.content_bytes_max);
    let content = Arc::new(ContentLog::open(&content_folder, segment_bytes, bytes_max)?);
    sync_opened(folder)?;
    let mut disk = Disk::new(db, &sled_folder, Arc::clone(&content))?;
    if !entries.is_empty() {
        disk.sync()?;
        journal.clear()?;
    }
    journal.begin_after(last_entry(&tree)?);
    Ok(Recovered { tree, mark, watermark, journal, content, disk })
}

/// Writes the content that entries name and the records that are missing. They are not on disk yet when it returns.
fn recover(tree: &Tree, content: &Path, entries: &[Entry]) -> Result<(), Error> {
    let missing = journal::after(entries, last_entry(tree)?)?;
    // sled may have written records out of itself before anybody synced the content that they name.
    content::restore(content, entries.iter().flat_map(|entry| &entry.content))?;
    let mut count = 0;
    for entry in missing {
        let mut batch = sled::Batch::default();
        for (key, value) in &entry.rows {
            batch.insert(key.as_ref(), value.as_ref());
        }
        batch.insert(number_key(), encode(&entry.number)?);
        tree.apply_batch(batch)?;
        count += 1;
    }
    if count > 0 {
        tracing::info!(groups = count, "the last start did not end in order: webhooks were taken from the journal");
    }
    Ok(())
}

/// The number of the last entry that the records hold.
fn last_entry(tree: &Tree) -> Result<u64, Error> {
    Ok(tree.get(number_key())?.map(|bytes| decode(&bytes)).transpose()?.unwrap_or(0))
}

fn open_sled(folder: &Path, cache_bytes: u64) -> Result<sled::Db, Error> {
    let open = || sled::Config::new().path(folder).cache_capacity(cache_bytes).open();
    let opened = match open() {
        // Who is killed in his start leaves the file to which sled was writing a snapshot, and sled takes it for one. Nobody
        // else writes to it now: sled had the folder to itself.
        Err(sled::Error::Corruption { .. }) if remove_unfinished_snapshots(folder)? => open(),
        opened => opened,
    };
    opened.map_err(|error| match error {
        // sled says it in words alone.
        sled::Error::Io(io) if io.to_string().starts_with("could not acquire lock") => {
            Error::Unavailable(format!("{} is in use by another process", folder.display()))
        }
        sled::Error::Io(io) => Error::Unavailable(format!("{}: {io}", folder.display())),
        other => Error::Corrupt(format!(
            "{} cannot be read: {other}. Restore the data folder from a backup",
            folder.display()
        )),
    })
}

/// Whether there was any.
fn remove_unfinished_snapshots(folder: &Path) -> Result<bool, Error> {
    let mut is_any = false;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "generating") {
            tracing::warn!(file = %path.display(), "an earlier start ended in its middle: its unfinished file is removed");
            std::fs::remove_file(path)?;
            is_any = true;
        }
    }
    Ok(is_any)
}
