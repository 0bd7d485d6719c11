//! What a start does again: what the journal has and the records do not, after a process was killed or the power failed.
//! Doing it twice does no harm.

use std::path::Path;

use super::journal::{self, Entry, number_key};
use super::{Error, content, decode, encode};

/// Writes the content that entries name and the records that are missing. They are not on disk yet when it returns.
pub(super) fn recover(tree: &sled::Tree, content: &Path, entries: &[Entry]) -> Result<(), Error> {
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
pub(super) fn last_entry(tree: &sled::Tree) -> Result<u64, Error> {
    Ok(tree.get(number_key())?.map(|bytes| decode(&bytes)).transpose()?.unwrap_or(0))
}
